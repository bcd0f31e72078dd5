/* test_phrase: words of a foreign text, without those that strangers choose
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/phrase.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *text;
	const char *phrase;
	bool is_found;
} rows[] = {
	{"451 Temporary LOCAL problem", "local problem", true},
	{"451 local, problem", "local problem", true},
	{"451 locale problem", "local problem", false},
	{"451 local problems", "local problem", false},
	{"451 local problems", "local problem*", true},
	{"451 local", "local problem", false},
	{"greylisted", "greylist*", true},
	{"grey-listing", "grey list*", true},
	{"Service unavailable", "service * unavailable", true},
	{"Sorry, the service is very currently unavailable", "service * unavailable", true},
	{"service and one two three unavailable", "service * unavailable", false},
	{"service for one service is unavailable", "service * unavailable", true},
	{"", "busy", false},
	{"busy", "busy", true},
	/* Strangers write addresses. */
	{"450 <busy@example.com>: no", "busy", false},
	{"450 <\"busy\"@example.com>: no", "busy", false},
	{"450 <\"> busy \\\"> busy\"@example.com>: no", "busy", false},
	{"450 <\"> busy", "busy", false},
	{"450 <x busy", "busy", true},
	{"450 to busy@example.com: no", "busy", false},
	{"450 to \"so busy\"@example.com: no", "busy", false},
	{"450 to \"busy now\"@example.com: no", "busy", false},
	{"450 \"so busy\": no", "busy", true},
	{"450 to x+busy@example.com, busy", "busy", true},
	/* And domains, and links are of others. */
	{"450 busy.example.com: no", "busy", false},
	{"450 [busy.example.com]. no", "busy", false},
	{"450 see https://x/busy", "busy", false},
	{"450 please...busy", "busy", true},
	{"450 later. busy.", "busy", true},
	{"450 .", "busy", false},
};

START_TEST(phrase)
{
	const struct row *row = &rows[_i];
	struct phrase_words words;

	phrase_split(&words, span_make(row->text, strlen(row->text)));
	ck_assert_msg(phrase_find(&words, row->phrase) == row->is_found, "%s: %s", row->text,
		row->phrase);
}
END_TEST

START_TEST(any)
{
	static const char *const phrases[] = {"disk full", "busy", NULL};
	static const char *const none[] = {NULL};
	struct phrase_words words;

	phrase_split(&words, span_make("too busy", 8));
	ck_assert(phrase_find_any(&words, phrases));
	ck_assert(!phrase_find_any(&words, none));
	phrase_split(&words, span_make("too late", 8));
	ck_assert(!phrase_find_any(&words, phrases));
}
END_TEST

START_TEST(long_texts)
{
	char text[HEALTH_TEXT_MAX * 2];
	struct phrase_words words;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'x' : ' ';
	phrase_split(&words, span_make(text, sizeof(text)));
	ck_assert_uint_eq(words.count, PHRASE_WORDS_MAX);
	ck_assert(!phrase_find(&words, "y"));
	phrase_split(&words, (struct span){0});
	ck_assert_uint_eq(words.count, 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{phrase, COUNT(rows)}, {any, 1}, {long_texts, 1}};

	return suite_run("phrase", tests, COUNT(tests));
}
