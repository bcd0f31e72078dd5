/* http_verdict: what the rules say of a message that is nowhere but in the question
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_verdict.h"
#include "core/hash.h"
#include "core/rules_run.h"
#include "doors/http_json.h"
#include "doors/http_question.h"
#include "doors/http_rules.h"
#include "engine/ruleset.h"
#include "text/regex.h"

#include <stdlib.h>

enum { RUN_COUNT = 4 };

struct http_verdict {
	struct ruleset *ruleset; /* held; NULL: there are no rules */
	struct regex_scratch *scratch;
	uint8_t *memory;
	struct rules_run run;	/* as the milter goes: it decides, and stops */
	struct rules_run shown; /* is told everything, for what the answer says of each rule */
	/* Both before the recipient at hand. */
	struct rules_run run_before;
	struct rules_run shown_before;
	const struct http_call *call;
	uint64_t sender_hash;
	int decided;
	bool has_recipient;
};

static bool match(void *context, size_t regex, const char *text, size_t length)
{
	const struct http_verdict *verdict = context;

	return regex_set_match(ruleset_rules(verdict->ruleset)->regexes, verdict->scratch, regex,
		       text, length) == REGEX_YES;
}

/* ---- life */

static int begin(struct http_verdict *verdict)
{
	const struct rules *rules = ruleset_rules(verdict->ruleset);
	const struct pattern_matcher matcher = {.match = match, .context = verdict};
	size_t room = rules_run_room(rules);

	verdict->scratch = regex_scratch_new();
	verdict->memory = calloc(RUN_COUNT, room);
	if (verdict->scratch == NULL || verdict->memory == NULL)
		return -1;
	rules_run_begin(&verdict->run, rules, &matcher, verdict->memory);
	rules_run_begin(&verdict->shown, rules, &matcher, verdict->memory + room);
	verdict->decided = RULES_UNDECIDED;
	verdict->sender_hash = http_question_sender(verdict->call);
	return 0;
}

static const char *tell_session(struct http_verdict *verdict)
{
	const char *wrong = http_question_session(verdict->call, &verdict->run);

	return wrong == NULL ? http_question_session(verdict->call, &verdict->shown) : wrong;
}

struct http_verdict *http_verdict_new(const struct http_call *call, const char **wrong)
{
	struct http_verdict *verdict = calloc(1, sizeof(*verdict));

	*wrong = NULL;
	if (verdict == NULL)
		return NULL;
	verdict->call = call;
	verdict->decided = RULES_NONE;
	verdict->ruleset = engine_rules(call->engine);
	if (verdict->ruleset == NULL)
		return verdict;
	if (begin(verdict) == -1 || (*wrong = tell_session(verdict)) != NULL) {
		http_verdict_free(verdict);
		return NULL;
	}
	return verdict;
}

void http_verdict_free(struct http_verdict *verdict)
{
	if (verdict == NULL)
		return;
	ruleset_drop(verdict->ruleset);
	regex_scratch_free(verdict->scratch);
	free(verdict->memory);
	free(verdict);
}

/* ---- the envelope, and its end */

int http_verdict_recipient(struct http_verdict *verdict, const struct address *recipient)
{
	uint64_t share = hash_pair(verdict->sender_hash, recipient->hash);
	size_t room;

	if (verdict->ruleset == NULL || verdict->decided >= 0)
		return verdict->decided;
	room = rules_run_room(verdict->run.rules);
	rules_run_copy(&verdict->run_before, &verdict->run, verdict->memory + 2 * room);
	rules_run_copy(&verdict->shown_before, &verdict->shown, verdict->memory + 3 * room);
	if (!verdict->has_recipient) {
		rules_run_share(&verdict->run, share);
		rules_run_share(&verdict->shown, share);
	}
	verdict->has_recipient = true;
	rules_run_recipient(&verdict->run, recipient);
	rules_run_recipient(&verdict->shown, recipient);
	verdict->decided = rules_run_decide(&verdict->run);
	return verdict->decided;
}

void http_verdict_take_back(struct http_verdict *verdict)
{
	size_t room;

	if (verdict->ruleset == NULL)
		return;
	room = rules_run_room(verdict->run.rules);
	rules_run_copy(&verdict->run, &verdict->run_before, verdict->memory);
	rules_run_copy(&verdict->shown, &verdict->shown_before, verdict->memory + room);
	verdict->decided = rules_run_decide(&verdict->run);
}

int http_verdict_end(struct http_verdict *verdict)
{
	if (verdict->ruleset == NULL)
		return RULES_NONE;
	rules_run_close(&verdict->shown, RULES_RECIPIENT);
	rules_run_close(&verdict->shown, RULES_ALL_RECIPIENTS);
	http_question_headers(verdict->call, &verdict->shown);
	rules_run_decide(&verdict->shown);
	if (verdict->decided < 0) {
		http_question_headers(verdict->call, &verdict->run);
		verdict->decided = rules_run_end(&verdict->run);
	}
	return verdict->decided;
}

/* ---- the answer */

static json_t *tags(const struct http_verdict *verdict)
{
	const struct rules *rules = verdict->run.rules;
	json_t *list = json_array();

	for (size_t i = 0; verdict->ruleset != NULL && i < rules->tag_count; i++)
		if (rules_run_has_tag(&verdict->run, i))
			json_array_append_new(list, json_string(rules->tags[i]));
	return list;
}

static json_t *rule_object(const struct http_verdict *verdict, size_t rule)
{
	static const char *const words[] = {
		[RULES_OPEN] = "open",
		[RULES_NO] = "no",
		[RULES_YES] = "yes",
	};
	const struct rules_node *failed = rules_run_failed(&verdict->shown, rule);
	json_t *object = http_rules_object(verdict->ruleset, rule);

	json_object_set_new(
		object, "result", json_string(words[rules_run_rule(&verdict->shown, rule)]));
	json_object_set_new(
		object, "condition", http_json_text_or_null(failed == NULL ? NULL : failed->text));
	return object;
}

void http_verdict_show(const struct http_verdict *verdict, bool is_brief, json_t *answer)
{
	size_t count = verdict->ruleset == NULL ? 0 : verdict->run.rules->count;
	json_t *list;

	json_object_set_new(answer, "rule",
		verdict->decided < 0
			? json_null()
			: json_string(verdict->run.rules->list[verdict->decided].name));
	json_object_set_new(answer, "tags", tags(verdict));
	if (is_brief)
		return;
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, rule_object(verdict, i));
	json_object_set_new(answer, "rules", list);
}
