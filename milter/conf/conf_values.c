/* conf_values: what a test compares with
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_values.h"
#include "conf/conf_network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- their order */

static int compare_patterns(const void *a, const void *b)
{
	const struct pattern *x = a;
	const struct pattern *y = b;

	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	if (x->kind == PATTERN_REGEX)
		return (x->regex > y->regex) - (x->regex < y->regex);
	return strcmp(x->text, y->text);
}

static int compare_networks(const void *a, const void *b)
{
	const struct network *x = a;
	const struct network *y = b;

	return x->bits != y->bits ? x->bits - y->bits
				  : memcmp(x->octets, y->octets, NETWORK_OCTETS);
}

static int compare_daytimes(const void *a, const void *b)
{
	const struct daytime *x = a;
	const struct daytime *y = b;

	if (x->days != y->days)
		return x->days - y->days;
	return x->from != y->from ? x->from - y->from : x->to - y->to;
}

/* Gives how many are left. */
static size_t sort(
	void *list, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	char *octets = list;
	size_t kept = 0;

	qsort(list, count, size, compare);
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && compare(octets + (kept - 1) * size, octets + i * size) == 0)
			continue;
		if (kept != i)
			memcpy(octets + kept * size, octets + i * size, size);
		kept++;
	}
	return kept;
}

int conf_values_compare(const struct rules_test *a, const struct rules_test *b)
{
	int order = 0;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (size_t i = 0; i < a->count && order == 0; i++) {
		if (a->fact == RULES_CLIENT)
			order = compare_networks(&a->networks[i], &b->networks[i]);
		else if (a->fact == RULES_TIME)
			order = compare_daytimes(&a->daytimes[i], &b->daytimes[i]);
		else
			order = compare_patterns(&a->patterns[i], &b->patterns[i]);
	}
	return order;
}

/* ---- from the file */

size_t conf_values_count(const config_setting_t *setting)
{
	return config_setting_is_aggregate(setting) ? (size_t)config_setting_length(setting) : 1;
}

const config_setting_t *conf_values_at(const config_setting_t *setting, size_t index)
{
	return config_setting_is_aggregate(setting)
		       ? config_setting_get_elem(setting, (unsigned)index)
		       : setting;
}

/* A port may stand there as a number. */
static const char *text_of(
	struct schema_reader *reader, enum rules_fact fact, const config_setting_t *setting)
{
	int type = config_setting_type(setting);
	char number[24];

	if (fact != RULES_LISTENER_PORT || type == CONFIG_TYPE_STRING)
		return schema_text(reader, setting);
	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
		schema_fault(reader, setting, "listener_port must be a number or a string");
		return NULL;
	}
	snprintf(number, sizeof(number), "%lld",
		type == CONFIG_TYPE_INT ? config_setting_get_int(setting)
					: config_setting_get_int64(setting));
	return schema_keep(reader, number, strlen(number));
}

static int read_network(
	struct schema_reader *reader, const config_setting_t *setting, struct network *network)
{
	const char *text = schema_text(reader, setting);
	char wrong[CONF_NETWORK_WRONG_MAX];

	if (text == NULL)
		return -1;
	if (conf_network_parse(text, network, wrong) == NULL)
		return 0;
	schema_fault(reader, setting, "client \"%s\" %s", text, wrong);
	return -1;
}

static int read_daytime(
	struct schema_reader *reader, const config_setting_t *setting, struct daytime *daytime)
{
	const char *text = schema_text(reader, setting);

	if (text == NULL)
		return -1;
	if (daytime_parse(daytime, text) == 0)
		return 0;
	schema_fault(
		reader, setting, "time \"%s\" is not hours such as \"Mon-Fri 08:00-18:00\"", text);
	return -1;
}

static int read_pattern(struct conf_patterns *patterns, enum rules_fact fact,
	const config_setting_t *setting, struct pattern *pattern)
{
	const char *text = text_of(patterns->reader, fact, setting);

	return text == NULL ? -1 : conf_pattern_read(patterns, fact, setting, text, pattern);
}

void conf_values_set_patterns(struct rules_test *test, struct pattern *list, size_t count)
{
	test->patterns = list;
	test->count = sort(list, count, sizeof(*list), compare_patterns);
}

int conf_values_read(
	struct conf_patterns *patterns, const config_setting_t *setting, struct rules_test *test)
{
	struct schema_reader *reader = patterns->reader;
	size_t count = conf_values_count(setting);
	struct network *networks = NULL;
	struct daytime *daytimes = NULL;
	struct pattern *list = NULL;
	int result = 0;

	if (test->fact == RULES_CLIENT)
		test->networks = networks = arena_take(reader->arena, count, sizeof(*networks));
	else if (test->fact == RULES_TIME)
		test->daytimes = daytimes = arena_take(reader->arena, count, sizeof(*daytimes));
	else
		list = arena_take(reader->arena, count, sizeof(*list));
	if (networks == NULL && daytimes == NULL && list == NULL) {
		reader->no_memory = true;
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		const config_setting_t *value = conf_values_at(setting, i);
		int failed;

		if (networks != NULL)
			failed = read_network(reader, value, &networks[i]);
		else if (daytimes != NULL)
			failed = read_daytime(reader, value, &daytimes[i]);
		else
			failed = read_pattern(patterns, test->fact, value, &list[i]);
		result = failed == -1 ? -1 : result;
	}
	if (result == -1)
		return -1;
	if (networks != NULL)
		test->count = sort(networks, count, sizeof(*networks), compare_networks);
	else if (daytimes != NULL)
		test->count = sort(daytimes, count, sizeof(*daytimes), compare_daytimes);
	else
		conf_values_set_patterns(test, list, count);
	return 0;
}
