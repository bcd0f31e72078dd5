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
	{"ab", {"unrouted", "map", "map", "filter", "tokens"}, "aB"},
	{"aba", {"unrouted", "map", "map", "filter", "tokens"}, "aBa"},
	{"bna", {"unrouted", "map", "map", "filter", "tokens"}, "bNA"},
	{"an", {"unrouted", "map", "map", "filter", "tokens"}, "aN"},
	{"na", {"unrouted", "map", "map", "leave", "tokens"}, "nA"},
	{"da", {"unrouted", "map", "map", "leave", "tokens"}, "dA"},
	{"ax", {"unrouted", "map", "map", "filter", "tokens"}, "aX"},
	{"xa", {"unrouted", "map", "map", "discard", "tokens"}, "xA"},
	{"xn", {"unrouted", "map", "map", "discard", "tokens"}, "xN"},
	{"nx", {"unrouted", "map", "map", "leave", "tokens"}, "nX"},
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
	ck_assert_str_eq(taken, _i % POLICIES == 3 ? row->split : row->recipients);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{ends, COUNT(rows) * POLICIES}};

	return suite_run("envelope", tests, COUNT(tests));
}
