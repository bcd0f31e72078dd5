/* schema_keys: every key of the configuration, with its type, range and default
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_SCHEMA_KEYS_H
#define CONF_SCHEMA_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include <libconfig.h>

#include "conf/conf.h"
#include "core/rules.h"

/*
 * One table says what there is. routes.cfg(5) lists the same keys with the same words
 * (test_schema.c).
 */

enum schema_scope {
	SCHEMA_TOP = 0,
	SCHEMA_HEALTH = 1,
	SCHEMA_PROBE = 2,
	SCHEMA_POOL = 3,
	SCHEMA_HOST = 4,
	SCHEMA_ROUTE = 5,
	SCHEMA_CLASSIFY = 6,
	SCHEMA_RULE = 7,
	SCHEMA_WHEN = 8,
	SCHEMA_RATE = 9,
	SCHEMA_AUTH = 10,
	SCHEMA_QUOTA = 11,
	SCHEMA_TLS = 12,
	SCHEMA_SCOPE_COUNT = 13,
};

enum schema_type {
	SCHEMA_NUMBER = 0,    /* int */
	SCHEMA_WORD = 1,      /* int: its place among the words */
	SCHEMA_TEXT = 2,      /* const char *: printable UTF-8 */
	SCHEMA_PATH = 3,      /* const char *: absolute */
	SCHEMA_MODE = 4,      /* unsigned, in octal */
	SCHEMA_SOCKET = 5,    /* struct conf_socket */
	SCHEMA_GROUP = 6,     /* config_setting_t *, to be read by its own scope */
	SCHEMA_LIST = 7,      /* config_setting_t *: a list of groups */
	SCHEMA_TEXTS = 8,     /* config_setting_t *: one text, or a list of texts */
	SCHEMA_VALUES = 9,    /* config_setting_t *: one text or whole number, or a list of such */
	SCHEMA_BOOL = 10,     /* int: 0 or 1 */
	SCHEMA_SIZE = 11,     /* int64_t, up to SCHEMA_SIZE_MAX */
	SCHEMA_PERCENT = 12,  /* int: of RULES_PERCENT_WHOLE */
	SCHEMA_MS = 14,	      /* int: ms within least to most; in the file s, as 0.5, or "500ms" */
	SCHEMA_DURATION = 13, /* int: s within least to most; in the file a number of s, or "2h" */
};

#define SCHEMA_SIZE_MAX (INT64_C(1) << 62)

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

/* Where each scope is read to. Where nothing was set pointers are NULL, numbers 0, all else -1. */
struct schema_top {
	struct conf conf;
	int on_recovery;
	const char *recipient_delimiter;
	config_setting_t *status_hosts;
	config_setting_t *health;
	config_setting_t *pools;
	config_setting_t *routes;
	config_setting_t *rules;
};

/* Times in s, as in the file. */
struct schema_health {
	int failures;
	int messages;
	int window;
	int backoff;
	int backoff_max;
	int jitter;
	int recover;
	int trial;
	int slow_start;
	int spent;
	int silence; /* ms */
	config_setting_t *rate;
	const char *log;
	config_setting_t *journal_units;
	config_setting_t *journal_users;
	config_setting_t *probe;
	config_setting_t *classify;
};

struct schema_rate {
	int percent;
	int of;
};

struct schema_probe {
	int interval;
	int depth;
	int timeout;
	const char *helo;
	const char *sender;
	const char *recipient;
};

struct schema_classify {
	int stage; /* enum observation_stage; -1: any */
	int code;  /* 0: any */
	const char *enhanced;
	const char *text;
	int class; /* enum blame_class; -1: not set */
};

struct schema_pool {
	const char *transport;
	int protocol; /* enum protocol; -1: by the transport's name */
	int balance;
	int hash_on; /* -1: not set */
	int lookup;
	int all_deferred;
	const char *fallback;
	int on_recovery; /* -1: as it is for all pools */
	config_setting_t *maintenance;
	config_setting_t *quota;
	config_setting_t *auth;
	config_setting_t *tls;
	config_setting_t *hosts;
	config_setting_t *health;
};

struct schema_host {
	const char *host;
	int port; /* 0: not set */
	int priority;
	int weight;
	int lookup; /* -1: as the pool's */
	config_setting_t *maintenance;
	config_setting_t *quota;
	config_setting_t *auth;
	config_setting_t *tls;
};

struct schema_quota {
	int messages; /* 0: not set */
	int recipients;
	int per; /* s */
};

struct schema_auth {
	const char *user;
	const char *password_file;
	int allow_cleartext;
};

struct schema_tls {
	int level; /* enum tls_level; -1: not set */
	config_setting_t *match;
	config_setting_t *fingerprint;
	const char *ca_file;
	const char *servername;
	const char *protocols;
	int ciphers; /* -1: not set */
};

/* What a route or a rule does. */
struct schema_target {
	const char *pool;
	int action; /* enum schema_action; -1: not set */
	const char *text;
	int code; /* 0: not set */
	struct schema_pool in_place;
};

struct schema_route {
	config_setting_t *match;
	const char *match_file;
	struct schema_target target;
};

struct schema_rule {
	const char *name;
	config_setting_t *when;
	int is_shadow;
	int log;
	const char *tag;
	struct schema_target target;
};

/* What one condition is about is in one of these. */
struct schema_when {
	config_setting_t *values[RULES_FACT_COUNT]; /* texts, by the fact */
	int64_t sizes[RULES_FACT_COUNT];
	int recipients_over; /* 0: nothing is said of that */
	int recipients_under;
	int tls_verified;
	int percent;
	const char *tag;
	config_setting_t *any;
	config_setting_t *all;
	config_setting_t *negated; /* "not" */
};

/* The words of an action; the last one is only for rules. */
enum schema_action {
	SCHEMA_ACTION_DNS = 0,
	SCHEMA_ACTION_DISCARD = 1,
	SCHEMA_ACTION_REJECT = 2,
	SCHEMA_ACTION_DEFER = 3,
	SCHEMA_ACTION_CONTINUE = 4,
};

/* The table; NULL past its end. */
const struct schema_key *schema_keys_at(size_t index);

/* The key of that name in that scope, or NULL. */
const struct schema_key *schema_keys_find(enum schema_scope scope, const char *name);

#endif
