/* pattern: a value that a rule compares a text with: exact, glob or regular expression
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/pattern.h"
#include "core/span.h"

#include <string.h>

static bool is_letter(char lower)
{
	return lower >= 'a' && lower <= 'z';
}

static bool is_same(const char *lower, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (lower[i] != span_fold(text[i]))
			return false;
	return true;
}

/* What it costs to look for an octet: so much, and 1 for as many as memchr() runs over. */
enum { FIND_COST = 4, OCTETS_FOUND = 16 };

bool pattern_spend(struct pattern_budget *budget, int64_t cost)
{
	if (budget->left >= 0)
		budget->left = cost > budget->left ? -1 : budget->left - cost;
	return budget->left >= 0;
}

bool pattern_is_spent(const struct pattern_budget *budget)
{
	return budget->left < 0;
}

/*
 * Where an octet first stands in either case, and adds to *COST. memchr() twice is faster than a look
 * at each one.
 */
static const char *find_octet(const char *at, const char *end, char lower, int64_t *cost)
{
	const char *found = memchr(at, lower, (size_t)(end - at));
	const char *before = found == NULL ? end : found;

	*cost += FIND_COST + (before - at) / OCTETS_FOUND;
	if (!is_letter(lower))
		return found;

	const char *upper = memchr(at, lower & ~0x20, (size_t)(before - at));

	return upper == NULL ? found : upper;
}

/* The octet that a glob asks for at AT, which is no "*", and in *NEXT what is after it. */
static char literal(const char *at, const char *end, const char **next)
{
	if (*at == '\\' && at + 1 < end)
		at++;
	*next = at + 1;
	return *at;
}

/*
 * Only the last "*" has to be tried again further on: whatever the ones before it took, it can
 * take. So the time is at most the product of both lengths.
 */
static bool glob(const char *at, const char *end, const char *text, const char *text_end,
	struct pattern_budget *budget)
{
	const char *star = NULL; /* after the last "*" */
	const char *from = NULL; /* what it has not taken */
	const char *next;
	int64_t cost = 0; /* since the last time that it was paid */

	for (;;) {
		cost++;
		if (at < end && *at == '*') {
			star = ++at;
			from = text;
			if (star == end)
				return true;
		} else if (at < end && text < text_end &&
			   (*at == '?' || literal(at, end, &next) == span_fold(*text))) {
			at = *at == '?' ? at + 1 : next;
			text++;
			continue;
		} else if (at == end && text == text_end) {
			return true;
		} else if (star == NULL || text == text_end) {
			return false;
		} else {
			from++;
		}
		/* On to where what is after the "*" can begin. */
		at = star;
		if (*at != '?' && *at != '*')
			from = find_octet(from, text_end, literal(at, end, &next), &cost);
		if (from == NULL || !pattern_spend(budget, cost))
			return false;
		cost = 0;
		text = from;
	}
}

bool pattern_text(const struct pattern *pattern, const struct pattern_matcher *matcher,
	const char *text, size_t length, struct pattern_budget *budget)
{
	switch (pattern->kind) {
	case PATTERN_EXACT:
		return length == pattern->length && is_same(pattern->text, text, length);
	case PATTERN_PARENT:
		return length > pattern->length &&
		       is_same(pattern->text, text + length - pattern->length, pattern->length);
	case PATTERN_GLOB:
		return glob(pattern->text, pattern->text + pattern->length, text, text + length,
			budget);
	case PATTERN_REGEX:
		return matcher->match(matcher->context, pattern->regex, text, length, budget);
	case PATTERN_DOMAIN:
		break;
	}
	return false;
}

/* Both are in lower case, and the address is long enough. */
static bool ends(const struct address *address, const char *end, size_t length)
{
	return memcmp(address->text + address->length - length, end, length) == 0;
}

/* The pattern is shorter than the address: it can only be that without its extension. */
static bool is_base(
	const struct pattern *pattern, const struct address *address, const char *delimiters)
{
	size_t rest = address->length - address->local_length;
	size_t base;

	/* Most differ in their beginning, which takes no search for a delimiter. */
	if (pattern->length <= rest || pattern->text[0] != address->text[0] ||
		!ends(address, pattern->text + pattern->length - rest, rest))
		return false;
	base = address_base_length(address, delimiters);
	return base + rest == pattern->length && memcmp(pattern->text, address->text, base) == 0;
}

static bool is_address(
	const struct pattern *pattern, const struct address *address, const char *delimiters)
{
	if (pattern->length > address->length)
		return false;
	/* Unquoted, "a@b" without a domain looks like another address. */
	if (!address->has_domain && memchr(address->text, '@', address->length) != NULL)
		return false;
	if (pattern->length == address->length)
		return !address->too_long &&
		       memcmp(pattern->text, address->text, address->length) == 0;
	return is_base(pattern, address, delimiters);
}

bool pattern_address(const struct pattern *pattern, const struct pattern_matcher *matcher,
	const struct address *address, const char *delimiters, struct pattern_budget *budget)
{
	size_t domain_length = address->length - address->domain;

	switch (pattern->kind) {
	case PATTERN_EXACT:
		return is_address(pattern, address, delimiters);
	case PATTERN_DOMAIN:
		return address->has_domain && domain_length == pattern->length &&
		       ends(address, pattern->text, pattern->length);
	case PATTERN_PARENT:
		return domain_length > pattern->length &&
		       ends(address, pattern->text, pattern->length);
	case PATTERN_GLOB:
	case PATTERN_REGEX:
		break;
	}
	return pattern_text(pattern, matcher, address->text, address->length, budget);
}

static unsigned pair_of(char first, char second)
{
	return ((unsigned char)first & 31U) << 5 | ((unsigned char)second & 31U);
}

void pattern_pairs_of(struct pattern_pairs *pairs, const char *text, size_t length)
{
	memset(pairs, 0, sizeof(*pairs));
	for (size_t i = 1; i < length; i++) {
		unsigned pair = pair_of(text[i - 1], text[i]);

		pairs->bits[pair / 64] |= UINT64_C(1) << pair % 64;
	}
}

bool pattern_may_match(const struct pattern *pattern, const struct pattern_pairs *pairs)
{
	const char *at = pattern->text;
	const char *end = at + pattern->length;
	bool has_first = false;
	char first = '\0';

	while (at < end) {
		if (*at == '*' || *at == '?') {
			has_first = false;
			at++;
			continue;
		}

		char second = literal(at, end, &at);
		unsigned pair = pair_of(first, second);

		if (has_first && (pairs->bits[pair / 64] >> pair % 64 & 1) == 0)
			return false;
		first = second;
		has_first = true;
	}
	return true;
}
