/* import_files: the tables that an import reads
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_IMPORT_FILES_H
#define CTL_IMPORT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/span.h"

/* Begin with a struct of zeros. What was read stays until import_files_free(). */
struct import_files {
	char **texts;
	size_t count;
	size_t room;
	const char *main; /* the main.cf that names tables: they may lie beside it; NULL: none */
	bool is_running;  /* postmap(1) may be run for a table that has no text */
};

void import_files_free(struct import_files *files);

/* Reads a file, or standard input for "-". Gives 0, or -1 after a message. */
int import_files_read(struct import_files *files, const char *path, struct span *text);

/* What a program prints. Gives 0, or -1 after a message: it cannot be run, or has failed. */
int import_files_run(struct import_files *files, const char *const *arguments, struct span *text);

/* For struct import_postfix_source, with the files as SELF. */
const char *import_files_open(void *self, const char *table, struct span *text, const char **name);

#endif
