/* test_breaker_drain: drains of later, and maintenance windows
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/breaker.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

enum { START = 1000000, SECOND = 1000 };

static const struct breaker_policy policy = {
	.failures = 3,
	.messages = 2,
	.window = 60 * SECOND,
	.backoff = 30 * SECOND,
	.backoff_max = 900 * SECOND,
	.recover = 2,
	.trial = 100 * SECOND,
};

/* ---- histories, in a small language of words
 *
 * a s      a failure that defers at once; a success
 * +N -N    N seconds pass, or the clock is set back by so many; then a tick
 * D EN E R drain, drain until N seconds from now, enable, reset
 * WN,M     plan a drain from N seconds from now until M; without M it has no end; W0: none
 * IN       a maintenance window is open that ends N seconds from now; I0: it is taken away
 * =u =d =t =x   it must be up, deferred, on trial, drained
 * =m =o    it must be drained by a window, or by the operator
 */

struct play {
	struct health health;
	int64_t now;
	int64_t window; /* the end of the one that is open; 0: none is */
};

static void feed(struct play *play, enum breaker_kind kind, int64_t at, int64_t until)
{
	const struct breaker_event event = {
		.kind = kind,
		.at = at,
		.until = until,
		.message = (uint64_t)play->now,
		.reason = HEALTH_REASON_MAIL_4XX,
		.text = "why",
	};

	breaker_feed(&play->health, &policy, &event, play->now);
}

static int64_t window_of(const struct play *play)
{
	return play->window > play->now ? play->window : 0;
}

static void pass(struct play *play, int64_t seconds)
{
	play->now += seconds * SECOND;
	feed(play, BREAKER_PLAN_DUE, 0, 0);
	feed(play, BREAKER_TICK, 0, window_of(play));
}

static bool is_in(const struct play *play, char letter)
{
	bool is_drained = play->health.state == HEALTH_DRAINED;

	switch (letter) {
	case 'u':
		return play->health.state == HEALTH_UP;
	case 'd':
		return play->health.state == HEALTH_DEFERRED;
	case 't':
		return play->health.state == HEALTH_TRIAL;
	case 'm':
		return is_drained && play->health.reason == HEALTH_REASON_MAINTENANCE &&
		       play->health.until == play->window;
	case 'o':
		return is_drained && play->health.reason == HEALTH_REASON_OPERATOR;
	default:
		return is_drained;
	}
}

/* So many seconds from now; 0 stays 0. */
static int64_t in(const struct play *play, const char *digits)
{
	int64_t number = (int64_t)strtoul(digits, NULL, 10);

	return number == 0 ? 0 : play->now + number * SECOND;
}

static void act(struct play *play, const char *word, const char *name)
{
	const char *comma = strchr(word, ',');

	switch (*word) {
	case 'a':
		feed(play, BREAKER_FAILURE_AT_ONCE, play->now, 0);
		break;
	case 's':
		feed(play, BREAKER_SUCCESS, play->now, 0);
		break;
	case '+':
	case '-':
		pass(play, strtol(word, NULL, 10));
		break;
	case 'D':
		feed(play, BREAKER_DRAIN, 0, in(play, word + 1));
		break;
	case 'E':
		feed(play, BREAKER_ENABLE, 0, window_of(play));
		break;
	case 'R':
		feed(play, BREAKER_RESET, 0, 0);
		break;
	case 'W':
		feed(play, BREAKER_PLAN, in(play, word + 1),
			comma == NULL ? 0 : in(play, comma + 1));
		break;
	case 'I':
		play->window = in(play, word + 1);
		pass(play, 0);
		break;
	default:
		ck_assert_msg(*word == '=' && is_in(play, word[1]), "%s: not %s but %s, %s", name,
			word, health_state_name(play->health.state),
			health_reason_name(play->health.reason));
	}
}

static const struct row {
	const char *name;
	const char *history;
} rows[] = {
	{"a drain that is planned", "W10 +9 =u +1 =x +99999 =x E =u"},
	{"a drain that is planned, with an end", "W10,30 +9 =u +1 =x +19 =x +1 =u"},
	{"planned, and cancelled", "W10 W0 +99 =u"},
	{"planned, and planned anew", "W10 W20 +19 =u +1 =x"},
	{"planned, due and over while nobody looked", "W10,30 +30 =u"},
	{"the same while it is deferred", "a W10,20 +20 =d"},
	{"planned, due while nobody looked", "W10,30 +29 =x +1 =u"},
	{"a plan is obeyed once", "W10,20 +10 =x E =u +5 =u"},
	{"a plan makes a drain longer", "D20 W10,30 +10 =x +10 =x +10 =u"},
	{"a plan without an end takes the end of a drain", "D20 W10 +10 +99999 =x"},
	{"a plan makes no drain shorter", "D50 W10,30 +10 =x +39 =x +1 =u"},
	{"a plan gives no end to a drain without one", "D W10,30 +10 +99999 =x"},
	{"a drain and a plan, one after the other", "D5 W10,20 +5 =u +5 =x +10 =u"},
	{"a plan that begins as a drain ends", "D10 W10,20 +10 =x +10 =u"},
	{"a plan while it is deferred", "a1 W10,40 +10 =x +30 =t"},
	{"what is observed leaves a plan", "W10 a1 R s =u +10 =x"},
	{"a window", "I10 =m +9 =m +1 =u"},
	{"a window that a reload makes longer", "I10 +5 I20 =m +10 =m +10 =u"},
	{"a window that a reload takes away", "I10 +5 =x I0 =u"},
	{"a window that opens where none looked", "+5 I10 =x"},
	{"a window while it is deferred", "a1 I10 =x +9 =x +1 =t"},
	{"a window while it is on trial", "a1 +30 =t I10 =x +10 =t"},
	{"evidence does not end a window", "I10 a1 s s s =x"},
	{"reset leaves a window", "I10 R =x +10 =u"},
	{"enable waives a window", "I10 =x E =u +9 =u +1 =u"},
	{"but not the next one", "I10 E +10 =u I10 =x +10 =u"},
	{"nor what it is made longer by", "I10 E I20 =u +9 =u +1 =x +10 =u"},
	{"enable outside of a window waives none", "D E I10 =x"},
	{"a failure after a window was waived", "I10 E a1 =d +9 =d"},
	{"a drain goes before a window", "D20 I10 =o +10 =o +9 =o +1 =u"},
	{"a drain in a window, to after it", "I10 D20 =o +10 =o +10 =u"},
	{"a drain in a window, to its middle", "I10 D5 =o +5 =m +4 =m +1 =u"},
	{"a drain without an end, and a window", "I10 D +99 =o E =u"},
	{"a drain of before a window ends in it", "D5 I10 =o +5 =m +5 =u"},
	{"enable ends a drain and waives the window", "I10 D E =u +5 =u"},
	{"a window waived, then drained", "I10 E D5 =o +5 =u"},
	{"a plan in a window goes before it", "I20 =m W5,30 +5 =o +15 =o +10 =u"},
	{"a plan that is shorter than the window", "I20 =m W5,10 +5 =o +5 =m +10 =u"},
	{"a clock set back out of a window", "+5000 I10 E -4000 I0 =u I10 =x"},
};

START_TEST(histories)
{
	const struct row *row = &rows[_i];
	struct play play = {.now = START};
	char copy[200];
	char *rest = copy;
	char *word;

	health_init(&play.health, START);
	ck_assert_uint_lt(strlen(row->history), sizeof(copy));
	strcpy(copy, row->history);
	while ((word = strsep(&rest, " ")) != NULL) {
		act(&play, word, row->name);
		ck_assert_msg(health_valid(&play.health), "%s: after %s", row->name, word);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{histories, COUNT(rows)}};

	return suite_run("breaker_drain", tests, COUNT(tests));
}
