/* conf_text: the text of a configuration, before libconfig reads it and where it cannot
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_text.h"
#include "core/printable.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum scan_in {
	SCAN_TEXT = 0,
	SCAN_STRING = 1,
	SCAN_LINE_COMMENT = 2,
	SCAN_BLOCK_COMMENT = 3,
};

/* ---- includes */

enum { INCLUDES_MAX = 10 }; /* libconfig's own */

static const char include_word[] = "@include";

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
	if (strncmp(line, include_word, sizeof(include_word) - 1) != 0)
		return false;
	line += sizeof(include_word) - 1;
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

/* ---- what libconfig would read and not tell of */

/* Gives where the text ends that is the same to libconfig; *SCAN is what comes then. */
static const char *pass_text(const char *at, enum scan_in *scan)
{
	at += strcspn(at, "\"#/");
	if (*at == '"') {
		*scan = SCAN_STRING;
		return at + 1;
	}
	if (*at == '#' || (*at == '/' && at[1] == '/'))
		return at + strlen(at);
	if (*at == '/' && at[1] == '*')
		*scan = SCAN_BLOCK_COMMENT;
	return *at == '\0' ? at : at + 1;
}

static const char *pass_comment(const char *at, enum scan_in *scan)
{
	const char *end = strstr(at, "*/");

	if (end == NULL)
		return at + strlen(at);
	*scan = SCAN_TEXT;
	return end + 2;
}

/* A text ends for C where it has a NUL: what comes after it would be cut off without a word. */
static const char *pass_string(const char *at, enum scan_in *scan, bool *has_nul)
{
	at += strcspn(at, "\"\\");
	if (*at == '"') {
		*scan = SCAN_TEXT;
		return at + 1;
	}
	if (*at == '\0' || at[1] == '\0')
		return at + strlen(at);
	*has_nul |= strncmp(at, "\\x00", 4) == 0;
	return at + 2;
}

/* Gives whether a string in that line, of LENGTH octets, has a NUL. */
static bool has_nul(const char *line, size_t length, enum scan_in *scan)
{
	const char *at = line;
	bool has = false;

	while (*at != '\0')
		at = *scan == SCAN_TEXT		   ? pass_text(at, scan)
		     : *scan == SCAN_BLOCK_COMMENT ? pass_comment(at, scan)
						   : pass_string(at, scan, &has);
	/* The octet itself. */
	return has || (*scan == SCAN_STRING && (size_t)(at - line) < length);
}

/* Such a file is none of ours anyway, and libconfig is right to complain. */
static bool is_utf_16(const char *line)
{
	return strncmp(line, "\xff\xfe", 2) == 0 || strncmp(line, "\xfe\xff", 2) == 0;
}

/* FOLDER is that of the first file: all includes are relative to it. */
static int check(
	const char *path, const char *folder, struct place by, int depth, struct fault_list *faults)
{
	bool failed;
	FILE *file = open_regular(path, by, faults, &failed);
	char inner[PATH_MAX];
	enum scan_in scan = SCAN_TEXT;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	if (file == NULL)
		return failed ? -1 : 0;
	for (int number = 1; !failed && (length = getline(&line, &size, file)) != -1; number++) {
		if (number == 1 && is_utf_16(line))
			break;
		if (scan == SCAN_TEXT && depth < INCLUDES_MAX && included(line, folder, inner))
			failed = check(inner, folder, (struct place){path, number}, depth + 1,
					 faults) == -1;
		if (has_nul(line, (size_t)length, &scan)) {
			fault_add(faults, path, number,
				"a string has a NUL character: what follows it would be cut off");
			failed = true;
		}
	}
	free(line);
	fclose(file);
	return failed ? -1 : 0;
}

int conf_text_check(const char *path, struct fault_list *faults)
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

/* ---- what is wrong with a text that libconfig cannot read */

enum { SHOWN_MAX = 72, DEPTH_MAX = 64, WORD_MAX = 60 };

struct scan {
	enum scan_in in;
	int line;
	char before; /* the last octet of text that is no space; '\0': none yet */
	int string_line;
	int long_string; /* where the first string with a line end in it begins; 0: none */
	int depth;
	char open[DEPTH_MAX];
	int open_line[DEPTH_MAX];
	size_t word_length; /* of a value without quotes, so far */
	char word[WORD_MAX + 1];
	int hint_line; /* 0: no mistake was found yet */
	char hint[160];
};

/* Characters that editors and web pages put in the place of plain ones. */
static const struct lookalike {
	const char *octets;
	const char *text;
} lookalikes[] = {
	{"\xe2\x80\x9c", "a curly quote (\xe2\x80\x9c): write a plain one (\")"},
	{"\xe2\x80\x9d", "a curly quote (\xe2\x80\x9d): write a plain one (\")"},
	{"\xe2\x80\x9e", "a curly quote (\xe2\x80\x9e): write a plain one (\")"},
	{"\xe2\x80\x98", "a curly quote (\xe2\x80\x98): write a plain double one (\")"},
	{"\xe2\x80\x99", "a curly quote (\xe2\x80\x99): write a plain double one (\")"},
	{"\xc2\xa0", "a no-break space: write a plain one"},
	{"\xef\xbb\xbf", "a byte order mark (BOM): save the file as UTF-8 without it"},
	{"\xff\xfe", "UTF-16: save the file as UTF-8"},
	{"\xfe\xff", "UTF-16: save the file as UTF-8"},
};

static void add_hint(struct scan *scan, const char *text, const char *shown)
{
	if (scan->hint_line != 0)
		return;
	scan->hint_line = scan->line;
	snprintf(scan->hint, sizeof(scan->hint), "%s%s", text, shown);
}

/* Gives how many octets of TEXT that was. */
static size_t see_lookalike(struct scan *scan, const char *text)
{
	for (size_t i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++) {
		size_t length = strlen(lookalikes[i].octets);

		if (strncmp(text, lookalikes[i].octets, length) != 0)
			continue;
		add_hint(scan, "here is ", lookalikes[i].text);
		return length;
	}
	return 0;
}

static char innermost(const struct scan *scan)
{
	if (scan->depth == 0 || scan->depth > DEPTH_MAX)
		return '\0';
	return scan->open[scan->depth - 1];
}

static void open_bracket(struct scan *scan, char octet)
{
	bool is_in_list = innermost(scan) == '(' || innermost(scan) == '[';

	if (is_in_list && strchr("})]", scan->before) != NULL && scan->before != '\0')
		add_hint(scan, "a comma is missing before this element of a list", "");
	if (scan->depth < DEPTH_MAX) {
		scan->open[scan->depth] = octet;
		scan->open_line[scan->depth] = scan->line;
	}
	scan->depth++;
}

static void close_bracket(struct scan *scan, char octet)
{
	static const char opens[] = "({[";
	static const char closes[] = ")}]";
	char open = opens[strchr(closes, octet) - closes];
	char text[80];

	if (scan->depth == 0) {
		snprintf(text, sizeof(text), "%c closes nothing that was opened", octet);
		add_hint(scan, text, "");
		return;
	}
	if (scan->depth <= DEPTH_MAX && innermost(scan) != open) {
		snprintf(text, sizeof(text), "%c does not close the %c of line %d", octet,
			innermost(scan), scan->open_line[scan->depth - 1]);
		add_hint(scan, text, "");
	}
	scan->depth--;
}

/* ---- values */

static bool is_word_octet(char octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
	       (octet >= '0' && octet <= '9') ||
	       (octet != '\0' && strchr("._:/@-+*", octet) != NULL);
}

/* Whether a value, and not a name, stands after what stood BEFORE. */
static bool is_value_place(const struct scan *scan)
{
	if (scan->before == '=')
		return true;
	return (innermost(scan) == '(' || innermost(scan) == '[') && scan->before != '\0' &&
	       strchr("([,", scan->before) != NULL;
}

static bool is_number_or_bool(const char *word)
{
	char *end;

	if (strcasecmp(word, "true") == 0 || strcasecmp(word, "false") == 0)
		return true;
	strtod(word, &end);
	while (*end == 'L')
		end++;
	return *end == '\0';
}

static void end_word(struct scan *scan)
{
	char shown[WORD_MAX + 1];

	if (scan->word_length == 0)
		return;
	scan->word[scan->word_length] = '\0';
	scan->word_length = 0;
	if (!is_number_or_bool(scan->word))
		add_hint(scan, "a text stands in quotes, here it has none: ",
			printable_copy(shown, sizeof(shown), scan->word));
}

/* ---- the text */

static void begin_string(struct scan *scan)
{
	scan->in = SCAN_STRING;
	scan->string_line = scan->line;
}

/* One octet of text that is in no string and no comment. Gives how many were read. */
static size_t see_text(struct scan *scan, const char *text)
{
	size_t length;

	if (is_word_octet(*text) && (scan->word_length > 0 || is_value_place(scan)) &&
		scan->word_length < WORD_MAX) {
		scan->word[scan->word_length++] = *text;
		return 1;
	}
	if (scan->word_length > 0) {
		end_word(scan);
		scan->before = 'w';
	}
	if (*text == '#' || (*text == '/' && text[1] == '/')) {
		scan->in = SCAN_LINE_COMMENT;
		return 1;
	}
	if (*text == '/' && text[1] == '*') {
		scan->in = SCAN_BLOCK_COMMENT;
		return 2;
	}
	length = see_lookalike(scan, text);
	if (length > 0)
		return length;
	if (*text == '"')
		begin_string(scan);
	else if (strchr("({[", *text) != NULL)
		open_bracket(scan, *text);
	else if (strchr(")}]", *text) != NULL)
		close_bracket(scan, *text);
	if (strchr(" \t\r\n\f", *text) == NULL)
		scan->before = *text;
	return 1;
}

/* One octet, or what belongs together. Gives how many. */
static size_t see(struct scan *scan, const char *text)
{
	switch (scan->in) {
	case SCAN_STRING:
		if (*text == '\\' && text[1] != '\0')
			return 2;
		if (*text == '"')
			scan->in = SCAN_TEXT;
		if (*text == '\n' && scan->long_string == 0)
			scan->long_string = scan->string_line;
		return 1;
	case SCAN_LINE_COMMENT:
		if (*text == '\n')
			scan->in = SCAN_TEXT;
		return 1;
	case SCAN_BLOCK_COMMENT:
		if (*text != '*' || text[1] != '/')
			return 1;
		scan->in = SCAN_TEXT;
		return 2;
	default:
		return see_text(scan, text);
	}
}

/* Where nothing was found before the end of what was read. */
static void see_end(struct scan *scan, bool is_end_of_file)
{
	char text[100];

	if (scan->hint_line != 0)
		return;
	if (scan->long_string != 0) {
		scan->line = scan->long_string;
		add_hint(scan, "the quote that is opened here is not closed in its line", "");
	} else if (is_end_of_file && scan->depth > 0 && scan->depth <= DEPTH_MAX) {
		snprintf(text, sizeof(text), "the %c that is opened here is never closed",
			innermost(scan));
		scan->line = scan->open_line[scan->depth - 1];
		add_hint(scan, text, "");
	}
}

/* The text of the line, to be shown. */
static void show_line(char shown[SHOWN_MAX + 1], char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strcspn(text, "\r\n");
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	text[length] = '\0';
	printable_copy(shown, SHOWN_MAX + 1, text);
}

void conf_text_syntax_fault(struct fault_list *faults, FILE *file, const char *path, int line)
{
	struct scan scan = {.in = SCAN_TEXT};
	char shown[SHOWN_MAX + 1] = "";
	char *text = NULL;
	size_t size = 0;
	bool is_end_of_file = true;

	while (getline(&text, &size, file) != -1) {
		scan.line++;
		for (const char *at = text; *at != '\0';)
			at += see(&scan, at);
		if (scan.line >= line) {
			is_end_of_file = getc(file) == EOF;
			show_line(shown, text);
			break;
		}
	}
	see_end(&scan, is_end_of_file);
	free(text);
	if (scan.hint_line != 0)
		fault_add(faults, path, scan.hint_line, "syntax error: %s", scan.hint);
	else if (shown[0] != '\0')
		fault_add(faults, path, line, "syntax error here or in the line before: %s", shown);
	else
		fault_add(faults, path, line, "syntax error here or before");
}
