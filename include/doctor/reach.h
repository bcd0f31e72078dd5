/* reach: whether a socket can be connected to, as the user who has to
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_REACH_H
#define DOCTOR_REACH_H

#include <limits.h>
#include <stdbool.h>

#include "doctor/aside.h"

/* A Unix socket by its path, which may be relative to the folder; or an address and a port. */
struct reach_target {
	char path[PATH_MAX]; /* "": it is TCP */
	char host[256];
	int port;
};

struct reach {
	bool was_tried;
	int error; /* an errno; 0: connected; what a full backlog says is connected, too */
	char where[PATH_MAX]; /* what is missing, or refuses: a folder or the socket */
	char why[256];	      /* why it was not tried */
};

/* Connects, and closes at once. */
void reach_try(struct reach *reach, const struct aside *as, const struct reach_target *target);

#endif
