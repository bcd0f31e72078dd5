/* pattern: a value that a rule compares a text with: exact, glob or regular expression
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"

/*
 * ASCII letters match in either case. Regular expressions take a library, and the core has none: they
 * have numbers, and whoever asks brings the function that matches them.
 */

enum pattern_kind {
	PATTERN_EXACT = 0,  /* the whole text, or the whole address */
	PATTERN_DOMAIN = 1, /* all addresses of that domain */
	PATTERN_PARENT = 2, /* ".example.com": below it, at any depth: names, addresses' domains */
	PATTERN_GLOB = 3,   /* "*" any octets, "?" one octet, "\" makes the next one itself */
	PATTERN_REGEX = 4,
};

struct pattern {
	enum pattern_kind kind;
	/*
	 * In lower case; of addresses in the one form of address.h. PATTERN_REGEX: a glob for all that
	 * it matches, and more, or "".
	 */
	const char *text;
	size_t length;
	size_t regex; /* PATTERN_REGEX: its number */
};

/*
 * What all patterns together may cost: about as many octets run over by a regular expression, 2 ns
 * each. It is spent by what is done, not by time: the same texts always come as far. Spent, globs and
 * regular expressions match nothing.
 */
struct pattern_budget {
	int64_t left;	  /* below 0: it is spent */
	size_t uncounted; /* octets of short texts that need not be counted (regex.h) */
};

/* False: it is spent, now or before. */
bool pattern_spend(struct pattern_budget *budget, int64_t cost);
bool pattern_is_spent(const struct pattern_budget *budget);

struct pattern_matcher {
	bool (*match)(void *context, size_t regex, const char *text, size_t length,
		struct pattern_budget *budget);
	void *context;
};

/* Any kind but PATTERN_DOMAIN. The text may have any octets. */
bool pattern_text(const struct pattern *pattern, const struct pattern_matcher *matcher,
	const char *text, size_t length, struct pattern_budget *budget);

/*
 * PATTERN_EXACT also matches an address that has the pattern's local part in front of an extension
 * (address_base_length()), as routes do. "" is the empty sender. Globs and regular expressions see
 * the whole address. Of an address that is too long nothing is known: it matches nothing.
 */
bool pattern_address(const struct pattern *pattern, const struct pattern_matcher *matcher,
	const struct address *address, const char *delimiters, struct pattern_budget *budget);

/*
 * For whoever has many patterns and one text: all pairs of octets that stand side by side in it.
 * Most globs that do not match ask for a pair that the text has not.
 */
struct pattern_pairs {
	uint64_t bits[16]; /* of an octet's last five bits, which both cases of a letter share */
};
void pattern_pairs_of(struct pattern_pairs *pairs, const char *text, size_t length);

/* False if a glob cannot match a text of these pairs. */
bool pattern_may_match(const struct pattern *pattern, const struct pattern_pairs *pairs);

#endif
