/* conf_file: files that a configuration names
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_FILE_H
#define CONF_CONF_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

/*
 * Opens the file at PATH, whatever its kind: one of a kind that would hold up the start is opened as
 * well, and is known by its STATUS. Gives its descriptor, or -1 with errno.
 */
int conf_file_open(const char *path, struct stat *status);

/*
 * Reads SIZE octets, or up to the end if there are fewer. Gives how many, or -1 with errno. If
 * somebody writes to the file meanwhile, what was added since conf_file_open() is not read.
 */
ssize_t conf_file_read(int fd, char *out, size_t size);

#endif
