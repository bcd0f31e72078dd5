/* routing_rules: the rules, fed with one message as it becomes known
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/routing_rules.h"
#include "core/hash.h"
#include "core/printable.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "text/header_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PATTERN_SHOWN = 200,
	ID_SHOWN = 64,
	TAGS_MAX = 400,
	LINE_END = 2,
	BUDGET_COMPLAINT_MS = 10000
};

static const struct rules *rules_of(const struct routing_rules *rules)
{
	return ruleset_rules(rules->ruleset);
}

/*
 * Whether a fact may still tell the run that decides anything: nothing has decided, and some rule is
 * not answered. That may be one that decides nothing, and is counted.
 */
static bool is_open(const struct routing_rules *rules)
{
	const struct rules_run *run = &rules->runs[ROUTING_RULES_DECIDE];

	return rules->ruleset != NULL && rules->decided < 0 && run->first < run->rules->count;
}

/* The next run that is told something; the first one for NULL. NULL: there is none. */
static struct rules_run *next_run(struct routing_rules *rules, const struct rules_run *run)
{
	if (run == NULL && is_open(rules))
		return &rules->runs[ROUTING_RULES_DECIDE];
	if (run != &rules->runs[ROUTING_RULES_SHOW] && rules->ruleset != NULL && rules->is_asked)
		return &rules->runs[ROUTING_RULES_SHOW];
	return NULL;
}

void routing_rules_clear(struct routing_rules *rules)
{
	ruleset_drop(rules->ruleset);
	regex_scratch_free(rules->scratch);
	for (int i = 0; i < ROUTING_RULES_RUNS; i++)
		charset_end(&rules->converters[i]);
	free(rules->memory);
	free(rules->text);
	*rules = (struct routing_rules){.ruleset = NULL};
}

/* ---- the beginning */

static bool match(
	void *context, size_t regex, const char *text, size_t length, struct pattern_budget *budget)
{
	struct routing_rules *rules = context;
	const struct regex_set *set = rules_of(rules)->regexes;
	enum regex_answer answer =
		regex_set_match(set, rules->scratch, regex, text, length, budget);
	char shown[PATTERN_SHOWN];

	if (answer == REGEX_OVER_LIMIT && !rules->is_asked && regex_set_report(set, regex))
		log_warning("rules: the pattern /%s/ was given up at its limit of steps: that "
			    "counts as no match, and is logged once",
			printable_copy(shown, sizeof(shown), regex_set_pattern(set, regex)));
	return answer == REGEX_YES;
}

static int run_count(const struct routing_rules *rules)
{
	return rules->is_asked ? ROUTING_RULES_RUNS : 1;
}

static uint8_t *memory_of(const struct routing_rules *rules, int run)
{
	return rules->memory + (size_t)run * rules->room;
}

static uint8_t *memory_before(const struct routing_rules *rules, int run)
{
	return memory_of(rules, run_count(rules) + run);
}

static int make_room(struct routing_rules *rules)
{
	size_t size;
	uint8_t *memory;

	if (rules->scratch == NULL)
		rules->scratch = regex_scratch_new();
	if (rules->scratch == NULL)
		return -1;
	rules->room = rules_run_room(rules_of(rules));
	size = rules->room * 2 * (size_t)run_count(rules);
	if (size <= rules->memory_size)
		return 0;
	memory = realloc(rules->memory, size);
	if (memory == NULL)
		return -1;
	rules->memory = memory;
	rules->memory_size = size;
	return 0;
}

int routing_rules_begin(struct routing_rules *rules, struct engine *engine, bool is_asked)
{
	const struct pattern_matcher matcher = {.match = match, .context = rules};

	routing_rules_end_message(rules);
	rules->ruleset = engine_rules(engine);
	rules->is_asked = is_asked;
	rules->decided = RULES_NONE;
	rules->size = 0;
	rules->sender_hash = 0;
	rules->is_size_known = false;
	rules->can_take_back = false;
	rules->is_settled = false;
	if (rules->ruleset == NULL)
		return 0;
	if (make_room(rules) == -1) {
		routing_rules_end_message(rules);
		return -1;
	}
	for (int i = 0; i < run_count(rules); i++) {
		rules_run_begin(&rules->runs[i], rules_of(rules), &matcher, memory_of(rules, i));
		charset_begin(&rules->converters[i]);
	}
	rules->decided = RULES_UNDECIDED;
	return 0;
}

void routing_rules_end_message(struct routing_rules *rules)
{
	ruleset_drop(rules->ruleset);
	rules->ruleset = NULL;
}

bool routing_rules_lack(
	const struct routing_rules *rules, struct engine_needs asked, uint64_t macros)
{
	unsigned needs;

	if (rules->ruleset == NULL)
		return false;
	needs = ruleset_needs(rules->ruleset);
	/* The changes are the same, whoever asks for them. */
	if (asked.pools)
		needs &= ~(unsigned)(RULES_NEEDS_POOLS | RULES_NEEDS_CHANGES);
	if ((needs & ~asked.rules) != 0)
		return true;
	return (needs & RULES_NEEDS_MACROS) != 0 && ruleset_macros(rules->ruleset) != macros;
}

/* ---- the session */

unsigned routing_rules_needs(const struct routing_rules *rules)
{
	return is_open(rules) ? ruleset_needs(rules->ruleset) : 0;
}

void routing_rules_client(struct routing_rules *rules, const uint8_t address[NETWORK_OCTETS])
{
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;)
		rules_run_client(run, address);
}

void routing_rules_text(struct routing_rules *rules, enum rules_fact fact, const char *text)
{
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;)
		rules_run_text(run, fact, text);
}

void routing_rules_tls_verified(struct routing_rules *rules, bool is_verified)
{
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;)
		rules_run_tls_verified(run, is_verified);
}

void routing_rules_time(struct routing_rules *rules, int minute)
{
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;)
		rules_run_time(run, minute);
}

void routing_rules_now(struct routing_rules *rules)
{
	if (is_open(rules) && rules_of(rules)->facts[RULES_TIME].count > 0)
		routing_rules_time(rules, clock_week_minute(clock_now()));
}

/* ---- the envelope */

void routing_rules_sender(struct routing_rules *rules, const struct address *sender)
{
	rules->sender_hash = sender->hash;
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;)
		rules_run_sender(run, sender);
}

void routing_rules_declared_size(struct routing_rules *rules, int64_t size)
{
	rules->is_size_known = true;
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;)
		rules_run_size(run, size);
}

const char *routing_rules_macro_name(const struct routing_rules *rules, uint32_t index)
{
	const struct rules_range *range;

	if (!is_open(rules))
		return NULL;
	range = &rules_of(rules)->facts[RULES_MACRO];
	return index < range->count ? rules_of(rules)->tests[range->first + index].name : NULL;
}

void routing_rules_macro(struct routing_rules *rules, const char *name, const char *value)
{
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;)
		rules_run_macro(run, name, value);
}

int routing_rules_recipient(struct routing_rules *rules, const struct address *recipient)
{
	uint64_t share = hash_pair(rules->sender_hash, recipient->hash);

	rules->can_take_back = is_open(rules);
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;) {
		int i = (int)(run - rules->runs);

		rules_run_copy(&rules->before[i], run, memory_before(rules, i));
		if (run->recipients == 0)
			rules_run_share(run, share);
		rules_run_recipient(run, recipient);
	}
	if (rules->can_take_back)
		rules->decided = rules_run_decide(&rules->runs[ROUTING_RULES_DECIDE]);
	return rules->decided;
}

void routing_rules_take_back(struct routing_rules *rules)
{
	/* Without a copy nothing has come of it. */
	if (rules->can_take_back) {
		rules_run_take_back(&rules->runs[ROUTING_RULES_DECIDE],
			&rules->before[ROUTING_RULES_DECIDE],
			memory_of(rules, ROUTING_RULES_DECIDE));
		rules->decided = rules_run_decide(&rules->runs[ROUTING_RULES_DECIDE]);
	}
	rules->can_take_back = false;
	if (rules->ruleset != NULL && rules->is_asked)
		rules_run_take_back(&rules->runs[ROUTING_RULES_SHOW],
			&rules->before[ROUTING_RULES_SHOW], memory_of(rules, ROUTING_RULES_SHOW));
}

/* ---- the message */

/* As it travels: a name, a colon, a space, the value, and each line's end. */
static int64_t size_of(const char *name, const char *value)
{
	int64_t size = (int64_t)(strlen(name) + strlen(value)) + 2 + LINE_END;

	/* libmilter gives the ends of folded lines as one octet. */
	for (const char *p = strchr(value, '\n'); p != NULL; p = strchr(p + 1, '\n'))
		size += p == value || p[-1] != '\r';
	return size;
}

static int decode(struct routing_rules *rules, struct rules_run *run, size_t header,
	const char *value, size_t length)
{
	size_t room = header_text_room(length);
	char *text = rules->text;

	if (room > rules->text_room) {
		text = realloc(rules->text, room);
		if (text == NULL)
			return -1;
		rules->text = text;
		rules->text_room = room;
	}
	length = header_text_decode(
		value, length, text, &rules->converters[run - rules->runs], &run->budget);
	rules_run_header(run, header, text, length);
	return 0;
}

static void tell_header(struct routing_rules *rules, struct rules_run *run, size_t header,
	const char *value, size_t length)
{
	if (!rules_run_wants_header(run, header))
		return;
	/* Without memory, or budget, the value is looked at as it came. */
	if (pattern_is_spent(&run->budget) || header_text_is_plain(value, length) ||
		decode(rules, run, header, value, length) == -1)
		rules_run_header(run, header, value, length);
}

void routing_rules_header(struct routing_rules *rules, const char *name, const char *value)
{
	size_t length = strlen(value);
	size_t header;

	if (next_run(rules, NULL) == NULL)
		return;
	rules->size += size_of(name, value);
	header = rules_find_header(rules_of(rules), name);
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;)
		tell_header(rules, run, header, value, length);
}

void routing_rules_no_more_headers(struct routing_rules *rules)
{
	for (struct rules_run *run = NULL; (run = next_run(rules, run)) != NULL;)
		rules_run_close(run, RULES_HEADER);
}

bool routing_rules_body(struct routing_rules *rules, size_t length)
{
	if (!is_open(rules) || rules->is_size_known)
		return false;
	rules->size += (int64_t)length;
	return true;
}

/* What was not said stays open. */
static void end_shown(struct routing_rules *rules)
{
	struct rules_run *run = &rules->runs[ROUTING_RULES_SHOW];

	rules_run_close(run, RULES_RECIPIENT);
	rules_run_close(run, RULES_ALL_RECIPIENTS);
	rules_run_close(run, RULES_RECIPIENTS_OVER);
	rules_run_close(run, RULES_RECIPIENTS_UNDER);
	rules_run_decide(run);
}

int routing_rules_end(struct routing_rules *rules, int64_t size)
{
	struct rules_run *run = &rules->runs[ROUTING_RULES_DECIDE];

	if (rules->ruleset != NULL && rules->is_asked)
		end_shown(rules);
	if (!is_open(rules))
		return rules->decided;
	if (!rules->is_asked && !rules->is_size_known &&
		(ruleset_needs(rules->ruleset) & RULES_NEEDS_SIZE) != 0)
		rules_run_size(run, size == -1 ? rules->size + LINE_END : size);
	rules->decided = rules_run_end(run);
	return rules->decided;
}

/* ---- what it has come to */

/* " tags=a,b", or "" if no rule has set any. Gives OUT. */
static char *tags_of(const struct routing_rules *rules, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < rules_of(rules)->tag_count; i++) {
		int length;

		if (!rules_run_has_tag(&rules->runs[ROUTING_RULES_DECIDE], i))
			continue;
		length = snprintf(out + used, size - used, "%s%s", used == 0 ? " tags=" : ",",
			rules_of(rules)->tags[i]);
		if (length < 0 || (size_t)length >= size - used) {
			out[used] = '\0';
			break;
		}
		used += (size_t)length;
	}
	return out;
}

static const char *shown_id(char out[ID_SHOWN], const char *queue_id)
{
	return printable_copy(out, ID_SHOWN, *queue_id == '\0' ? "NOQUEUE" : queue_id);
}

static void say(const struct routing_rules *rules, const struct rule *rule, const char *queue_id)
{
	const struct route *route = &rule->route;
	const char *pool = route->action == ACTION_POOL
				   ? ruleset_table(rules->ruleset)->pools[route->pool].name
				   : "";
	char id[ID_SHOWN];
	char tags[TAGS_MAX];
	void (*line)(const char *format, ...) = rule->logs ? log_info : log_debug;

	if (!rule->logs && !log_has_debug())
		return;
	line("%s: rule=%s%s does=%s%s%s source=%s:%d%s", shown_id(id, queue_id), rule->name,
		rule->is_shadow ? " shadow" : "",
		rule->tag != 0 ? "continue" : table_action_name(route->action),
		*pool == '\0' ? "" : " pool=", pool, route->file, route->line,
		tags_of(rules, tags, sizeof(tags)));
}

/* Counts the rules that the budget's end has cut short, and says the first, not for each message. */
static void tell_cut(const struct routing_rules *rules, size_t end, const char *queue_id)
{
	char id[ID_SHOWN];
	static struct log_limit limit;
	const char *first = NULL;
	unsigned suppressed;

	if (!pattern_is_spent(&rules->runs[ROUTING_RULES_DECIDE].budget))
		return;
	for (size_t i = 0; i < end; i++) {
		if (!rules_run_is_cut(&rules->runs[ROUTING_RULES_DECIDE], i))
			continue;
		ruleset_cut(rules->ruleset, i);
		first = first == NULL ? rules_of(rules)->list[i].name : first;
	}
	if (first != NULL && log_may_repeat(&limit, clock_now(), BUDGET_COMPLAINT_MS, &suppressed))
		log_warning(
			"%s: rules: this message costs more to look at than a message may: from "
			"rule \"%s\" on what is left of its texts counts as no match "
			"(suppressed=%u)",
			shown_id(id, queue_id), first, suppressed);
}

void routing_rules_settle(struct routing_rules *rules, const char *queue_id)
{
	int64_t now;
	size_t end;

	if (rules->ruleset == NULL || rules->is_asked || rules->is_settled)
		return;
	rules->is_settled = true;
	now = clock_now();
	end = rules->decided >= 0 ? (size_t)rules->decided + 1 : rules_of(rules)->count;
	tell_cut(rules, end, queue_id);
	for (size_t i = 0; i < end; i++) {
		if (rules_run_rule(&rules->runs[ROUTING_RULES_DECIDE], i) != RULES_YES)
			continue;
		ruleset_hit(rules->ruleset, i, now);
		say(rules, &rules_of(rules)->list[i], queue_id);
	}
}
