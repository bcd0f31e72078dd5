/* conf_quote: settings as they stand in the file, on one line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_QUOTE_H
#define CONF_CONF_QUOTE_H

#include <stddef.h>

#include <libconfig.h>

#include "conf/schema.h"

/*
 * For people who look for the condition that failed. Printable, and cut with "…" at CONF_QUOTE_MAX
 * octets; strings of the arena, NULL without memory.
 */

enum { CONF_QUOTE_MAX = 200 };

/* 'sender = "x"'. */
const char *conf_quote_setting(struct schema_reader *reader, const config_setting_t *setting);

/* '"x"', '{ sender = "x"; }'. */
const char *conf_quote_value(struct schema_reader *reader, const config_setting_t *setting);

/* 'header = "A"', 'header = [ "A", "B" ]'. */
const char *conf_quote_texts(
	struct schema_reader *reader, const char *name, const char *const *texts, size_t count);

#endif
