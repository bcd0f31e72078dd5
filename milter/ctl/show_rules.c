/* show_rules: the rules in force, and what they say of a message, as people read it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/show_rules.h"
#include "ctl/fields.h"

#include <stdio.h>
#include <string.h>

/* ---- those in force */

static void show_patterns(const json_t *patterns)
{
	long long count = fields_number(patterns, "count");
	long long interpreted = count - fields_number(patterns, "compiled");

	if (interpreted > 0)
		printf("%lld of %lld regular expressions are interpreted: the system lets none be "
		       "compiled to machine code\n",
			interpreted, count);
	if (fields_number(patterns, "over_limit") > 0)
		printf("%lld of %lld regular expressions were given up at their limit: see the "
		       "log\n",
			fields_number(patterns, "over_limit"), count);
}

void show_rules(const json_t *answer)
{
	struct columns *columns = columns_new("RULE|MODE|DOES|TAG|>HITS|LAST HIT|SOURCE");
	size_t i;
	json_t *rule;

	json_array_foreach (json_object_get(answer, "rules"), i, rule) {
		fields_add_text(columns, rule, "name");
		fields_add_text(columns, rule, "mode");
		fields_add_text(columns, rule, "does");
		fields_add_text(columns, rule, "tag");
		fields_add_number(columns, rule, "hits");
		fields_add_time(columns, rule, "last_hit");
		fields_add_text(columns, rule, "source");
	}
	fields_print(columns, "");
	show_patterns(json_object_get(answer, "patterns"));
}

/* ---- of one message */

/* What a rule does, or the condition that it fails by. */
static void add_reason(struct columns *columns, const json_t *rule, const char *decider)
{
	const char *result = fields_text(rule, "result");
	const char *name = fields_text(rule, "name");
	const char *mode = fields_text(rule, "mode");
	const char *tag = fields_text(rule, "tag");
	bool holds = result != NULL && strcmp(result, "yes") == 0;
	bool is_shadow = mode != NULL && strcmp(mode, "shadow") == 0;
	bool decides = decider != NULL && name != NULL && strcmp(name, decider) == 0;
	char text[FIELDS_SHOWN_MAX];

	snprintf(text, sizeof(text), "%s%s%s%s%s",
		holds ? fields_shown(rule, "does") : fields_shown(rule, "condition"),
		holds && tag != NULL ? ", tag " : "", holds && tag != NULL ? tag : "",
		holds && is_shadow ? " (shadow: only counted)" : "", decides ? "  <- decides" : "");
	columns_add(columns, text);
}

void show_rules_of_message(const json_t *answer)
{
	const json_t *rules = json_object_get(answer, "rules");
	const char *decider = fields_text(answer, "rule");
	struct columns *columns;
	size_t i;
	json_t *rule;

	if (json_array_size(rules) == 0)
		return;
	columns = columns_new("RULE|SOURCE|HOLDS|DOES, OR FAILS BY");
	json_array_foreach (rules, i, rule) {
		fields_add_text(columns, rule, "name");
		fields_add_text(columns, rule, "source");
		fields_add_text(columns, rule, "result");
		add_reason(columns, rule, decider);
	}
	fields_print(columns, "");
	if (json_array_size(json_object_get(answer, "tags")) > 0) {
		json_t *tag;

		printf("tags      ");
		json_array_foreach (json_object_get(answer, "tags"), i, tag)
			printf(" %s", json_string_value(tag));
		printf("\n");
	}
	printf("\n");
}
