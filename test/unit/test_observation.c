/* test_observation: an empty one, and a word for each value
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/observation.h"
#include "suite.h"

#include <string.h>

START_TEST(nothing_is_known_at_first)
{
	struct observation observation;

	memset(&observation, 0xa5, sizeof(observation));
	observation_init(&observation);
	ck_assert_int_eq(observation.at, 0);
	ck_assert_int_eq(observation.what, OBSERVATION_REPLY);
	ck_assert_int_eq(observation.stage, OBSERVATION_STAGE_NONE);
	ck_assert_int_eq(observation.outcome, OBSERVATION_PASSED_ON);
	ck_assert_int_eq(observation.code, 0);
	ck_assert_int_eq(observation.port, 0);
	ck_assert(!observation.is_probe);
	ck_assert_str_eq(observation.queue_id, "");
	ck_assert_str_eq(observation.host, "");
	ck_assert_str_eq(observation.text, "");
	for (int i = 0; i < OBSERVATION_DELAYS; i++)
		ck_assert_int_eq(observation.delays[i], -1);
}
END_TEST

/* ---- the words: scripts and configurations have them */

static const char *stage(int value)
{
	return observation_stage_name((enum observation_stage)value);
}

static const char *what(int value)
{
	return observation_what_name((enum observation_what)value);
}

static const char *outcome(int value)
{
	return observation_outcome_name((enum observation_outcome)value);
}

static const struct row {
	const char *name;
	const char *(*word)(int value);
	int count;
	const char *words; /* each with a blank behind it */
} rows[] = {
	{"stage", stage, OBSERVATION_STAGE_COUNT,
		"none connect greeting ehlo tls auth mail rcpt data end "},
	{"what", what, OBSERVATION_WHAT_COUNT,
		"reply refused unreachable timeout lost tls_failed no_address ours suspended "
		"other "},
	{"outcome", outcome, OBSERVATION_OUTCOME_COUNT, "passed_on sent deferred bounced "},
};

START_TEST(every_value_has_its_word)
{
	const struct row *row = &rows[_i];
	char words[512] = "";

	for (int i = 0; i < row->count; i++) {
		ck_assert_msg(row->word(i) != NULL, "%s %d", row->name, i);
		strcat(words, row->word(i));
		strcat(words, " ");
	}
	ck_assert_msg(strcmp(words, row->words) == 0, "%s: %s", row->name, words);
	ck_assert_str_eq(row->word(row->count), "?");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{nothing_is_known_at_first, 1},
		{every_value_has_its_word, COUNT(rows)},
	};

	return suite_run("observation", tests, COUNT(tests));
}
