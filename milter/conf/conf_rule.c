/* conf_rule: the rules of a configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_rule.h"
#include "conf/conf_condition.h"
#include "conf/conf_route.h"

/* What is being built. */
struct builder {
	struct schema_reader *reader;
	struct conf_target target;
	struct conf_conditions conditions;
	struct conf_labels names;
	struct rule *rules;
	size_t count;
	const char **tags;
	const struct rule *last; /* the first one that decides about every message; NULL: none */
};

/* Gives whether it can be the name of a rule or a tag. */
static bool is_label(struct schema_reader *reader, const config_setting_t *setting, const char *key,
	const char *name)
{
	const char *wrong = conf_condition_label_wrong(name);

	if (wrong != NULL)
		schema_fault(reader, config_setting_get_member(setting, key), "%s \"%s\" %s", key,
			name, wrong);
	return wrong == NULL;
}

/* NULL with a fault. */
static const char *read_name(
	struct builder *builder, const config_setting_t *setting, const char *name)
{
	struct schema_reader *reader = builder->reader;
	const struct conf_label *earlier;

	if (name == NULL) {
		if (config_setting_get_member(setting, "name") == NULL)
			schema_fault(reader, setting, "name is missing");
		return NULL;
	}
	if (!is_label(reader, setting, "name", name))
		return NULL;
	earlier = conf_condition_label_find(&builder->names, name);
	if (earlier != NULL) {
		schema_fault(reader, setting, "rule \"%s\" is there already, at %s:%d", name,
			earlier->file, earlier->line);
		return NULL;
	}
	return conf_condition_label_add(&builder->names, reader, name, setting) == NULL ? NULL
											: name;
}

/* The conditions of a rule are read before its tag is there: it cannot depend on itself. */
static void read_tag(struct builder *builder, const config_setting_t *setting,
	const struct schema_rule *from, struct rule *rule)
{
	struct schema_reader *reader = builder->reader;
	bool goes_on = from->target.action == SCHEMA_ACTION_CONTINUE;
	bool is_said = config_setting_get_member(setting, "tag") != NULL;
	struct conf_label *tag;

	if (goes_on && !is_said)
		schema_fault(reader, setting, "action = \"continue\" needs a tag");
	else if (is_said && !goes_on)
		schema_fault(reader, config_setting_get_member(setting, "tag"),
			"tag is only for action = \"continue\"");
	if (from->tag == NULL || !is_label(reader, setting, "tag", from->tag))
		return;
	tag = conf_condition_label_find(&builder->conditions.tags, from->tag);
	if (tag == NULL) {
		tag = conf_condition_label_add(
			&builder->conditions.tags, reader, from->tag, setting);
		if (tag == NULL)
			return;
		builder->tags[tag->number] = tag->name;
	}
	tag->is_in_force |= from->is_shadow == 0;
	rule->tag = tag->number + 1;
}

static void warn_of_unreached(
	struct builder *builder, const struct rule *rule, const config_setting_t *when)
{
	const struct rule *last = builder->last;

	if (last != NULL)
		fault_warn(builder->reader->faults, rule->route.file, rule->route.line,
			"rule \"%s\" is never reached: rule \"%s\", at %s:%d, decides about every "
			"message",
			rule->name, last->name, last->route.file, last->route.line);
	else if (rules_decides(rule) && config_setting_length(when) == 0)
		builder->last = rule;
}

static void read_rule(struct builder *builder, const config_setting_t *setting)
{
	struct schema_reader *reader = builder->reader;
	struct rule *rule = &builder->rules[builder->count];
	struct schema_rule from;
	const char *name;
	int64_t node = -1;

	if (!config_setting_is_group(setting)) {
		schema_fault(reader, setting, "a rule must be a group: { name = …; }");
		return;
	}
	schema_read(reader, SCHEMA_RULE, setting, &from);
	name = read_name(builder, setting, from.name);
	*rule = (struct rule){
		.name = name,
		.is_shadow = from.is_shadow == 1,
		.logs = from.log == 1,
		.route = {.match = name, .pool = -1},
	};
	rule->route.file = schema_file(reader, setting);
	rule->route.line = (int)config_setting_source_line(setting);
	if (from.when != NULL)
		node = conf_condition_read(
			&builder->conditions, from.when, name == NULL ? "" : name);
	else if (config_setting_get_member(setting, "when") == NULL)
		schema_fault(reader, setting, "when is missing; { } is every message");
	read_tag(builder, setting, &from, rule);
	if (conf_route_read_target(&builder->target, setting, &from.target,
		    name == NULL ? "" : name, &rule->route) == -1 ||
		name == NULL || node == -1)
		return;
	rule->node = (uint32_t)node;
	builder->count++;
	warn_of_unreached(builder, rule, from.when);
}

static struct rules *build(struct builder *builder, const config_setting_t *setting)
{
	struct schema_reader *reader = builder->reader;
	size_t length = (size_t)config_setting_length(setting);
	struct rules *rules = arena_take(reader->arena, 1, sizeof(*rules));

	builder->rules = arena_take(reader->arena, length, sizeof(*builder->rules));
	builder->tags = arena_take(reader->arena, length, sizeof(*builder->tags));
	if (rules == NULL || builder->rules == NULL || builder->tags == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	for (size_t i = 0; i < length; i++)
		read_rule(builder, config_setting_get_elem(setting, (unsigned)i));
	rules->list = builder->rules;
	rules->count = builder->count;
	rules->tags = builder->tags;
	rules->tag_count = builder->conditions.tags.count;
	conf_condition_finish(&builder->conditions, rules);
	return rules;
}

const struct rules *conf_rule_read_all(struct schema_reader *reader, struct conf_pools *pools,
	const char *delimiters, const config_setting_t *setting, struct regex_set **regexes)
{
	struct builder builder = {
		.reader = reader,
		.target = {.reader = reader,
			.pools = pools,
			.word = "rule",
			.rejected = "Message rejected"},
		.conditions = {.reader = reader, .patterns = {.reader = reader}},
	};
	struct rules *rules;

	*regexes = NULL;
	if (setting == NULL || config_setting_length(setting) == 0)
		return NULL;
	rules = build(&builder, setting);
	*regexes = builder.conditions.patterns.regexes;
	if (rules != NULL) {
		rules->delimiters = delimiters;
		rules->regexes = *regexes;
	}
	conf_condition_end(&builder.conditions);
	conf_condition_labels_end(&builder.names);
	return rules;
}
