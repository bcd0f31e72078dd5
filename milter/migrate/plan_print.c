/* plan_print: a plan as a routes.cfg
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/plan_print.h"
#include "core/printable.h"

#include <string.h>

/* ---- pieces */

/* A string of libconfig, with its quotes. */
static void put_text(const char *text, FILE *to)
{
	putc('"', to);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', to);
		putc(*text, to);
	}
	putc('"', to);
}

/* "FILE:LINE", or "FILE". */
static void put_place(struct plan_place place, FILE *to)
{
	char shown[200];

	fprintf(to, "%s", printable_copy(shown, sizeof(shown), place.file));
	if (place.line > 0)
		fprintf(to, ":%d", place.line);
}

static void put_remarks(const char *head, const struct plan_list *remarks, FILE *to)
{
	if (remarks->count == 0)
		return;
	fprintf(to, "#\n# %s\n#\n", head);
	for (size_t i = 0; i < remarks->count; i++) {
		const struct plan_remark *remark = remarks->items[i];

		fprintf(to, "# ");
		put_place(remark->place, to);
		if (remark->text != NULL)
			fprintf(to, ": %s", remark->text);
		fprintf(to, ": %s\n", remark->why);
	}
}

/* ---- the top */

static const char postfix_top[] =
	"mta            = \"postfix\";\n"
	"\n"
	"# In Postfix's queue folder, where a chrooted smtpd finds them. Make theirs with:\n"
	"#   install -d -o nexthop-milter -g postfix -m 2750 /var/spool/postfix/nexthop-milter\n"
	"milter_socket  = \"unix:/var/spool/postfix/nexthop-milter/milter.sock\";\n"
	"map_socket     = \"unix:/var/spool/postfix/nexthop-milter/map.sock\";\n"
	"socket_group   = \"postfix\";\n";

static const char sendmail_top[] = "mta            = \"sendmail\";\n"
				   "milter_socket  = \"unix:/run/nexthop-milter/milter.sock\";\n"
				   "map_socket     = \"unix:/run/nexthop-milter/map.sock\";\n";

static void put_top(const struct plan *plan, const char *origin, FILE *to)
{
	char shown[400];

	fprintf(to,
		"# nexthop-milter: which hosts take which mail. See routes.cfg(5).\n"
		"# Made by: %s\n"
		"# Check this file with \"nexthop-milter -t\", put it in force with \"milterctl "
		"reload\".\n",
		printable_copy(shown, sizeof(shown), origin));
	put_remarks("Not carried over:", &plan->left, to);
	put_remarks("Carried over, but look at it:", &plan->notes, to);
	fprintf(to, "\n%s", plan->mta == TABLE_SENDMAIL ? sendmail_top : postfix_top);
	if (plan->delimiters != NULL && *plan->delimiters != '\0') {
		fprintf(to, "recipient_delimiter = ");
		put_text(plan->delimiters, to);
		fprintf(to, ";\n");
	}
	fprintf(to, "\n"
		    "# The MTA's log, from which the daemon learns how the hosts fare. Its user "
		    "has to be in the\n"
		    "# group systemd-journal, or adm for a file: log = \"/var/log/mail.log\" where "
		    "rsyslog writes\n"
		    "# that.\n"
		    "health = { log = \"journal\"; };\n");
}

/* ---- pools */

/* All hosts whose name is looked up go by MX. */
static bool is_all_mx(const struct plan_set *set)
{
	bool has_mx = false;

	for (int i = 0; i < set->host_count; i++) {
		bool is_name =
			strchr(set->hosts[i].name, ':') == NULL &&
			strspn(set->hosts[i].name, "0123456789.") != strlen(set->hosts[i].name);

		if (is_name && set->hosts[i].lookup != LOOKUP_MX)
			return false;
		has_mx |= set->hosts[i].lookup == LOOKUP_MX;
	}
	return has_mx;
}

/*
 * libconfig looks at all pools for each that it reads: tens of thousands would take it minutes. Among so
 * many, those of one route or rule stand there, in place.
 */
enum { POOLS_NAMED_MAX = 1000 };

static bool is_in_place(const struct plan *plan, const struct plan_set *set)
{
	return plan->sets.count > POOLS_NAMED_MAX && set->uses == 1 && set != plan->fallback;
}

static void put_host(const struct plan_host *host, bool is_all_mx, FILE *to)
{
	fprintf(to, "{ host = ");
	put_text(host->name, to);
	fprintf(to, ";");
	if (host->port != 0)
		fprintf(to, " port = %d;", host->port);
	if (host->priority != 0)
		fprintf(to, " priority = %d;", host->priority);
	if (host->weight > 1)
		fprintf(to, " weight = %d;", host->weight);
	if (host->lookup == LOOKUP_MX && !is_all_mx)
		fprintf(to, " lookup = \"mx\";");
	fprintf(to, " }");
}

/* The settings of a pool, parted by BETWEEN. */
static void put_settings(const struct plan_set *set, const char *between, FILE *to)
{
	bool is_mx = is_all_mx(set);

	if (set->transport != NULL) {
		fprintf(to, "transport = ");
		put_text(set->transport, to);
		fprintf(to, ";%s", between);
	}
	if (set->fallback != NULL)
		fprintf(to, "fallback = \"%s\";%s", set->fallback->name, between);
	if (is_mx)
		fprintf(to, "lookup = \"mx\";%s", between);
	fprintf(to, "hosts = ( ");
	for (int i = 0; i < set->host_count; i++) {
		put_host(&set->hosts[i], is_mx, to);
		fprintf(to, "%s", i + 1 < set->host_count ? ",\n              " : " );");
	}
}

static void put_pool(const struct plan_set *set, FILE *to)
{
	fprintf(to, "  # %zu %s, first at ", set->uses, set->uses == 1 ? "use" : "uses");
	put_place(set->place, to);
	fprintf(to, "\n  %s = {\n    ", set->name);
	put_settings(set, "\n    ", to);
	fprintf(to, "\n  };\n");
}

static void put_pools(const struct plan *plan, FILE *to)
{
	bool has_any = false;

	for (size_t i = 0; i < plan->sets.count; i++) {
		const struct plan_set *set = plan->sets.items[i];

		if (set->uses == 0 || is_in_place(plan, set))
			continue;
		if (!has_any)
			fprintf(to,
				"\n# Hosts of equal priority share the mail by weight; the next "
				"priority takes over when they fail.\npools = {\n");
		has_any = true;
		put_pool(set, to);
	}
	if (has_any)
		fprintf(to, "};\n");
}

/* ---- rules and routes */

static void put_target(const struct plan *plan, const struct plan_route *route, FILE *to)
{
	if (route->action == ACTION_POOL && is_in_place(plan, route->set))
		put_settings(route->set, " ", to);
	else if (route->action == ACTION_POOL)
		fprintf(to, "pool = \"%s\";", route->set->name);
	else
		fprintf(to, "action = \"%s\";", table_action_name(route->action));
	if (route->text != NULL && *route->text != '\0') {
		fprintf(to, " text = ");
		put_text(route->text, to);
		fprintf(to, ";");
	}
}

/* Those that have a route other than ALL. */
static bool put_routed(const struct plan *plan, FILE *to)
{
	bool has_any = false;

	for (size_t i = 0; i < plan->routes.count; i++) {
		const struct plan_route *route = plan->routes.items[i];

		if (strcmp(route->key, "ALL") == 0)
			continue;
		fprintf(to, has_any ? ",\n    "
				    : "  { name = \"routed\"; when = { recipient = [\n    ");
		put_text(route->match, to);
		has_any = true;
	}
	if (has_any)
		fprintf(to, " ]; };\n    action = \"continue\"; tag = \"routed\"; },\n");
	return has_any;
}

static bool has_exception(const struct plan *plan)
{
	for (size_t i = 0; i < plan->senders.count; i++)
		if (((const struct plan_route *)plan->senders.items[i])->action == ACTION_NONE)
			return true;
	return false;
}

static void put_rules(const struct plan *plan, FILE *to)
{
	bool has_tag;

	if (plan->senders.count == 0)
		return;
	fprintf(to, "\n# By the sender, for messages without a recipient that has a route of its "
		    "own. Rules "
		    "hold for mail\n"
		    "# that the milter sees: over SMTP, and by non_smtpd_milters what is submitted "
		    "locally; not for\n"
		    "# bounces, nor for mail that was queued before.\n"
		    "rules = (\n");
	has_tag = put_routed(plan, to);
	has_tag = has_exception(plan) || has_tag;
	for (size_t i = 0; i < plan->senders.count; i++) {
		const struct plan_route *route = plan->senders.items[i];
		bool is_exception = route->action == ACTION_NONE;

		fprintf(to, "  { name = \"sender-%zu\"; when = { sender = ", i + 1);
		put_text(route->match, to);
		fprintf(to, "; %s}; ",
			has_tag && !is_exception ? "not = { tag = \"routed\"; }; " : "");
		if (is_exception)
			fprintf(to, "action = \"continue\"; tag = \"routed\";");
		else
			put_target(plan, route, to);
		fprintf(to, " }%s\n", i + 1 < plan->senders.count ? "," : "");
	}
	fprintf(to, ");\n");
}

static void put_routes(const struct plan *plan, FILE *to)
{
	if (plan->routes.count == 0)
		return;
	fprintf(to, "\n# The most specific match wins, wherever it stands: address, domain, "
		    ".parent domain, ALL.\n"
		    "routes = (\n");
	for (size_t i = 0; i < plan->routes.count; i++) {
		const struct plan_route *route = plan->routes.items[i];

		fprintf(to, "  { match = ");
		put_text(route->match, to);
		fprintf(to, "; ");
		put_target(plan, route, to);
		fprintf(to, " }%s\n", i + 1 < plan->routes.count ? "," : "");
	}
	fprintf(to, ");\n");
}

void plan_print(const struct plan *plan, const char *origin, FILE *to)
{
	put_top(plan, origin, to);
	put_pools(plan, to);
	put_rules(plan, to);
	put_routes(plan, to);
}
