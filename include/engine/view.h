/* view: what people may see of the engine, copied out
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_VIEW_H
#define ENGINE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/candidates.h"
#include "core/health.h"
#include "core/table.h"
#include "engine/roster.h"

/*
 * Plain data without a pointer into the table or the state file. Indexes are those of the table in
 * force; the thread that swaps tables may count on them from one call to the next.
 *
 * The engine lock must be held for all functions; they do not allocate.
 */

enum {
	VIEW_SOURCE_MAX = 512,
	VIEW_TRANSPORT_MAX = 64,
	VIEW_REPLY_MAX = 640,
};

/* A host in a pool, or a host with the sums over its pools. */
struct view_host {
	char name[DOMAIN_MAX + 1];
	int port;
	int priority;
	int weight;
	char auth_user[TABLE_USER_MAX + 1]; /* with which the MTA logs in; empty: none, or a sum */
	char tls[TABLE_POLICY_MAX + 1];	    /* its policy; empty: none, or a sum */
	uint64_t first;
	uint64_t listed;
	/* How it does just now (lane.h): */
	uint32_t waiting;	    /* deliveries that wait for it */
	int64_t usual;		    /* ms a delivery to it takes; 0: not known */
	int64_t silent_since;	    /* 0: it is not silent */
	int64_t busy_until;	    /* 0: it is not busy */
	uint32_t pending;	    /* attempts without a result */
	struct quota_limits limits; /* all 0: none */
	struct health health;
};

struct view_pool {
	char name[POOL_KEY_MAX + 1];
	char transport[VIEW_TRANSPORT_MAX];
	char source[VIEW_SOURCE_MAX]; /* file:line */
	enum balance balance;
	enum hash_on hash_on;
	enum all_deferred all_deferred;
	char fallback[POOL_KEY_MAX + 1]; /* empty: none */
	enum on_recovery on_recovery;
	uint64_t messages;
	int host_count;
};

enum { VIEW_LINE_MAX = 256 };

/* What a line of the log tells. */
enum view_line_kind {
	VIEW_LINE_DELIVERY = 0, /* of a host: a result, or a failure */
	VIEW_LINE_QUEUE = 1,	/* a message was taken up, or has left */
	VIEW_LINE_OTHER = 2,	/* nothing that is of interest here */
	VIEW_LINE_KINDS = 3,
};

/* The MTA's log, as it is followed. */
struct view_log {
	bool is_on;	  /* false: the log is "none" */
	char source[512]; /* as configured */
	bool is_readable;
	char error[512];	     /* why it is not */
	bool is_behind;		     /* it has more that was not read yet */
	uint64_t lines;		     /* or entries of the journal */
	int64_t offset;		     /* octets of the file that it has read; 0: a journal */
	uint64_t understood;	     /* of them, so many have the form of a log's lines */
	char strange[VIEW_LINE_MAX]; /* the last one, if of late none has; printable */
	uint64_t seen;		     /* of them, so many said something about a host */
	int64_t last_line;	     /* ms since 1970; 0: there was none */
	/* All logs that were followed since the daemon's start: */
	uint64_t kinds[VIEW_LINE_KINDS];
	uint64_t unrecognised; /* of no form that is known, or not by the MTA */
	int64_t lag; /* ms; how old the last line was when it was read; -1: there was none */
};

/* The map, as it is asked. */
struct view_map {
	uint64_t clients; /* connected now */
	/* So many, and of them found, not found, refused: no such map, no key, no request. */
	uint64_t requests;
	uint64_t found;
	uint64_t not_found;
	uint64_t refused;
};

/* The milter's socket, and the descriptors it needs. */
struct view_milter {
	int64_t silent_since;	 /* 0: it answers, or was not asked yet */
	int64_t descriptors;	 /* open */
	int64_t descriptors_max; /* 0: there may be any number */
	bool has_few_descriptors;
};

/* What becomes of a recipient. */
struct view_route {
	enum action action; /* ACTION_NONE: no route; then the rest is empty */
	uint64_t pool;	    /* ACTION_POOL: table_pool_key(), which outlives reloads */
	bool is_put_off;    /* ACTION_POOL: all its hosts are deferred, and then it says tempfail */
	enum hash_on hash_on;
	bool is_by_hash; /* ACTION_POOL: it chooses by each recipient */
	char match[ADDRESS_MAX + 1];
	char source[VIEW_SOURCE_MAX]; /* file:line */
	char pool_name[POOL_KEY_MAX + 1];
	char code[4]; /* ACTION_REJECT, ACTION_DEFER, is_put_off: of the reply */
	char enhanced[16];
	char text[VIEW_REPLY_MAX];
};

void view_copy_host(struct view_host *view, const struct roster *roster, size_t host);
void view_copy_pool(struct view_pool *view, const struct roster *roster, size_t pool);
void view_copy_pool_host(
	struct view_host *view, const struct roster *roster, size_t pool, int host);

/* ROUTE may be NULL: then the view says that there is none. */
void view_copy_route(
	struct view_route *view, const struct roster *roster, const struct route *route);

/* True if its recipients are answered 4xx or 5xx. */
bool view_route_refuses(const struct view_route *route);

/* Copies TEXT, or as much of it as fits into SIZE with a NUL. */
void view_copy_text(char *out, size_t size, const char *text);

#endif
