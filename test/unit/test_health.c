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

int main(void)
{
	const struct suite_test tests[] = {{times_of_any_year, 1}, {every_word_is_another, 1},
		{text_is_cut, 1}, {out_of_range_is_not_valid, BROKEN_COUNT}, {names, 1}};

	return suite_run("health", tests, COUNT(tests));
}
