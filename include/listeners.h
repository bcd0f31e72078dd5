/* listeners: where the daemon can be reached, opened before it gives up root
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <stddef.h>

#include "conf/conf.h"

struct listeners {
	char *milter_path; /* of Unix sockets; NULL: none */
	char *map_path;
	char *control_path;
	char *pid_path;
	int map_fd; /* -1: none */
	int control_fd;
	int status_fd; /* -1: none */
};

/*
 * All that takes privileges, then gives them up for good (USER as privilege_find() takes it; NULL:
 * stay who we are). Nothing is read from a socket before that. Gives 0, or -1 with the reason in
 * ERROR of SIZE octets.
 */
int listeners_open(struct listeners *listeners, const struct conf *conf, const char *user,
	char *error, size_t size);

/* Removes the milter socket's path: new connections go nowhere. */
void listeners_remove_milter(struct listeners *listeners);

/* Removes all paths that were made, each once. */
void listeners_remove(struct listeners *listeners);

#endif
