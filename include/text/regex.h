/* regex: regular expressions, by PCRE2
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEXT_REGEX_H
#define TEXT_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/pattern.h"

/*
 * Letters match in either case unless a pattern says (?-i); "." matches line ends, too, and "$" only
 * the end of the text. Text is UTF-8; octets that are not match nothing, and a match goes on after
 * them. \w, \d, \s and \b know ASCII only, unless the pattern begins with (*UCP). Patterns are
 * compiled to machine code where the system lets them be (JIT), else, and if they begin with
 * (*NO_JIT), they are interpreted.
 *
 * Each match has a limit of steps: an item of the pattern that is tried, an octet that is run over.
 * It is the same for machine code, and does not depend on the machine or its load. 1,250,000 octets
 * run over, or a ninth of that in items, are enough for .*foo.* on a header of 100 kB. What all
 * matches for one message cost is paid from a budget (pattern.h).
 *
 * Counting makes a match up to ten times slower. So a text of up to 256 octets is first matched
 * without, with few steps from each octet, while the budget has octets for that: at the worst, one
 * such octet costs 3 us.
 *
 * A set is built by one thread, then any thread may match, each with a scratch of its own.
 *
 * Limits: a pattern that tries several lengths at each octet, such as [a-z.]+@example on a text of
 * nothing but letters, reaches the limit on texts of a few kB. Groups that are repeated with memory
 * of each turn, such as ^(a|b)*$, reach it after some thousand turns: 256 kB of stack for machine
 * code, 1 MB for the interpreter.
 */

enum { REGEX_ERROR_MAX = 256 };

enum regex_answer { REGEX_NO = 0, REGEX_YES = 1, REGEX_OVER_LIMIT = 2, REGEX_OVER_BUDGET = 3 };

struct regex_set;
struct regex_scratch;

/* NULL: out of memory. */
struct regex_set *regex_set_new(void);
void regex_set_free(struct regex_set *set);

/*
 * Compiles one. Gives its number: the same for the same pattern. -1: ERROR says what is wrong, and
 * *OFFSET at which octet.
 */
int regex_set_add(
	struct regex_set *set, const char *pattern, char error[REGEX_ERROR_MAX], size_t *offset);

size_t regex_set_count(const struct regex_set *set);

/* How many are machine code. */
size_t regex_set_compiled(const struct regex_set *set);

/* The pattern as it was given. */
const char *regex_set_pattern(const struct regex_set *set, size_t regex);

/* NULL: out of memory. It serves every set. */
struct regex_scratch *regex_scratch_new(void);
void regex_scratch_free(struct regex_scratch *scratch);

/*
 * TEXT may hold NULs. Only memory that ran out, and the limit, make it REGEX_OVER_LIMIT. With less
 * than the limit left in the budget, or nothing, it may be REGEX_OVER_BUDGET: that is no fault of the
 * pattern.
 */
enum regex_answer regex_set_match(const struct regex_set *set, struct regex_scratch *scratch,
	size_t regex, const char *text, size_t length, struct pattern_budget *budget);

/* True the first time that it is called for that pattern: for a report that is made once. */
bool regex_set_report(const struct regex_set *set, size_t regex);

/* How many patterns were reported. */
size_t regex_set_reported(const struct regex_set *set);

#endif
