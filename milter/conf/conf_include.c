/* conf_include: what a configuration includes, looked at before libconfig does
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_include.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 10 }; /* libconfig's own */

static const char word[] = "@include";

/* Who includes: for the fault. */
struct place {
	const char *file;
	int line;
};

/* Opens a regular file; NULL with a fault, but for one that is missing: there libconfig speaks. */
static FILE *open_regular(
	const char *path, struct place by, struct fault_list *faults, bool *failed)
{
	struct stat status;
	FILE *file;

	*failed = true;
	if (stat(path, &status) == -1) {
		*failed = by.line == 0;
		if (*failed)
			fault_add(faults, path, 0, "cannot read: %s", strerror(errno));
		return NULL;
	}
	if (!S_ISREG(status.st_mode)) {
		fault_add(faults, by.file, by.line, "%s is not a regular file", path);
		return NULL;
	}
	file = fopen(path, "re");
	if (file == NULL)
		fault_add(faults, by.file, by.line, "cannot read %s: %s", path, strerror(errno));
	*failed = file == NULL;
	return file;
}

/* The path that a line includes, as libconfig reads it; false if it includes none. */
static bool included(const char *line, const char *folder, char out[PATH_MAX])
{
	size_t used = 0;

	line += strspn(line, " \t");
	if (strncmp(line, word, sizeof(word) - 1) != 0)
		return false;
	line += sizeof(word) - 1;
	line += strspn(line, " \t");
	if (*line++ != '"')
		return false;
	if (*line != '/')
		used = (size_t)snprintf(out, PATH_MAX, "%s/", folder);
	for (; *line != '"'; line++) {
		if (*line == '\\' && (line[1] == '\\' || line[1] == '"'))
			line++;
		if (*line == '\0' || used >= PATH_MAX - 1)
			return false;
		out[used++] = *line;
	}
	out[used] = '\0';
	return true;
}

/* FOLDER is that of the first file: all includes are relative to it. */
static int check(
	const char *path, const char *folder, struct place by, int depth, struct fault_list *faults)
{
	bool failed;
	FILE *file = open_regular(path, by, faults, &failed);
	char inner[PATH_MAX];
	char *line = NULL;
	size_t size = 0;

	if (file == NULL)
		return failed ? -1 : 0;
	for (int number = 1; !failed && getline(&line, &size, file) != -1; number++)
		if (depth < DEPTH_MAX && included(line, folder, inner))
			failed = check(inner, folder, (struct place){path, number}, depth + 1,
					 faults) == -1;
	free(line);
	fclose(file);
	return failed ? -1 : 0;
}

int conf_include_check(const char *path, struct fault_list *faults)
{
	char *copy = strdup(path);
	int result;

	if (copy == NULL) {
		fault_add(faults, path, 0, "out of memory");
		return -1;
	}
	result = check(path, dirname(copy), (struct place){path, 0}, 0, faults);
	free(copy);
	return result;
}
