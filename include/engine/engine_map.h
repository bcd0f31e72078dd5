/* engine_map: what the maps of the MTAs are answered
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_MAP_H
#define ENGINE_ENGINE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/address.h"
#include "core/map_reply.h"
#include "core/table.h"
#include "engine/engine.h"
#include "engine/view.h"

/*
 * An MTA asks several times for one recipient and keeps what it is told for a while: no answer
 * advances a rotation. The list starts with the host that the milter has chosen for that recipient
 * within the last minute (replay.h) or that its token names; else by the weighted hash of the
 * address. Health orders it as always. A host on trial that waits for a message is given to one
 * recipient, and stays its until the result is there. For the main thread.
 */

struct engine_map_answer {
	enum table_mta mta;		   /* for which the list is written */
	struct view_route route;	   /* ACTION_NONE: the table has no route for the key */
	char nexthop[NEXTHOP_MAX];	   /* ACTION_POOL: the list, in the form of the MTA */
	char policy[TABLE_POLICY_MAX + 1]; /* of a host: for TLS; empty: none */
};

/* Whom a key stands for. */
enum engine_map_key {
	ENGINE_MAP_RECIPIENT = 0, /* a recipient, or all those of a domain: mail follows */
	ENGINE_MAP_NOBODY = 1,	  /* asked for by way of precaution, as "*": no mail follows */
	ENGINE_MAP_EXPLAIN = 2,	  /* a person wants to know: no trial is given away */
};

/* The route of an address in its one form, as engine_route() takes it. */
void engine_map_address(struct engine *engine, const struct address *address,
	enum engine_map_key key, struct engine_map_answer *answer);

/* No route, for whoever has not even a key. */
void engine_map_nothing(struct engine *engine, struct engine_map_answer *answer);

/* The list of a token's pool, "POOL.POSITION" (token.h). No such pool: ACTION_NONE. */
void engine_map_token(struct engine *engine, const char *name, enum engine_map_key key,
	struct engine_map_answer *answer);

/*
 * The list of the pool of that name, for a recipient whose route is not in the table but in a
 * directory. No such pool: ACTION_NONE.
 */
void engine_map_pool(struct engine *engine, const char *name, const struct address *address,
	enum engine_map_key key, struct engine_map_answer *answer);

/* The TLS policy of the host of that text; and ACTION_NONE. */
void engine_map_policy(struct engine *engine, const char *text, struct engine_map_answer *answer);

/* What is looked up for a host that is logged in to. */
enum engine_map_secret {
	ENGINE_MAP_SASL = 0,	 /* Postfix: "USER:PASSWORD" */
	ENGINE_MAP_AUTHINFO = 1, /* Sendmail: the same, in the form of authinfo.h */
	ENGINE_MAP_AUTH =
		2, /* Sendmail: "encrypt", or "clear" where TLS is not needed; no password */
};

/* True if the next hops are those of the MTA that looks SECRET up. */
bool engine_map_has(struct engine *engine, enum engine_map_secret secret);

/*
 * Writes what SECRET is for the host of that text (table_login()) to OUT, which the caller wipes.
 * False: it has no login, or SIZE octets do not hold it; then OUT is empty or as it was.
 */
bool engine_map_login(struct engine *engine, enum engine_map_secret secret, const char *text,
	char *out, size_t size);

/*
 * Writes the reply to REQUEST to OUT. IS_ASKED: a person wants to know (ENGINE_MAP_EXPLAIN), else
 * mail follows.
 */
enum map_reply_kind engine_map_reply(
	struct engine *engine, struct map_request *request, bool is_asked, char out[MAP_REPLY_MAX]);

#endif
