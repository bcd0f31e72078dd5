/* test_candidates: the order in which hosts are tried
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/candidates.h"
#include "core/hash.h"
#include "core/trial.h"
#include "suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct pool_host hosts[POOL_HOSTS_MAX];
static struct health healths[POOL_HOSTS_MAX];
static const struct health *pointers[POOL_HOSTS_MAX];
static const struct breaker_policy *policies[POOL_HOSTS_MAX];
static struct breaker_policy policy;
static struct pick_rotation rotation;
static struct pool pool;
static uint64_t turn;

/*
 * One letter a host, the state: u(p), d(eferred), x (drained), s(pent), t: on trial and wants a message,
 * w: on trial and waits; f: up, and its quota is f(ull); v: as t, with a quota that is; a digit before:
 * its priority.
 */
static void make(const char *text)
{
	static const struct quota_limits limits = {.messages = 1, .per = 3600000};
	int priority = 0;

	memset(&rotation, 0, sizeof(rotation));
	turn = 0;
	pool = (struct pool){.hosts = hosts};
	for (; *text != '\0'; text++) {
		int i = pool.host_count;

		if (*text >= '0' && *text <= '9') {
			priority = *text - '0';
			continue;
		}
		hosts[i] = (struct pool_host){
			.priority = priority, .weight = 1, .key = hash_pair((uint64_t)i, 3)};
		health_init(&healths[i], 1000);
		healths[i].state = *text == 'u' || *text == 'f'	  ? HEALTH_UP
				   : *text == 't' || *text == 'v' ? HEALTH_TRIAL
				   : *text == 's'		  ? HEALTH_SPENT
				   : *text == 'w'		  ? HEALTH_TRIAL
				   : *text == 'd'		  ? HEALTH_DEFERRED
								  : HEALTH_DRAINED;
		/* The later in the pool, the sooner the next trial. */
		healths[i].until = healths[i].state == HEALTH_DEFERRED ? 5000 - i : 0;
		healths[i].trial_message = *text == 'w' ? trial_owner(400, TRIAL_MESSAGE) : 0;
		if (*text == 'f' || *text == 'v') {
			hosts[i].limits = &limits;
			quota_count(&healths[i].quota, &limits, 1, 1000000, 1000000);
		}
		pointers[i] = &healths[i];
		policies[i] = &policy;
		pool.host_count++;
	}
}

static struct candidates order_of(const struct candidates_input *what)
{
	struct candidates candidates;
	struct candidates_input input = *what;

	input.health = pointers;
	input.policy = policies;
	input.rotation = &rotation;
	input.turn = turn;
	input.now = 1000000;
	candidates_order(&pool, &input, &candidates);
	return candidates;
}

static struct candidates order(uint64_t key)
{
	struct candidates candidates = order_of(
		&(struct candidates_input){.key = key, .owner = trial_owner(4, TRIAL_MESSAGE)});

	turn++;
	return candidates;
}

/* The order as letters, host 0 as "a". */
static const char *text_of(const struct candidates *candidates)
{
	static char text[POOL_HOSTS_MAX + 1];

	for (int i = 0; i < candidates->count; i++)
		text[i] = (char)('a' + candidates->hosts[i]);
	text[candidates->count] = '\0';
	return text;
}

static const struct row {
	const char *name;
	const char *states;
	const char *orders[4]; /* of one message after the other */
} rows[] = {
	{"one host", "u", {"a", "a", "a", "a"}},
	{"equal hosts rotate", "uuu", {"abc", "bca", "cab", "abc"}},
	{"a second tier follows, by the turn", "0uu1uu", {"abcd", "badc", "abcd", "badc"}},
	{"a backup is never first", "0u1u", {"ab", "ab", "ab", "ab"}},
	{"priorities as far apart as can be", "9u0u", {"ab", "ab", "ab", "ab"}},
	{"a deferred host is last", "duu", {"bca", "cba", "bca", "cba"}},
	{"deferred ones by their time", "uddd", {"adcb", "adcb", "adcb", "adcb"}},
	{"deferred behind the last tier", "0d1u", {"ba", "ba", "ba", "ba"}},
	{"all deferred", "ddd", {"cba", "cba", "cba", "cba"}},
	{"drained is left out", "uxu", {"ac", "ca", "ac", "ca"}},
	{"drained and deferred", "xd", {"b", "b", "b", "b"}},
	{"all drained: all there is", "xx", {"ab", "ba", "ab", "ba"}},
	{"all drained, tiers", "0x1x", {"ab", "ab", "ab", "ab"}},
	{"on trial, wants a message", "utu", {"bac", "bac", "bac", "bac"}},
	{"on trial, waits", "uwu", {"acb", "cab", "acb", "cab"}},
	{"two on trial", "tut", {"abc", "abc", "abc", "abc"}},
	{"on trial and deferred", "duw", {"bca", "bca", "bca", "bca"}},
	{"a backup on trial is not first", "0u1t", {"ab", "ab", "ab", "ab"}},
	{"a backup on trial is first of what is left", "0d1t2u", {"bca", "bca", "bca", "bca"}},
	{"on trial, all others deferred", "dtd", {"bca", "bca", "bca", "bca"}},
	{"only one, on trial", "w", {"a", "a", "a", "a"}},
	{"an empty first tier", "0xx1uu", {"cd", "dc", "cd", "dc"}},
	{"a spent one is behind", "suu", {"bca", "cba", "bca", "cba"}},
	{"behind all tiers, before the deferred", "0sd1u2u", {"cdab", "cdab", "cdab", "cdab"}},
	{"its quota is full before it is spent", "fuu", {"bca", "cba", "bca", "cba"}},
	{"all spent: in turn, by tiers", "0sf1s", {"abc", "bac", "abc", "bac"}},
	{"all of a tier spent: the next has it", "0ss1u", {"cab", "cba", "cab", "cba"}},
	{"spent and drained", "xs", {"b", "b", "b", "b"}},
	{"spent: no trial", "uvs", {"acb", "acb", "acb", "acb"}},
	{"a trial before what is spent", "0s1t", {"ba", "ba", "ba", "ba"}},
};

START_TEST(orders)
{
	const struct row *row = &rows[_i];

	make(row->states);
	for (int i = 0; i < pool.host_count; i++)
		hosts[i].priority = hosts[i].priority == 9 ? 0 : hosts[i].priority;
	if (strcmp(row->states, "9u0u") == 0)
		hosts[1].priority = HOST_PRIORITY_MAX;
	for (int i = 0; i < 4; i++) {
		struct candidates candidates = order(0);

		ck_assert_msg(strcmp(text_of(&candidates), row->orders[i]) == 0,
			"%s: message %d: %s", row->name, i, text_of(&candidates));
	}
}
END_TEST

START_TEST(slow_start_gives_a_part)
{
	int first = 0;

	make("uuu");
	policy.slow_start = 400000;
	healths[1].reason = HEALTH_REASON_RECOVERED;
	healths[1].since = 1000000 - 100000;
	/* A quarter of the weight of the other two. */
	for (int i = 0; i < 900; i++)
		first += order(0).hosts[0] == 1;
	policy.slow_start = 0;
	ck_assert_int_eq(first, 100);
}
END_TEST

/* ---- parts of a weight that the operator has set */

static void set_percents(const int *percents)
{
	for (int i = 0; i < pool.host_count; i++)
		health_set_weight(&healths[i], percents[i], 0, "");
}

static const struct part_row {
	const char *name;
	const char *states;
	int percents[4];
	int weights[4];
	int messages;
	int firsts[4];
} part_rows[] = {
	{"half", "uu", {50, 100}, {1, 1}, 300, {100, 200}},
	{"half of three", "uuu", {100, 50, 100}, {1, 1, 1}, 500, {200, 100, 200}},
	{"one percent", "uu", {1, 100}, {1, 1}, 10100, {100, 10000}},
	{"ten times as much", "uu", {1000, 100}, {1, 1}, 1100, {1000, 100}},
	{"a third of a weight", "uu", {33, 100}, {3, 1}, 1990, {990, 1000}},
	{"nothing", "uu", {0, 100}, {5, 1}, 100, {0, 100}},
	{"nothing for all: by their weights", "uu", {0, 0}, {3, 1}, 400, {300, 100}},
	{"nothing for all that are up", "ud", {0, 100}, {1, 1}, 10, {10, 0}},
	{"nothing for a tier: the next one has it", "0u1uu", {0, 100, 50}, {1, 1, 1}, 300,
		{0, 200, 100}},
};

START_TEST(parts_of_a_weight)
{
	const struct part_row *row = &part_rows[_i];
	int firsts[4] = {0};

	make(row->states);
	set_percents(row->percents);
	for (int i = 0; i < pool.host_count; i++)
		hosts[i].weight = row->weights[i];
	for (int i = 0; i < row->messages; i++)
		firsts[order(0).hosts[0]]++;
	for (int i = 0; i < pool.host_count; i++)
		ck_assert_msg(
			firsts[i] == row->firsts[i], "%s: host %d: %d", row->name, i, firsts[i]);
}
END_TEST

START_TEST(a_part_that_is_over_counts_no_more)
{
	make("uu");
	health_set_weight(&healths[0], 0, 1000000, "");
	for (int i = 0; i < 4; i++) {
		struct candidates candidates = order(0);

		ck_assert_int_eq(candidates.hosts[0], i % 2);
	}
}
END_TEST

/* The order of the hosts by a change of parts in mid-course. */
START_TEST(a_change_in_mid_course_is_exact)
{
	unsigned seed = 77;

	make("uu");
	for (int round = 0; round < 200; round++) {
		int percent = 1 + (int)(suite_random(&seed) % 100);
		int count = (100 + percent) * (1 + (int)(suite_random(&seed) % 3));
		int wanted = count / (100 + percent) * percent;
		int first = 0;

		set_percents((const int[]){percent, 100});
		for (int i = 0; i < count; i++)
			first += order(0).hosts[0] == 0;
		ck_assert_msg(first >= wanted - 1 && first <= wanted + 1,
			"round %d, %d percent: %d instead of %d", round, percent, first, wanted);
	}
}
END_TEST

static const struct spare_row {
	const char *name;
	const char *states;
	int percents[5];
	const char *orders[3];
	uint64_t parted;
} spare_rows[] = {
	{"behind those of its tier", "uuu", {100, 0, 100}, {"acb", "cab", "acb"}, 4},
	{"before the next tier", "0uu1u", {0, 100, 100}, {"bac", "bac", "bac"}, 2},
	{"its tier has no other", "0u1u2u", {0, 100, 100}, {"bac", "bac", "bac"}, 0},
	{"two tiers have no other", "0u1uu2u", {0, 0, 0, 100}, {"dabc", "dacb", "dabc"}, 0},
	{"before the deferred", "udu", {0, 100, 100}, {"cab", "cab", "cab"}, 2},
	{"first if no other is up", "udd", {0, 100, 100}, {"acb", "acb", "acb"}, 0},
	{"drained ones are left out still", "uxx", {0, 100, 100}, {"a", "a", "a"}, 0},
	{"no message tries it first", "tu", {0, 100}, {"ba", "ba", "ba"}, 0},
	{"a trial where no other is up", "td", {0, 100}, {"ab", "ab", "ab"}, 0},
	{"a trial of others goes before it", "0u1t", {0, 100}, {"ba", "ba", "ba"}, 0},
	{"and not before one that is up", "0u1t", {100, 100}, {"ab", "ab", "ab"}, 0},
};

START_TEST(no_part_of_a_weight)
{
	const struct spare_row *row = &spare_rows[_i];

	make(row->states);
	set_percents(row->percents);
	for (int i = 0; i < 3; i++) {
		struct candidates candidates = order(0);

		ck_assert_msg(strcmp(text_of(&candidates), row->orders[i]) == 0,
			"%s: message %d: %s", row->name, i, text_of(&candidates));
		ck_assert_msg(candidates.parted == row->parted, "%s: parted %llx", row->name,
			(unsigned long long)candidates.parted);
	}
}
END_TEST

/* By the key too, and by what is pending. */
START_TEST(parts_hold_for_each_balance)
{
	struct lane lanes[2] = {{.pending = 0}, {.pending = 0}};
	const struct lane *const pointers_to[2] = {&lanes[0], &lanes[1]};
	struct candidates_input input = {.lanes = pointers_to};
	int first = 0;

	make("uu");
	pool.balance = BALANCE_HASH;
	set_percents((const int[]){50, 100});
	for (uint64_t key = 0; key < 3000; key++)
		first += order(hash_pair(key, 0)).hosts[0] == 0;
	ck_assert_msg(first > 900 && first < 1100, "by the key: %d of 3000", first);
	make("uu");
	pool.balance = BALANCE_LEAST_PENDING;
	set_percents((const int[]){50, 100});
	for (int i = 0; i < 300; i++)
		lanes[order_of(&input).hosts[0]].pending++;
	ck_assert_uint_eq(lanes[0].pending, 100);
}
END_TEST

START_TEST(only_rotations)
{
	char seen[64][POOL_HOSTS_MAX + 1];
	int count = 0;

	make("0uuuuu1uuu");
	for (int i = 0; i < 300; i++) {
		struct candidates candidates = order(0);
		int at = 0;

		while (at < count && strcmp(seen[at], text_of(&candidates)) != 0)
			at++;
		if (at == count)
			strcpy(seen[count++], text_of(&candidates));
	}
	ck_assert_int_eq(count, 15);
}
END_TEST

START_TEST(hash_gives_one_order_for_one_key)
{
	char first[POOL_HOSTS_MAX + 1];
	int starts[3] = {0};

	make("uuu");
	pool.balance = BALANCE_HASH;
	for (uint64_t key = 0; key < 300; key++) {
		struct candidates candidates = order(hash_pair(key, 0));

		strcpy(first, text_of(&candidates));
		starts[candidates.hosts[0]]++;
		candidates = order(hash_pair(key, 0));
		ck_assert_str_eq(text_of(&candidates), first);
	}
	for (int i = 0; i < 3; i++)
		ck_assert_msg(starts[i] > 60, "host %d: %d of 300", i, starts[i]);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rotation.credit[i], 0);
}
END_TEST

/* ---- whoever must not advance the rotation */

static const struct from_row {
	const char *name;
	const char *states;
	int from;
	const char *order;
	int tiered;
} from_rows[] = {
	{"the host chosen before", "uuu", 1, "bca", 3},
	{"the first", "uuu", 0, "abc", 3},
	{"it was deferred since: the next", "udu", 1, "cab", 2},
	{"the last was deferred since: the first", "uud", 2, "abc", 2},
	{"it was drained since", "uxu", 1, "ca", 2},
	{"the tier behind keeps its own order", "0uuu1u", 2, "cabd", 4},
	{"on trial, given to a message", "uwu", 1, "bca", 3},
	{"on trial, wants a message", "utu", 2, "bca", 3},
	{"another one waits", "uwu", 0, "acb", 2},
	{"all deferred", "dd", 0, "ba", 0},
	{"all drained", "xx", 1, "ba", 2},
};

START_TEST(from_a_host)
{
	const struct from_row *row = &from_rows[_i];
	struct candidates_input input = {.start = CANDIDATES_FROM_HOST,
		.from = row->from,
		.owner = trial_owner(4, TRIAL_MESSAGE)};

	make(row->states);
	for (int i = 0; i < 3; i++) {
		struct candidates candidates = order_of(&input);

		ck_assert_msg(strcmp(text_of(&candidates), row->order) == 0, "%s: %s", row->name,
			text_of(&candidates));
		ck_assert_msg(candidates.tiered == row->tiered, "%s: tiered %d", row->name,
			candidates.tiered);
	}
	for (int i = 0; i < pool.host_count; i++)
		ck_assert_int_eq(rotation.credit[i], 0);
}
END_TEST

START_TEST(from_a_host_of_another_tier_goes_by_the_key)
{
	int starts[3] = {0};

	make("0uuu1u");
	for (uint64_t key = 0; key < 300; key++) {
		struct candidates candidates = order_of(&(struct candidates_input){
			.start = CANDIDATES_FROM_HOST, .from = 3, .key = hash_pair(key, 0)});

		ck_assert_int_lt(candidates.hosts[0], 3);
		starts[candidates.hosts[0]]++;
	}
	for (int i = 0; i < 3; i++)
		ck_assert_msg(starts[i] > 60, "host %d: %d of 300", i, starts[i]);
}
END_TEST

START_TEST(by_the_key_and_the_weights)
{
	int starts[2] = {0};

	make("uu");
	hosts[1].weight = 3;
	for (uint64_t key = 0; key < 4000; key++) {
		struct candidates_input input = {
			.start = CANDIDATES_BY_KEY, .key = hash_pair(key, 0)};
		struct candidates first = order_of(&input);
		struct candidates again = order_of(&input);

		ck_assert_int_eq(first.hosts[0], again.hosts[0]);
		starts[first.hosts[0]]++;
	}
	ck_assert_msg(starts[0] > 900 && starts[0] < 1100, "%d of 4000", starts[0]);
	ck_assert_int_eq(rotation.credit[0], 0);
	ck_assert_int_eq(rotation.credit[1], 0);
}
END_TEST

START_TEST(a_trial_is_given_again_to_its_owner_alone)
{
	const uint64_t owner = trial_owner(8, TRIAL_MESSAGE);
	struct candidates_input input = {.start = CANDIDATES_BY_KEY, .owner = owner};
	struct candidates candidates;

	make("uwu");
	healths[1].trial_message = owner;
	candidates = order_of(&input);
	ck_assert(candidates.is_trial && candidates.hosts[0] == 1);
	input.has_no_trial = true;
	candidates = order_of(&input);
	ck_assert(!candidates.is_trial && candidates.hosts[2] == 1);
	input.has_no_trial = false;
	input.owner = trial_owner(12, TRIAL_MESSAGE);
	candidates = order_of(&input);
	ck_assert(!candidates.is_trial && candidates.hosts[2] == 1);
	input.owner = 0;
	candidates = order_of(&input);
	ck_assert(!candidates.is_trial && candidates.hosts[2] == 1);
	/* Probes make the trials of that pool. */
	input.owner = owner;
	policy.has_probe = true;
	candidates = order_of(&input);
	policy.has_probe = false;
	ck_assert(!candidates.is_trial && candidates.hosts[2] == 1);
}
END_TEST

/* ---- any pool, any states */

static void make_random(unsigned *seed)
{
	char text[200] = "";
	int priority = 0;
	unsigned count = 1 + suite_random(seed) % 20;

	for (unsigned i = 0; i < count; i++) {
		if (suite_random(seed) % 4 == 0 && priority < 9)
			sprintf(text + strlen(text), "%d", ++priority);
		sprintf(text + strlen(text), "%c", "uutdxs"[suite_random(seed) % 6]);
	}
	make(text);
	for (int i = 0; i < pool.host_count; i++) {
		hosts[i].weight = 1 + (int)(suite_random(seed) % HOST_WEIGHT_MAX);
		healths[i].until = suite_random(seed) % 100;
	}
	pool.balance = suite_random(seed) % 2 == 0 ? BALANCE_HASH : BALANCE_ROUND_ROBIN;
}

static int rank(int host)
{
	switch (healths[host].state) {
	case HEALTH_TRIAL:
	case HEALTH_DEFERRED:
		return 100000 + (int)healths[host].until;
	case HEALTH_SPENT:
		return 50000 + hosts[host].priority;
	case HEALTH_DRAINED:
		return 200000 + hosts[host].priority;
	default:
		return hosts[host].priority;
	}
}

START_TEST(holds_for_any_pool)
{
	unsigned seed = 12345 + (unsigned)_i;

	make_random(&seed);
	for (int message = 0; message < 50; message++) {
		struct candidates candidates = order(suite_random(&seed));
		bool is_listed[POOL_HOSTS_MAX] = {false};
		int wanted = 0;

		for (int i = 0; i < pool.host_count; i++)
			wanted += healths[i].state != HEALTH_DRAINED;
		ck_assert_msg(candidates.count == (wanted == 0 ? pool.host_count : wanted),
			"seed %d: %d candidates", _i, candidates.count);
		for (int i = 0; i < candidates.count; i++) {
			int host = candidates.hosts[i];

			ck_assert_msg(!is_listed[host], "seed %d: host %d twice", _i, host);
			is_listed[host] = true;
			/* A trial's own message has it in front of all. */
			ck_assert_msg(i <= candidates.is_trial ||
					      rank(candidates.hosts[i - 1]) <= rank(host),
				"seed %d: order", _i);
			ck_assert(i > 0 ||
				  candidates.is_trial == (healths[host].state == HEALTH_TRIAL));
			ck_assert_msg(wanted == 0 || healths[host].state != HEALTH_DRAINED,
				"seed %d: drained", _i);
		}
	}
}
END_TEST

/* What is remembered of other weights, or of hosts that went, is made to fit. */
static const struct memory_row {
	const char *name;
	struct pick_rotation before;
	const char *order;
	int32_t after[2];
} memories[] = {
	{"a beginning", {.weight = 0}, "ab", {-100, 100}},
	{"the same weights", {.weight = 200, .credit = {-100, 100}}, "ba", {0, 0}},
	{"a smaller unit", {.weight = 32, .credit = {-16, 16}}, "ba", {0, 0}},
	{"a thousand times as heavy", {.weight = 32000, .credit = {-14000, 14000}}, "ba",
		{13, -13}},
	{"half as heavy", {.weight = 16, .credit = {7, -7}}, "ab", {-13, 13}},
	{"one went with what it owed", {.weight = 32, .credit = {5, 5}}, "ab", {-100, 100}},
	{"one went with what it was owed", {.weight = 32, .credit = {-5, -1}}, "ba", {87, -87}},
};

START_TEST(the_memory_fits)
{
	const struct memory_row *row = &memories[_i];
	struct candidates candidates;

	make("uu");
	rotation = row->before;
	candidates = order(0);
	ck_assert_msg(strcmp(text_of(&candidates), row->order) == 0, "%s: %s", row->name,
		text_of(&candidates));
	ck_assert_int_eq(rotation.weight, 200);
	for (int i = 0; i < 2; i++)
		ck_assert_msg(rotation.credit[i] == row->after[i], "%s: host %d: %d", row->name, i,
			rotation.credit[i]);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{the_memory_fits, COUNT(memories)},
		{orders, COUNT(rows)}, {slow_start_gives_a_part, 1},
		{parts_of_a_weight, COUNT(part_rows)}, {a_part_that_is_over_counts_no_more, 1},
		{a_change_in_mid_course_is_exact, 1}, {no_part_of_a_weight, COUNT(spare_rows)},
		{parts_hold_for_each_balance, 1}, {only_rotations, 1},
		{hash_gives_one_order_for_one_key, 1}, {from_a_host, COUNT(from_rows)},
		{from_a_host_of_another_tier_goes_by_the_key, 1}, {by_the_key_and_the_weights, 1},
		{a_trial_is_given_again_to_its_owner_alone, 1}, {holds_for_any_pool, 300}};

	return suite_run("candidates", tests, COUNT(tests));
}
