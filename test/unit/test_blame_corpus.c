/* test_blame_corpus: whose fault the lines of real logs are
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/blame.h"
#include "core/log_postfix.h"
#include "core/log_sendmail.h"
#include "corpus.h"
#include "suite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MIN = 600, PERCENT_WRONG = 1 };

/* What the table has wrong, and why it is left so. */
static const char *const exceptions[] = {
	/* Meant as the host's fault once, and twice not. */
	"said: 451 error here - please try again later",
};

static const char *counts_as(const char *line, bool is_sendmail, enum blame_class *class)
{
	struct logline parts;
	struct observation observation;

	*class = BLAME_NONE;
	if (!logline_parse(&parts, line, strlen(line), CORPUS_NOW, 0) ||
		!(is_sendmail ? log_sendmail_parse(&parts, &observation)
			      : log_postfix_parse(&parts, &observation)))
		return "unread";
	*class = blame_find(NULL, 0, &observation).class;
	switch (*class) {
	case BLAME_HOST:
	case BLAME_HOST_AT_ONCE:
		return "host";
	case BLAME_SUCCESS:
		return "success";
	default:
		return "other";
	}
}

static bool is_excepted(const char *line)
{
	for (int i = 0; i < COUNT(exceptions); i++)
		if (strstr(line, exceptions[i]) != NULL)
			return true;
	return false;
}

/* What one line cannot tell may be left to comparison; and which of those two it is, is a word. */
static bool class_fits(enum blame_class class, const char *meant)
{
	const char *name = blame_class_name(class);

	if (strcmp(meant, "host_at_once") == 0 || strcmp(meant, "ours") == 0)
		return strcmp(name, meant) == 0;
	return true;
}

START_TEST(lines)
{
	char path[PATH_MAX], text[4096];
	int count = 0, wrong = 0;
	const char *source = getenv("srcdir");
	FILE *file;

	snprintf(path, sizeof(path), "%s/test/corpus/blame.tsv", source == NULL ? "." : source);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s cannot be read", path);
	while (fgets(text, sizeof(text), file) != NULL) {
		char *rest = text;
		const char *mta, *meant, *class_meant, *got;
		enum blame_class class;

		if (*text == '#')
			continue;
		rest[strcspn(rest, "\n")] = '\0';
		mta = strsep(&rest, "\t");
		meant = strsep(&rest, "\t");
		class_meant = strsep(&rest, "\t");
		ck_assert_msg(rest != NULL, "no line: %s", text);
		got = counts_as(rest, strcmp(mta, "sendmail") == 0, &class);
		count++;
		wrong += strcmp(got, meant) != 0;
		ck_assert_msg(strcmp(got, meant) == 0 || is_excepted(rest), "%s, not %s (%s): %s",
			meant, got, blame_class_name(class), rest);
		ck_assert_msg(class_fits(class, class_meant), "%s, not %s: %s", class_meant,
			blame_class_name(class), rest);
	}
	fclose(file);
	ck_assert_int_ge(count, LINES_MIN);
	ck_assert_msg(wrong * 100 <= count * PERCENT_WRONG, "%d of %d are wrong", wrong, count);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{lines, 1}};

	return suite_run("blame_corpus", tests, COUNT(tests));
}
