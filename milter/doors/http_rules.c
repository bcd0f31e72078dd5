/* http_rules: the rules in force as the API shows them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_rules.h"
#include "core/printable.h"
#include "doors/http_json.h"
#include "text/regex.h"

/* "pool NAME", "reject", … */
static json_t *does(const struct ruleset *ruleset, const struct rule *rule)
{
	const struct route *route = &rule->route;

	if (rule->tag != 0)
		return json_string("continue");
	if (route->action != ACTION_POOL)
		return json_string(table_action_name(route->action));
	return json_sprintf("pool %s", ruleset_table(ruleset)->pools[route->pool].name);
}

static json_t *source(const struct route *route)
{
	char clean[VIEW_SOURCE_MAX];

	return json_sprintf(
		"%s:%d", printable_copy(clean, sizeof(clean), route->file), route->line);
}

/* {"name", "source", "mode", "does", "tag"} */
static json_t *rule_object(const struct ruleset *ruleset, size_t index)
{
	const struct rules *rules = ruleset_rules(ruleset);
	const struct rule *rule = &rules->list[index];

	return json_pack("{s:s, s:o, s:s, s:o, s:o}", "name", rule->name, "source",
		source(&rule->route), "mode", rule->is_shadow ? "shadow" : "on", "does",
		does(ruleset, rule), "tag",
		http_json_text_or_null(rule->tag == 0 ? NULL : rules->tags[rule->tag - 1]));
}

/* ---- those in force */

json_t *http_rules_object(const struct ruleset *ruleset, size_t index)
{
	struct ruleset_count counted = ruleset_counted(ruleset, index);
	json_t *rule = rule_object(ruleset, index);

	json_object_set_new(rule, "hits", json_integer((json_int_t)counted.hits));
	json_object_set_new(rule, "last_hit", http_json_time(counted.last));
	json_object_set_new(rule, "over_budget", json_integer((json_int_t)counted.cut));
	return rule;
}

static json_t *list(const struct ruleset *ruleset)
{
	json_t *rules = json_array();

	for (size_t i = 0; ruleset != NULL && i < ruleset_rules(ruleset)->count; i++)
		json_array_append_new(rules, http_rules_object(ruleset, i));
	return rules;
}

static json_t *patterns(const struct ruleset *ruleset)
{
	const struct regex_set *set = ruleset == NULL ? NULL : ruleset_rules(ruleset)->regexes;

	if (set == NULL)
		return json_pack("{s:i, s:i, s:i}", "count", 0, "compiled", 0, "over_limit", 0);
	return json_pack("{s:I, s:I, s:I}", "count", (json_int_t)regex_set_count(set), "compiled",
		(json_int_t)regex_set_compiled(set), "over_limit",
		(json_int_t)regex_set_reported(set));
}

json_t *http_rules_answer(const struct http_call *call, int *status)
{
	struct ruleset *ruleset = engine_rules(call->engine);
	json_t *answer;

	(void)status;
	answer = json_pack("{s:o, s:o}", "rules", list(ruleset), "patterns", patterns(ruleset));
	ruleset_drop(ruleset);
	return answer;
}

/* ---- of one message */

static json_t *tags(const struct rules_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->rules->tag_count; i++)
		if (rules_run_has_tag(run, i))
			json_array_append_new(list, json_string(run->rules->tags[i]));
	return list;
}

static json_t *result(const struct routing_rules *rules, size_t rule)
{
	static const char *const words[] = {
		[RULES_OPEN] = "open",
		[RULES_NO] = "no",
		[RULES_YES] = "yes",
	};
	const struct rules_run *shown = &rules->runs[ROUTING_RULES_SHOW];
	const struct rules_node *failed = rules_run_failed(shown, rule);
	json_t *object = rule_object(rules->ruleset, rule);

	json_object_set_new(object, "result", json_string(words[rules_run_rule(shown, rule)]));
	json_object_set_new(
		object, "condition", http_json_text_or_null(failed == NULL ? NULL : failed->text));
	return object;
}

void http_rules_show(const struct routing_rules *rules, bool is_brief, json_t *answer)
{
	const struct rules_run *run = &rules->runs[ROUTING_RULES_DECIDE];
	bool has_rules = rules->ruleset != NULL;
	json_t *results;

	json_object_set_new(answer, "rule",
		rules->decided < 0 ? json_null()
				   : json_string(run->rules->list[rules->decided].name));
	json_object_set_new(answer, "tags", has_rules ? tags(run) : json_array());
	json_object_set_new(
		answer, "over_budget", json_boolean(has_rules && pattern_is_spent(&run->budget)));
	if (is_brief)
		return;
	results = json_array();
	for (size_t i = 0; has_rules && i < run->rules->count; i++)
		json_array_append_new(results, result(rules, i));
	json_object_set_new(answer, "rules", results);
}
