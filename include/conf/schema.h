/* schema: every key of the configuration, with its type, range and default
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
#include "conf/conf.h"
#include "conf/fault.h"

/*
 * One table says what there is; reading a group by it finds unknown keys, wrong types and values
 * out of range, each as a fault at its line. routes.cfg(5) lists the same keys with the same words
 * (test_schema.c).
 */

enum schema_scope {
	SCHEMA_TOP = 0,
	SCHEMA_HEALTH = 1,
	SCHEMA_PROBE = 2,
	SCHEMA_POOL = 3,
	SCHEMA_HOST = 4,
	SCHEMA_ROUTE = 5,
	SCHEMA_SCOPE_COUNT = 6,
};

enum schema_type {
	SCHEMA_NUMBER = 0, /* int */
	SCHEMA_WORD = 1,   /* int: its place among the words */
	SCHEMA_TEXT = 2,   /* const char *: printable UTF-8 */
	SCHEMA_PATH = 3,   /* const char *: absolute */
	SCHEMA_MODE = 4,   /* unsigned, in octal */
	SCHEMA_SOCKET = 5, /* struct conf_socket */
	SCHEMA_GROUP = 6,  /* config_setting_t *, to be read by its own scope */
	SCHEMA_LIST = 7,   /* config_setting_t *: a list of groups */
	SCHEMA_TEXTS = 8,  /* config_setting_t *: one text, or a list of texts */
	SCHEMA_LATER = 9,  /* not in this version yet */
};

struct schema_key {
	enum schema_scope scope;
	size_t offset; /* in the scope's struct below */
	enum schema_type type;
	const char *name;
	int least;
	int most;
	const char *words;    /* "one|two" */
	const char *fallback; /* the default, as in the file; NULL: none */
};

/* Where each scope is read to. Pointers are NULL and words -1 where nothing was set. */
struct schema_top {
	struct conf conf;
	const char *recipient_delimiter;
	config_setting_t *health;
	config_setting_t *pools;
	config_setting_t *routes;
};

struct schema_health {
	struct conf_health values;
	config_setting_t *probe;
};

struct schema_pool {
	const char *transport;
	int balance;
	int hash_on; /* -1: not set */
	int lookup;
	config_setting_t *hosts;
	config_setting_t *health;
};

struct schema_host {
	const char *host;
	int port;
	int priority;
	int weight;
	int lookup; /* -1: as the pool's */
};

struct schema_route {
	config_setting_t *match;
	const char *pool;
	int action; /* enum schema_action; -1: not set */
	const char *text;
	int code; /* 0: not set */
	struct schema_pool in_place;
};

/* The words of a route's action. */
enum schema_action {
	SCHEMA_ACTION_DNS = 0,
	SCHEMA_ACTION_DISCARD = 1,
	SCHEMA_ACTION_REJECT = 2,
	SCHEMA_ACTION_DEFER = 3,
};

/* What is at work while a configuration is read. */
struct schema_reader {
	struct arena *arena;
	struct fault_list *faults;
	const char *path;      /* of the configuration */
	const char *last_file; /* as libconfig has it, and the copy in the arena */
	const char *last_copy;
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

/* The table, for the test that holds it against the man page. NULL past its end. */
const struct schema_key *schema_key_at(size_t index);

/* "1 to 65535, default 25": what the man page says behind a key. Gives OUT. */
char *schema_describe(const struct schema_key *key, char *out, size_t size);

#endif
