/* export_sendmail: the routes as a mailertable for Sendmail
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/export_sendmail.h"
#include "migrate/export_sheet.h"

#include <string.h>

enum { SMTP_PORT = 25 };

static const char *const use[] = {
	"A fallback for when the daemon is away. To use it, as root:",
	"",
	"  milterctl export sendmail >/etc/mail/nexthop_mailertable",
	"  makemap hash /etc/mail/nexthop_mailertable </etc/mail/nexthop_mailertable",
	"",
	"In sendmail.mc take out the INPUT_MAIL_FILTER of nexthop-milter, and put",
	"",
	"  FEATURE(`nexthop', `static')dnl",
	"  FEATURE(`mailertable', `hash -o /etc/mail/nexthop_mailertable')dnl",
	"",
	"in the place of FEATURE(`nexthop'). `static' has mail that is in the queue already go by",
	"this table, too: without it Sendmail would bounce recipients in .nexthop. Then",
	"",
	"  make -C /etc/mail && systemctl restart sendmail",
	"",
	"What such a table cannot express:",
	"- Health: a host that is down is tried, and then the next ones. What milterctl has",
	"  drained is in the lists.",
	"- Turns and weights: among hosts of one priority Sendmail chooses by chance.",
	"- Rules, and routes of single addresses.",
	"- Local domains (class w): Sendmail delivers them itself, whatever \".\" says.",
	NULL,
};

/* ---- hosts */

/* A mailer has one port. */
static int port_of(const struct pool *pool)
{
	return nexthop_is_smtp_mailer(pool->transport) ? SMTP_PORT : pool->hosts[0].port;
}

/* Whether so many octets of hosts are as much as Sendmail keeps. */
static bool has_room(size_t length)
{
	return length <= NEXTHOP_SENDMAIL_MAX;
}

/*
 * "esmtp:[a],[b]:[c]", as much of it as Sendmail keeps and the mailer reaches. Gives how many hosts of
 * the pool are in it.
 */
static int list_hosts(const struct pool *pool, char out[NEXTHOP_MAX])
{
	const struct pool_host *last = NULL;
	size_t mailer = strlen(pool->transport) + 1;
	size_t used = mailer - 1;
	int count = 0;

	memcpy(out, pool->transport, used + 1);
	for (int i = 0; i < pool->host_count; i++) {
		const struct pool_host *host = &pool->hosts[i];
		size_t length = strlen(host->nexthop);

		if (host->port != port_of(pool) || host->kind == HOST_UNIX)
			continue;
		if (!has_room(used + 1 + length - mailer))
			break;
		out[used] = last != NULL && last->priority == host->priority ? ',' : ':';
		memcpy(out + used + 1, host->nexthop, length + 1);
		used += 1 + length;
		last = host;
		count++;
	}
	return count;
}

/* What of the hosts of its pools has no place in the table. */
static void leave_hosts(struct export_sheet *sheet)
{
	const struct table *table = &sheet->conf->table;
	char list[NEXTHOP_MAX];

	for (size_t i = 0; i < table->pool_count; i++) {
		const struct pool *pool = &table->pools[i];
		int reached = 0;
		int listed;

		if (!sheet->used[i])
			continue;
		pool = export_sheet_pool(sheet, pool);
		for (int k = 0; k < pool->host_count; k++) {
			const struct pool_host *host = &pool->hosts[k];

			reached += host->port == port_of(pool) && host->kind != HOST_UNIX;
			if (host->kind == HOST_UNIX)
				export_sheet_leave(sheet, host->file, host->line,
					"pool %s, host %s: Sendmail has no Unix sockets there",
					pool->name, host->name);
			else if (host->port != port_of(pool))
				export_sheet_leave(sheet, host->file, host->line,
					"pool %s, host %s: its port %d is not that of mailer %s",
					pool->name, host->name, host->port, pool->transport);
		}
		listed = list_hosts(pool, list);
		if (listed < reached)
			export_sheet_leave(sheet, pool->file, pool->line,
				"pool %s: Sendmail keeps %d octets of hosts, and only the first %d "
				"fit",
				pool->name, NEXTHOP_SENDMAIL_MAX, listed);
	}
}

/* ---- routes */

/*
 * What a domain goes by without the row of MATCH: the route of its nearest parent that has one, or
 * ALL's.
 */
static const struct route *route_above(const struct table *table, const char *match)
{
	const char *parent = strchr(match + 1, '.');
	struct address address;

	table_address_of(&address, parent == NULL ? "ALL" : parent);
	return table_lookup(table, &address);
}

/*
 * By DNS, where another row would have the domain. A key stands for itself as %0, what is before a
 * parent as %1.
 */
static void put_dns(struct export_sheet *sheet, const struct route *route)
{
	const struct route *above = strcmp(route->match, "ALL") == 0
					    ? NULL
					    : route_above(&sheet->conf->table, route->match);

	if (above == NULL || above->action == ACTION_DNS)
		export_sheet_note(sheet, "%s: no row, so Sendmail's own routing", route->match);
	else if (*route->match == '.')
		fprintf(sheet->to, "%s\tesmtp:%%1%s\n", route->match, route->match);
	else
		fprintf(sheet->to, "%s\tesmtp:%%0\n", route->match);
}

/* In a value % is special. */
static void put_value(FILE *to, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '%')
			fputc('%', to);
		fputc(*value, to);
	}
	fputc('\n', to);
}

static void put_answer(struct export_sheet *sheet, const struct route *route)
{
	struct map_reply_route reply = export_sheet_reply(sheet, route);
	char nexthop[NEXTHOP_MAX];
	char out[MAP_REPLY_MAX];

	if (route->action == ACTION_POOL &&
		list_hosts(export_sheet_pool(sheet, &sheet->conf->table.pools[route->pool]),
			nexthop)) {
		reply.nexthop = nexthop;
	} else if (route->action == ACTION_POOL) {
		/* Not by DNS, and not lost. */
		reply.action = ACTION_DEFER;
		reply.code = "451";
		reply.enhanced = "4.3.5";
		reply.text = "The hosts of this route are where the mailer does not go";
	}
	fprintf(sheet->to, "%s\t", strcmp(route->match, "ALL") == 0 ? "." : route->match);
	put_value(sheet->to, export_sheet_value(out, MAP_REQUEST_MAILERTABLE, &reply));
}

/* How many routes need the mailer of nexthop.m4. */
static void note_discard(struct export_sheet *sheet)
{
	const struct table *table = &sheet->conf->table;

	for (size_t i = 0; i < table->route_count; i++)
		if (table->routes[i].action == ACTION_DISCARD) {
			export_sheet_note(
				sheet, "The mailer nexthop_discard is that of FEATURE(`nexthop').");
			return;
		}
}

/* What Sendmail never looks up in a mailertable. */
static bool is_said(struct export_sheet *sheet, const struct route *route)
{
	enum export_key key = export_sheet_key(route->match);

	if (key == EXPORT_KEY_ADDRESS || key == EXPORT_KEY_LOCAL)
		export_sheet_leave(sheet, route->file, route->line,
			"match \"%s\": a mailertable has no addresses, it goes as its domain does",
			route->match);
	else if (*route->match == '[')
		export_sheet_leave(sheet, route->file, route->line,
			"match \"%s\": Sendmail routes address literals before its mailertable",
			route->match);
	else
		return true;
	return false;
}

static void put_row(struct export_sheet *sheet, const struct route *route)
{
	if (route->action == ACTION_DNS)
		put_dns(sheet, route);
	else
		put_answer(sheet, route);
}

int export_sendmail(const struct conf *conf, FILE *to, size_t *left_out)
{
	struct export_sheet *sheet = export_sheet_new(conf, to, TABLE_SENDMAIL);

	if (sheet == NULL)
		return -1;
	export_sheet_note(sheet, "mailertable for Sendmail: the routes of %s", conf->path);
	export_sheet_lines(sheet, use);
	note_discard(sheet);
	if (conf->table.mta != TABLE_SENDMAIL)
		export_sheet_note(sheet,
			"%s is for Postfix: its transports smtp and relay are the mailer esmtp "
			"here, and others need mailers of their names in sendmail.mc",
			conf->path);
	export_sheet_rules(sheet);
	export_sheet_pools(sheet, true);
	leave_hosts(sheet);
	fputc('\n', to);
	export_sheet_routes(sheet, is_said, put_row);
	*left_out = sheet->left_out;
	export_sheet_free(sheet);
	return 0;
}
