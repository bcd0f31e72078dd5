/* plan: routes and pools that an importer collects from another program's tables
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_PLAN_H
#define MIGRATE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/fault.h"
#include "core/span.h"
#include "core/table.h"

struct arena;

/*
 * An importer adds what it reads, each with its place; plan_finish() then names the pools, and
 * plan_print() (plan_print.h) writes a configuration that the loader accepts: what it would refuse is
 * a fault here, with the place in the table that was read. Equal sets of hosts are one pool.
 *
 * For Sendmail a pool has the port of the host that is tried first, by a mailer of that port; hosts on
 * other ports are left out, with a remark.
 *
 * Foreign octets are masked in whatever is kept of a line.
 */

/* Where something stands in what was read. */
struct plan_place {
	const char *file; /* in the arena: plan_keep() */
	int line;	  /* 0: of the whole */
};

struct plan_host {
	const char *name; /* host name or IP address as it was written, without brackets and port */
	int port;	  /* 0: none was written */
	int priority;
	int weight;
	enum lookup lookup; /* of an address: without effect */
};

/* Begin with a struct of zeros, and plan_add_host(). */
struct plan_pool {
	const char *transport; /* NULL: what the MTA has by default */
	int host_count;
	struct plan_host hosts[POOL_HOSTS_MAX];
};

/* What becomes of the mail. */
struct plan_target {
	enum action action;
	const struct plan_pool *pool; /* ACTION_POOL */
	const char *text;	      /* ACTION_REJECT and ACTION_DEFER; NULL: the default */
};

/* A pool that was collected. */
struct plan_set {
	const char *name; /* from plan_finish() */
	const char *transport;
	bool is_smtp;	 /* by the transport that was added: that of the fallback */
	const char *key; /* equal for equal sets */
	const struct plan_host *hosts;
	int host_count;
	const struct plan_set *fallback; /* NULL: none */
	struct plan_place place;	 /* of the first that leads to it */
	size_t uses;
};

/* A route, or a rule by the sender. */
struct plan_route {
	const char *match; /* as it was written; of a rule: the sender */
	const char *key;   /* in its one form */
	struct plan_place place;
	enum action action;
	struct plan_set *set; /* ACTION_POOL */
	const char *text;
};

/* What an importer has to say of a line. */
struct plan_remark {
	struct plan_place place;
	const char *text; /* what stands there, masked; NULL: no line in particular */
	const char *why;
};

/* Grows as needed. */
struct plan_list {
	void **items;
	size_t count;
	size_t room;
};

/* What becomes of a match that is there already, with another target. */
enum plan_twice {
	PLAN_TWICE_IS_FAULT = 0,
	PLAN_TWICE_FIRST_COUNTS = 1, /* as in the program that the table is from */
};

struct plan {
	struct arena *arena;
	struct fault_list faults;
	enum table_mta mta; /* that the configuration is for */
	enum plan_twice twice;
	struct plan_list sets;	  /* of struct plan_set */
	struct plan_list routes;  /* of struct plan_route */
	struct plan_list senders; /* of struct plan_route: rules by sender */
	struct plan_list left;	  /* of struct plan_remark: what was not carried over */
	struct plan_list notes;	  /* of struct plan_remark: what is not quite as it was */
	struct plan_set *fallback;
	const char *delimiters; /* recipient_delimiter; NULL: not known */
	void *by_match;		/* search trees */
	void *by_sender;
	void *by_hosts;
	void *by_host;
	size_t host_count;  /* different ones, by name and port; from plan_finish() */
	bool has_no_memory; /* then the rest is not whole */
};

/* NULL: out of memory. */
struct plan *plan_new(enum table_mta mta);
void plan_free(struct plan *plan);

/* False: out of memory. Whose the list is frees its items. */
bool plan_list_add(struct plan_list *list, void *item);

int plan_host_port(const struct plan_host *host);

/* A copy that lives as long as the plan; never NULL. */
const char *plan_keep(struct plan *plan, struct span text);

/*
 * Adds a host. Gives false, with a fault, if it is none, if it is there already with another priority, or
 * if there are too many. Strings must live as long as the plan.
 */
bool plan_add_host(struct plan *plan, struct plan_place place, struct plan_pool *pool,
	const struct plan_host *host);

/* Adds a route. MATCH is written as in routes.cfg. */
void plan_add_route(struct plan *plan, struct plan_place place, const char *match,
	const struct plan_target *target);

/* Whether there is a route of that match. */
bool plan_has_route(const struct plan *plan, const char *match);

/* Whether there is one of a parent of a domain, or of ALL. */
bool plan_has_wider_route(const struct plan *plan, const char *match);

/*
 * Adds a rule by the sender, an address, a domain or a .domain, that holds for recipients without a
 * route. Those of addresses go before those of domains. With ACTION_NONE the sender's mail goes by the
 * routes, whatever the rule of its domain says.
 */
void plan_add_sender(struct plan *plan, struct plan_place place, const char *sender,
	const struct plan_target *target);

/* The pool that takes over from all others that have the transport smtp. */
void plan_set_fallback(struct plan *plan, struct plan_place place, const struct plan_pool *pool);

/* What is wrong with a line: nothing will be written. */
void plan_fault(struct plan *plan, struct plan_place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* TEXT, of that line, cannot be carried over. */
void plan_leave(struct plan *plan, struct plan_place place, struct span text, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* TEXT, of that line, is carried over, but for what is said. An empty TEXT: of no line in particular. */
void plan_note(struct plan *plan, struct plan_place place, struct span text, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/*
 * Once all is added: names the pools. Gives false if there is a fault, one is added if there is nothing
 * to route, or without memory.
 */
bool plan_finish(struct plan *plan, const char *file);

#endif
