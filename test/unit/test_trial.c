/* test_trial: who may try a host that was deferred
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/breaker.h"
#include "core/trial.h"
#include "suite.h"

enum { SINCE = 1000000, TRIAL_MS = 330000 };

static struct breaker_policy policy;
static struct health health;

static void open_trial(void)
{
	policy = (struct breaker_policy){.trial = TRIAL_MS};
	health_init(&health, SINCE);
	health.state = HEALTH_TRIAL;
}

/* Who has it: '-' nobody, 'a' and 'A' the first who asks, once and again, 'b', 'B', 'm' and 'n'. */
static uint64_t owner_named(char letter)
{
	switch (letter) {
	case 'a':
		return trial_owner(40, TRIAL_ASKED);
	case 'A':
		return trial_owner(40, TRIAL_ASKED_AGAIN);
	case 'b':
		return trial_owner(80, TRIAL_ASKED);
	case 'B':
		return trial_owner(80, TRIAL_ASKED_AGAIN);
	case 'm':
		return trial_owner(400, TRIAL_MESSAGE);
	case 'n':
		return trial_owner(800, TRIAL_MESSAGE);
	default:
		return 0;
	}
}

static const struct row {
	const char *name;
	char has;
	char asks;
	int64_t after; /* ms on trial, and since it was granted */
	bool may;
} rows[] = {
	{"who only asks never has it", '-', '-', 60000, false},
	{"asked once, at first", '-', 'a', 0, false},
	{"asked once, when nobody has come", '-', 'a', TRIAL_PROVISIONAL_MS, true},
	{"asked again", '-', 'A', 0, true},
	{"a message", '-', 'm', 0, true},
	{"the same again", 'a', 'a', 0, true},
	{"the same, asked again", 'a', 'A', 0, true},
	{"the same message", 'm', 'm', 0, true},
	{"another who asks", 'a', 'b', TRIAL_PROVISIONAL_MS, false},
	{"another who asks again", 'a', 'B', 0, true},
	{"another who asks again, as both have", 'A', 'B', TRIAL_PROVISIONAL_MS, false},
	{"a message takes it over", 'A', 'm', 0, true},
	{"another message does not", 'm', 'n', 60000, false},
	{"nor does who asks", 'm', 'A', 60000, false},
};

START_TEST(claims)
{
	const struct row *row = &rows[_i];
	uint64_t asks = owner_named(row->asks);

	health.trial_message = owner_named(row->has);
	health.trial_started = row->has == '-' ? 0 : SINCE;
	ck_assert_msg(trial_may_have(&health, &policy, asks, SINCE + row->after) == row->may, "%s",
		row->name);
	trial_grant(&health, &policy, asks, SINCE + row->after);
	if (row->may)
		ck_assert_msg(trial_may_have(&health, &policy, asks, SINCE + row->after), "%s",
			row->name);
	else
		ck_assert_msg(health.trial_message == owner_named(row->has), "%s", row->name);
}
END_TEST

START_TEST(only_on_trial_and_without_probes)
{
	for (uint32_t state = 0; state < HEALTH_STATE_COUNT; state++) {
		health.state = state;
		ck_assert(trial_may_have(&health, &policy, owner_named('m'), SINCE) ==
			  (state == HEALTH_TRIAL));
		ck_assert(trial_wants_message(&health, &policy) == (state == HEALTH_TRIAL));
	}
	health.state = HEALTH_TRIAL;
	policy.has_probe = true;
	ck_assert(!trial_may_have(&health, &policy, owner_named('m'), SINCE));
	ck_assert(!trial_wants_message(&health, &policy));
	ck_assert(!trial_has_owner(&health, &policy));
}
END_TEST

START_TEST(ends)
{
	static const struct {
		char owner;
		int64_t after;
	} ends_after[] = {
		{'a', TRIAL_PROVISIONAL_MS}, {'A', TRIAL_PROVISIONAL_MS}, {'m', TRIAL_MS}};

	for (int i = 0; i < COUNT(ends_after); i++) {
		int64_t at = SINCE + 60000;

		trial_end(&health);
		health.trial_started = 0;
		trial_grant(&health, &policy, owner_named(ends_after[i].owner), at);
		ck_assert(trial_has_owner(&health, &policy));
		trial_tick(&health, &policy, at + ends_after[i].after - 1);
		ck_assert(trial_has_owner(&health, &policy));
		trial_tick(&health, &policy, at + ends_after[i].after);
		ck_assert(!trial_has_owner(&health, &policy));
	}
}
END_TEST

/* Whoever is refused a moment later: one a second, each under another name, for ever. */
START_TEST(strangers_do_not_keep_mail_from_it)
{
	int64_t at = SINCE;

	for (int i = 0; i < 60; i++, at += 1000) {
		trial_tick(&health, &policy, at);
		trial_grant(&health, &policy, trial_owner(4000 + (uint64_t)i * 4, TRIAL_ASKED), at);
		ck_assert(trial_may_have(&health, &policy, owner_named('A'), at));
		ck_assert(trial_may_have(&health, &policy, owner_named('m'), at));
		ck_assert(trial_wants_message(&health, &policy));
	}
	ck_assert(trial_has_owner(&health, &policy));
}
END_TEST

START_TEST(withdrawn)
{
	trial_grant(&health, &policy, owner_named('m'), SINCE);
	trial_withdraw(&health, 800);
	ck_assert(trial_has_owner(&health, &policy));
	trial_withdraw(&health, 400);
	ck_assert(!trial_has_owner(&health, &policy));
	trial_grant(&health, &policy, owner_named('A'), SINCE);
	trial_withdraw(&health, 40);
	ck_assert(trial_has_owner(&health, &policy));
}
END_TEST

START_TEST(each_trial_has_its_serial)
{
	int before = trial_serial(&health);

	ck_assert_int_ge(before, 1);
	ck_assert_int_le(before, TRIAL_SERIAL_MAX);
	health.since += 30000;
	ck_assert_int_ne(trial_serial(&health), before);
	health.since = INT64_C(253402300799999);
	ck_assert_int_le(trial_serial(&health), TRIAL_SERIAL_MAX);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{claims, COUNT(rows)},
		{only_on_trial_and_without_probes, 1}, {ends, 1},
		{strangers_do_not_keep_mail_from_it, 1}, {withdrawn, 1},
		{each_trial_has_its_serial, 1}};

	return suite_run_with("trial", tests, COUNT(tests), open_trial, NULL);
}
