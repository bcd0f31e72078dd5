/* regex: regular expressions, by PCRE2
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "text/regex.h"

#include "core/hash.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/*
 * PCRE2's own limit of a match counts anew for each octet at which a match could begin, and leaves
 * out what one item like [^,]* runs over: \s+$ on 100 kB of blanks takes seconds below any limit.
 * So each pattern is compiled with a callout before every item, and these are what is counted.
 */
enum {
	OPTIONS = PCRE2_CASELESS | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
		  PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_AUTO_CALLOUT,

	/*
	 * Counting takes five to ten times as long as matching. So short texts are first matched
	 * without. Each of their octets may begin a match of that many steps, each of which may run
	 * over all of them: what that has cost is not known afterwards.
	 */
	QUICK_OCTETS = 256,
	QUICK_STEPS = 20,
	MATCH_STEPS = 10000000, /* PCRE2's own limit: counting ends a match before */

	/* What a match may cost; the price of an octet run over is 1. */
	COST_MAX = 1250000,
	COST_ITEM = 8,
	COST_COMPARED = 8, /* an octet compared with what a group has matched, in either case */

	/* Beside these, from the budget: a match; and PCRE2 looks where one may begin. */
	COST_MATCH = 50,
	OCTETS_SEARCHED = 2, /* for 1 */

	/* Frames of the interpreter, in kB; and the stack of machine code, in octets. */
	HEAP_MAX = 1000,
	STACK_START = 32 * 1024,
	STACK_MAX = 256 * 1024,
};

struct regex {
	pcre2_code *code;
	pcre2_code *quick; /* without callouts; NULL: groups are compared, which is no quick step */
	char *pattern;
	uint64_t hash;
	bool is_compiled;
	atomic_bool is_reported;
};

struct regex_set {
	struct regex *regexes;
	size_t count;
	size_t room;
};

struct regex_scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	const char *pattern;
	size_t position;
	int64_t left;
};

/* How often an item is repeated at the least; all of these may be tried before it fails. */
static int64_t repeats(const char *item, size_t length)
{
	int64_t count = 0;
	size_t brace = length;

	if (length > 0 && (item[length - 1] == '+' || item[length - 1] == '?'))
		length--;
	if (length == 0 || item[length - 1] != '}')
		return 1;
	do
		brace--;
	while (brace > 0 && item[brace] != '{');
	/* From 10.43 on there may be space. */
	size_t digits = brace + 1 + strspn(item + brace + 1, " \t");

	for (size_t i = digits; i < length && item[i] >= '0' && item[i] <= '9'; i++) {
		count = 10 * count + (item[i] - '0');
		/* More than PCRE2 accepts: it is no number of repeats, but \x{99999999}. */
		if (count > UINT16_MAX)
			return 1;
	}
	return count > 0 ? count : 1;
}

static bool is_back_reference(const char *item, size_t length)
{
	if (length >= 4 && strncmp(item, "(?P=", 4) == 0)
		return true;
	return length >= 2 && item[0] == '\\' && strchr("123456789gk", item[1]) != NULL;
}

/* How many octets a comparison with a group can take at the most. */
static int64_t longest_group(const pcre2_callout_block *block)
{
	const size_t *offsets = block->offset_vector;
	size_t rest = block->subject_length - block->current_position;
	size_t longest = 0;

	for (size_t i = 1; i < block->capture_top; i++) {
		size_t start = offsets[2 * i];
		size_t end = offsets[2 * i + 1];

		if (start != PCRE2_UNSET && end != PCRE2_UNSET && end > start &&
			end - start > longest)
			longest = end - start;
	}
	return (int64_t)(longest < rest ? longest : rest);
}

/* Before each item: pays for what was run over since the last one, and for a failure of this one. */
static int pay(pcre2_callout_block *block, void *data)
{
	struct regex_scratch *scratch = data;
	const char *item = scratch->pattern + block->pattern_position;
	size_t length = block->next_item_length;
	size_t position = block->current_position;
	int64_t cost = COST_ITEM;

	if (position > scratch->position)
		cost += (int64_t)(position - scratch->position);
	if (length > 1) {
		int64_t compared =
			is_back_reference(item, length) ? COST_COMPARED * longest_group(block) : 0;

		cost += (1 + compared) * repeats(item, length);
	}
	scratch->position = position;
	scratch->left -= cost;
	return scratch->left < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

struct regex_set *regex_set_new(void)
{
	return calloc(1, sizeof(struct regex_set));
}

void regex_set_free(struct regex_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->count; i++) {
		pcre2_code_free(set->regexes[i].code);
		pcre2_code_free(set->regexes[i].quick);
		free(set->regexes[i].pattern);
	}
	free(set->regexes);
	free(set);
}

/* Its number, or -1. */
static int find(const struct regex_set *set, const char *pattern, uint64_t hash)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct regex *regex = &set->regexes[i];

		if (regex->hash == hash && strcmp(regex->pattern, pattern) == 0)
			return (int)i;
	}
	return -1;
}

static bool make_room(struct regex_set *set)
{
	size_t room = set->room == 0 ? 16 : 2 * set->room;
	struct regex *regexes;

	if (set->count < set->room)
		return true;
	if (room > INT32_MAX || (regexes = realloc(set->regexes, room * sizeof(*regexes))) == NULL)
		return false;
	set->regexes = regexes;
	set->room = room;
	return true;
}

static bool has_back_reference(const pcre2_code *code)
{
	uint32_t group = 0;

	pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &group);
	return group > 0;
}

/* Where the system forbids memory to be written and run, and for (*NO_JIT), it is interpreted. */
static bool compile_to_machine_code(pcre2_code *code)
{
	size_t size = 0;

	return pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0 &&
	       pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
}

int regex_set_add(
	struct regex_set *set, const char *pattern, char error[REGEX_ERROR_MAX], size_t *offset)
{
	uint64_t hash = hash_octets(pattern, strlen(pattern));
	int found = find(set, pattern, hash);
	int problem;
	struct regex *regex;

	if (found != -1)
		return found;
	*offset = 0;
	snprintf(error, REGEX_ERROR_MAX, "out of memory");
	if (!make_room(set))
		return -1;
	regex = &set->regexes[set->count];
	*regex = (struct regex){.pattern = strdup(pattern), .hash = hash};
	if (regex->pattern == NULL)
		return -1;
	regex->code = pcre2_compile(
		(PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, OPTIONS, &problem, offset, NULL);
	if (regex->code == NULL) {
		pcre2_get_error_message(problem, (PCRE2_UCHAR *)error, REGEX_ERROR_MAX);
		free(regex->pattern);
		return -1;
	}
	if (!has_back_reference(regex->code)) {
		regex->quick = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
			OPTIONS & ~PCRE2_AUTO_CALLOUT, &problem, offset, NULL);
		if (regex->quick == NULL) {
			pcre2_get_error_message(problem, (PCRE2_UCHAR *)error, REGEX_ERROR_MAX);
			pcre2_code_free(regex->code);
			free(regex->pattern);
			return -1;
		}
		compile_to_machine_code(regex->quick);
	}
	regex->is_compiled = compile_to_machine_code(regex->code);
	return (int)set->count++;
}

size_t regex_set_count(const struct regex_set *set)
{
	return set->count;
}

size_t regex_set_compiled(const struct regex_set *set)
{
	size_t compiled = 0;

	for (size_t i = 0; i < set->count; i++)
		compiled += set->regexes[i].is_compiled;
	return compiled;
}

const char *regex_set_pattern(const struct regex_set *set, size_t regex)
{
	return set->regexes[regex].pattern;
}

struct regex_scratch *regex_scratch_new(void)
{
	struct regex_scratch *scratch = calloc(1, sizeof(*scratch));

	if (scratch == NULL)
		return NULL;
	scratch->data = pcre2_match_data_create(1, NULL);
	scratch->context = pcre2_match_context_create(NULL);
	/* NULL, too, where PCRE2 has no JIT: machine code then does with 32 kB of the thread's. */
	scratch->stack = pcre2_jit_stack_create(STACK_START, STACK_MAX, NULL);
	if (scratch->data == NULL || scratch->context == NULL) {
		regex_scratch_free(scratch);
		return NULL;
	}
	pcre2_set_heap_limit(scratch->context, HEAP_MAX);
	pcre2_set_callout(scratch->context, pay, scratch);
	pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
	return scratch;
}

void regex_scratch_free(struct regex_scratch *scratch)
{
	if (scratch == NULL)
		return;
	pcre2_match_data_free(scratch->data);
	pcre2_match_context_free(scratch->context);
	pcre2_jit_stack_free(scratch->stack);
	free(scratch);
}

/* Without counting: what PCRE2 gives. */
static int match_quick(const struct regex *regex, struct regex_scratch *scratch, PCRE2_SPTR subject,
	size_t length, struct pattern_budget *budget)
{
	if (length > QUICK_OCTETS || regex->quick == NULL || length >= budget->uncounted)
		return PCRE2_ERROR_MATCHLIMIT;
	budget->uncounted -= length + 1;
	pcre2_set_match_limit(scratch->context, QUICK_STEPS);
	return pcre2_match(regex->quick, subject, length, 0, 0, scratch->data, scratch->context);
}

enum regex_answer regex_set_match(const struct regex_set *set, struct regex_scratch *scratch,
	size_t regex, const char *text, size_t length, struct pattern_budget *budget)
{
	PCRE2_SPTR subject = (PCRE2_SPTR)(length == 0 ? "" : text);
	int64_t limit;
	int result;

	assert(regex < set->count);
	if (!pattern_spend(budget, COST_MATCH + (int64_t)length / OCTETS_SEARCHED))
		return REGEX_OVER_BUDGET;
	result = match_quick(&set->regexes[regex], scratch, subject, length, budget);
	if (result >= 0 || result == PCRE2_ERROR_NOMATCH)
		return result >= 0 ? REGEX_YES : REGEX_NO;
	limit = budget->left < COST_MAX ? budget->left : COST_MAX;
	pcre2_set_match_limit(scratch->context, MATCH_STEPS);
	scratch->pattern = set->regexes[regex].pattern;
	scratch->position = 0;
	scratch->left = limit;
	result = pcre2_match(
		set->regexes[regex].code, subject, length, 0, 0, scratch->data, scratch->context);
	pattern_spend(budget, limit - scratch->left);
	if (result >= 0 || result == PCRE2_ERROR_NOMATCH)
		return result >= 0 ? REGEX_YES : REGEX_NO;
	return pattern_is_spent(budget) ? REGEX_OVER_BUDGET : REGEX_OVER_LIMIT;
}

bool regex_set_report(const struct regex_set *set, size_t regex)
{
	return !atomic_exchange(&set->regexes[regex].is_reported, true);
}

size_t regex_set_reported(const struct regex_set *set)
{
	size_t reported = 0;

	for (size_t i = 0; i < set->count; i++)
		reported += atomic_load(&set->regexes[i].is_reported);
	return reported;
}
