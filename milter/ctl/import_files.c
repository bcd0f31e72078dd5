/* import_files: the tables that an import reads
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/import_files.h"
#include "core/printable.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM_FIRST = 64 * 1024, TEXT_OCTETS_MAX = 64 * 1024 * 1024, NOT_FOUND = 127 };

static int complain(const char *path, const char *why)
{
	char shown[PATH_MAX];

	fprintf(stderr, "milterctl: %s: %s\n", printable_copy(shown, sizeof(shown), path), why);
	return -1;
}

/* Keeps TEXT: it is freed with the files, or at once without memory. Gives whether it is kept. */
static bool keep(struct import_files *files, char *text)
{
	if (files->count == files->room) {
		size_t room = files->room == 0 ? 16 : 2 * files->room;
		char **texts = realloc(files->texts, room * sizeof(*texts));

		if (texts == NULL) {
			free(text);
			return false;
		}
		files->texts = texts;
		files->room = room;
	}
	files->texts[files->count++] = text;
	return true;
}

void import_files_free(struct import_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->texts[i]);
	free(files->texts);
	*files = (struct import_files){.texts = NULL};
}

/* All that FILE has; NULL: out of memory. */
static char *read_all(FILE *file, size_t *length)
{
	size_t room = ROOM_FIRST;
	char *octets = malloc(room);

	*length = 0;
	while (octets != NULL) {
		char *more;

		*length += fread(octets + *length, 1, room - *length, file);
		if (*length < room || room >= TEXT_OCTETS_MAX)
			break;
		room *= 2;
		more = realloc(octets, room);
		if (more == NULL)
			free(octets);
		octets = more;
	}
	return octets;
}

/* NULL, or why not. */
static const char *take(struct import_files *files, FILE *file, struct span *text)
{
	size_t length;
	char *octets = read_all(file, &length);
	int error = errno;

	*text = span_make("", 0);
	if (octets == NULL || !keep(files, octets))
		return "out of memory";
	if (ferror(file))
		return strerror(error);
	if (length == TEXT_OCTETS_MAX)
		return "more than 64 MB";
	if (memchr(octets, '\0', length) != NULL)
		return "has octets of value 0: it is not a text";
	*text = span_make(octets, length);
	return NULL;
}

/* NULL, or why not. */
static const char *read_path(struct import_files *files, const char *path, struct span *text)
{
	FILE *file = fopen(path, "re");
	const char *why;

	if (file == NULL)
		return strerror(errno);
	why = take(files, file, text);
	fclose(file);
	return why;
}

int import_files_read(struct import_files *files, const char *path, struct span *text)
{
	const char *why =
		strcmp(path, "-") == 0 ? take(files, stdin, text) : read_path(files, path, text);

	return why == NULL ? 0 : complain(path, why);
}

/* ---- programs */

/* In the child. Postfix's programs may not be in the path of a user. */
static void become(const char *const *arguments, int to)
{
	const char *path = getenv("PATH");
	char longer[PATH_MAX];

	snprintf(longer, sizeof(longer), "%s:/usr/sbin:/sbin",
		path == NULL ? "/usr/bin:/bin" : path);
	if (dup2(to, STDOUT_FILENO) != -1 && setenv("PATH", longer, 1) == 0)
		execvp(arguments[0], (char *const *)arguments);
	_exit(NOT_FOUND);
}

/* NULL, or why not. */
static const char *run(struct import_files *files, const char *const *arguments, struct span *text)
{
	int ends[2];
	FILE *from = NULL;
	const char *why;
	int status = 0;
	pid_t child;

	fflush(NULL);
	if (pipe(ends) == -1)
		return strerror(errno);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		become(arguments, ends[1]);
	}
	close(ends[1]);
	if (child != -1)
		from = fdopen(ends[0], "r");
	if (from == NULL)
		close(ends[0]);
	why = from == NULL ? strerror(errno) : take(files, from, text);
	if (from != NULL)
		fclose(from);
	while (child != -1 && waitpid(child, &status, 0) == -1 && errno == EINTR)
		continue;
	if (why == NULL && status != 0)
		why = WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND ? "cannot be run"
									    : "has failed";
	return why;
}

int import_files_run(struct import_files *files, const char *const *arguments, struct span *text)
{
	const char *why = run(files, arguments, text);

	return why == NULL ? 0 : complain(arguments[0], why);
}

/* ---- tables of Postfix */

/* Types that are made of a text, which lies beside them. */
static bool has_text(const char *type)
{
	static const char *const types[] = {
		"hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash", ""};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* A file of that name beside main.cf, or PATH itself. */
static const char *find_beside(
	const struct import_files *files, const char *path, char out[PATH_MAX])
{
	const char *folder_end = files->main == NULL ? NULL : strrchr(files->main, '/');
	const char *name = strrchr(path, '/');

	name = name == NULL ? path : name + 1;
	if (files->main != NULL) {
		snprintf(out, PATH_MAX, "%.*s%s",
			folder_end == NULL ? 0 : (int)(folder_end + 1 - files->main), files->main,
			name);
		if (access(out, R_OK) == 0)
			return out;
	}
	return path;
}

const char *import_files_open(void *self, const char *table, struct span *text, const char **name)
{
	struct import_files *files = self;
	const char *const dump[] = {"postmap", "-s", table, NULL};
	const char *colon = strchr(table, ':');
	char type[32] = "";
	char found[PATH_MAX];
	char *kept;
	const char *why;

	if (colon != NULL && *table != '/')
		snprintf(type, sizeof(type), "%.*s", (int)(colon - table), table);
	if (strcmp(type, "pcre") == 0 || strcmp(type, "regexp") == 0)
		return "patterns: make rules with when = { recipient = \"/.../\" } of them";
	if (!has_text(type))
		return "a table of that type is not read";
	kept = strdup(find_beside(files, *type == '\0' ? table : colon + 1, found));
	if (kept == NULL || !keep(files, kept))
		return "out of memory";
	*name = kept;
	why = read_path(files, kept, text);
	if (why == NULL || !files->is_running)
		return why;
	*name = table;
	return run(files, dump, text);
}
