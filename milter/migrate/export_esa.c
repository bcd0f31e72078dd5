/* export_esa: the routes as SMTP routes of a Cisco ESA (AsyncOS)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/export_esa.h"
#include "core/nexthop.h"
#include "migrate/export_sheet.h"

#include <string.h>
#include <strings.h>

enum { SMTP_PORT = 25, ROUTES_MAX = 40000 };

static const char *const use[] = {
	"To use it, copy it into the folder \"configuration\" of the appliance; there",
	"\"smtproutes\", \"import\", the file's name, and \"commit\". It replaces the routes that",
	"are there.",
	"",
	"What such a file cannot express:",
	"- Weights: the appliance uses hosts of one priority in turn, by connections.",
	"- Rules, routes of single addresses, and the actions reject and defer: mail of these",
	"  goes by the next route that fits.",
	"- Transports: the appliance speaks SMTP.",
	NULL,
};

/* A host name is bracketed, or its MX records are looked up; of an address a port needs brackets. */
static void put_host(FILE *to, const struct pool_host *host)
{
	bool has_port = host->port != SMTP_PORT;
	bool is_bracketed = host->kind == HOST_NAME ? host->lookup == LOOKUP_HOST
						    : host->kind == HOST_IPV6 && has_port;

	fprintf(to, is_bracketed ? "[%s]" : "%s", host->name);
	if (has_port)
		fprintf(to, ":%d", host->port);
	fprintf(to, "/pri=%d", host->priority);
}

static void put_hosts(struct export_sheet *sheet, const struct pool *pool)
{
	for (int i = 0; i < pool->host_count; i++) {
		if (i > 0)
			fputc(',', sheet->to);
		put_host(sheet->to, &pool->hosts[i]);
	}
}

/* Address literals of mail are plain addresses there. */
static void put_key(FILE *to, const char *match)
{
	static const char tag[] = "[ipv6:";

	if (*match != '[')
		fputs(match, to);
	else if (strncasecmp(match, tag, strlen(tag)) == 0)
		fprintf(to, "%.*s", (int)(strlen(match) - strlen(tag) - 1), match + strlen(tag));
	else
		fprintf(to, "%.*s", (int)(strlen(match) - 2), match + 1);
}

static bool is_said(struct export_sheet *sheet, const struct route *route)
{
	enum export_key key = export_sheet_key(route->match);

	if (key == EXPORT_KEY_ADDRESS || key == EXPORT_KEY_LOCAL)
		export_sheet_leave(sheet, route->file, route->line,
			"match \"%s\": SMTP routes have no addresses, it goes as its domain does",
			route->match);
	else if (route->action == ACTION_REJECT || route->action == ACTION_DEFER)
		export_sheet_leave(sheet, route->file, route->line,
			"match \"%s\": action = \"%s\" is not an SMTP route; refuse it in the RAT",
			route->match, table_action_name(route->action));
	else if (route->action == ACTION_POOL &&
		 nexthop_is_alone(&sheet->conf->table.pools[route->pool]))
		export_sheet_leave(sheet, route->file, route->line,
			"match \"%s\": pool %s is a Unix socket, which is not an SMTP route",
			route->match, sheet->conf->table.pools[route->pool].name);
	else
		return true;
	return false;
}

static void put_row(struct export_sheet *sheet, const struct route *route)
{
	put_key(sheet->to, route->match);
	fputc(' ', sheet->to);
	if (route->action == ACTION_POOL)
		put_hosts(sheet, export_sheet_pool(sheet, &sheet->conf->table.pools[route->pool]));
	else
		fputs(route->action == ACTION_DNS ? "USEDNS" : "/dev/null", sheet->to);
	fputc('\n', sheet->to);
}

/* It speaks SMTP, whatever the transport is called. */
static void leave_transports(struct export_sheet *sheet)
{
	const struct table *table = &sheet->conf->table;
	const char *own = table->mta == TABLE_SENDMAIL ? "esmtp" : "smtp";

	for (size_t i = 0; i < table->pool_count; i++)
		if (sheet->used[i] && strcmp(table->pools[i].transport, own) != 0)
			export_sheet_leave(sheet, table->pools[i].file, table->pools[i].line,
				"pool %s: transport %s is not in the file", table->pools[i].name,
				table->pools[i].transport);
}

int export_esa(const struct conf *conf, FILE *to, size_t *left_out)
{
	struct export_sheet *sheet = export_sheet_new(conf, to, conf->table.mta);

	if (sheet == NULL)
		return -1;
	export_sheet_note(sheet, "SMTP routes for AsyncOS: the routes of %s", conf->path);
	export_sheet_lines(sheet, use);
	if (conf->table.route_count > ROUTES_MAX)
		export_sheet_note(sheet, "%zu routes: the appliance accepts %d at most",
			conf->table.route_count, ROUTES_MAX);
	export_sheet_rules(sheet);
	leave_transports(sheet);
	export_sheet_pools(sheet, true);
	fputc('\n', to);
	export_sheet_routes(sheet, is_said, put_row);
	*left_out = sheet->left_out;
	export_sheet_free(sheet);
	return 0;
}
