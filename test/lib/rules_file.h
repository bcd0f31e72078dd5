/* rules_file: configurations of rules, written and read
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_RULES_FILE_H
#define TEST_RULES_FILE_H

#include <stdio.h>

#include "conf/conf.h"

/* What is read has neither fault nor warning. */

/* Reads the file of that name. */
struct conf *rules_file_load(const char *name);

/* A file to write to, one at a time; it is gone when it has been read. */
FILE *rules_file_begin(void);
struct conf *rules_file_end(FILE *file);

/* The same, but it is not read. Gives its name, for the caller to read and remove. */
const char *rules_file_close(FILE *file);

/* RULES is what stands between the parentheses. */
struct conf *rules_file_of(const char *rules);

#endif
