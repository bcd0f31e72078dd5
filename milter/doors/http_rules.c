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

json_t *http_rules_object(const struct ruleset *ruleset, size_t index)
{
	const struct rules *rules = ruleset_rules(ruleset);
	const struct rule *rule = &rules->list[index];

	return json_pack("{s:s, s:o, s:s, s:o, s:o}", "name", rule->name, "source",
		source(&rule->route), "mode", rule->is_shadow ? "shadow" : "on", "does",
		does(ruleset, rule), "tag",
		http_json_text_or_null(rule->tag == 0 ? NULL : rules->tags[rule->tag - 1]));
}

static json_t *list(const struct ruleset *ruleset)
{
	json_t *rules = json_array();

	for (size_t i = 0; ruleset != NULL && i < ruleset_rules(ruleset)->count; i++) {
		struct ruleset_count counted = ruleset_counted(ruleset, i);
		json_t *rule = http_rules_object(ruleset, i);

		json_object_set_new(rule, "hits", json_integer((json_int_t)counted.hits));
		json_object_set_new(rule, "last_hit", http_json_time(counted.last));
		json_array_append_new(rules, rule);
	}
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
