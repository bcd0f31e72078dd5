/* conf_label: names that the file gives to rules and tags
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_LABEL_H
#define CONF_CONF_LABEL_H

#include <stdbool.h>
#include <stdint.h>

#include <libconfig.h>

#include "conf/schema.h"

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
const char *conf_label_wrong(const char *name);

struct conf_label *conf_label_find(const struct conf_labels *labels, const char *name);

/* Adds one that is not there; its place is that of SETTING. NULL: out of memory. */
struct conf_label *conf_label_add(struct conf_labels *labels, struct schema_reader *reader,
	const char *name, const config_setting_t *setting);

/* Frees the search tree; what is in the arena stays. */
void conf_label_end(struct conf_labels *labels);

#endif
