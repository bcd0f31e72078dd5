/* place: can the daemon make and use what its settings name, asked without making it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef START_PLACE_H
#define START_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Tries by the system's own word (access(2), connect(2), bind(2)), as the user that the process is;
 * USER is its name, for what is said. What is wrong and what helps goes to WHY of SIZE octets. Any
 * thread.
 */

enum { PLACE_PATH_MAX = PATH_MAX };

enum place {
	PLACE_GOOD = 0,
	PLACE_MISSING = 1, /* what is asked for is not there */
	PLACE_IN_USE = 2,
	PLACE_BAD = 3,
};

/* The folder of PATH, an absolute one, and whether files can be made and removed there. */
enum place place_find_folder(
	const char *path, const char *user, char folder[PLACE_PATH_MAX], char *why, size_t size);

/*
 * A Unix socket's path: PLACE_GOOD if nobody listens on it, PLACE_IN_USE with the process that does
 * in *LISTENER, which is 0 in all other cases.
 */
enum place place_find_socket(const char *path, pid_t *listener, char *why, size_t size);

/* A TCP address. */
enum place place_find_address(const char *host, int port, char *why, size_t size);

/* A file that is written anew or, if IS_KEPT, opened and written to. */
enum place place_find_file(
	const char *path, bool is_kept, const char *user, char *why, size_t size);

/* True if what is made at PATH has that group, by the setgid bit of its folder. */
bool place_gives_group(const char *path, gid_t gid);

/* What would let USER read LOG, as configured; "" where that is not known. */
void place_explain_access(const char *log, const char *user, char *out, size_t size);

#endif
