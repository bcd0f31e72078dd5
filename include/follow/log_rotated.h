/* log_rotated: finds a log file under the name that it was given since
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef FOLLOW_LOG_ROTATED_H
#define FOLLOW_LOG_ROTATED_H

#include "core/log_place.h"
#include "follow/log_source.h"

/*
 * Every name in the folder of PATH is tried, not only PATH.1 or PATH-20260101: programs that rotate
 * differ in how they name files, and the number of the inode says it better.
 *
 * Limits: a file that was compressed, or moved to another folder, is not found. It looks at no
 * more than 10,000 names. As it reads a folder it is for the start, not for every turn.
 */

/* The file of PLACE, standing there; or NULL. */
struct log_source *log_rotated_open(
	const char *path, const struct log_place_file *place, struct log_source_counts *counts);

#endif
