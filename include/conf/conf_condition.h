/* conf_condition: the conditions of rules
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_CONDITION_H
#define CONF_CONF_CONDITION_H

#include <stddef.h>
#include <stdint.h>

#include <libconfig.h>

#include "conf/conf_label.h"
#include "conf/conf_pattern.h"
#include "conf/conf_tests.h"
#include "core/rules.h"

/* Those of all rules, as they come. Begin with a struct of zeros that has the reader. */
struct conf_conditions {
	struct schema_reader *reader;
	struct conf_patterns patterns; /* has the reader, too */
	struct conf_tests tests;
	struct rules_node *nodes;
	size_t node_count;
	size_t node_room;
	struct conf_labels tags; /* those that rules so far have set */
};

/*
 * Reads the group "when" of the rule of that name. Gives the index of its node, an ALL; what has a
 * fault is left out. -1: out of memory.
 */
int64_t conf_condition_read(
	struct conf_conditions *conditions, const config_setting_t *when, const char *rule);

/* Puts nodes and tests into RULES. Without memory the reader has that noted. */
void conf_condition_finish(struct conf_conditions *conditions, struct rules *rules);

/* Frees all that is not in the arena, but for the regular expressions. */
void conf_condition_end(struct conf_conditions *conditions);

#endif
