/* privilege: the user that the daemon runs as
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef PRIVILEGE_H
#define PRIVILEGE_H

#include <stddef.h>
#include <sys/types.h>

/* Functions give 0, or -1 with the reason in ERROR of SIZE octets. */

struct privilege {
	char *user; /* NULL: nothing is to be dropped */
	uid_t uid;
	gid_t gid;
};

/* Looks up "USER" or "USER:GROUP"; without it (NULL) the process stays who it is. */
int privilege_find(struct privilege *privilege, const char *text, char *error, size_t size);

/* The number of a group by its name. */
int privilege_find_group(gid_t *gid, const char *name, char *error, size_t size);

/* Becomes that user for good: with its groups, and never root again. */
int privilege_drop(const struct privilege *privilege, char *error, size_t size);

void privilege_free(struct privilege *privilege);

#endif
