/* test_health: the four states and who may change them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/health.h"
#include "suite.h"

#include <string.h>

enum deed { DRAIN, DRAIN_WITH_END, ENABLE, EXPIRE_EARLY, EXPIRE };

static const struct row {
	const char *name;
	enum health_state from;
	enum deed deed;
	enum health_state to;
	enum health_reason reason;
	int64_t until;
	bool changed;
} rows[] = {
	{"drain", HEALTH_UP, DRAIN, HEALTH_DRAINED, HEALTH_REASON_OPERATOR, 0, true},
	{"drain with an end", HEALTH_UP, DRAIN_WITH_END, HEALTH_DRAINED, HEALTH_REASON_OPERATOR,
		5000, true},
	{"drain a deferred one", HEALTH_DEFERRED, DRAIN, HEALTH_DRAINED, HEALTH_REASON_OPERATOR, 0,
		true},
	{"drain again", HEALTH_DRAINED, DRAIN_WITH_END, HEALTH_DRAINED, HEALTH_REASON_OPERATOR,
		5000, false},
	{"enable", HEALTH_DRAINED, ENABLE, HEALTH_UP, HEALTH_REASON_OPERATOR, 0, true},
	{"enable a deferred one", HEALTH_DEFERRED, ENABLE, HEALTH_UP, HEALTH_REASON_OPERATOR, 0,
		true},
	{"enable what is up", HEALTH_UP, ENABLE, HEALTH_UP, HEALTH_REASON_OPERATOR, 0, false},
	{"not yet", HEALTH_DRAINED, EXPIRE_EARLY, HEALTH_DRAINED, HEALTH_REASON_NONE, 5000, false},
	{"the end", HEALTH_DRAINED, EXPIRE, HEALTH_UP, HEALTH_REASON_DRAIN_ENDED, 0, true},
	{"no drain to end", HEALTH_DEFERRED, EXPIRE, HEALTH_DEFERRED, HEALTH_REASON_NONE, 5000,
		false},
};

static bool act(struct health *health, enum deed deed)
{
	switch (deed) {
	case DRAIN:
		return health_drain(health, 0, "why", 3000);
	case DRAIN_WITH_END:
		return health_drain(health, 5000, "why", 3000);
	case ENABLE:
		return health_enable(health, 3000);
	case EXPIRE_EARLY:
		return health_expire(health, 4999);
	case EXPIRE:
		return health_expire(health, 5000);
	}
	return false;
}

START_TEST(changes)
{
	const struct row *row = &rows[_i];
	struct health health;

	health_init(&health, 1000);
	health.state = row->from;
	health.until = row->from == HEALTH_UP ? 0 : 5000;
	ck_assert_msg(act(&health, row->deed) == row->changed, "%s: changed", row->name);
	ck_assert_msg(health.state == row->to, "%s: state %u", row->name, health.state);
	ck_assert_msg(health.reason == row->reason, "%s: reason %u", row->name, health.reason);
	ck_assert_msg(health.until == row->until, "%s: until", row->name);
	ck_assert_msg((health.since != 1000) == row->changed, "%s: since", row->name);
	ck_assert_msg(health_valid(&health), "%s: valid", row->name);
}
END_TEST

START_TEST(a_drain_without_end_does_not_end)
{
	struct health health;

	health_init(&health, 1000);
	health_drain(&health, 0, "", 1000);
	ck_assert(!health_expire(&health, INT64_MAX));
}
END_TEST

START_TEST(text_is_cut)
{
	char text[2 * HEALTH_TEXT_MAX];
	struct health health;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	health_init(&health, 1000);
	health_drain(&health, 0, text, 1000);
	ck_assert_uint_eq(strlen(health.text), HEALTH_TEXT_MAX - 1);
	health_enable(&health, 2000);
	ck_assert_str_eq(health.text, "");
}
END_TEST

enum broken {
	STATE,
	REASON,
	EVIDENCE_NEXT,
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
	case EVIDENCE_NEXT:
		health.evidence_next = HEALTH_EVIDENCE_MAX;
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

int main(void)
{
	const struct suite_test tests[] = {{changes, COUNT(rows)},
		{a_drain_without_end_does_not_end, 1}, {text_is_cut, 1},
		{out_of_range_is_not_valid, BROKEN_COUNT}, {names, 1}};

	return suite_run("health", tests, COUNT(tests));
}
