/* conf_label: names that the file gives to rules and tags
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_label.h"
#include "core/rules.h"

#include <search.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct conf_label *)a)->name, ((const struct conf_label *)b)->name);
}

/* They stand in lines of log and on command lines as they are. */
const char *conf_label_wrong(const char *name)
{
	if (*name == '\0')
		return "is empty";
	if (strlen(name) > RULES_NAME_MAX)
		return "is too long";
	if (strpbrk(name, " \"'`") != NULL)
		return "has a space or a quote";
	return NULL;
}

struct conf_label *conf_label_find(const struct conf_labels *labels, const char *name)
{
	struct conf_label probe = {.name = name};
	struct conf_label **found = tfind(&probe, &labels->by_name, compare);

	return found == NULL ? NULL : *found;
}

struct conf_label *conf_label_add(struct conf_labels *labels, struct schema_reader *reader,
	const char *name, const config_setting_t *setting)
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
	if (tsearch(label, &labels->by_name, compare) == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	labels->count++;
	return label;
}

static void keep_node(void *node)
{
	(void)node;
}

void conf_label_end(struct conf_labels *labels)
{
	tdestroy(labels->by_name, keep_node);
	labels->by_name = NULL;
}
