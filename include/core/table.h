/* table: the pools and routes of one configuration, and which route an address takes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/blame.h"
#include "core/breaker.h"
#include "core/daytime.h"
#include "core/quota.h"

/*
 * Everything here is built once by conf, then only read, then freed whole by conf: the core holds
 * no memory of its own. Strings are NUL-terminated and live as long as the table.
 */

enum {
	POOL_HOSTS_MAX = 64,
	POOL_NAME_MAX = 64,		/* of a named pool */
	POOL_KEY_MAX = 6 + ADDRESS_MAX, /* "route:" and the match of a pool in place */
	HOST_WEIGHT_MAX = 1000,
	HOST_PRIORITY_MAX = 65535,
	TABLE_USER_MAX = 255,				       /* octets of a login's user */
	TABLE_POLICY_MAX = 1000,			       /* octets of a TLS policy */
	NEXTHOP_MAX = 64 + POOL_HOSTS_MAX * (DOMAIN_MAX + 10), /* a whole next hop, with its NUL */
};

enum table_mta { TABLE_POSTFIX = 0, TABLE_SENDMAIL = 1 };
enum balance { BALANCE_ROUND_ROBIN = 0, BALANCE_HASH = 1, BALANCE_LEAST_PENDING = 2 };
enum hash_on { HASH_ON_RECIPIENT = 0, HASH_ON_SENDER = 1 };
enum lookup { LOOKUP_HOST = 0, LOOKUP_MX = 1 };
enum all_deferred { ALL_DEFERRED_TRY = 0, ALL_DEFERRED_TEMPFAIL = 1 };
enum on_recovery { ON_RECOVERY_NONE = 0, ON_RECOVERY_FLUSH = 1 };
enum host_kind { HOST_NAME = 0, HOST_IPV4 = 1, HOST_IPV6 = 2, HOST_UNIX = 3 };
enum protocol { PROTOCOL_SMTP = 0, PROTOCOL_LMTP = 1 };

/* What a route does with a message. ACTION_NONE is never in a table: it says that none matched. */
enum action {
	ACTION_NONE = 0,
	ACTION_POOL = 1,
	ACTION_DNS = 2,
	ACTION_DISCARD = 3,
	ACTION_REJECT = 4,
	ACTION_DEFER = 5,
};

/* When a host is drained by the configuration: hours by the machine's zone. */
struct maintenance {
	const struct daytime *windows;
	size_t count;
	const char *text; /* all of them, for people; NULL: there are none */
};

/* With what the MTA logs in to a host: SMTP AUTH (RFC 4954). */
struct table_auth {
	const char *user;
	const char *login; /* "USER:PASSWORD", in memory of its own (vault.h); or the user alone */
	const char *password_file;
	bool allows_cleartext; /* without TLS, too */
	const char *file;
	int line;
};

/* How the MTA is to encrypt, and whom it trusts: a level of Postfix, in the order of its own. */
enum tls_level {
	TLS_LEVEL_NONE = 0,
	TLS_LEVEL_MAY = 1,
	TLS_LEVEL_ENCRYPT = 2,
	TLS_LEVEL_FINGERPRINT = 3,
	TLS_LEVEL_DANE = 4, /* where there are no records it is as MAY */
	TLS_LEVEL_DANE_ONLY = 5,
	TLS_LEVEL_VERIFY = 6,
	TLS_LEVEL_SECURE = 7,
};

struct table_tls {
	enum tls_level level;
	const char *policy;  /* as in Postfix's table: "secure match=mx.example.com" */
	const char *ca_file; /* NULL: none */
	bool has_name;	     /* some certificate's name, which the host's own is not needed for */
	const char *file;
	int line;
};

struct pool_host {
	const char
		*name; /* host name (A-labels, lower case), IP address, canonical, or "unix:PATH" */
	const char *nexthop; /* as the MTA wants it in a list (nexthop.h) */
	uint64_t key;	     /* table_host_key(): the health of a host belongs to it */
	int port;	     /* HOST_UNIX: 0 */
	int priority;
	int weight;
	enum host_kind kind;
	enum lookup lookup;
	const struct table_auth *auth; /* NULL: none */
	const struct table_tls *tls;   /* NULL: none */
	int line;
	const char *file;
	struct maintenance maintenance;
	const struct quota_limits *limits; /* NULL: none. The same in each pool that has the host */
};

/*
 * Some hosts by their texts, nexthop of pool_host, which the MTA asks for: each text once, with the
 * first host that has it, in the order of strcasecmp().
 */
struct table_hosts {
	const struct pool_host *const *hosts;
	size_t count;
};

/* How deep a probe goes into the conversation. */
enum probe_depth {
	PROBE_DEPTH_CONNECT = 0,
	PROBE_DEPTH_GREETING = 1,
	PROBE_DEPTH_EHLO = 2,
	PROBE_DEPTH_MAIL = 3,
	PROBE_DEPTH_RCPT = 4,
	PROBE_DEPTH_COUNT = 5,
};

struct pool_probe {
	int64_t interval; /* ms; 0: the pool's hosts are not probed */
	int64_t timeout;  /* ms, of a whole probe */
	enum probe_depth depth;
	const char *helo; /* NULL: the machine's own name */
	const char *sender;
	const char *recipient; /* PROBE_DEPTH_RCPT */
};

struct pool {
	const char *name; /* "route:MATCH" for a pool in place */
	const char *transport;
	enum protocol protocol; /* what the transport speaks */
	const char *file;
	int line;
	enum balance balance;
	enum hash_on hash_on;
	int host_count;
	const struct pool_host *hosts; /* by rising priority, else in the order of the file */
	/* When the health of its hosts changes, and what then. */
	struct breaker_policy policy;
	const struct blame_rule *rules; /* of health.classify */
	size_t rule_count;
	struct pool_probe probe;
	enum all_deferred all_deferred;
	int fallback; /* index of the pool to use when all hosts are deferred; -1: none */
	enum on_recovery on_recovery;
	struct maintenance maintenance; /* of all its hosts, besides their own */
};

struct route {
	const char *match; /* as in the file, in the one form of address.h */
	const char *file;
	int line;
	enum action action;
	int pool;	      /* ACTION_POOL: index into the table's pools */
	const char *code;     /* ACTION_REJECT, ACTION_DEFER: "550" */
	const char *enhanced; /* "5.1.2" (RFC 3463) */
	const char *text;
};

/* One place of the index: open addressing, linear probing. */
struct table_place {
	uint64_t hash;
	uint32_t route; /* index + 1; 0: empty */
};

struct rules; /* rules.h */

/*
 * The memory of a table and its rules: whoever needs it for longer than they are in force takes it,
 * and gives it back, on any thread. Without functions it stays.
 */
struct table_keeper {
	void *self;
	void (*take)(void *self);
	void (*give_back)(void *self);
};

struct table {
	enum table_mta mta; /* for which the next hops are written */
	const struct pool *pools;
	size_t pool_count;
	const struct route *routes;
	size_t route_count;
	const char *delimiters;	    /* recipient_delimiter; may be empty */
	struct table_place *places; /* place_count of them, a power of two > route_count */
	size_t place_count;
	uint32_t all;		     /* the ALL route, index + 1; 0: none */
	struct table_hosts logins;   /* those with auth */
	struct table_hosts policies; /* those with tls */
	const struct rules *rules;   /* NULL: none */
	struct table_keeper keeper;
};

/* How many places a table of so many routes wants. */
size_t table_places_for(size_t routes);

/*
 * Enters the route of that index under its match. Gives NULL, or the route that has the same match
 * already; then the table is unchanged. `places` must be zeroed before the first call.
 */
const struct route *table_insert(struct table *table, size_t index);

/*
 * The route of the most specific match: the exact address with its extension, without it, the
 * exact domain, the longest parent domain, ALL. NULL: none, the MTA's own routing is left alone.
 */
const struct route *table_lookup(const struct table *table, const struct address *address);

/*
 * An address that has MATCH, as a route has it, and none that is more specific: no route has such a
 * name.
 */
void table_address_of(struct address *address, const char *match);

/* How many routes of TABLE have none with the same match in OTHER. */
size_t table_count_missing(const struct table *table, const struct table *other);

/*
 * How many matches of the two tables stand for addresses that BEFORE refuses and AFTER does not, or not
 * in these words. A match of both counts once for each.
 */
size_t table_count_released(const struct table *before, const struct table *after);

/* The host of that text, in whichever case; NULL: it is not among them. */
const struct pool_host *table_find_host(const struct table_hosts *hosts, const char *text);

/*
 * With what to log in to the host of that text, in whichever case; NULL: there is nothing. For Sendmail a
 * name has no brackets.
 */
const struct table_auth *table_login(const struct table *table, const char *text);

/* The TLS policy of the host of that text, in whichever case; NULL: there is none. */
const struct table_tls *table_policy(const struct table *table, const char *text);

/* True if nothing is sent without TLS at that level, whatever somebody on the way does. */
bool table_tls_encrypts(enum tls_level level);

/* The key of a host: of its name (or address) and port, whichever pool it is in. */
uint64_t table_host_key(const char *name, int port);

/* The key of a pool: of its name. */
uint64_t table_pool_key(const char *name);

/* True if some pool chooses by the sender: only then the sender is of interest. */
bool table_needs_sender(const struct table *table);

/* The word for an action in log, API and configuration: "pool", "dns", … */
const char *table_action_name(enum action action);

/* The same of a method: "round-robin", … */
const char *table_balance_name(enum balance balance);

#endif
