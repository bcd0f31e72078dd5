/* show: the API's answers as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/show.h"
#include "core/endpoint.h"
#include "ctl/columns.h"
#include "ctl/fields.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- answers */

static void show_log(const json_t *answer)
{
	const json_t *log = json_object_get(answer, "log");
	const json_t *observations = json_object_get(answer, "observations");
	bool is_on = fields_text(log, "source") != NULL &&
		     strcmp(fields_text(log, "source"), "none") != 0;

	printf("log          %s", fields_shown(log, "source"));
	if (is_on && !json_is_true(json_object_get(log, "readable")))
		printf(": CANNOT BE READ: %s", fields_shown(log, "error"));
	else if (is_on)
		printf(", %lld lines, the last at %s%s", fields_number(log, "lines"),
			fields_shown(log, "last_line"),
			json_is_true(json_object_get(log, "behind")) ? ", more to read" : "");
	printf("\nlearned      %lld times of hosts, %lld times of others\n",
		fields_number(observations, "hosts"), fields_number(observations, "strangers"));
}

static void show_map(const json_t *answer)
{
	const json_t *map = json_object_get(answer, "map");
	const json_t *sockets = json_object_get(answer, "sockets");

	printf("map          %s", fields_shown(sockets, "map"));
	if (fields_text(sockets, "map") != NULL)
		printf(", %lld clients, %lld requests: %lld found, %lld not found, %lld refused",
			fields_number(map, "clients"), fields_number(map, "requests"),
			fields_number(map, "found"), fields_number(map, "not_found"),
			fields_number(map, "refused"));
	printf("\n");
}

/* Those that the MTA is asked for. */
static void show_words(const char *title, const json_t *words)
{
	size_t i;
	json_t *word;

	printf("%s", title);
	json_array_foreach (words, i, word)
		printf(" %s", json_is_string(word) ? json_string_value(word) : "-");
	printf("\n");
}

void show_status(const json_t *answer)
{
	const json_t *reload = json_object_get(answer, "reload");
	const json_t *messages = json_object_get(answer, "messages");
	const json_t *recipients = json_object_get(answer, "recipients");
	const json_t *milter = json_object_get(answer, "milter");
	const json_t *sockets = json_object_get(answer, "sockets");

	printf("nexthop-milter %s, process %lld\n", fields_shown(answer, "version"),
		fields_number(answer, "pid"));
	printf("started      %s\n", fields_shown(answer, "started"));
	printf("config       %s\n", fields_shown(answer, "config"));
	printf("mta          %s\n", fields_shown(answer, "mta"));
	printf("state file   %s\n", fields_shown(answer, "state_file"));
	printf("milter       %s\n", fields_shown(sockets, "milter"));
	show_map(answer);
	printf("control      %s\n", fields_shown(sockets, "control"));
	printf("status       %s\n", fields_shown(sockets, "status"));
	printf("table        %lld pools, %lld hosts, %lld routes, %lld rules\n",
		fields_number(answer, "pools"), fields_number(answer, "hosts"),
		fields_number(answer, "routes"), fields_number(answer, "rules"));
	if (fields_text(reload, "time") == NULL)
		printf("reload       none yet\n");
	else
		printf("reload       %s, %s\n", fields_shown(reload, "time"),
			json_is_true(json_object_get(reload, "ok"))
				? "good"
				: "FAILED: the configuration before it is in force");
	printf("messages     %lld: %lld routed, %lld unrouted, %lld mixed, %lld discarded,"
	       " %lld faults\n",
		fields_number(messages, "total"), fields_number(messages, "routed"),
		fields_number(messages, "unrouted"), fields_number(messages, "mixed"),
		fields_number(messages, "discarded"), fields_number(messages, "faults"));
	printf("recipients   %lld rejected, %lld deferred, %lld put off, %lld split off\n",
		fields_number(recipients, "rejected"), fields_number(recipients, "deferred"),
		fields_number(recipients, "put_off"), fields_number(recipients, "split"));
	printf("connections  %lld, %lld messages in flight\n", fields_number(milter, "sessions"),
		fields_number(milter, "in_flight"));
	show_log(answer);
	show_words("asks for    ", json_object_get(milter, "steps"));
	if (json_array_size(json_object_get(milter, "macros")) > 0)
		show_words("macros      ", json_object_get(milter, "macros"));
}

static void show_pool(const json_t *pool)
{
	const json_t *hosts = json_object_get(pool, "hosts");
	long long messages = fields_number(pool, "messages");
	struct columns *columns =
		columns_new("HOST|>PRIORITY|>WEIGHT|STATE|SINCE|UNTIL|>FIRST|>SHARE|>LISTED");
	const char *hash_on = fields_text(pool, "hash_on");
	size_t i;
	json_t *host;

	printf("%s", fields_shown(pool, "pool"));
	printf(": %s", fields_shown(pool, "transport"));
	printf(", %s", fields_shown(pool, "balance"));
	printf("%s%s", hash_on == NULL ? "" : " on ", hash_on == NULL ? "" : hash_on);
	printf(", all deferred: %s", fields_shown(pool, "all_deferred"));
	printf(", %lld messages, %s\n", messages, fields_shown(pool, "source"));
	json_array_foreach (hosts, i, host) {
		fields_add_endpoint(columns, host);
		fields_add_number(columns, host, "priority");
		fields_add_number(columns, host, "weight");
		fields_add_text(columns, host, "state");
		fields_add_time(columns, host, "since");
		fields_add_time(columns, host, "until");
		fields_add_number(columns, host, "first");
		fields_add_share(columns,
			messages == 0 ? 0
				      : (double)fields_number(host, "first") / (double)messages);
		fields_add_number(columns, host, "listed");
	}
	fields_print(columns, "  ");
}

void show_pools(const json_t *answer)
{
	size_t i;
	json_t *pool;

	json_array_foreach (json_object_get(answer, "pools"), i, pool)
		show_pool(pool);
}

/* Names parted by commas. */
static void add_names(struct columns *columns, const json_t *names)
{
	char text[FIELDS_SHOWN_MAX] = "";
	size_t used = 0;
	size_t i;
	json_t *name;

	json_array_foreach (names, i, name) {
		const char *one = json_string_value(name);
		size_t left = sizeof(text) - used;
		int written = snprintf(
			text + used, left, "%s%s", i == 0 ? "" : ",", one == NULL ? "-" : one);

		if (written < 0 || (size_t)written >= left) {
			memcpy(text + sizeof(text) - 4, "...", 4);
			break;
		}
		used += (size_t)written;
	}
	columns_add(columns, text);
}

void show_hosts(const json_t *answer)
{
	struct columns *columns =
		columns_new("HOST|STATE|SINCE|UNTIL|REASON|>FAILURES|>FIRST|>ATTEMPTS|>DELIVERED|"
			    ">DEFERRED|LAST SUCCESS|POOLS|TEXT");
	size_t i;
	json_t *host;

	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		fields_add_endpoint(columns, host);
		fields_add_text(columns, host, "state");
		fields_add_time(columns, host, "since");
		fields_add_time(columns, host, "until");
		fields_add_text(columns, host, "reason");
		fields_add_number(columns, host, "failures");
		fields_add_number(columns, host, "first");
		fields_add_number(columns, host, "attempts");
		fields_add_number(columns, host, "delivered");
		fields_add_number(columns, host, "deferred");
		fields_add_time(columns, host, "last_success");
		add_names(columns, json_object_get(host, "pools"));
		fields_add_text(columns, host, "text");
	}
	fields_print(columns, "");
}

/* The pool, or the action with its reply. */
static void add_target(struct columns *columns, const json_t *route)
{
	const char *pool = fields_text(route, "pool");

	columns_add(columns, fields_text(route, "action"));
	columns_add(columns, pool != NULL ? pool : fields_text(route, "reply"));
}

void show_routes(const json_t *answer)
{
	struct columns *columns = columns_new("MATCH|ACTION|POOL OR REPLY|SOURCE");
	size_t i;
	json_t *route;

	json_array_foreach (json_object_get(answer, "routes"), i, route) {
		fields_add_text(columns, route, "match");
		add_target(columns, route);
		fields_add_text(columns, route, "source");
	}
	fields_print(columns, "");
}

void show_simulation(const json_t *answer)
{
	struct columns *columns;
	size_t i;
	json_t *host;

	if (fields_text(answer, "pool") == NULL) {
		printf("no pool: action %s\n", fields_shown(answer, "action"));
		return;
	}
	printf("%lld messages to ", fields_number(answer, "count"));
	printf("%s, pool ", fields_shown(answer, "recipient"));
	printf("%s\n", fields_shown(answer, "pool"));
	columns = columns_new("HOST|>FIRST|>SHARE");
	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		fields_add_endpoint(columns, host);
		fields_add_number(columns, host, "first");
		fields_add_share(columns, json_number_value(json_object_get(host, "share")));
	}
	fields_print(columns, "  ");
}

static void print_event(const json_t *event)
{
	const char *text = fields_text(event, "text");

	printf("%s  ", fields_shown(event, "time"));
	printf("%s", fields_shown(event, "event"));
	if (fields_text(event, "host") != NULL) {
		char host[ENDPOINT_TEXT_MAX];

		endpoint_format(
			host, fields_text(event, "host"), (int)fields_number(event, "port"));
		printf("  host=%s ", host);
		printf("%s->", fields_shown(event, "from"));
		printf("%s ", fields_shown(event, "to"));
		printf("reason=%s failures=%lld delivered=%lld", fields_shown(event, "reason"),
			fields_number(event, "failures"), fields_number(event, "delivered"));
	}
	if (text != NULL && *text != '\0')
		printf("  %s", fields_shown(event, "text"));
	if (fields_text(event, "until") != NULL)
		printf("  until %s", fields_shown(event, "until"));
	printf("\n");
}

void show_events(const json_t *answer)
{
	size_t i;
	json_t *event;

	json_array_foreach (json_object_get(answer, "events"), i, event)
		print_event(event);
}

void show_changed(const json_t *answer)
{
	size_t i;
	json_t *host;

	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		char name[ENDPOINT_TEXT_MAX];
		const char *text = fields_text(host, "host");

		endpoint_format(name, text == NULL ? "-" : text, (int)fields_number(host, "port"));
		printf("%s is %s", name, fields_shown(host, "state"));
		if (fields_text(host, "until") != NULL)
			printf(" until %s", fields_shown(host, "until"));
		printf("\n");
	}
}

void show_faults(const json_t *answer, FILE *to)
{
	size_t i;
	json_t *fault;

	json_array_foreach (json_object_get(answer, "faults"), i, fault) {
		fprintf(to, "%s:", fields_shown(fault, "file"));
		if (fields_number(fault, "line") > 0)
			fprintf(to, "%lld:", fields_number(fault, "line"));
		fprintf(to, " %s%s\n",
			json_is_true(json_object_get(fault, "warning")) ? "warning: " : "",
			fields_shown(fault, "text"));
	}
}

void show_state(const json_t *answer)
{
	struct columns *pools = columns_new("POOL|>MESSAGES|LEFT|HOST|>FIRST|>LISTED|>CREDIT");
	struct columns *hosts = columns_new("HOST|STATE|SINCE|UNTIL|REASON|LEFT|TEXT");
	size_t i, k;
	json_t *pool, *host;

	json_array_foreach (json_object_get(answer, "pools"), i, pool) {
		json_array_foreach (json_object_get(pool, "hosts"), k, host) {
			fields_add_text(pools, pool, "pool");
			fields_add_number(pools, pool, "messages");
			fields_add_time(pools, pool, "left");
			fields_add_endpoint(pools, host);
			fields_add_number(pools, host, "first");
			fields_add_number(pools, host, "listed");
			fields_add_number(pools, host, "credit");
		}
	}
	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		fields_add_endpoint(hosts, host);
		fields_add_text(hosts, host, "state");
		fields_add_time(hosts, host, "since");
		fields_add_time(hosts, host, "until");
		fields_add_text(hosts, host, "reason");
		fields_add_time(hosts, host, "left");
		fields_add_text(hosts, host, "text");
	}
	fields_print(pools, "");
	printf("\n");
	fields_print(hosts, "");
}
