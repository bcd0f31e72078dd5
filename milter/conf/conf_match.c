/* conf_match: whom a route is for: one match, or a file of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_match.h"
#include "conf/conf_address.h"
#include "conf/conf_file.h"
#include "core/printable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- one match */

/*
 * What other programs' tables have, and ours writes in another way: adds a fault that says how. False
 * if TEXT is nothing of the kind.
 */
static bool is_foreign(struct fault_list *faults, struct conf_place at, const char *text)
{
	const char *bracket = strrchr(text, '<');
	size_t stars = strspn(text, "*");
	const char *rest = text + stars;

	if (strcmp(text, "*") == 0 || strcmp(text, "*@*") == 0 ||
		(strcasecmp(text, "ALL") == 0 && strcmp(text, "ALL") != 0))
		fault_add(faults, at.file, at.line,
			"match \"%s\": every address is ALL, in capitals", text);
	else if (*rest == '@' && rest[1] != '\0')
		fault_add(faults, at.file, at.line,
			"match \"%s\": a whole domain stands without the @: \"%s\"", text,
			rest + 1);
	else if (stars == 1 && *rest == '.')
		fault_add(faults, at.file, at.line,
			"match \"%s\": all subdomains of a domain are \"%s\"", text, rest);
	else if (bracket != NULL && bracket > text && strchr(bracket, '@') != NULL)
		fault_add(faults, at.file, at.line,
			"match \"%s\": write the address alone: \"%.*s\"", text,
			(int)strcspn(bracket + 1, ">"), bracket + 1);
	else if (*text != '"' && strpbrk(text, "*?") != NULL && strchr(text, '@') == NULL)
		fault_add(faults, at.file, at.line,
			"match \"%s\": a route has no patterns; a rule has: when = { recipient = … "
			"}",
			text);
	else
		return false;
	return true;
}

const char *conf_match_read(struct schema_reader *reader, struct conf_place at, const char *text)
{
	char match[ADDRESS_MAX + 1];
	const char *wrong;

	if (is_foreign(reader->faults, at, text))
		return NULL;
	wrong = conf_address_match(text, match);
	if (wrong != NULL) {
		fault_add(reader->faults, at.file, at.line, "match \"%s\" %s", text, wrong);
		return NULL;
	}
	return schema_keep(reader, match, strlen(match));
}

/* ---- a file of them */

enum { LINE_MAX_OCTETS = 2048 };

struct conf_match_file {
	struct schema_reader *reader;
	const char *path;
	char *text; /* with a NUL after it */
	size_t size;
	size_t at; /* of the next line */
	int line;  /* the last one that was read */
};

static const char blanks[] = " \t\r\f\v";
static const char byte_order_mark[] = "\xef\xbb\xbf";

void conf_match_file_close(struct conf_match_file *file)
{
	if (file == NULL)
		return;
	free(file->text);
	free(file);
}

const char *conf_match_file_path(const struct conf_match_file *file)
{
	return file->path;
}

/* Gives why not, or NULL. */
static const char *load(struct conf_match_file *file, int fd, const struct stat *status)
{
	ssize_t got;

	if (!S_ISREG(status->st_mode))
		return "not a regular file";
	if (status->st_size > CONF_MATCH_FILE_MAX)
		return "larger than 1 GB";
	file->text = malloc((size_t)status->st_size + 1);
	if (file->text == NULL)
		return "out of memory";
	got = conf_file_read(fd, file->text, (size_t)status->st_size);
	if (got == -1)
		return strerror(errno);
	file->size = (size_t)got;
	file->text[got] = '\0';
	if (strncmp(file->text, byte_order_mark, sizeof(byte_order_mark) - 1) == 0)
		file->at = sizeof(byte_order_mark) - 1;
	return NULL;
}

struct conf_match_file *conf_match_file_open(
	struct schema_reader *reader, struct conf_place at, const char *path)
{
	struct conf_match_file *file = calloc(1, sizeof(*file));
	struct stat status;
	const char *wrong;
	int fd;

	if (file == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	file->reader = reader;
	file->path = schema_path(reader, path);
	if (file->path == NULL) {
		reader->no_memory = true;
		conf_match_file_close(file);
		return NULL;
	}
	fd = conf_file_open(file->path, &status);
	wrong = fd == -1 ? strerror(errno) : load(file, fd, &status);
	if (wrong != NULL) {
		fault_add(reader->faults, at.file, at.line, "match_file: cannot read %s: %s",
			file->path, wrong);
		conf_match_file_close(file);
		file = NULL;
	}
	if (fd != -1)
		close(fd);
	return file;
}

size_t conf_match_file_count(const struct conf_match_file *file)
{
	size_t count = 1;
	const char *at = file->text;
	const char *end = file->text + file->size;

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		count++;
		at++;
	}
	return count;
}

/* ---- its lines */

/* The end of what stands at TEXT: a blank that is not within the quotes of a local part. */
static char *pass_match(char *text)
{
	bool is_quoted = false;

	for (; *text != '\0' && (is_quoted || strchr(blanks, *text) == NULL); text++) {
		if (*text == '\\' && is_quoted && text[1] != '\0')
			text++;
		else if (*text == '"')
			is_quoted = !is_quoted;
	}
	return text;
}

/* Takes TEXT apart. Gives why it is no line of such a file, or NULL. */
static const char *take_apart(char *text, size_t length, struct conf_match_line *line)
{
	char printable[LINE_MAX_OCTETS + 1];
	char *end;

	if (length > LINE_MAX_OCTETS)
		return "the line is longer than 2048 octets";
	if (strlen(text) != length)
		return "the line has a NUL";
	text[strcspn(text, "\r")] = '\0';
	for (char *at = text; (at = strpbrk(at, "\t\f\v")) != NULL;)
		*at = ' ';
	if (strcmp(printable_copy(printable, sizeof(printable), text), text) != 0)
		return "the line has control characters or is not in UTF-8";
	line->match = text;
	end = pass_match(text);
	line->pool = NULL;
	if (*end == '\0')
		return NULL;
	*end++ = '\0';
	end += strspn(end, blanks);
	if (*end == '\0' || *end == '#')
		return NULL;
	line->pool = end;
	end += strcspn(end, blanks);
	if (*end == '\0')
		return NULL;
	*end++ = '\0';
	end += strspn(end, blanks);
	return *end == '\0' || *end == '#' ? NULL
					   : "more than a match and the name of a pool stands here";
}

bool conf_match_file_next(struct conf_match_file *file, struct conf_match_line *line)
{
	while (file->at < file->size) {
		char *text = file->text + file->at;
		char *end = memchr(text, '\n', file->size - file->at);
		size_t length = end == NULL ? file->size - file->at : (size_t)(end - text);
		size_t before;
		const char *wrong;

		file->at += length + 1;
		file->line++;
		text[length] = '\0';
		before = strspn(text, blanks);
		text += before;
		length -= before;
		if (length == 0 || *text == '#')
			continue;
		line->at = (struct conf_place){"match_file", file->path, file->line};
		wrong = take_apart(text, length, line);
		if (wrong == NULL)
			return true;
		fault_add(file->reader->faults, file->path, file->line, "%s", wrong);
	}
	return false;
}
