/* test_observation: the words, and foreign text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/observation.h"
#include "suite.h"

#include <string.h>

/* Users write these words in health.classify, and scripts read them. */
static const char *const stages[] = {
	"none", "connect", "greeting", "ehlo", "tls", "auth", "mail", "rcpt", "data", "end"};
static const char *const whats[] = {"reply", "refused", "unreachable", "timeout", "lost",
	"tls_failed", "no_address", "ours", "suspended", "other", "no_smtp", "no_network"};
static const char *const outcomes[] = {"passed_on", "sent", "deferred", "bounced"};

START_TEST(words)
{
	ck_assert_int_eq(COUNT(stages), OBSERVATION_STAGE_COUNT);
	ck_assert_int_eq(COUNT(whats), OBSERVATION_WHAT_COUNT);
	ck_assert_int_eq(COUNT(outcomes), OBSERVATION_OUTCOME_COUNT);
	for (int i = 0; i < COUNT(stages); i++)
		ck_assert_str_eq(observation_stage_name((enum observation_stage)i), stages[i]);
	for (int i = 0; i < COUNT(whats); i++)
		ck_assert_str_eq(observation_what_name((enum observation_what)i), whats[i]);
	for (int i = 0; i < COUNT(outcomes); i++)
		ck_assert_str_eq(
			observation_outcome_name((enum observation_outcome)i), outcomes[i]);
	ck_assert_str_eq(observation_stage_name(OBSERVATION_STAGE_COUNT), "?");
	ck_assert_str_eq(observation_what_name(OBSERVATION_WHAT_COUNT), "?");
	ck_assert_str_eq(observation_outcome_name(OBSERVATION_OUTCOME_COUNT), "?");
}
END_TEST

START_TEST(of_nothing_yet)
{
	struct observation observation;

	memset(&observation, 0x5a, sizeof(observation));
	observation_init(&observation);
	ck_assert_int_eq(observation.at, 0);
	ck_assert_int_eq(observation.code, 0);
	ck_assert_int_eq(observation.outcome, OBSERVATION_PASSED_ON);
	ck_assert_str_eq(observation.queue_id, "");
	ck_assert_str_eq(observation.host, "");
	ck_assert_str_eq(observation.text, "");
	for (int i = 0; i < OBSERVATION_DELAYS; i++)
		ck_assert_int_eq(observation.delays[i], -1);
}
END_TEST

static const struct text_row {
	const char *name;
	const char *text;
	size_t length;
	const char *expected;
} text_rows[] = {
	{"plain", "452 4.3.1 full", 14, "452 4.3.1 full"},
	{"empty", "", 0, ""},
	{"only so much of it", "452 4.3.1 full", 3, "452"},
	{"a NUL", "a\0b", 3, "a?b"},
	{"NULs at both ends", "\0b\0", 3, "?b?"},
	{"a character that is cut off", "a\xc3\xa9", 2, "a?"},
};

START_TEST(texts)
{
	const struct text_row *row = &text_rows[_i];
	struct observation observation;

	observation_init(&observation);
	observation_set_text(&observation, row->text, row->length);
	ck_assert_msg(strcmp(observation.text, row->expected) == 0, "%s: \"%s\"", row->name,
		observation.text);
}
END_TEST

/* At whatever place the text ends, a character is whole or is not there. */
START_TEST(long_texts)
{
	char text[1000];

	for (size_t lead = 0; lead < 4; lead++) {
		struct observation observation;
		size_t length;

		memset(text, 'x', sizeof(text));
		for (size_t i = lead; i + 3 <= sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		observation_init(&observation);
		observation_set_text(&observation, text, sizeof(text));
		length = strlen(observation.text);
		ck_assert_uint_lt(length, HEALTH_TEXT_MAX);
		ck_assert_uint_ge(length, HEALTH_TEXT_MAX - 3);
		ck_assert_ptr_null(strchr(observation.text, '?'));
		ck_assert_mem_eq(observation.text, text, length);
		ck_assert_uint_eq((length - lead) % 3, 0);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{words, 1}, {of_nothing_yet, 1}, {texts, COUNT(text_rows)}, {long_texts, 1}};

	return suite_run("observation", tests, COUNT(tests));
}
