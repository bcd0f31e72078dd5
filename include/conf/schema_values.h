/* schema_values: one value of the configuration, by the type of its key
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_SCHEMA_VALUES_H
#define CONF_SCHEMA_VALUES_H

#include "conf/schema.h"

/* Puts the key's default into TARGET, its scope's struct. */
void schema_values_default(const struct schema_key *key, void *target);

/*
 * Reads SETTING into the key's place in TARGET. A value that does not fit is a fault that says what
 * was found and what to write; TARGET then stays as it is.
 */
void schema_values_read(struct schema_reader *reader, const struct schema_key *key,
	config_setting_t *setting, void *target);

/* Adds a fault: that NAME is set to SETTING's value, of a wrong type, and what to write instead. */
void schema_values_fault(struct schema_reader *reader, const config_setting_t *setting,
	const char *name, const char *wanted);

/* "1 to 65535, default 25": what the man page says of a key. Gives OUT. */
char *schema_values_describe(const struct schema_key *key, char *out, size_t size);

#endif
