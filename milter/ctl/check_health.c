/* check_health: one line and an exit status for monitoring systems
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/check_health.h"
#include "core/printable.h"
#include "ctl/answer.h"
#include "ctl/fields.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const words[] = {
	[CHECK_HEALTH_OK] = "OK",
	[CHECK_HEALTH_WARNING] = "WARNING",
	[CHECK_HEALTH_CRITICAL] = "CRITICAL",
	[CHECK_HEALTH_UNKNOWN] = "UNKNOWN",
};

static int level_of(const json_t *condition)
{
	const char *status = fields_text(condition, "status");

	if (status == NULL)
		return CHECK_HEALTH_UNKNOWN;
	if (strcmp(status, "ok") == 0)
		return CHECK_HEALTH_OK;
	if (strcmp(status, "degraded") == 0)
		return CHECK_HEALTH_WARNING;
	return strcmp(status, "failed") == 0 ? CHECK_HEALTH_CRITICAL : CHECK_HEALTH_UNKNOWN;
}

/* A bar would begin the counters. */
static void print_text(const char *text, FILE *to)
{
	char shown[FIELDS_SHOWN_MAX];

	printable_copy(shown, sizeof(shown), text == NULL ? "-" : text);
	for (char *at = shown; (at = strchr(at, '|')) != NULL;)
		*at = '/';
	fputs(shown, to);
}

static void print_reasons(const json_t *condition, FILE *to)
{
	size_t i;
	json_t *reason;

	json_array_foreach (json_object_get(condition, "reasons"), i, reason) {
		fputs(i == 0 ? "" : "; ", to);
		print_text(fields_text(reason, "text"), to);
	}
	if (fields_number(condition, "more") > 0)
		fprintf(to, "; and %lld more", fields_number(condition, "more"));
}

int check_health_print_why(const json_t *condition, FILE *to)
{
	const json_t *hosts = json_object_get(condition, "hosts");
	int level = level_of(condition);

	if (level == CHECK_HEALTH_UNKNOWN)
		fputs("the daemon does not say how it is", to);
	else if (level == CHECK_HEALTH_OK)
		fprintf(to, "%lld of %lld hosts up", fields_number(hosts, "up"),
			fields_number(hosts, "total"));
	else
		print_reasons(condition, to);
	return level;
}

static int print_line(const json_t *answer)
{
	const json_t *condition = json_object_get(answer, "condition");
	const json_t *hosts = json_object_get(condition, "hosts");
	const json_t *messages = json_object_get(answer, "messages");
	int level = level_of(condition);

	printf("NEXTHOP %s - ", words[level]);
	check_health_print_why(condition, stdout);
	if (level == CHECK_HEALTH_UNKNOWN) {
		printf("\n");
		return level;
	}
	printf(" | up=%lld deferred=%lld trial=%lld drained=%lld spent=%lld "
	       "messages=%lldc routed=%lldc\n",
		fields_number(hosts, "up"), fields_number(hosts, "deferred"),
		fields_number(hosts, "trial"), fields_number(hosts, "drained"),
		fields_number(hosts, "spent"), fields_number(messages, "total"),
		fields_number(messages, "routed"));
	return level;
}

static int print_no_daemon(const char *socket)
{
	int level = CHECK_HEALTH_CRITICAL;
	const char *why = "nobody answers";

	if (access(socket, R_OK | W_OK) == -1) {
		/* It may be well: that cannot be seen from here. */
		if (errno == EACCES)
			level = CHECK_HEALTH_UNKNOWN;
		why = strerror(errno);
	}
	printf("NEXTHOP %s - no daemon at ", words[level]);
	print_text(socket, stdout);
	printf(": %s\n", why);
	return level;
}

int check_health_run(struct client *client, const char *socket, bool is_json)
{
	json_t *answer;
	int result, level = CHECK_HEALTH_UNKNOWN;

	client_be_quiet(client, true);
	client_begin(client, "/v1/status");
	result = client_send(client, CLIENT_GET, &answer);
	if (answer != NULL && is_json) {
		answer_print(json_object_get(answer, "condition"), JSON_INDENT(2));
		level = level_of(json_object_get(answer, "condition"));
	} else if (answer != NULL) {
		level = print_line(answer);
	} else if (result == CLIENT_NO_DAEMON || access(socket, R_OK | W_OK) == -1) {
		level = print_no_daemon(socket);
	} else {
		printf("NEXTHOP UNKNOWN - the daemon refuses to answer\n");
	}
	json_decref(answer);
	return level;
}

void check_health_show(const json_t *condition)
{
	size_t i;
	json_t *reason;

	printf("%s\n", fields_shown(condition, "status"));
	json_array_foreach (json_object_get(condition, "reasons"), i, reason)
		printf("  %s\n", fields_shown(reason, "text"));
	if (fields_number(condition, "more") > 0)
		printf("  and %lld more\n", fields_number(condition, "more"));
}

void check_health_warn(const json_t *condition)
{
	size_t i;
	json_t *reason;

	json_array_foreach (json_object_get(condition, "reasons"), i, reason)
		fields_warn(fields_text(reason, "text"));
}

bool check_health_is_ok(const json_t *condition)
{
	return level_of(condition) == CHECK_HEALTH_OK;
}
