/* conf_condition: the conditions of rules
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_condition.h"
#include "core/address.h"
#include "core/hash.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* ---- names that the file gives to rules and tags */

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct conf_label *)a)->name, ((const struct conf_label *)b)->name);
}

/* They stand in lines of log and on command lines as they are. */
const char *conf_condition_label_wrong(const char *name)
{
	if (*name == '\0')
		return "is empty";
	if (strlen(name) > RULES_NAME_MAX)
		return "is too long";
	if (strpbrk(name, " \"'`") != NULL)
		return "has a space or a quote";
	return NULL;
}

struct conf_label *conf_condition_label_find(const struct conf_labels *labels, const char *name)
{
	struct conf_label probe = {.name = name};
	struct conf_label **found = tfind(&probe, &labels->by_name, compare_labels);

	return found == NULL ? NULL : *found;
}

struct conf_label *conf_condition_label_add(struct conf_labels *labels,
	struct schema_reader *reader, const char *name, const config_setting_t *setting)
{
	struct conf_label *label = arena_take(reader->arena, 1, sizeof(*label));

	if (label == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	*label = (struct conf_label){
		.name = name,
		.number = labels->count,
		.file = schema_file(reader, setting),
		.line = (int)config_setting_source_line(setting),
	};
	if (tsearch(label, &labels->by_name, compare_labels) == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	labels->count++;
	return label;
}

void conf_condition_labels_end(struct conf_labels *labels)
{
	tdestroy(labels->by_name, arena_keep);
	labels->by_name = NULL;
}

/* ---- headers and macros: their names */

/* "Subject" asks whether it is there, "Subject: value" for its value, "Subject:" for an empty one. */
struct named {
	struct rules_test test;
	const char *text; /* that part of the condition */
};

/* One value, taken apart. */
struct part {
	const char *text; /* all of it */
	const char *name;
	const char *value; /* NULL: none is asked for */
	const config_setting_t *setting;
	size_t place;
};

/* By name, those of one name in the order of the file. */
static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a;
	const struct part *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/*
 * The length of a header's name (RFC 5322, 3.6.8), or 0. What people mean as a pattern is none: a
 * name is not looked for by one.
 */
static size_t header_length(const char *text)
{
	size_t length = strcspn(text, ":");

	for (size_t i = 0; i < length; i++)
		if (text[i] < 33 || text[i] > 126 || strchr("*?/", text[i]) != NULL)
			return 0;
	return length;
}

static bool is_macro_octet(char octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
	       (octet >= '0' && octet <= '9') || octet == '_';
}

/* "{name}" or one letter. */
static size_t macro_length(const char *text)
{
	size_t length = 1;

	if (*text != '{')
		return is_macro_octet(*text) && (text[1] == '\0' || text[1] == ':') ? 1 : 0;
	while (is_macro_octet(text[length]))
		length++;
	if (length == 1 || text[length] != '}')
		return 0;
	length++;
	return text[length] == '\0' || text[length] == ':' ? length : 0;
}

static const char *header_name(struct schema_reader *reader, const char *text, size_t length)
{
	char *name = arena_copy(reader->arena, text, length);

	if (name == NULL)
		reader->no_memory = true;
	else
		address_fold(name, text, length);
	return name;
}

/* MTAs call "{j}" "j". */
static const char *macro_name(struct schema_reader *reader, const char *text, size_t length)
{
	return length == strlen("{j}") ? schema_keep(reader, text + 1, 1)
				       : schema_keep(reader, text, length);
}

static int take_apart(struct schema_reader *reader, enum rules_fact fact, struct part *part)
{
	bool is_header = fact == RULES_HEADER;
	const char *text = schema_text(reader, part->setting);
	size_t length;

	if (text == NULL)
		return -1;
	length = is_header ? header_length(text) : macro_length(text);
	if (length == 0) {
		schema_fault(reader, part->setting,
			is_header ? "header \"%s\" is not \"Name\" or \"Name: value\""
				  : "macro \"%s\" is not \"{name}\", one letter, or one of these "
				    "with \": value\"",
			text);
		return -1;
	}
	part->text = text;
	part->name =
		is_header ? header_name(reader, text, length) : macro_name(reader, text, length);
	part->value = NULL;
	if (text[length] == ':')
		part->value = text + length + 1 + strspn(text + length + 1, " ");
	return part->name == NULL ? -1 : 0;
}

/* ---- headers and macros: their tests */

/* One test of COUNT parts that have one name. */
static int join(struct conf_patterns *patterns, enum rules_fact fact, const struct part *parts,
	size_t count, struct named *named)
{
	struct schema_reader *reader = patterns->reader;
	struct pattern *list = arena_take(reader->arena, count, sizeof(*list));
	const char **texts = arena_take(reader->arena, count, sizeof(*texts));
	bool is_any_value = false;
	int result = 0;

	if (list == NULL || texts == NULL) {
		reader->no_memory = true;
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		texts[i] = parts[i].text;
		if (parts[i].value == NULL)
			is_any_value = true;
		else if (conf_tests_read_pattern(
				 patterns, fact, parts[i].setting, parts[i].value, &list[i]) == -1)
			result = -1;
	}
	if (result == -1)
		return -1;
	*named = (struct named){.test = {.fact = fact, .name = parts[0].name}};
	/* Without patterns: that it is there is enough. */
	if (!is_any_value)
		conf_tests_set_patterns(&named->test, list, count);
	named->text = schema_quote_texts(reader, rules_fact_name(fact), texts, count);
	return named->text == NULL ? -1 : 0;
}

/*
 * The values of a condition on FACT, RULES_HEADER or RULES_MACRO: one for each name in *LIST, which
 * is in the arena. Gives 0, or -1 with a fault or without memory.
 */
static int split_named(struct conf_patterns *patterns, enum rules_fact fact,
	const config_setting_t *setting, struct named **list, size_t *count)
{
	struct schema_reader *reader = patterns->reader;
	size_t length = conf_tests_value_count(setting);
	struct part *parts = arena_take(reader->arena, length, sizeof(*parts));
	struct named *named = arena_take(reader->arena, length, sizeof(*named));
	int result = 0;

	if (parts == NULL || named == NULL) {
		reader->no_memory = true;
		return -1;
	}
	for (size_t i = 0; i < length; i++) {
		parts[i].setting = conf_tests_value_at(setting, i);
		parts[i].place = i;
		if (take_apart(reader, fact, &parts[i]) == -1)
			result = -1;
	}
	if (result == -1)
		return -1;
	qsort(parts, length, sizeof(*parts), compare_parts);
	*list = named;
	*count = 0;
	for (size_t i = 0, end; i < length; i = end) {
		for (end = i + 1; end < length && strcmp(parts[i].name, parts[end].name) == 0;)
			end++;
		if (join(patterns, fact, &parts[i], end - i, &named[(*count)++]) == -1)
			result = -1;
	}
	return result;
}

/* ---- nodes */

/* -1: out of memory. The node ends after itself. */
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
		conf_tests_read_values(&conditions->patterns, member, &test) == 0)
		add_test(conditions, &test, schema_quote(conditions->reader, member));
}

/* Several names are several tests: one of them is enough. */
static void read_names(struct conf_conditions *conditions, enum rules_fact fact,
	const config_setting_t *member, const struct schema_when *from)
{
	struct named *list;
	size_t count;
	int64_t any = -1;

	if (from->values[fact] == NULL ||
		split_named(&conditions->patterns, fact, member, &list, &count) == -1)
		return;
	if (count > 1)
		any = add_node(conditions, RULES_ANY, schema_quote(conditions->reader, member));
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
	tag = conf_condition_label_find(&conditions->tags, from->tag);
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
	add_test(conditions, &test, schema_quote(reader, member));
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
	} else if (fact == RULES_RECIPIENTS_OVER || fact == RULES_RECIPIENTS_UNDER) {
		test.size = fact == RULES_RECIPIENTS_OVER ? from->recipients_over
							  : from->recipients_under;
		is_set = test.size != 0;
	} else {
		is_set = from->sizes[fact] != -1;
		test.size = from->sizes[fact];
	}
	if (is_set)
		add_test(conditions, &test, schema_quote(conditions->reader, member));
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
	int64_t node = add_node(conditions, kind, schema_quote(reader, list));

	if (length == 0)
		schema_fault(reader, list, "%s has no condition", config_setting_name(list));
	for (int i = 0; i < length; i++)
		read_inner(conditions, config_setting_get_elem(list, (unsigned)i), rule, depth);
	close_node(conditions, node);
}

static void read_not(struct conf_conditions *conditions, const config_setting_t *group,
	const char *rule, int depth)
{
	int64_t node = add_node(conditions, RULES_NOT, schema_quote(conditions->reader, group));

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
		read_names(conditions, (enum rules_fact)fact, member, from);
		break;
	case RULES_TLS_VERIFIED:
	case RULES_PERCENT:
	case RULES_SIZE_OVER:
	case RULES_SIZE_UNDER:
	case RULES_RECIPIENTS_OVER:
	case RULES_RECIPIENTS_UNDER:
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
		depth == 1 ? schema_quote(reader, group) : schema_quote_value(reader, group);
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
	conf_condition_labels_end(&conditions->tags);
}
