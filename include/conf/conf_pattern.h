/* conf_pattern: one value of a condition, as a pattern
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_PATTERN_H
#define CONF_CONF_PATTERN_H

#include <libconfig.h>

#include "conf/schema.h"
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
int conf_pattern_read(struct conf_patterns *patterns, enum rules_fact fact,
	const config_setting_t *setting, const char *text, struct pattern *pattern);

#endif
