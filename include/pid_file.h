/* pid_file: the daemon's process number, for those who want it in a file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef PID_FILE_H
#define PID_FILE_H

#include <stddef.h>

/*
 * Written whole to a temporary name and renamed, so that nobody reads half of it. Gives 0, or -1
 * with the reason in ERROR of SIZE octets.
 */
int pid_file_write(const char *path, char *error, size_t size);

#endif
