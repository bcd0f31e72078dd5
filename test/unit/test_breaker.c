/* test_breaker: when hosts are deferred, tried again and trusted again
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/breaker.h"
#include "core/trial.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

enum { START = 1000000, SECOND = 1000 };

static const struct breaker_policy plain = {
	.failures = 3,
	.messages = 2,
	.window = 60 * SECOND,
	.backoff = 30 * SECOND,
	.backoff_max = 900 * SECOND,
	.jitter = 0,
	.recover = 2,
	.trial = 100 * SECOND,
	.spent = 100 * SECOND,
};

static const struct breaker_policy probed = {
	.failures = 3,
	.messages = 2,
	.window = 60 * SECOND,
	.backoff = 30 * SECOND,
	.backoff_max = 900 * SECOND,
	.jitter = 0,
	.recover = 2,
	.trial = 100 * SECOND,
	.has_probe = true,
};

/* ---- histories, in a small language of words
 *
 * fN aN    a failure of message N that counts, or defers at once
 * FN GN    a failure of message N at another stage, and at a third
 * s        a success                       n  a delivery that says nothing
 * p q      a probe comes through, or fails
 * c        a message is chosen for a trial
 * +N -N    N seconds pass, or the clock is set back by so many; then a tick
 * <N       the next evidence is N seconds old
 * D EN E R drain, drain until N seconds from now, enable, reset
 * y        it says that it has had its quota, for 100 seconds
 * SN S0    its quota is spent until N seconds from now, or has room; N: a tick without a quota
 * =u =d =t =x =s   it must be up, deferred, on trial, drained, spent
 * =w =n    it must want a message for its trial, or not
 */

struct play {
	struct health health;
	const struct breaker_policy *policy;
	int64_t now;
	int64_t age;
};

static bool feed(
	struct play *play, enum breaker_kind kind, uint64_t message, uint64_t stage, bool is_probe)
{
	struct breaker_event event = {
		.kind = kind,
		.at = play->now - play->age,
		.message = message == 0 ? (uint64_t)play->now : message,
		.stage = stage,
		.is_probe = is_probe,
		.has_quota = true,
		.reason = HEALTH_REASON_MAIL_4XX,
		.text = "452 4.3.1 full",
	};

	play->age = 0;
	return breaker_feed(&play->health, play->policy, &event, play->now);
}

static bool is_in(const struct play *play, char letter)
{
	switch (letter) {
	case 'u':
		return play->health.state == HEALTH_UP;
	case 'd':
		return play->health.state == HEALTH_DEFERRED;
	case 't':
		return play->health.state == HEALTH_TRIAL;
	case 'x':
		return play->health.state == HEALTH_DRAINED;
	case 's':
		return play->health.state == HEALTH_SPENT;
	case 'n':
		return !trial_wants_message(&play->health, play->policy);
	default:
		return trial_wants_message(&play->health, play->policy);
	}
}

static void pass(struct play *play, int64_t seconds)
{
	play->now += seconds * SECOND;
	feed(play, BREAKER_TICK, 0, 0, false);
}

static void tell_quota(struct play *play, bool has_one, int64_t left)
{
	const struct breaker_event event = {
		.kind = has_one ? BREAKER_QUOTA : BREAKER_TICK,
		.until = left == 0 ? 0 : play->now + left,
		.text = "3 messages in 1h",
	};

	breaker_feed(&play->health, play->policy, &event, play->now);
}

static void act(struct play *play, const char *word, const char *name)
{
	uint64_t number = strtoul(word + 1, NULL, 10);
	struct breaker_event drain = {.kind = BREAKER_DRAIN, .text = "why"};

	switch (*word) {
	case 'f':
		feed(play, BREAKER_FAILURE, number, 6, false);
		break;
	case 'F':
		feed(play, BREAKER_FAILURE, number, 8, false);
		break;
	case 'G':
		feed(play, BREAKER_FAILURE, number, 9, false);
		break;
	case 'a':
		feed(play, BREAKER_FAILURE_AT_ONCE, number, 1, false);
		break;
	case 's':
		feed(play, BREAKER_SUCCESS, 0, 9, false);
		break;
	case 'n':
	case 'y':
		feed(play, *word == 'y' ? BREAKER_SPENT : BREAKER_ATTEMPT, 0, 7, false);
		break;
	case 'p':
		feed(play, BREAKER_SUCCESS, 0, 6, true);
		break;
	case 'q':
		feed(play, BREAKER_FAILURE, 0, 6, true);
		break;
	case 'c':
		feed(play, BREAKER_CHOSEN, trial_owner(76, TRIAL_MESSAGE), 0, false);
		break;
	case '+':
	case '-':
		pass(play, *word == '+' ? (int64_t)number : -(int64_t)number);
		break;
	case '<':
		play->age = (int64_t)number * SECOND;
		break;
	case 'D':
		drain.until = number == 0 ? 0 : play->now + (int64_t)number * SECOND;
		breaker_feed(&play->health, play->policy, &drain, play->now);
		break;
	case 'S':
	case 'N':
		tell_quota(play, *word == 'S', (int64_t)number * SECOND);
		break;
	case 'E':
		feed(play, BREAKER_ENABLE, 0, 0, false);
		break;
	case 'R':
		feed(play, BREAKER_RESET, 0, 0, false);
		break;
	case '=':
		ck_assert_msg(is_in(play, word[1]), "%s: not %s but %s", name, word,
			health_state_name(play->health.state));
		break;
	default:
		ck_abort_msg("%s: what is %s", name, word);
	}
}

static void play_all(struct play *play, const char *history, const char *name)
{
	char copy[400];
	char *rest = copy;
	char *word;

	ck_assert_uint_lt(strlen(history), sizeof(copy));
	strcpy(copy, history);
	while ((word = strsep(&rest, " ")) != NULL) {
		act(play, word, name);
		ck_assert_msg(health_valid(&play->health), "%s: after %s", name, word);
	}
}

static const struct row {
	const char *name;
	const struct breaker_policy *policy;
	const char *history;
} rows[] = {
	{"three messages", &plain, "f1 =u f2 =u f3 =d"},
	{"two are not enough", &plain, "f1 f2 =u"},
	{"one message, tried again and again", &plain, "f1 +5 f1 +5 f1 +5 f1 +5 f1 =u"},
	{"one message at three stages is one message", &plain, "f1 F1 G1 =u"},
	{"two messages, one of them again and again", &plain, "f1 f2 f1 f1 f2 =u f3 =d"},
	{"two messages, three failures", &plain, "f1 F1 =u f2 =d"},
	{"a quota is spent", &plain, "S50 =s +49 =s S0 =u"},
	{"its time is over", &plain, "S50 +50 =u"},
	{"it is spent for longer", &plain, "S50 +40 S50 +40 =s +10 =u"},
	{"it has no quota any more", &plain, "S50 N =u"},
	{"spent, and it fails", &plain, "S50 f1 f2 =s f3 =d +31 =t"},
	{"spent, and it delivers", &plain, "S50 f1 f2 s =s f3 f4 =s"},
	{"deferred before it is spent", &plain, "a1 S50 =d +31 S50 =t c s c s =u S50 =s"},
	{"drained and spent", &plain, "D0 S50 =x E =u S50 =s D0 =x"},
	{"enable leaves a quota alone", &plain, "S50 E =s"},
	{"reset does not", &plain, "S50 R =u"},
	{"it says so", &plain, "y =s +99 =s +1 =u"},
	{"again, later: for longer", &plain, "y +50 y +99 =s +1 =u"},
	{"its own quota has room", &plain, "y S0 =s N =s +100 =u"},
	{"its own quota is spent for longer", &plain, "y S150 +100 =s +50 =u"},
	{"it says so on trial", &plain, "a1 +31 =t c y =s +100 =u"},
	{"it says so and is drained", &plain, "D0 y =x"},
	{"said too long ago", &plain, "+300 <200 y =u"},
	{"the clock is set back, and it is spent no longer", &plain, "+500 y -300 =s +100 =u"},
	{"a success ends the run", &plain, "f1 f2 s f3 f4 =u f5 =d"},
	{"what says nothing does not", &plain, "f1 f2 n f3 =d"},
	{"outside of the window", &plain, "f1 f2 +61 f3 =u f4 =u f5 =d"},
	{"evidence that is older than the window", &plain, "+100 <61 f1 <61 f2 <61 f3 =u"},
	{"a refusal of six hours ago, read now", &plain, "+30000 <21600 a1 =u a2 =d"},
	{"the same, on trial", &plain, "a1 =d +31 =t c +30000 <21600 a2 =t a3 =d"},
	{"steps end where the longest back-off is reached: quiet time takes them back soon", &plain,
		"a1 +31 a2 +61 a3 +121 a4 +241 a5 +481 a6 +901 a7 +901 a8 +901 a9 +901 a1 +901 a2 "
		"+901 =t"
		" s s =u +2000 a3 =d +481 =t"},
	{"evidence that is old, but in the window", &plain, "+100 <50 f1 <40 f2 <30 f3 =d"},
	{"at once", &plain, "a1 =d"},
	{"at once, on top of others", &plain, "f1 a2 =d"},
	{"on trial after the back-off", &plain, "a1 +29 =d +1 =t =w"},
	{"for one message", &plain, "a1 +30 =w c =t =n +1 =t =n"},
	{"that is waited for", &plain, "a1 +30 c +99 =t =n"},
	{"but not for ever", &plain, "a1 +30 c +100 =w"},
	{"a trial that shows nothing takes another one", &plain, "a1 +30 c =n n =w"},
	{"one success is not enough", &plain, "a1 +30 c s =w"},
	{"two are", &plain, "a1 +30 c s c s =u"},
	{"a failure on trial defers, whatever kind", &plain, "a1 +30 c f2 =d"},
	{"for twice as long", &plain, "a1 +30 f2 +59 =d +1 =t"},
	{"and twice that", &plain, "a1 +30 f2 +60 f3 +119 =d +1 =t"},
	{"up to the longest", &plain,
		"a1 +30 a2 +60 a3 +120 a4 +240 a5 +480 a6 +899 =d +1 =t a7 +899 =d +1 =t"},
	{"failure between two successes of a trial", &plain, "a1 +30 s f2 =d +60 s =w s =u"},
	{"failures while deferred change nothing", &plain, "a1 +10 f2 a3 +19 =d +1 =t"},
	{"successes while deferred make it up", &plain, "a1 +1 s =d s =u"},
	{"a failure between them counts", &plain, "a1 +1 s f2 s =d s =u"},
	{"evidence from before the deferral", &plain, "+9 a1 <1 s <1 s =d"},
	{"evidence from before the trial", &plain, "a1 +30 <1 f2 =t <1 s <1 s =t"},
	{"evidence from before it was up again", &plain, "a1 +30 s s +5 <6 a2 =u"},
	{"quiet time takes a doubling back", &plain, "a1 +30 s s +60 a2 +29 =d +1 =t"},
	{"too short a quiet time does not", &plain, "a1 +30 s s +59 a2 +59 =d +1 =t"},
	{"quiet time takes two back", &plain, "a1 +30 a2 +60 s s +180 a3 +29 =d +1 =t"},
	{"drained for good", &plain, "D +99999 =x"},
	{"drained for a time", &plain, "D10 +9 =x +1 =u"},
	{"evidence does not end a drain", &plain, "D a1 f2 s s s =x +1 s =x"},
	{"enabled", &plain, "D E =u"},
	{"enabled while deferred", &plain, "a1 E =t =w c =n s c s =u"},
	{"enabled while deferred, and it fails", &plain, "a1 E =t f2 =d"},
	{"enabled while on trial", &plain, "a1 +30 c E =t =n"},
	{"enabled while up", &plain, "f1 f2 E =u f3 =d"},
	{"drained while deferred", &plain, "a1 D =x +30 =x E =t =w"},
	{"drained while on trial", &plain, "a1 +30 D E =t"},
	{"drained while deferred, for a time", &plain, "a1 D10 +9 =x +1 =t =w"},
	{"fails while drained", &plain, "D f1 E =t"},
	{"delivers while drained, after a deferral", &plain, "a1 D +1 s E =u"},
	{"delivers while drained", &plain, "D s E =u"},
	{"drained while deferred, and reset", &plain, "a1 D R =x E =u"},
	{"a failure from before its end", &plain, "a1 D +5 E =t <1 f2 =t"},
	{"reset forgets the back-off", &plain, "a1 +30 a2 R =u a3 +29 =d +1 =t"},
	{"reset forgets failures", &plain, "f1 f2 R f3 f4 =u"},
	{"reset leaves it drained", &plain, "D R =x"},
	{"a clock set back does not lengthen a back-off", &plain, "+5000 a1 -4000 =d +900 =t"},
	{"a clock set back does not make one deaf", &plain, "+5000 a1 +30 s s -4000 f2 f3 f4 =d"},
	{"a clock set back does not keep a trial", &plain, "+5000 a1 +30 c -4000 =t +100 =w"},
	{"a clock set forward", &plain, "a1 +999999 =w c s c s =u"},
	{"with a probe no message is risked", &probed, "a1 +30 =t =n c p =t p =u"},
	{"a probe that fails a trial", &probed, "a1 +30 q =d +60 =t"},
	{"probes do not end a back-off", &probed, "a1 p p p =d +30 p p =u"},
	{"three probes that fail", &probed, "q +1 q +1 q =d"},
	{"a probe that comes through ends a run of probes", &probed, "q +1 q +1 p q +1 q =u"},
	{"but not a run of messages", &probed, "f1 f2 p f3 =d"},
	{"messages make it up, too", &probed, "a1 +30 s s =u"},
};

START_TEST(histories)
{
	const struct row *row = &rows[_i];
	struct play play = {.policy = row->policy, .now = START};

	health_init(&play.health, START);
	play_all(&play, row->history, row->name);
}
END_TEST

/* ---- what is remembered */

START_TEST(counts_and_reasons)
{
	struct play play = {.policy = &plain, .now = START};

	health_init(&play.health, START);
	play_all(&play, "f1 n f2 f3", "counts");
	ck_assert_uint_eq(play.health.attempts, 4);
	ck_assert_uint_eq(play.health.deferred, 4);
	ck_assert_uint_eq(play.health.delivered, 0);
	ck_assert_uint_eq(play.health.failures, 3);
	ck_assert_int_eq(play.health.reason, HEALTH_REASON_MAIL_4XX);
	ck_assert_str_eq(play.health.text, "452 4.3.1 full");
	ck_assert_int_eq(play.health.last_failure, START);
	ck_assert_int_eq(play.health.until, START + 30 * SECOND);
	play_all(&play, "+30", "counts");
	ck_assert_int_eq(play.health.reason, HEALTH_REASON_RETRY_DUE);
	ck_assert_str_eq(play.health.text, "452 4.3.1 full");
	play_all(&play, "s s", "counts");
	ck_assert_int_eq(play.health.reason, HEALTH_REASON_RECOVERED);
	ck_assert_uint_eq(play.health.failures, 0);
	ck_assert_uint_eq(play.health.delivered, 2);
	ck_assert_int_eq(play.health.last_success, START + 30 * SECOND);
	play_all(&play, "p q", "counts");
	ck_assert_uint_eq(play.health.attempts, 6);
	play_all(&play, "R", "counts");
	ck_assert_uint_eq(play.health.attempts, 0);
	ck_assert_str_eq(play.health.text, "");
}
END_TEST

static const struct outage_row {
	const char *name;
	const char *history;
	int since; /* seconds after START; -1: it is not down */
	int total;
	unsigned count;
	enum health_reason reason;
} outage_rows[] = {
	{"never down", "f1 s f2 +9", -1, 0, 0, HEALTH_REASON_NONE},
	{"deferred", "+5 a1 +9", 5, 9, 1, HEALTH_REASON_MAIL_4XX},
	{"deferred, on trial, deferred: one outage", "+5 a1 +30 =t f2 =d +40", 5, 70, 1,
		HEALTH_REASON_MAIL_4XX},
	{"it is up again", "+5 a1 +30 s s =u +40", -1, 30, 1, HEALTH_REASON_MAIL_4XX},
	{"two", "+5 a1 +30 s s =u +40 a3 +7", 75, 37, 2, HEALTH_REASON_MAIL_4XX},
	{"drained is not down", "+5 a1 +10 D +99", -1, 10, 1, HEALTH_REASON_MAIL_4XX},
	{"put back, but not believed to be well", "+5 a1 +10 D +99 E =t +3", 114, 13, 2,
		HEALTH_REASON_MAIL_4XX},
	{"reset forgets all of it", "+5 a1 +10 R =u +9", -1, 0, 0, HEALTH_REASON_NONE},
	{"a clock set back", "+5000 a1 -4000 =d", 1000, 0, 1, HEALTH_REASON_MAIL_4XX},
};

START_TEST(outages)
{
	const struct outage_row *row = &outage_rows[_i];
	struct play play = {.policy = &plain, .now = START};
	int64_t since = row->since == -1 ? 0 : START + (int64_t)row->since * SECOND;
	const struct outage *outage = &play.health.outage;

	health_init(&play.health, START);
	play_all(&play, row->history, row->name);
	ck_assert_msg(outage->since == since, "%s: since %jd", row->name, (intmax_t)outage->since);
	ck_assert_msg(outage_total(outage, play.now) == (int64_t)row->total * SECOND, "%s: total",
		row->name);
	ck_assert_msg(outage->count == row->count, "%s: count", row->name);
	ck_assert_msg(outage->reason == row->reason, "%s: reason", row->name);
}
END_TEST

START_TEST(a_repeated_line_is_counted_once)
{
	struct breaker_event event = {.kind = BREAKER_FAILURE_AT_ONCE,
		.at = START,
		.message = 1,
		.is_repeat = true,
		.text = ""};
	struct health health;

	health_init(&health, START);
	ck_assert(breaker_feed(&health, &plain, &event, START));
	ck_assert_uint_eq(health.attempts, 0);
	ck_assert_int_eq(health.state, HEALTH_DEFERRED);
}
END_TEST

START_TEST(sessions_of_before_count_no_more)
{
	struct health health;
	struct breaker_event event = {.kind = BREAKER_FAILURE_AT_ONCE,
		.at = START + 60 * SECOND,
		.began = START + 29 * SECOND,
		.message = 1,
		.text = ""};

	health_init(&health, START + 30 * SECOND);
	ck_assert(!breaker_feed(&health, &plain, &event, event.at));
	ck_assert_int_eq(health.state, HEALTH_UP);
	ck_assert_uint_eq(health.failures, 0);
	event.began = health.since;
	ck_assert(breaker_feed(&health, &plain, &event, event.at));
	ck_assert_int_eq(health.state, HEALTH_DEFERRED);
	event.kind = BREAKER_SUCCESS;
	event.at += SECOND;
	for (int i = 0; i < 3; i++)
		ck_assert(!breaker_feed(&health, &plain, &event, event.at));
	ck_assert_uint_eq(health.successes, 0);
}
END_TEST

START_TEST(jitter_spreads_and_stays_within_bounds)
{
	struct breaker_policy policy = plain;
	bool has_low = false, has_high = false;

	policy.jitter = 20;
	for (int i = 0; i < 1000; i++) {
		struct play play = {.policy = &policy, .now = START + i};
		int64_t span;

		health_init(&play.health, play.now);
		feed(&play, BREAKER_FAILURE_AT_ONCE, 1, 1, false);
		span = play.health.until - play.now;
		ck_assert_int_ge(span, 24 * SECOND);
		ck_assert_int_le(span, 36 * SECOND);
		has_low |= span < 26 * SECOND;
		has_high |= span > 34 * SECOND;
	}
	ck_assert(has_low && has_high);
	ck_assert_int_eq(breaker_longest(&policy), 1080 * SECOND);
}
END_TEST

static const struct weight_row {
	const char *name;
	enum health_state state;
	enum health_reason reason;
	int weight;
	int64_t slow_start;
	int64_t passed;
	int result;
} weight_rows[] = {
	{"whole", HEALTH_UP, HEALTH_REASON_NONE, 3, 100, 10, 300},
	{"no slow start", HEALTH_UP, HEALTH_REASON_RECOVERED, 3, 0, 0, 300},
	{"just recovered", HEALTH_UP, HEALTH_REASON_RECOVERED, 1, 100, 0, 1},
	{"half way", HEALTH_UP, HEALTH_REASON_RECOVERED, 3, 100, 50, 150},
	{"all the way", HEALTH_UP, HEALTH_REASON_RECOVERED, 3, 100, 100, 300},
	{"clock set back", HEALTH_UP, HEALTH_REASON_RECOVERED, 3, 100, -5, 300},
	{"heaviest", HEALTH_UP, HEALTH_REASON_RECOVERED, 1000, 86400000, 86399999, 99999},
};

START_TEST(slow_start)
{
	const struct weight_row *row = &weight_rows[_i];
	struct breaker_policy policy = plain;
	struct health health;

	policy.slow_start = row->slow_start;
	health_init(&health, START);
	health.state = row->state;
	health.reason = row->reason;
	ck_assert_msg(
		breaker_weight(&health, &policy, row->weight, START + row->passed) == row->result,
		"%s: %d", row->name,
		breaker_weight(&health, &policy, row->weight, START + row->passed));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{histories, COUNT(rows)}, {counts_and_reasons, 1},
		{outages, COUNT(outage_rows)}, {a_repeated_line_is_counted_once, 1},
		{sessions_of_before_count_no_more, 1}, {jitter_spreads_and_stays_within_bounds, 1},
		{slow_start, COUNT(weight_rows)}};

	return suite_run("breaker", tests, COUNT(tests));
}
