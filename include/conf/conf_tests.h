/* conf_tests: the tests of all rules: what they compare with, each question once
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_TESTS_H
#define CONF_CONF_TESTS_H

#include <stddef.h>
#include <stdint.h>

#include <libconfig.h>

#include "conf/schema.h"
#include "core/daytime.h"
#include "core/pattern.h"
#include "core/rules.h"
#include "text/regex.h"

/*
 * "/x/" is a regular expression, a text with a "*" or "?" that has no backslash before it is a glob,
 * all else is what the fact makes of it: an address, a domain, a name, a text.
 */

/* What is at work while patterns are read. */
struct conf_patterns {
	struct schema_reader *reader;
	struct regex_set *regexes; /* NULL: none yet; the caller's to free */
};

/* TEXT is a value of that fact, from SETTING. Gives 0, or -1 with a fault or without memory. */
int conf_tests_read_pattern(struct conf_patterns *patterns, enum rules_fact fact,
	const config_setting_t *setting, const char *text, struct pattern *pattern);

/*
 * Values of one test are sorted, those that cost least in front, and none is there twice: so that
 * tests are equal if they ask the same.
 */

/*
 * Reads the value, or the list of values, SETTING into TEST, whose fact is set: any but RULES_HEADER
 * and RULES_MACRO that has patterns, networks or hours. Gives 0, or -1 with a fault or without memory.
 */
int conf_tests_read_values(
	struct conf_patterns *patterns, const config_setting_t *setting, struct rules_test *test);

/* The same for hours alone, of a setting of that NAME: LIST is in the arena. */
int conf_tests_read_daytimes(struct schema_reader *reader, const char *name,
	const config_setting_t *setting, struct daytime **list, size_t *count);

/* Sorts LIST, which TEST keeps. */
void conf_tests_set_patterns(struct rules_test *test, struct pattern *list, size_t count);

/* How many values there are, and one of them. */
size_t conf_tests_value_count(const config_setting_t *setting);
const config_setting_t *conf_tests_value_at(const config_setting_t *setting, size_t index);

/* As they come, equal ones too. */
struct conf_tests {
	struct rules_test *list;
	size_t count;
	size_t room;
};

/* Gives its index in *INDEX, and 0, or -1 without memory. Begin with a struct of zeros. */
int conf_tests_add(struct conf_tests *tests, struct schema_reader *reader,
	const struct rules_test *test, uint32_t *index);

/* Frees the list. */
void conf_tests_end(struct conf_tests *tests);

/*
 * Puts the tests into RULES, in their order and each once, and the headers; NODES, which have indexes
 * of the list, get those of RULES. Without memory the reader has that noted.
 */
void conf_tests_finish(const struct conf_tests *tests, struct schema_reader *reader,
	struct rules_node *nodes, size_t node_count, struct rules *rules);

#endif
