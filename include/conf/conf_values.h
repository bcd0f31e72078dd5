/* conf_values: what a test compares with
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_VALUES_H
#define CONF_CONF_VALUES_H

#include <stddef.h>

#include <libconfig.h>

#include "conf/conf_pattern.h"
#include "core/rules.h"

/*
 * Values of one test are sorted, those that cost least in front, and none is there twice: so that
 * tests are equal if they ask the same.
 */

/*
 * Reads the value, or the list of values, SETTING into TEST, whose fact is set: any but RULES_HEADER
 * and RULES_MACRO that has patterns, networks or hours. Gives 0, or -1 with a fault or without memory.
 */
int conf_values_read(
	struct conf_patterns *patterns, const config_setting_t *setting, struct rules_test *test);

/* Sorts LIST, which TEST keeps. */
void conf_values_set_patterns(struct rules_test *test, struct pattern *list, size_t count);

/* As strcmp() does. */
int conf_values_compare(const struct rules_test *a, const struct rules_test *b);

/* How many values there are, and one of them. */
size_t conf_values_count(const config_setting_t *setting);
const config_setting_t *conf_values_at(const config_setting_t *setting, size_t index);

#endif
