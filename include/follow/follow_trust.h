/* follow_trust: whose entries of the journal are the MTA's
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_FOLLOW_TRUST_H
#define FOLLOW_FOLLOW_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Facility, tag and text of an entry are what its writer likes to say: any local user has logger(1).
 * Unit and user are what journald knows of it. Both must fit: commands that the MTA runs for a user
 * (a pipe in a .forward) are in its unit, too, and a user's own.
 *
 * Of a process that has ended before journald looked, and in a container, an entry has no unit:
 * then its user alone is asked for.
 */

enum { FOLLOW_TRUST_USERS_MAX = 16, FOLLOW_TRUST_TEXT_MAX = 1024 };

/* What holds where nothing is configured: Debian, RHEL. */
#define FOLLOW_TRUST_UNITS "postfix.service postfix@*.service sendmail.service sm-client.service"
#define FOLLOW_TRUST_USERS "root postfix smmta smmsp"

struct follow_trust {
	char units[FOLLOW_TRUST_TEXT_MAX]; /* parted by spaces, with "*" and "?" */
	uid_t users[FOLLOW_TRUST_USERS_MAX];
	size_t user_count;
	bool has_any_user;
};

/*
 * UNITS and USERS are parted by spaces, "*" is any; NULL: the defaults. Users are names or numbers; one
 * that this machine does not have is left out.
 */
void follow_trust_init(struct follow_trust *trust, const char *units, const char *users);

/* UNIT and USER are of so many octets, as in _SYSTEMD_UNIT and _UID; none: the entry has none. */
bool follow_trust_has(const struct follow_trust *trust, const char *unit, size_t unit_length,
	const char *user, size_t user_length);

#endif
