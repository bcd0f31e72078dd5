/* conf_match: whom a route is for: one match, or a file of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_MATCH_H
#define CONF_CONF_MATCH_H

#include <stddef.h>

#include "conf/conf.h"
#include "conf/schema.h"

/* The one form of a match, a string of the arena. NULL, with a fault there, if it is none. */
const char *conf_match_read(struct schema_reader *reader, struct conf_place at, const char *text);

/*
 * A file of matches has one on each line, in the form that match has in routes.cfg, without quotes
 * around it, and the name of a pool after it or none, parted by blanks. Empty lines and what is behind
 * "#" at the beginning of a line are left out. It is read whole, so that all of a configuration is of
 * one moment, and forgotten when the table is built: the table has copies.
 */

enum { CONF_MATCH_FILE_MAX = 1 << 30 }; /* octets */

struct conf_match_file;

/* One line of it. */
struct conf_match_line {
	struct conf_place at;
	const char *match; /* as it stands there; until the next call */
	const char *pool;  /* NULL: none is named */
};

/*
 * Reads the file of that path, as @include has it: relative to the configuration's folder. NULL, with a
 * fault at AT, if it cannot be read.
 */
struct conf_match_file *conf_match_file_open(
	struct schema_reader *reader, struct conf_place at, const char *path);
void conf_match_file_close(struct conf_match_file *file);

/* How many lines it has at most; to be called before the first one is taken. */
size_t conf_match_file_count(const struct conf_match_file *file);

/* Its path, a string of the arena. */
const char *conf_match_file_path(const struct conf_match_file *file);

/* The next line that has a match; false at the end. A line that is none of a file's is a fault. */
bool conf_match_file_next(struct conf_match_file *file, struct conf_match_line *line);

#endif
