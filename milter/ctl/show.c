/* show: the API's answers as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/show.h"
#include "ctl/check_health.h"
#include "ctl/columns.h"
#include "ctl/fields.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- answers */

/* Only those that there may be, if that is limited. */
static void show_descriptors(const json_t *descriptors)
{
	if (json_is_integer(json_object_get(descriptors, "limit")))
		printf("descriptors  %lld of %lld\n", fields_number(descriptors, "open"),
			fields_number(descriptors, "limit"));
	else
		printf("descriptors  %lld\n", fields_number(descriptors, "open"));
}

static void show_log(const json_t *answer)
{
	const json_t *log = json_object_get(answer, "log");
	const json_t *observations = json_object_get(answer, "observations");
	bool is_on = fields_text(log, "source") != NULL &&
		     strcmp(fields_text(log, "source"), "none") != 0;

	printf("log          %s",
		is_on ? fields_shown(log, "source") : "none: health.log is not set");
	if (is_on && !json_is_true(json_object_get(log, "readable")))
		printf(": CANNOT BE READ (health.log): %s", fields_shown(log, "error"));
	else if (is_on)
		printf(", %lld lines, the last at %s%s", fields_number(log, "lines"),
			fields_shown_time(log, "last_line"),
			json_is_true(json_object_get(log, "behind")) ? ", more to read" : "");
	if (is_on && fields_text(log, "not_understood") != NULL)
		printf("\n             NOT UNDERSTOOD: %s", fields_shown(log, "not_understood"));
	printf("\nevidence     %lld results of hosts, %lld of hosts in no pool\n",
		fields_number(observations, "hosts"), fields_number(observations, "strangers"));
}

/* OTHERWISE if there is none. */
static const char *socket_shown(const json_t *sockets, const char *name, const char *otherwise)
{
	return fields_text(sockets, name) == NULL ? otherwise : fields_shown(sockets, name);
}

static void show_map(const json_t *answer)
{
	const json_t *map = json_object_get(answer, "map");
	const json_t *sockets = json_object_get(answer, "sockets");

	printf("map          %s", socket_shown(sockets, "map", "none: map_socket is not set"));
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
		printf(" %s", fields_clean(word));
	printf("\n");
}

/* "1 pool", "2 pools": NAME is that of several. */
static void show_count(const json_t *answer, const char *name, const char *after)
{
	long long count = fields_number(answer, name);

	printf("%lld %.*s%s", count, (int)strlen(name) - (count == 1), name, after);
}

void show_debug(const json_t *answer)
{
	const json_t *debug = json_object_get(answer, "debug");
	char until[FIELDS_TIME_MAX], left[FIELDS_TIME_MAX];

	printf("debug        %s", json_is_true(json_object_get(debug, "on")) ? "on" : "off");
	if (*fields_time(debug, "until", until) != '\0')
		printf(" until %s, %s left", until, fields_left(debug, "until", left));
	else if (json_is_true(json_object_get(debug, "on")))
		printf(", since the start: --debug");
	printf("\n");
}

void show_status(const json_t *answer)
{
	const json_t *reload = json_object_get(answer, "reload");
	const json_t *messages = json_object_get(answer, "messages");
	const json_t *recipients = json_object_get(answer, "recipients");
	const json_t *milter = json_object_get(answer, "milter");
	const json_t *sockets = json_object_get(answer, "sockets");

	check_health_show(json_object_get(answer, "condition"));
	printf("nexthop-milter %s, process %lld\n", fields_shown(answer, "version"),
		fields_number(answer, "pid"));
	printf("started      %s\n", fields_shown_time(answer, "started"));
	printf("config       %s\n", fields_shown(answer, "config"));
	printf("mta          %s\n", fields_shown(answer, "mta"));
	printf("state file   %s\n", fields_shown(answer, "state_file"));
	printf("milter       %s\n", fields_shown(sockets, "milter"));
	show_map(answer);
	printf("control      %s\n", fields_shown(sockets, "control"));
	printf("status       %s\n",
		socket_shown(sockets, "status", "none: status_listen is not set"));
	printf("table        ");
	show_count(answer, "pools", ", ");
	show_count(answer, "hosts", ", ");
	show_count(answer, "routes", ", ");
	show_count(answer, "rules", "\n");
	if (fields_text(reload, "time") == NULL)
		printf("reload       none yet\n");
	else
		printf("reload       %s, %s\n", fields_shown_time(reload, "time"),
			json_is_true(json_object_get(reload, "ok"))
				? "good"
				: "FAILED: the configuration before it is in force");
	printf("messages     %lld: %lld routed, %lld unrouted, %lld mixed, %lld discarded,"
	       " %lld faults\n",
		fields_number(messages, "total"), fields_number(messages, "routed"),
		fields_number(messages, "unrouted"), fields_number(messages, "mixed"),
		fields_number(messages, "discarded"), fields_number(messages, "faults"));
	printf("recipients   told 5xx by a route %lld, 4xx by a route %lld, 4xx as all hosts are"
	       " deferred %lld, split off %lld\n",
		fields_number(recipients, "rejected"), fields_number(recipients, "deferred"),
		fields_number(recipients, "put_off"), fields_number(recipients, "split"));
	printf("connections  %lld, %lld messages in flight\n", fields_number(milter, "sessions"),
		fields_number(milter, "in_flight"));
	if (json_is_false(json_object_get(milter, "answers")))
		printf("milter       DOES NOT ANSWER since %s: no mail is accepted\n",
			fields_shown(milter, "silent_since"));
	show_descriptors(json_object_get(answer, "descriptors"));
	show_log(answer);
	show_debug(answer);
	show_words("asks for    ", json_object_get(milter, "steps"));
	if (json_array_size(json_object_get(milter, "macros")) > 0)
		show_words("macros      ", json_object_get(milter, "macros"));
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
	printf("%s, ", fields_shown(answer, "recipient"));
	if (fields_text(answer, "rule") != NULL)
		printf("rule %s, ", fields_shown(answer, "rule"));
	printf("pool ");
	printf("%s\n", fields_shown(answer, "pool"));
	columns = columns_new("HOST|>FIRST|>SHARE");
	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		fields_add_endpoint(columns, host);
		fields_add_number(columns, host, "first");
		fields_add_share(columns, json_number_value(json_object_get(host, "share")));
	}
	fields_print(columns, "  ");
}

void show_event(const json_t *event, FILE *to)
{
	const char *text = fields_text(event, "text");

	fprintf(to, "%s", fields_shown(event, "event"));
	if (fields_text(event, "host") != NULL) {
		char host[ENDPOINT_TEXT_MAX];

		fprintf(to, "  host=%s ", fields_endpoint(event, host));
		fprintf(to, "%s->", fields_shown(event, "from"));
		fprintf(to, "%s ", fields_shown(event, "to"));
		fprintf(to, "reason=%s failures=%lld delivered=%lld", fields_shown(event, "reason"),
			fields_number(event, "failures"), fields_number(event, "delivered"));
	}
	if (text != NULL && *text != '\0')
		fprintf(to, "  %s", fields_shown(event, "text"));
	if (fields_text(event, "until") != NULL)
		fprintf(to, "  until %s", fields_shown_time(event, "until"));
	if (fields_text(event, "by") != NULL)
		fprintf(to, "  by %s", fields_shown(event, "by"));
}

void show_events(const json_t *answer)
{
	size_t i;
	json_t *event;

	json_array_foreach (json_object_get(answer, "events"), i, event) {
		printf("%s  ", fields_shown_time(event, "time"));
		show_event(event, stdout);
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
	struct columns *hosts =
		columns_new("HOST|STATE|SINCE|UNTIL|REASON|LEFT|>PERCENT|DRAIN AT|TEXT");
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
		fields_add_number(hosts, host, "weight_percent");
		fields_add_time(hosts, host, "drain_at");
		fields_add_text(hosts, host, "text");
	}
	fields_print(pools, "");
	printf("\n");
	fields_print(hosts, "");
}
