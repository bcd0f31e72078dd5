/* conf_named: headers and macros that a condition asks for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_NAMED_H
#define CONF_CONF_NAMED_H

#include <stddef.h>

#include <libconfig.h>

#include "conf/conf_pattern.h"
#include "core/rules.h"

/* "Subject" asks whether it is there, "Subject: value" for its value, "Subject:" for an empty one. */
struct conf_named {
	struct rules_test test;
	const char *text; /* that part of the condition */
};

/*
 * The values of a condition on FACT, RULES_HEADER or RULES_MACRO: one for each name in *LIST, which
 * is in the arena. Gives 0, or -1 with a fault or without memory.
 */
int conf_named_read(struct conf_patterns *patterns, enum rules_fact fact,
	const config_setting_t *setting, struct conf_named **list, size_t *count);

#endif
