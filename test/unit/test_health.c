/* test_health: what is kept of a host, and the words for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/breaker.h"
#include "core/health.h"
#include "suite.h"

#include <string.h>

START_TEST(text_is_cut)
{
	char text[2 * HEALTH_TEXT_MAX];
	struct health health;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	health_init(&health, 1000);
	health_set_text(&health, text);
	ck_assert_uint_eq(strlen(health.text), HEALTH_TEXT_MAX - 1);
	health_set_text(&health, "");
	ck_assert_str_eq(health.text, "");
}
END_TEST

enum broken {
	STATE,
	REASON,
	EVIDENCE_COUNT,
	TEXT,
	SINCE,
	UNTIL,
	WEIGHT_UNTIL,
	WEIGHT_LOW,
	WEIGHT_HIGH,
	WEIGHT_TEXT,
	DRAIN_AT,
	DRAIN_UNTIL,
	DRAIN_TEXT,
	WAIVED_UNTIL,
	BROKEN_COUNT,
};

START_TEST(out_of_range_is_not_valid)
{
	struct health health;

	health_init(&health, 1000);
	ck_assert(health_valid(&health));
	switch ((enum broken)_i) {
	case STATE:
		health.state = HEALTH_STATE_COUNT;
		break;
	case REASON:
		health.reason = HEALTH_REASON_COUNT;
		break;
	case EVIDENCE_COUNT:
		health.evidence_count = HEALTH_EVIDENCE_MAX + 1;
		break;
	case TEXT:
		memset(health.text, 'x', sizeof(health.text));
		break;
	case SINCE:
		health.since = -1;
		break;
	case UNTIL:
		health.until = INT64_MIN;
		break;
	case WEIGHT_UNTIL:
		health.weight_until = HEALTH_TIME_MAX + 1;
		break;
	case WEIGHT_LOW:
		health.weight_change = -101;
		break;
	case WEIGHT_HIGH:
		health.weight_change = HEALTH_PERCENT_MAX - 100 + 1;
		break;
	case WEIGHT_TEXT:
		memset(health.weight_text, 'x', sizeof(health.weight_text));
		break;
	case DRAIN_AT:
		health.drain_at = -1;
		break;
	case DRAIN_UNTIL:
		health.drain_until = HEALTH_TIME_MAX + 1;
		break;
	case DRAIN_TEXT:
		memset(health.drain_text, 'x', sizeof(health.drain_text));
		break;
	case WAIVED_UNTIL:
		health.waived_until = -1;
		break;
	case BROKEN_COUNT:
		break;
	}
	ck_assert_msg(!health_valid(&health), "field %d", _i);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(health_state_name(HEALTH_UP), "up");
	ck_assert_str_eq(health_state_name(HEALTH_DEFERRED), "deferred");
	ck_assert_str_eq(health_state_name(HEALTH_TRIAL), "trial");
	ck_assert_str_eq(health_state_name(HEALTH_DRAINED), "drained");
	ck_assert_str_eq(health_state_name(HEALTH_SPENT), "spent");
	ck_assert_str_eq(health_state_name(77), "?");
	ck_assert_str_eq(health_reason_name(HEALTH_REASON_NONE), "none");
	ck_assert_str_eq(health_reason_name(HEALTH_REASON_OPERATOR), "operator");
	ck_assert_str_eq(health_reason_name(HEALTH_REASON_DRAIN_ENDED), "drain_ended");
	ck_assert_str_eq(health_reason_name(77), "?");
}
END_TEST

START_TEST(every_word_is_another)
{
	for (uint32_t i = 0; i < HEALTH_REASON_COUNT; i++)
		for (uint32_t k = 0; k < i; k++)
			ck_assert_str_ne(health_reason_name(i), health_reason_name(k));
}
END_TEST

/* Whatever year a line says: no sum overflows, and what is old counts for nothing. */
START_TEST(times_of_any_year)
{
	static const int64_t times[] = {
		INT64_MIN, INT64_MIN + 1, -1, 0, 1, HEALTH_TIME_MAX, INT64_MAX};
	static const struct breaker_policy policy = {.failures = 3, .messages = 2, .window = 60000};
	const int64_t now = INT64_C(1700000000000);

	for (int i = 0; i < COUNT(times); i++) {
		struct health health;
		struct breaker_event event = {
			.kind = BREAKER_FAILURE, .at = times[i], .message = 5, .text = ""};

		health_init(&health, 0);
		breaker_feed(&health, &policy, &event, now);
		ck_assert(health_valid(&health));
		ck_assert_msg(health.evidence_count == (times[i] > now), "time %d", i);
	}
}
END_TEST

START_TEST(a_part_of_the_weight)
{
	enum { START = 1000000 };
	struct breaker_policy policy = {.failures = 3, .messages = 2, .window = 60000};
	struct breaker_event event = {
		.kind = BREAKER_WEIGHT, .percent = 50, .until = START + 1000, .text = "new disks"};
	struct health health;

	health_init(&health, START);
	ck_assert(!breaker_feed(&health, &policy, &event, START));
	ck_assert_int_eq(health.state, HEALTH_UP);
	ck_assert_str_eq(health.weight_text, "new disks");
	ck_assert_int_eq(breaker_weight(&health, &policy, 3, START + 999), 150);
	ck_assert_int_eq(breaker_weight(&health, &policy, 3, START + 1000), 300);
	/* While it starts slowly, a part of the part. */
	policy.slow_start = 1000;
	health.reason = HEALTH_REASON_RECOVERED;
	ck_assert_int_eq(breaker_weight(&health, &policy, 3, START + 500), 75);
	/* What the operator has said is not what was observed. */
	event.kind = BREAKER_RESET;
	breaker_feed(&health, &policy, &event, START + 1);
	event.kind = BREAKER_DRAIN;
	breaker_feed(&health, &policy, &event, START + 2);
	event.kind = BREAKER_ENABLE;
	breaker_feed(&health, &policy, &event, START + 3);
	ck_assert_int_eq(health_percent(&health, START + 4), 50);
	event = (struct breaker_event){
		.kind = BREAKER_WEIGHT, .percent = 0, .until = 0, .text = "away"};
	breaker_feed(&health, &policy, &event, START + 5);
	ck_assert_int_eq(breaker_weight(&health, &policy, 1000, START + 500), 0);
	event.percent = HEALTH_PERCENT_MAX;
	breaker_feed(&health, &policy, &event, START + 6);
	ck_assert_int_eq(breaker_weight(&health, &policy, 1000, START + 5000), 1000000);
	ck_assert(health_valid(&health));
	event.percent = 100;
	event.until = START + 9000;
	breaker_feed(&health, &policy, &event, START + 7);
	ck_assert_int_eq(breaker_weight(&health, &policy, 3, START + 5000), 300);
	ck_assert_int_eq(health.weight_until, 0);
	ck_assert_str_eq(health.weight_text, "");
}
END_TEST

static const struct meet_row {
	const char *name;
	int64_t at, until, other_at, other_until;
	bool meet;
} meet_rows[] = {
	{"none is planned", 0, 0, 0, 0, false},
	{"one is planned", 5, 0, 0, 0, false},
	{"both without an end", 5, 0, 9, 0, true},
	{"one after the other", 5, 8, 9, 0, false},
	{"one ends as the other begins", 5, 9, 9, 12, false},
	{"one begins in the other", 5, 10, 9, 12, true},
	{"one in the other", 5, 0, 9, 12, true},
	{"the same", 5, 8, 5, 8, true},
};

START_TEST(plans_that_meet)
{
	const struct meet_row *row = &meet_rows[_i];
	struct health health, other;

	health_init(&health, 1);
	health_init(&other, 1);
	health_set_plan(&health, row->at, row->until, "");
	health_set_plan(&other, row->other_at, row->other_until, "");
	ck_assert_msg(health_plans_meet(&health, &other) == row->meet, "%s", row->name);
	ck_assert_msg(health_plans_meet(&other, &health) == row->meet, "%s, turned", row->name);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{times_of_any_year, 1}, {a_part_of_the_weight, 1},
		{plans_that_meet, COUNT(meet_rows)}, {every_word_is_another, 1}, {text_is_cut, 1},
		{out_of_range_is_not_valid, BROKEN_COUNT}, {names, 1}};

	return suite_run("health", tests, COUNT(tests));
}
