/* map_reply: the words in which a map answers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_MAP_REPLY_H
#define CORE_MAP_REPLY_H

#include "core/map_request.h"
#include "core/table.h"

/*
 * "OK VALUE", "NOTFOUND ", with its space, or "PERM WHY" (socketmap_table(5) of Postfix, and
 * Sendmail's socket map). "TEMP WHY" is what a value gets that is longer than a reply may be: there
 * is none.
 */

enum { MAP_REPLY_MAX = NEXTHOP_MAX + 64 }; /* with its NUL */

enum map_reply_kind {
	MAP_REPLY_FOUND = 0,
	MAP_REPLY_NOT_FOUND = 1,
	MAP_REPLY_REFUSED = 2, /* no such map, no key, another MTA's map */
};

/* What the routes say of the key. */
struct map_reply_route {
	enum table_mta
		mta; /* for which the next hop is written: the maps of the other one say TEMP */
	enum action action;
	const char *nexthop; /* ACTION_POOL */
	const char *policy;  /* of the host, for the map tls; empty: it has none */
	const char *code;    /* ACTION_REJECT, ACTION_DEFER, as in struct route */
	const char *enhanced;
	const char *text;
};

/* Writes the reply to REQUEST, NUL-terminated, to OUT. */
enum map_reply_kind map_reply_write(char out[MAP_REPLY_MAX], const struct map_request *request,
	const struct map_reply_route *route);

#endif
