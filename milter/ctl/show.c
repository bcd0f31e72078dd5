/* show: the API's answers as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/show.h"
#include "core/endpoint.h"
#include "core/printable.h"
#include "ctl/columns.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHOWN_MAX = 2000 };

/* ---- members of an object */

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static long long number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* Foreign text, or "-". Valid until the next call. */
static const char *shown(const json_t *object, const char *name)
{
	static char out[SHOWN_MAX];
	const char *text = text_of(object, name);

	return printable_copy(out, sizeof(out), text == NULL || *text == '\0' ? "-" : text);
}

static void add_text(struct columns *columns, const json_t *object, const char *name)
{
	columns_add(columns, text_of(object, name));
}

static void add_number(struct columns *columns, const json_t *object, const char *name)
{
	const json_t *number = json_object_get(object, name);

	if (json_is_integer(number))
		columns_add_number(columns, json_integer_value(number));
	else
		columns_add(columns, NULL);
}

static void add_endpoint(struct columns *columns, const json_t *object)
{
	const char *host = text_of(object, "host");
	char text[ENDPOINT_TEXT_MAX];

	columns_add(columns,
		host == NULL ? NULL : endpoint_format(text, host, (int)number_of(object, "port")));
}

/* The API's UTC as local time: "2026-01-31 12:00:00". */
static void add_time(struct columns *columns, const json_t *object, const char *name)
{
	const char *text = text_of(object, name);
	struct tm utc = {.tm_isdst = 0};
	struct tm local;
	time_t seconds;
	char out[64];

	if (text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc) == NULL) {
		columns_add(columns, text);
		return;
	}
	seconds = timegm(&utc);
	localtime_r(&seconds, &local);
	strftime(out, sizeof(out), "%Y-%m-%d %H:%M:%S", &local);
	columns_add(columns, out);
}

static void add_share(struct columns *columns, double share)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f%%", 100 * share);
	columns_add(columns, text);
}

static void finish(struct columns *columns, const char *indent)
{
	columns_print(columns, indent, stdout);
	columns_free(columns);
}

/* ---- answers */

static void show_log(const json_t *answer)
{
	const json_t *log = json_object_get(answer, "log");
	const json_t *observations = json_object_get(answer, "observations");
	bool is_on = text_of(log, "source") != NULL && strcmp(text_of(log, "source"), "none") != 0;

	printf("log          %s", shown(log, "source"));
	if (is_on && !json_is_true(json_object_get(log, "readable")))
		printf(": CANNOT BE READ: %s", shown(log, "error"));
	else if (is_on)
		printf(", %lld lines, the last at %s%s", number_of(log, "lines"),
			shown(log, "last_line"),
			json_is_true(json_object_get(log, "behind")) ? ", more to read" : "");
	printf("\nlearned      %lld times of hosts, %lld times of others\n",
		number_of(observations, "hosts"), number_of(observations, "strangers"));
}

void show_status(const json_t *answer)
{
	const json_t *reload = json_object_get(answer, "reload");
	const json_t *messages = json_object_get(answer, "messages");
	const json_t *recipients = json_object_get(answer, "recipients");
	const json_t *milter = json_object_get(answer, "milter");
	const json_t *sockets = json_object_get(answer, "sockets");
	size_t i;
	json_t *step;

	printf("nexthop-milter %s, process %lld\n", shown(answer, "version"),
		number_of(answer, "pid"));
	printf("started      %s\n", shown(answer, "started"));
	printf("config       %s\n", shown(answer, "config"));
	printf("mta          %s\n", shown(answer, "mta"));
	printf("state file   %s\n", shown(answer, "state_file"));
	printf("milter       %s\n", shown(sockets, "milter"));
	printf("control      %s\n", shown(sockets, "control"));
	printf("status       %s\n", shown(sockets, "status"));
	printf("table        %lld pools, %lld hosts, %lld routes\n", number_of(answer, "pools"),
		number_of(answer, "hosts"), number_of(answer, "routes"));
	if (text_of(reload, "time") == NULL)
		printf("reload       none yet\n");
	else
		printf("reload       %s, %s\n", shown(reload, "time"),
			json_is_true(json_object_get(reload, "ok"))
				? "good"
				: "FAILED: the configuration before it is in force");
	printf("messages     %lld: %lld routed, %lld unrouted, %lld mixed, %lld discarded,"
	       " %lld faults\n",
		number_of(messages, "total"), number_of(messages, "routed"),
		number_of(messages, "unrouted"), number_of(messages, "mixed"),
		number_of(messages, "discarded"), number_of(messages, "faults"));
	printf("recipients   %lld rejected, %lld deferred, %lld put off\n",
		number_of(recipients, "rejected"), number_of(recipients, "deferred"),
		number_of(recipients, "put_off"));
	printf("connections  %lld, %lld messages in flight\n", number_of(milter, "sessions"),
		number_of(milter, "in_flight"));
	show_log(answer);
	printf("asks for    ");
	json_array_foreach (json_object_get(milter, "steps"), i, step)
		printf(" %s", json_is_string(step) ? json_string_value(step) : "-");
	printf("\n");
}

static void show_pool(const json_t *pool)
{
	const json_t *hosts = json_object_get(pool, "hosts");
	long long messages = number_of(pool, "messages");
	struct columns *columns =
		columns_new("HOST|>PRIORITY|>WEIGHT|STATE|SINCE|UNTIL|>FIRST|>SHARE|>LISTED");
	const char *hash_on = text_of(pool, "hash_on");
	size_t i;
	json_t *host;

	printf("%s", shown(pool, "pool"));
	printf(": %s", shown(pool, "transport"));
	printf(", %s", shown(pool, "balance"));
	printf("%s%s", hash_on == NULL ? "" : " on ", hash_on == NULL ? "" : hash_on);
	printf(", all deferred: %s", shown(pool, "all_deferred"));
	printf(", %lld messages, %s\n", messages, shown(pool, "source"));
	json_array_foreach (hosts, i, host) {
		add_endpoint(columns, host);
		add_number(columns, host, "priority");
		add_number(columns, host, "weight");
		add_text(columns, host, "state");
		add_time(columns, host, "since");
		add_time(columns, host, "until");
		add_number(columns, host, "first");
		add_share(columns,
			messages == 0 ? 0 : (double)number_of(host, "first") / (double)messages);
		add_number(columns, host, "listed");
	}
	finish(columns, "  ");
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
	char text[SHOWN_MAX] = "";
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
		add_endpoint(columns, host);
		add_text(columns, host, "state");
		add_time(columns, host, "since");
		add_time(columns, host, "until");
		add_text(columns, host, "reason");
		add_number(columns, host, "failures");
		add_number(columns, host, "first");
		add_number(columns, host, "attempts");
		add_number(columns, host, "delivered");
		add_number(columns, host, "deferred");
		add_time(columns, host, "last_success");
		add_names(columns, json_object_get(host, "pools"));
		add_text(columns, host, "text");
	}
	finish(columns, "");
}

/* The pool, or the action with its reply. */
static void add_target(struct columns *columns, const json_t *route)
{
	const char *pool = text_of(route, "pool");

	columns_add(columns, text_of(route, "action"));
	columns_add(columns, pool != NULL ? pool : text_of(route, "reply"));
}

void show_routes(const json_t *answer)
{
	struct columns *columns = columns_new("MATCH|ACTION|POOL OR REPLY|SOURCE");
	size_t i;
	json_t *route;

	json_array_foreach (json_object_get(answer, "routes"), i, route) {
		add_text(columns, route, "match");
		add_target(columns, route);
		add_text(columns, route, "source");
	}
	finish(columns, "");
}

void show_explain(const json_t *answer)
{
	const json_t *candidates = json_object_get(answer, "candidates");
	bool has_match = text_of(answer, "match") != NULL;
	struct columns *columns;
	size_t i;
	json_t *host;

	printf("recipient  %s\n", shown(answer, "recipient"));
	printf("match      %s", has_match ? shown(answer, "match") : "none");
	if (has_match)
		printf(" (%s)", shown(answer, "source"));
	printf("\naction     %s\n",
		has_match ? shown(answer, "action") : "none: left to the MTA's own routing");
	if (text_of(answer, "reply") != NULL)
		printf("reply      %s\n", shown(answer, "reply"));
	if (text_of(answer, "pool") == NULL)
		return;
	printf("pool       %s\n", shown(answer, "pool"));
	if (strcmp(text_of(answer, "pool"), shown(answer, "takes")) != 0)
		printf("fallback   %s: no host of that pool is usable\n", shown(answer, "takes"));
	columns = columns_new(">ORDER|HOST|>PRIORITY|>WEIGHT|STATE");
	json_array_foreach (candidates, i, host) {
		columns_add_number(columns, (long long)i + 1);
		add_endpoint(columns, host);
		add_number(columns, host, "priority");
		add_number(columns, host, "weight");
		add_text(columns, host, "state");
	}
	finish(columns, "  ");
	printf("next hop   %s\n",
		text_of(answer, "nexthop") == NULL ? "-" : text_of(answer, "nexthop"));
}

void show_simulation(const json_t *answer)
{
	struct columns *columns;
	size_t i;
	json_t *host;

	if (text_of(answer, "pool") == NULL) {
		printf("no pool: action %s\n", shown(answer, "action"));
		return;
	}
	printf("%lld messages to ", number_of(answer, "count"));
	printf("%s, pool ", shown(answer, "recipient"));
	printf("%s\n", shown(answer, "pool"));
	columns = columns_new("HOST|>FIRST|>SHARE");
	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		add_endpoint(columns, host);
		add_number(columns, host, "first");
		add_share(columns, json_number_value(json_object_get(host, "share")));
	}
	finish(columns, "  ");
}

static void print_event(const json_t *event)
{
	const char *text = text_of(event, "text");

	printf("%s  ", shown(event, "time"));
	printf("%s", shown(event, "event"));
	if (text_of(event, "host") != NULL) {
		char host[ENDPOINT_TEXT_MAX];

		endpoint_format(host, text_of(event, "host"), (int)number_of(event, "port"));
		printf("  host=%s ", host);
		printf("%s->", shown(event, "from"));
		printf("%s ", shown(event, "to"));
		printf("reason=%s failures=%lld delivered=%lld", shown(event, "reason"),
			number_of(event, "failures"), number_of(event, "delivered"));
	}
	if (text != NULL && *text != '\0')
		printf("  %s", shown(event, "text"));
	if (text_of(event, "until") != NULL)
		printf("  until %s", shown(event, "until"));
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
		const char *text = text_of(host, "host");

		endpoint_format(name, text == NULL ? "-" : text, (int)number_of(host, "port"));
		printf("%s is %s", name, shown(host, "state"));
		if (text_of(host, "until") != NULL)
			printf(" until %s", shown(host, "until"));
		printf("\n");
	}
}

void show_faults(const json_t *answer, FILE *to)
{
	size_t i;
	json_t *fault;

	json_array_foreach (json_object_get(answer, "faults"), i, fault) {
		fprintf(to, "%s:", shown(fault, "file"));
		if (number_of(fault, "line") > 0)
			fprintf(to, "%lld:", number_of(fault, "line"));
		fprintf(to, " %s%s\n",
			json_is_true(json_object_get(fault, "warning")) ? "warning: " : "",
			shown(fault, "text"));
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
			add_text(pools, pool, "pool");
			add_number(pools, pool, "messages");
			add_time(pools, pool, "left");
			add_endpoint(pools, host);
			add_number(pools, host, "first");
			add_number(pools, host, "listed");
			add_number(pools, host, "credit");
		}
	}
	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		add_endpoint(hosts, host);
		add_text(hosts, host, "state");
		add_time(hosts, host, "since");
		add_time(hosts, host, "until");
		add_text(hosts, host, "reason");
		add_time(hosts, host, "left");
		add_text(hosts, host, "text");
	}
	finish(pools, "");
	printf("\n");
	finish(hosts, "");
}
