/* readiness: notifies systemd, and a file, that the daemon is there
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef READINESS_H
#define READINESS_H

#include <stddef.h>

/* sd_notify(3), for units of Type=notify; built without libsystemd, or without it, nothing. */

/* It serves. */
void readiness_begun(void);
/* A reload before it serves is nobody's affair: nothing is said of it. */
void readiness_reloading(void);
void readiness_reloaded(void);
void readiness_stopping(void);

/*
 * The process number, for those who want it in a file: written whole to a temporary name and renamed,
 * so that nobody reads half of it. Gives 0, or -1 with the reason in ERROR of SIZE octets.
 */
int readiness_write_pid(const char *path, char *error, size_t size);

#endif
