/* conf_condition: the conditions of rules
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_CONDITION_H
#define CONF_CONF_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libconfig.h>

#include "conf/conf_tests.h"
#include "conf/schema.h"
#include "core/rules.h"

/* A name that the file gives to a rule or a tag. */
struct conf_label {
	const char *name;
	uint32_t number; /* from 0, as they come */
	const char *file;
	int line;
	bool is_in_force; /* a tag: not only shadow rules set it */
};

/* Begin with a struct of zeros. */
struct conf_labels {
	void *by_name; /* search tree */
	uint32_t count;
};

/* What is wrong with a name, "is empty", or NULL. */
const char *conf_condition_label_wrong(const char *name);

struct conf_label *conf_condition_label_find(const struct conf_labels *labels, const char *name);

/* Adds one that is not there; its place is that of SETTING. NULL: out of memory. */
struct conf_label *conf_condition_label_add(struct conf_labels *labels,
	struct schema_reader *reader, const char *name, const config_setting_t *setting);

/* Frees the search tree; what is in the arena stays. */
void conf_condition_labels_end(struct conf_labels *labels);

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
