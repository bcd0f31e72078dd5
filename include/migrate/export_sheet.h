/* export_sheet: a table for another program, as it is being written
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_EXPORT_SHEET_H
#define MIGRATE_EXPORT_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"
#include "core/map_reply.h"
#include "core/nexthop.h"
#include "core/table.h"

/*
 * What the exporters have in common: pools as a static table can have them, and comments for what it
 * cannot say, each with the place in the configuration. Comments are masked and stand on one line.
 *
 * A static table knows no health and no turn. Its lists are those that a daemon without a past gives
 * to the first message: candidates.h and nexthop.h make them.
 */

struct export_sheet {
	const struct conf *conf;
	FILE *to;
	enum table_mta mta; /* for which hosts are written, whatever the configuration's is */
	bool *used;	    /* pools that a route leads to */
	size_t left_out;    /* comments of export_sheet_leave() */
	/* What export_sheet_pool() gave last, and its memory. */
	struct pool pool;
	struct pool_host hosts[POOL_HOSTS_MAX];
	char texts[POOL_HOSTS_MAX][NEXTHOP_HOST_MAX];
};

/* What a match is of. */
enum export_key {
	EXPORT_KEY_ADDRESS = 0,
	EXPORT_KEY_LOCAL = 1, /* a local part alone that is no domain */
	EXPORT_KEY_DOMAIN = 2,
	EXPORT_KEY_PARENT = 3, /* ".example.com" */
	EXPORT_KEY_ALL = 4,
};

/* NULL: out of memory. Goes by CONF and TO, which must live as long. */
struct export_sheet *export_sheet_new(const struct conf *conf, FILE *to, enum table_mta mta);
void export_sheet_free(struct export_sheet *sheet);

/* Lines of comment; those of LINES end with NULL. */
void export_sheet_lines(struct export_sheet *sheet, const char *const *lines);
void export_sheet_note(struct export_sheet *sheet, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "# FILE:LINE: TEXT": it is not in the table. */
void export_sheet_leave(struct export_sheet *sheet, const char *file, int line, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/*
 * PUT for each route that IS_SAID, after "# FILE:LINE: pool NAME" for those of one line of the
 * configuration.
 */
void export_sheet_routes(struct export_sheet *sheet,
	bool (*is_said)(struct export_sheet *sheet, const struct route *route),
	void (*put)(struct export_sheet *sheet, const struct route *route));

/* What the map replies for a route, but for the next hop of a pool. */
struct map_reply_route export_sheet_reply(
	const struct export_sheet *sheet, const struct route *route);

/* REPLY as MAP writes it, without "OK ". */
const char *export_sheet_value(
	char out[MAP_REPLY_MAX], enum map_request_map map, const struct map_reply_route *reply);

/*
 * POOL for the sheet's MTA: next hops in its form, its transport or mailer, and the hosts of the pools
 * that it falls back to at the end, in tiers of their own. Valid until the next call.
 */
const struct pool *export_sheet_pool(struct export_sheet *sheet, const struct pool *pool);

/* The text of one host for the sheet's MTA. */
void export_sheet_host(
	const struct export_sheet *sheet, const struct pool_host *host, char out[NEXTHOP_HOST_MAX]);

/* The whole next hop of what export_sheet_pool() gave, for Postfix. */
void export_sheet_nexthop(const struct pool *pool, char out[NEXTHOP_MAX]);

/* What no static table says of rules and of pools that routes lead to. HAS_TIERS: hosts of one priority
 * share the mail. */
void export_sheet_rules(struct export_sheet *sheet);
void export_sheet_pools(struct export_sheet *sheet, bool has_tiers);

enum export_key export_sheet_key(const char *match);

#endif
