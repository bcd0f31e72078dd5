/* conf_rule: the rules of a configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_RULE_H
#define CONF_CONF_RULE_H

#include <libconfig.h>

#include "conf/conf_pool.h"
#include "conf/schema.h"
#include "core/rules.h"
#include "text/regex.h"

/*
 * Reads the list "rules", which may be NULL. Pools in place are added to POOLS. Gives the rules, in
 * the arena; NULL if there is none, or without memory, which the reader then has noted. The regular
 * expressions are in *REGEXES, which is NULL if there is none and the caller's to free.
 */
const struct rules *conf_rule_read_all(struct schema_reader *reader, struct conf_pools *pools,
	const char *delimiters, const config_setting_t *setting, struct regex_set **regexes);

#endif
