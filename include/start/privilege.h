/* privilege: the user that the daemon runs as
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef START_PRIVILEGE_H
#define START_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Root is given up before anything is made: what the daemon makes is its user's from the start, and
 * no file is ever handed over by its path.
 *
 * Functions give 0, or -1 with the reason in ERROR of SIZE octets.
 */

enum { PRIVILEGE_NAME_MAX = 256, PRIVILEGE_MORE_MAX = 2 };

struct privilege {
	char *user; /* NULL: nothing is to be dropped */
	uid_t uid;
	gid_t gid;
	gid_t more[PRIVILEGE_MORE_MAX]; /* groups that the user gets beside its own */
	int more_count;
};

/* Looks up "USER" or "USER:GROUP"; without it (NULL) the process stays who it is. */
int privilege_find(struct privilege *privilege, const char *text, char *error, size_t size);

/* The number of a group by its name. Any thread. */
int privilege_find_group(gid_t *gid, const char *name, char *error, size_t size);

/*
 * Becomes that user for good: with its groups and `more`, and never root again. Nothing, if the
 * process is not root's.
 */
int privilege_drop(const struct privilege *privilege, char *error, size_t size);

void privilege_free(struct privilege *privilege);

/* The name of the user that the process is now, or its number. Any thread. Gives OUT. */
char *privilege_name(char out[PRIVILEGE_NAME_MAX]);

/* True if the process may give its files that group: as a member, or as root. Any thread. */
bool privilege_has_group(gid_t gid);

/* True if the system's files have USER, or the group of the process, in that group. Any thread. */
bool privilege_is_member(const char *user, gid_t gid);

/* The name of a group, or its number. Any thread. Gives OUT. */
char *privilege_group_name(char out[PRIVILEGE_NAME_MAX], gid_t gid);

/* Why the socket at PATH cannot have that group, and what helps. Any thread. */
void privilege_explain_group(const char *group, const char *path, char *out, size_t size);

#endif
