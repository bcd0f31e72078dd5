/* test_envelope: what becomes of a message, by the routes of its recipients
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/envelope.h"
#include "suite.h"

#include <string.h>

enum { POLICIES = 5 };

static const struct envelope_policy policies[POLICIES] = {
	{.mta = TABLE_POSTFIX},
	{.mta = TABLE_POSTFIX, .has_map = true},
	{.mta = TABLE_POSTFIX, .has_map = true, .is_only_map = true},
	{.mta = TABLE_POSTFIX, .mixed = ENVELOPE_MIXED_SPLIT},
	{.mta = TABLE_SENDMAIL, .has_map = true, .mixed = ENVELOPE_MIXED_SPLIT},
};

/*
 * A letter for each recipient: a, b: two pools; n(one), d(ns), x: discard. What becomes of it without
 * a map, with one, with it alone, split (the recipients that are not taken in capitals), and on
 * Sendmail.
 */
static const struct row {
	const char *recipients;
	const char *ends[POLICIES];
	const char *split;
} rows[] = {
	{"", {"leave", "leave", "leave", "leave", "leave"}, ""},
	{"n", {"leave", "leave", "leave", "leave", "leave"}, "n"},
	{"nd", {"leave", "leave", "leave", "leave", "leave"}, "nd"},
	{"a", {"filter", "filter", "map", "filter", "tokens"}, "a"},
	{"aaa", {"filter", "filter", "map", "filter", "tokens"}, "aaa"},
	{"x", {"discard", "discard", "discard", "discard", "discard"}, "x"},
	{"xx", {"discard", "discard", "discard", "discard", "discard"}, "xx"},
	{"ab", {"filter", "map", "map", "filter", "tokens"}, "aB"},
	{"aba", {"filter", "map", "map", "filter", "tokens"}, "aBa"},
	{"bna", {"filter", "map", "map", "filter", "tokens"}, "bNA"},
	{"an", {"filter", "map", "map", "filter", "tokens"}, "aN"},
	{"na", {"leave", "map", "map", "leave", "tokens"}, "nA"},
	{"da", {"leave", "map", "map", "leave", "tokens"}, "dA"},
	{"ax", {"filter", "map", "map", "filter", "tokens"}, "aX"},
	{"xa", {"discard", "map", "map", "discard", "tokens"}, "xA"},
	{"xn", {"discard", "map", "map", "discard", "tokens"}, "xN"},
	{"nx", {"leave", "map", "map", "leave", "tokens"}, "nX"},
};

static bool add(struct envelope *envelope, const struct envelope_policy *policy, char letter)
{
	switch (letter) {
	case 'n':
		return envelope_add(envelope, policy, ACTION_NONE, 0);
	case 'd':
		return envelope_add(envelope, policy, ACTION_DNS, 3);
	case 'x':
		return envelope_add(envelope, policy, ACTION_DISCARD, 0);
	default:
		return envelope_add(envelope, policy, ACTION_POOL, (size_t)letter);
	}
}

START_TEST(ends)
{
	const struct row *row = &rows[_i / POLICIES];
	const struct envelope_policy *policy = &policies[_i % POLICIES];
	struct envelope envelope;
	char taken[16] = "";

	envelope_init(&envelope);
	for (size_t i = 0; row->recipients[i] != '\0'; i++) {
		bool is_taken = add(&envelope, policy, row->recipients[i]);

		taken[i] = (char)(is_taken ? row->recipients[i] : row->recipients[i] - 'a' + 'A');
	}
	ck_assert_msg(strcmp(envelope_end_name(envelope_end(&envelope, policy)),
			      row->ends[_i % POLICIES]) == 0,
		"\"%s\", policy %d: %s", row->recipients, _i % POLICIES,
		envelope_end_name(envelope_end(&envelope, policy)));
	ck_assert_str_eq(
		taken, _i % POLICIES == 0 || _i % POLICIES == 3 ? row->split : row->recipients);
}
END_TEST

/*
 * A rule: "1" stands for it among the recipients, R(eject), F (defer), P(ool), X (discard), D(ns) is
 * what it does. After it no recipient is put off.
 */
static const struct ruled_row {
	const char *recipients;
	char does;
	const char *ends[POLICIES];
	const char *split;
} ruled_rows[] = {
	{"1a", 'P', {"filter", "filter", "filter", "filter", "tokens"}, "1a"},
	{"a1", 'P', {"filter", "filter", "filter", "filter", "tokens"}, "a1"},
	{"1abnx", 'P', {"filter", "filter", "filter", "filter", "tokens"}, "1abnx"},
	{"ab1nx", 'P', {"filter", "filter", "filter", "filter", "tokens"}, "aB1nx"},
	{"1n", 'P', {"filter", "filter", "filter", "filter", "tokens"}, "1n"},
	{"1ab", 'X', {"discard", "discard", "discard", "discard", "discard"}, "1ab"},
	{"an1", 'X', {"discard", "discard", "discard", "discard", "discard"}, "aN1"},
	{"a1", 'R', {"refuse", "refuse", "refuse", "refuse", "refuse"}, "a1"},
	{"x1", 'R', {"refuse", "refuse", "refuse", "refuse", "refuse"}, "x1"},
	{"n1", 'F', {"refuse", "refuse", "refuse", "refuse", "refuse"}, "n1"},
	/* Sendmail's map would answer by the routes. */
	{"a1", 'D', {"leave", "leave", "leave", "leave", "dns"}, "a1"},
	{"1a", 'D', {"leave", "leave", "leave", "leave", "dns"}, "1a"},
	{"n1xd", 'D', {"leave", "leave", "leave", "leave", "dns"}, "n1xd"},
	{"1nd", 'D', {"leave", "leave", "leave", "leave", "leave"}, "1nd"},
};

static enum action action_of(char letter)
{
	switch (letter) {
	case 'P':
		return ACTION_POOL;
	case 'X':
		return ACTION_DISCARD;
	case 'R':
		return ACTION_REJECT;
	case 'F':
		return ACTION_DEFER;
	default:
		return ACTION_DNS;
	}
}

START_TEST(ruled)
{
	const struct ruled_row *row = &ruled_rows[_i / POLICIES];
	const struct envelope_policy *policy = &policies[_i % POLICIES];
	struct envelope envelope;
	char taken[16] = "";
	int count = 0;

	envelope_init(&envelope);
	for (size_t i = 0; row->recipients[i] != '\0'; i++) {
		char letter = row->recipients[i];

		taken[i] = letter;
		if (letter == '1')
			envelope_rule(&envelope, action_of(row->does), 7);
		else if (add(&envelope, policy, letter))
			count++;
		else
			taken[i] = (char)(letter - 'a' + 'A');
	}
	ck_assert_msg(strcmp(envelope_end_name(envelope_end(&envelope, policy)),
			      row->ends[_i % POLICIES]) == 0,
		"\"%s\" %c, policy %d: %s", row->recipients, row->does, _i % POLICIES,
		envelope_end_name(envelope_end(&envelope, policy)));
	ck_assert_str_eq(
		taken, _i % POLICIES == 0 || _i % POLICIES == 3 ? row->split : row->recipients);
	ck_assert_int_eq(envelope.count, count);
	ck_assert(!envelope.is_mixed);
	if (row->does == 'P')
		ck_assert_uint_eq(envelope.pool, 7);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{ends, COUNT(rows) * POLICIES},
		{ruled, COUNT(ruled_rows) * POLICIES},
	};

	return suite_run("envelope", tests, COUNT(tests));
}
