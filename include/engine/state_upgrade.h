/* state_upgrade: state files of older releases
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_STATE_UPGRADE_H
#define ENGINE_STATE_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/state_map.h"

/*
 * Version 1 had slots of 2400 octets: they are the first of today's, the rest of which is 0. Drains,
 * back-off and rotation carry over.
 *
 * Members that came since then are in room that was 0, and mean nothing if they are: a file goes back
 * and forth between releases of one version, and an older one ignores what it does not know.
 */

bool state_upgrade_is_old(const struct state_header *header);

/*
 * Reads a file of SIZE octets, old or not, into memory, as one of today: its header and after that
 * *COUNT slots. Gives NULL with errno; what it gives is to be freed.
 */
struct state_header *state_upgrade_read(int fd, size_t size, size_t *count);

/* Puts a file of today in the place of the old one at FD, which has the name PATH. */
int state_upgrade_file(int fd, size_t size, const char *path, struct state_report *report);

#endif
