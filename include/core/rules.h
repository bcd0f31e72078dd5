/* rules: what decides about whole messages, before the routes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/daytime.h"
#include "core/network.h"
#include "core/pattern.h"
#include "core/table.h"

/*
 * Built once by conf, like the table, then only read. The rules stand in the order of the file; the
 * first whose conditions all hold decides. A question that several rules ask is one test: it is
 * answered once for a message (rules_run.h).
 */

struct regex_set; /* text/regex.h */

/* What a test is about. The order is that of `tests`. */
enum rules_fact {
	RULES_SENDER = 0,
	RULES_RECIPIENT = 1,	  /* one of the recipients */
	RULES_ALL_RECIPIENTS = 2, /* every recipient */
	RULES_CLIENT = 3,	  /* its address */
	RULES_CLIENT_NAME = 4,	  /* "unknown" if the MTA has found none */
	RULES_HELO = 5,
	RULES_AUTH_USER = 6,	  /* "": not authenticated */
	RULES_TLS = 7,		  /* protocol: "TLSv1.3"; "": not encrypted */
	RULES_TLS_VERIFIED = 8,	  /* the client's certificate is */
	RULES_LISTENER = 9,	  /* macro {daemon_name} */
	RULES_LISTENER_PORT = 10, /* macro {daemon_port} */
	RULES_HEADER = 11,
	RULES_SIZE_OVER = 12, /* octets */
	RULES_SIZE_UNDER = 13,
	RULES_MACRO = 14,
	RULES_TIME = 15,
	RULES_PERCENT = 16, /* of all pairs of sender and first recipient, always the same ones */
	RULES_TAG = 17,	    /* of a rule before this one */
	RULES_RECIPIENTS_OVER = 18, /* how many there are */
	RULES_RECIPIENTS_UNDER = 19,
	RULES_FACT_COUNT = 20,
};

enum { RULES_PERCENT_WHOLE = 10000, RULES_NAME_MAX = 64, RULES_DEPTH_MAX = 16 };

/* One that matches is enough. Which member is in use goes by the fact. */
struct rules_test {
	enum rules_fact fact;
	const char
		*name; /* RULES_HEADER: lower case; RULES_MACRO: as the MTA names it, "{x}", "j" */
	const struct pattern *patterns; /* none: the header, or macro, is there */
	const struct network *networks;
	const struct daytime *daytimes;
	size_t count;	  /* of these */
	int64_t size;	  /* RULES_SIZE_, RULES_RECIPIENTS_ */
	bool is_true;	  /* RULES_TLS_VERIFIED: what it is to be */
	uint32_t percent; /* of RULES_PERCENT_WHOLE */
	uint64_t seed;	  /* RULES_PERCENT: hash of the rule's name */
	uint32_t tag;	  /* RULES_TAG: its number */
};

enum rules_node_kind { RULES_TEST = 0, RULES_ALL = 1, RULES_ANY = 2, RULES_NOT = 3 };

/*
 * Conditions in the order of the file, each in front of those inside it. An ALL or ANY may be empty:
 * then it is true, or false.
 */
struct rules_node {
	enum rules_node_kind kind;
	uint32_t test;	  /* RULES_TEST: its index */
	uint32_t end;	  /* index of the node after this one and all inside it */
	const char *text; /* as in the file: sender = "x" */
};

struct rule {
	const char *name;
	uint32_t node;	/* its conditions, an ALL */
	bool is_shadow; /* only counts */
	bool logs;	/* a line of log for each message that it decides, or is told of by it */
	uint32_t tag;	/* it goes on, and sets that tag: number + 1; 0: none */
	struct route route; /* what it does; ACTION_NONE: it goes on. `match` is the name */
};

/* Tests that stand one after the other. */
struct rules_range {
	uint32_t first;
	uint32_t count;
};

struct rules_header {
	const char *name; /* in lower case */
	size_t length;
	struct rules_range tests;
};

struct rules {
	const struct rule *list;
	size_t count;
	const struct rules_node *nodes;
	size_t node_count;
	const struct rules_test *tests; /* by fact, those of RULES_HEADER by name */
	size_t test_count;
	struct rules_range facts[RULES_FACT_COUNT];
	const struct rules_header *headers; /* by name */
	size_t header_count;
	const char *const *tags;
	size_t tag_count;
	const char *delimiters; /* recipient_delimiter */
	const struct regex_set *regexes;
};

/* Whether it ends the search when it holds: it has an action, sets no tag and is no shadow. */
bool rules_decides(const struct rule *rule);

/* What has to be requested of the MTA. Shadow rules lead nowhere. */
enum rules_needs {
	RULES_NEEDS_CONNECT = 1,
	RULES_NEEDS_HELO = 2,
	RULES_NEEDS_MAIL = 4,
	RULES_NEEDS_HEADERS = 8,
	RULES_NEEDS_SIZE = 16,	   /* at the end, if it was not declared */
	RULES_NEEDS_LISTENER = 32, /* macros */
	RULES_NEEDS_TLS = 64,
	RULES_NEEDS_AUTH = 128,
	RULES_NEEDS_MACROS = 256,   /* of RULES_MACRO */
	RULES_NEEDS_POOLS = 512,    /* some rule leads to a pool */
	RULES_NEEDS_CHANGES = 1024, /* Sendmail: some rule leads to a pool, or to dns */
};
unsigned rules_needs(const struct rules *rules);

/* True if some rule does that, be it only to count. */
bool rules_have(const struct rules *rules, enum action action);

/* The word in the configuration: "sender", "all_recipients", … */
const char *rules_fact_name(enum rules_fact fact);

/* The header's place in `headers`, or header_count if no rule asks for it. NAME is in any case. */
size_t rules_find_header(const struct rules *rules, const char *name);

#endif
