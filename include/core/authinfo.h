/* authinfo: a user and a password as Sendmail's ruleset of that name wants them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_AUTHINFO_H
#define CORE_AUTHINFO_H

#include <stddef.h>

/*
 * "U=BASE64" "P=BASE64" "M:PLAIN LOGIN", with the quotes: Sendmail parts a text at octets that a
 * password may have, but not in base64. The mechanisms are said, since those that Sendmail tries of
 * itself are others.
 *
 * Limits: Sendmail does not log in, and says nothing, if one of them is too long: one of 400 octets
 * is, one of 150 is not.
 */

enum {
	AUTHINFO_PART_MAX = 128, /* octets of a user, and of a password */
};

/*
 * Writes LOGIN, "USER:PASSWORD", to the SIZE octets of OUT, NUL-terminated, and nowhere else. -1:
 * they do not hold it, and OUT is empty.
 */
int authinfo_write(char *out, size_t size, const char *login);

#endif
