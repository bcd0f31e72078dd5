/* conf_condition: the conditions of rules
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_condition.h"
#include "conf/conf_named.h"
#include "conf/conf_quote.h"
#include "conf/conf_values.h"
#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

/* ---- nodes */

/* -1: out of memory. The node ends behind itself. */
static int64_t add_node(
	struct conf_conditions *conditions, enum rules_node_kind kind, const char *text)
{
	if (text == NULL)
		return -1;
	if (conditions->node_count == conditions->node_room) {
		size_t room = conditions->node_room == 0 ? 64 : 2 * conditions->node_room;
		struct rules_node *nodes = realloc(conditions->nodes, room * sizeof(*nodes));

		if (nodes == NULL) {
			conditions->reader->no_memory = true;
			return -1;
		}
		conditions->nodes = nodes;
		conditions->node_room = room;
	}
	conditions->nodes[conditions->node_count] = (struct rules_node){
		.kind = kind,
		.end = (uint32_t)conditions->node_count + 1,
		.text = text,
	};
	return (int64_t)conditions->node_count++;
}

/* All that came since stands inside. */
static void close_node(struct conf_conditions *conditions, int64_t node)
{
	if (node != -1)
		conditions->nodes[node].end = (uint32_t)conditions->node_count;
}

static void add_test(
	struct conf_conditions *conditions, const struct rules_test *test, const char *text)
{
	int64_t node = add_node(conditions, RULES_TEST, text);

	if (node != -1)
		conf_tests_add(&conditions->tests, conditions->reader, test,
			&conditions->nodes[node].test);
}

/* ---- one condition */

/* A fault was found when the group was read if FROM does not have it. */
static void read_values(struct conf_conditions *conditions, enum rules_fact fact,
	const config_setting_t *member, const struct schema_when *from)
{
	struct rules_test test = {.fact = fact};

	if (from->values[fact] != NULL &&
		conf_values_read(&conditions->patterns, member, &test) == 0)
		add_test(conditions, &test, conf_quote_setting(conditions->reader, member));
}

/* Several names are several tests: one of them is enough. */
static void read_named(struct conf_conditions *conditions, enum rules_fact fact,
	const config_setting_t *member, const struct schema_when *from)
{
	struct conf_named *list;
	size_t count;
	int64_t any = -1;

	if (from->values[fact] == NULL ||
		conf_named_read(&conditions->patterns, fact, member, &list, &count) == -1)
		return;
	if (count > 1)
		any = add_node(
			conditions, RULES_ANY, conf_quote_setting(conditions->reader, member));
	for (size_t i = 0; i < count; i++)
		add_test(conditions, &list[i].test, list[i].text);
	close_node(conditions, any);
}

static void read_tag(struct conf_conditions *conditions, const config_setting_t *member,
	const struct schema_when *from)
{
	struct schema_reader *reader = conditions->reader;
	const struct conf_label *tag;
	struct rules_test test = {.fact = RULES_TAG};

	if (from->tag == NULL)
		return;
	tag = conf_label_find(&conditions->tags, from->tag);
	if (tag == NULL) {
		schema_fault(
			reader, member, "no rule before this one sets the tag \"%s\"", from->tag);
		return;
	}
	if (!tag->is_in_force)
		fault_warn(reader->faults, schema_file(reader, member),
			(int)config_setting_source_line(member),
			"only shadow rules set the tag \"%s\": it is never there", from->tag);
	test.tag = tag->number;
	add_test(conditions, &test, conf_quote_setting(reader, member));
}

static void read_number(struct conf_conditions *conditions, enum rules_fact fact,
	const config_setting_t *member, const struct schema_when *from, const char *rule)
{
	struct rules_test test = {.fact = fact};
	bool is_set = false;

	if (fact == RULES_TLS_VERIFIED) {
		is_set = from->tls_verified != -1;
		test.is_true = from->tls_verified == 1;
	} else if (fact == RULES_PERCENT) {
		is_set = from->percent != -1;
		test.percent = (uint32_t)from->percent;
		/* Five percent of one rule are not those of another. */
		test.seed = hash_octets(rule, strlen(rule));
	} else {
		is_set = from->sizes[fact] != -1;
		test.size = from->sizes[fact];
	}
	if (is_set)
		add_test(conditions, &test, conf_quote_setting(conditions->reader, member));
}

/* ---- groups */

static int64_t read_group(struct conf_conditions *conditions, const config_setting_t *group,
	const char *rule, int depth);

/* Only "when" itself may be empty: there it is said in full that all messages are meant. */
static void read_inner(struct conf_conditions *conditions, const config_setting_t *group,
	const char *rule, int depth)
{
	struct schema_reader *reader = conditions->reader;

	if (!config_setting_is_group(group))
		schema_fault(reader, group, "a condition must be a group: { sender = …; }");
	else if (config_setting_length(group) == 0)
		schema_fault(reader, group, "this group has no condition");
	else
		read_group(conditions, group, rule, depth + 1);
}

static void read_list(struct conf_conditions *conditions, enum rules_node_kind kind,
	const config_setting_t *list, const char *rule, int depth)
{
	struct schema_reader *reader = conditions->reader;
	int length = config_setting_length(list);
	int64_t node = add_node(conditions, kind, conf_quote_setting(reader, list));

	if (length == 0)
		schema_fault(reader, list, "%s has no condition", config_setting_name(list));
	for (int i = 0; i < length; i++)
		read_inner(conditions, config_setting_get_elem(list, (unsigned)i), rule, depth);
	close_node(conditions, node);
}

static void read_not(struct conf_conditions *conditions, const config_setting_t *group,
	const char *rule, int depth)
{
	int64_t node =
		add_node(conditions, RULES_NOT, conf_quote_setting(conditions->reader, group));

	read_inner(conditions, group, rule, depth);
	close_node(conditions, node);
}

static int fact_of(const char *name)
{
	for (int fact = 0; fact < RULES_FACT_COUNT; fact++)
		if (strcmp(rules_fact_name((enum rules_fact)fact), name) == 0)
			return fact;
	return -1;
}

static void read_fact(struct conf_conditions *conditions, const config_setting_t *member,
	const struct schema_when *from, const char *rule)
{
	int fact = fact_of(config_setting_name(member));

	switch (fact) {
	case -1:
		break;
	case RULES_HEADER:
	case RULES_MACRO:
		read_named(conditions, (enum rules_fact)fact, member, from);
		break;
	case RULES_TLS_VERIFIED:
	case RULES_PERCENT:
	case RULES_SIZE_OVER:
	case RULES_SIZE_UNDER:
		read_number(conditions, (enum rules_fact)fact, member, from, rule);
		break;
	case RULES_TAG:
		read_tag(conditions, member, from);
		break;
	default:
		read_values(conditions, (enum rules_fact)fact, member, from);
	}
}

static int64_t read_group(struct conf_conditions *conditions, const config_setting_t *group,
	const char *rule, int depth)
{
	struct schema_reader *reader = conditions->reader;
	int length = config_setting_length(group);
	const char *text =
		depth == 1 ? conf_quote_setting(reader, group) : conf_quote_value(reader, group);
	int64_t node = add_node(conditions, RULES_ALL, text);
	struct schema_when from;

	if (depth > RULES_DEPTH_MAX) {
		schema_fault(
			reader, group, "conditions are nested more than %d deep", RULES_DEPTH_MAX);
		return node;
	}
	schema_read(reader, SCHEMA_WHEN, group, &from);
	for (int i = 0; i < length; i++) {
		const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);

		if (member == from.any)
			read_list(conditions, RULES_ANY, member, rule, depth);
		else if (member == from.all)
			read_list(conditions, RULES_ALL, member, rule, depth);
		else if (member == from.negated)
			read_not(conditions, member, rule, depth);
		else
			read_fact(conditions, member, &from, rule);
	}
	close_node(conditions, node);
	return node;
}

int64_t conf_condition_read(
	struct conf_conditions *conditions, const config_setting_t *when, const char *rule)
{
	return read_group(conditions, when, rule, 1);
}

/* ---- all of them */

void conf_condition_finish(struct conf_conditions *conditions, struct rules *rules)
{
	struct schema_reader *reader = conditions->reader;
	size_t count = conditions->node_count;
	struct rules_node *nodes = arena_take(reader->arena, count, sizeof(*nodes));

	if (nodes == NULL) {
		reader->no_memory = true;
		return;
	}
	if (count > 0)
		memcpy(nodes, conditions->nodes, count * sizeof(*nodes));
	conf_tests_finish(&conditions->tests, reader, nodes, count, rules);
	rules->nodes = nodes;
	rules->node_count = count;
}

void conf_condition_end(struct conf_conditions *conditions)
{
	free(conditions->nodes);
	conditions->nodes = NULL;
	conf_tests_end(&conditions->tests);
	conf_label_end(&conditions->tags);
}
