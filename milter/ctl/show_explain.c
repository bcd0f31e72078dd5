/* show_explain: what would become of a message, as people read it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/show_explain.h"
#include "ctl/fields.h"
#include "ctl/show_rules.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void show_hosts_in_order(const json_t *plan)
{
	struct columns *columns = columns_new(">ORDER|HOST|>PRIORITY|>WEIGHT|STATE");
	size_t i;
	json_t *host;

	json_array_foreach (json_object_get(plan, "candidates"), i, host) {
		columns_add_number(columns, (long long)i + 1);
		fields_add_endpoint(columns, host);
		fields_add_number(columns, host, "priority");
		fields_add_number(columns, host, "weight");
		fields_add_text(columns, host, "state");
	}
	fields_print(columns, "  ");
}

/* What the milter does, in words. */
static const char *in_words(const char *does)
{
	static const struct {
		const char *does;
		const char *words;
	} rows[] = {
		{"map", "leaves it to the map"},
		{"leave", "leaves it to the MTA's own routing"},
		{"unrouted", "leaves it to the MTA's own routing: recipients of different routes, "
			     "no map"},
		{"discard", "throws it away"},
		{"refuse", "refuses it"},
		{"split", "has it sent in a message of its own"},
		{"filter", "has Postfix do"},
		{"token", "puts in its place"},
	};

	for (size_t i = 0; does != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(does, rows[i].does) == 0)
			return rows[i].words;
	return "-";
}

static void show_doors(const json_t *plan)
{
	const json_t *doors = json_object_get(plan, "doors");
	const json_t *milter = json_object_get(doors, "milter");
	const json_t *map = json_object_get(doors, "map");
	size_t i;
	json_t *asked;

	printf("milter     %s", in_words(fields_text(milter, "does")));
	if (fields_text(milter, "with") != NULL)
		printf(": %s", fields_shown(milter, "with"));
	printf("\n");
	json_array_foreach (map, i, asked) {
		printf("map        %s", fields_shown(asked, "map"));
		printf(" %s: ", fields_shown(asked, "key"));
		printf("%s\n", fields_shown(asked, "reply"));
	}
}

/* By whom it is decided: a rule, else a route. False: by nobody. */
static bool show_decider(const json_t *answer, const json_t *plan)
{
	bool has_rule = fields_text(answer, "rule") != NULL;
	bool has_match = fields_text(plan, "match") != NULL;

	if (has_rule)
		printf("rule       %s", fields_shown(answer, "rule"));
	else
		printf("match      %s", has_match ? fields_shown(plan, "match") : "none");
	if (has_rule || has_match)
		printf(" (%s)", fields_shown(plan, "source"));
	printf("\n");
	return has_rule || has_match;
}

static void show_plan(const json_t *answer, const json_t *plan)
{
	const char *pool = fields_text(plan, "pool");
	bool is_decided;

	printf("recipient  %s\n", fields_shown(plan, "recipient"));
	is_decided = show_decider(answer, plan);
	printf("action     %s\n",
		is_decided ? fields_shown(plan, "action") : "none: left to the MTA's own routing");
	if (fields_text(plan, "reply") != NULL)
		printf("reply      %s\n", fields_shown(plan, "reply"));
	if (pool != NULL) {
		printf("pool       %s\n", fields_shown(plan, "pool"));
		if (strcmp(pool, fields_shown(plan, "takes")) != 0)
			printf("fallback   %s: no host of that pool is usable\n",
				fields_shown(plan, "takes"));
		show_hosts_in_order(plan);
		printf("next hop   %s\n", fields_shown(plan, "nexthop"));
	}
	show_doors(plan);
}

void show_explain(const json_t *answer)
{
	const json_t *plans = json_object_get(answer, "recipients");
	size_t i;
	json_t *plan;

	show_rules_tried(answer);
	if (plans == NULL) {
		show_plan(answer, answer);
		return;
	}
	json_array_foreach (plans, i, plan) {
		show_plan(answer, plan);
		printf("\n");
	}
	printf("message    %s: %s\n", fields_shown(answer, "milter"),
		json_is_true(json_object_get(answer, "mixed"))
			? "its recipients have different routes"
			: "all its recipients that are taken have one route");
}
