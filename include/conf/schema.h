/* schema: reads groups of settings by the table of keys
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include <libconfig.h>

#include "conf/arena.h"
#include "conf/fault.h"
#include "conf/schema_keys.h"

struct vault;

/*
 * Reading a group by the table finds unknown keys, wrong types and values out of range, each as a
 * fault at its line.
 */

/* What is at work while a configuration is read. */
struct schema_reader {
	struct arena *arena;
	struct fault_list *faults;
	const char *path;      /* of the configuration */
	const char *last_file; /* as libconfig has it, and the copy in the arena */
	const char *last_copy;
	struct vault *vault; /* made when it is needed; whoever reads the configuration frees it */
	bool has_no_passwords; /* their files are not read */
	bool no_memory;
};

/*
 * Reads the group SETTING into the scope's struct: first the defaults, then what is set. With a
 * fault the default stays.
 */
void schema_read(struct schema_reader *reader, enum schema_scope scope,
	const config_setting_t *setting, void *target);

/* Only the defaults. */
void schema_defaults(enum schema_scope scope, void *target);

/* Only what is set; the rest of TARGET stays as it is. SETTING may be NULL. */
void schema_read_over(struct schema_reader *reader, enum schema_scope scope,
	const config_setting_t *setting, void *target);

/* Adds a fault at the line of SETTING. */
void schema_fault(struct schema_reader *reader, const config_setting_t *setting, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/*
 * The path of a file by libconfig's name for it: an included one goes by what stands in the
 * @include, relative to the configuration's folder. A string of the arena; never NULL.
 */
const char *schema_path(struct schema_reader *reader, const char *file);

/* The path of the file that SETTING stands in; never NULL. */
const char *schema_file(struct schema_reader *reader, const config_setting_t *setting);

/*
 * The text of a setting as a string of the arena. NULL, with a fault, if it is not one or not
 * printable.
 */
const char *schema_text(struct schema_reader *reader, const config_setting_t *setting);

/* LENGTH octets as a string of the arena. NULL: out of memory, and `no_memory` says so. */
const char *schema_keep(struct schema_reader *reader, const char *text, size_t length);

/*
 * Settings as they stand in the file, on one line, for people who look for the condition that failed.
 * Printable, and cut with "…" at SCHEMA_QUOTE_MAX octets; strings of the arena, NULL without memory.
 */

enum { SCHEMA_QUOTE_MAX = 200 };

/* 'sender = "x"'. */
const char *schema_quote(struct schema_reader *reader, const config_setting_t *setting);

/* '"x"', '{ sender = "x"; }'. */
const char *schema_quote_value(struct schema_reader *reader, const config_setting_t *setting);

/* 'header = "A"', 'header = [ "A", "B" ]'. */
const char *schema_quote_texts(
	struct schema_reader *reader, const char *name, const char *const *texts, size_t count);

#endif
