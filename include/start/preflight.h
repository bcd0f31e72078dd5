/* preflight: would a daemon start with this configuration, as this user
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef START_PREFLIGHT_H
#define START_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "start/privilege.h"

/*
 * The one judgement of nexthop-milter -t, milterctl check, a reload and a start: what conf_load() says
 * of the file, and what the file's settings will meet on this machine. All of it is tried as the
 * user that the process is, nothing is made or changed. What keeps a daemon from starting is a
 * fault; a log that is not there yet is a warning.
 *
 * Limits: whether another daemon has the state file, and whether there is space for it, is known
 * only when it is opened. A TCP address that is in use is believed to be the running daemon's, if
 * there is one with the same control socket.
 */

enum preflight_for {
	PREFLIGHT_START = 0,  /* now, by this process */
	PREFLIGHT_RELOAD = 1, /* the next start, by the daemon that this process is */
	PREFLIGHT_CHECK = 2,  /* the next start, by anybody; another daemon may run */
};

struct preflight {
	enum preflight_for purpose;
	bool gives_groups; /* of a reload: a start by root gives its user the sockets' groups */
	/* Of a reload: the sockets that are the daemon's own, as configured; NULL: none. */
	const char *const *own;
	size_t own_count;
};

/* What a configuration that was loaded will meet. Any thread, for a reload. */
void preflight_check(
	const struct preflight *preflight, const struct conf *conf, struct fault_list *faults);

/*
 * Gives the process the groups of the configuration's sockets and USER ("USER" or "USER:GROUP";
 * NULL: it stays who it is), for good. Gives 0, or -1 with the reason in ERROR of SIZE octets.
 */
int preflight_become(const struct conf *conf, const char *user, char *error, size_t size);

/*
 * Loads and checks a file for those who only want to know. Root becomes USER for that, or without
 * one (NULL) the user of the installed unit, if there is one, with its own groups: so the unit
 * does. Who it was goes to WHO: "" if the file alone was looked at, as it has faults. Gives the
 * configuration, or NULL if there was a fault that is no warning.
 */
struct conf *preflight_file(const char *path, const char *user, struct fault_list *faults,
	char who[PRIVILEGE_NAME_MAX]);

/* The last line of such a check. CONF: what preflight_file() gave. Gives OUT. */
char *preflight_verdict(char *out, size_t size, const char *path, const char *who,
	const struct conf *conf, const struct fault_list *faults);

#endif
