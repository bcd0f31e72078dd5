/* verbs: what milterctl can do
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/verbs.h"
#include "core/decimal.h"
#include "core/duration.h"
#include "core/endpoint.h"
#include "core/health.h"
#include "core/moment.h"
#include "ctl/answer.h"
#include "ctl/check_health.h"
#include "ctl/diff.h"
#include "ctl/doctor.h"
#include "ctl/events.h"
#include "ctl/explain.h"
#include "ctl/export.h"
#include "ctl/fields.h"
#include "ctl/flush.h"
#include "ctl/import.h"
#include "ctl/local.h"
#include "ctl/parse_log.h"
#include "ctl/routes.h"
#include "ctl/show.h"
#include "ctl/show_hosts.h"
#include "ctl/show_rules.h"
#include "ctl/trace.h"
#include "ctl/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { CHANGED_MAX = 100 };

/* ---- what is */

/* Sends a GET and shows the answer, as it is or by SHOW; *ANSWER is the caller's to drop. */
static int get_and_keep(const struct verb_call *call, const char *path,
	void (*show)(const json_t *answer), json_t **answer)
{
	int result;

	client_begin(call->client, path);
	result = client_send(call->client, CLIENT_GET, answer);
	if (*answer != NULL && call->is_json)
		answer_print(*answer, JSON_INDENT(2));
	else if (*answer != NULL)
		show(*answer);
	return result;
}

/* What is wrong is no success. */
static int run_status(const struct verb_call *call)
{
	json_t *answer;
	int result = get_and_keep(call, "/v1/status", show_status, &answer);

	if (result == CLIENT_DONE && !check_health_is_ok(json_object_get(answer, "condition")))
		result = CLIENT_NO;
	json_decref(answer);
	return result;
}

static int run_check_health(const struct verb_call *call)
{
	return check_health_run(call->client, call->socket, call->is_json);
}

static int run_pools(const struct verb_call *call)
{
	return answer_get(call, "/v1/pools", show_hosts_pools);
}

static int run_hosts(const struct verb_call *call)
{
	bool is_wide = (call->options & VERB_WIDE) != 0;
	json_t *answer;
	int result = get_and_keep(
		call, "/v1/hosts", is_wide ? show_hosts_wide : show_hosts_brief, &answer);

	/* States may be old, for one. */
	check_health_warn(json_object_get(answer, "condition"));
	json_decref(answer);
	return result;
}

static int run_rules(const struct verb_call *call)
{
	return answer_get(call, "/v1/rules", show_rules);
}

static int run_routes(const struct verb_call *call)
{
	return routes_run(
		call->client, call->argument_count > 0 ? call->arguments[0] : NULL, call->is_json);
}

/* ---- changes */

/* Gives 0, or the exit status after a message. */
static int check_span(const char *span)
{
	if (span == NULL || duration_parse(span) != -1)
		return CLIENT_DONE;
	if (decimal_parse(span, 0, INT64_MAX) == -1)
		return answer_usage("a duration such as 90s, 2h or 1d12h", span);
	fprintf(stderr, "milterctl: --for %s: a unit is required: %ss, %sm, %sh or %sd\n", span,
		span, span, span, span);
	return CLIENT_USAGE;
}

/* The same for a time, or NULL. */
static int check_time(const char *time)
{
	struct moment moment;

	if (time == NULL || moment_parse(&moment, time) == 0)
		return CLIENT_DONE;
	return answer_usage("a time: " MOMENT_WANTED, time);
}

/* The same for a beginning and an end: of the two ways to say an end one at most is given. */
static int check_times(const struct verb_call *call)
{
	int result = check_span(call->span);

	if (result == CLIENT_DONE)
		result = check_time(call->at);
	if (result == CLIENT_DONE)
		result = check_time(call->until);
	if (result != CLIENT_DONE || call->until == NULL || call->span == NULL)
		return result;
	fprintf(stderr, "milterctl: --for and --until: the end is one of them\n");
	return CLIENT_USAGE;
}

/* Warnings go to standard error, as JSON too: what was asked for is done. */
static void print_warnings(const json_t *answer)
{
	size_t i, k;
	json_t *host, *warning;

	json_array_foreach (json_object_get(answer, "hosts"), i, host)
		json_array_foreach (json_object_get(host, "warnings"), k, warning)
			fields_warn(json_string_value(warning));
}

/* The first COUNT arguments are hosts. PERCENT: NULL, or of their weight. */
static int steer(const struct verb_call *call, const char *verb, int count, const char *percent)
{
	struct endpoint endpoint;
	int result = check_times(call);
	json_t *answer;

	for (int i = 0; i < count && result == CLIENT_DONE; i++)
		if (endpoint_parse(&endpoint, call->arguments[i]) == -1)
			result = answer_usage("a HOST or HOST:PORT", call->arguments[i]);
	if (result != CLIENT_DONE)
		return result;
	client_begin(call->client, "/v1/hosts");
	client_add_segment(call->client, verb);
	for (int i = 0; i < count; i++)
		client_add_query(call->client, "host", call->arguments[i]);
	if (percent != NULL)
		client_add_query(call->client, "percent", percent);
	if (call->at != NULL)
		client_add_query(call->client, "at", call->at);
	if (call->span != NULL)
		client_add_query(call->client, "for", call->span);
	if (call->until != NULL)
		client_add_query(call->client, "until", call->until);
	if (call->reason != NULL)
		client_add_query(call->client, "reason", call->reason);
	result = client_send(call->client, CLIENT_POST, &answer);
	if (result == CLIENT_DONE && call->is_json)
		answer_print(answer, JSON_INDENT(2));
	else if (result == CLIENT_DONE)
		show_hosts_changed(answer, call->at != NULL ? "plan" : verb);
	print_warnings(answer);
	json_decref(answer);
	return result;
}

static int run_drain(const struct verb_call *call)
{
	return steer(call, "drain", call->argument_count, NULL);
}

static int run_enable(const struct verb_call *call)
{
	return steer(call, "enable", call->argument_count, NULL);
}

static int run_reset(const struct verb_call *call)
{
	return steer(call, "reset", call->argument_count, NULL);
}

/* HOST alone shows what is so. */
static int run_weight(const struct verb_call *call)
{
	char percent[8] = "";
	const char *text = call->argument_count < 2 ? NULL : call->arguments[1];
	size_t length = text == NULL ? 0 : strlen(text);

	if (text == NULL)
		return (call->options & (VERB_FOR | VERB_UNTIL | VERB_REASON)) != 0
			       ? verbs_refuse(verbs_find("weight"))
			       : steer(call, "weight", 1, NULL);
	if (length > 1 && length <= sizeof(percent) && text[length - 1] == '%')
		memcpy(percent, text, length - 1);
	if (*percent == '\0' || decimal_parse(percent, 0, HEALTH_PERCENT_MAX) == -1)
		return answer_usage(
			"a part of the weight: 0% to 1000%, with its percent sign", text);
	return steer(call, "weight", 1, percent);
}

static void show_reload(const json_t *answer)
{
	show_faults(answer, stderr);
	if (fields_text(answer, "error") == NULL)
		printf("reloaded\n");
	else
		fprintf(stderr, "milterctl: reload failed, the configuration before it stays: %s\n",
			fields_shown(answer, "error"));
}

static int run_reload(const struct verb_call *call)
{
	client_begin(call->client, "/v1/reload");
	if (call->options & VERB_FORCE)
		client_add_query(call->client, "force", "1");
	return answer_show(call, CLIENT_POST, show_reload);
}

/* Switched on for a time, never for good: a busy server's log would fill its disk. */
static int run_debug(const struct verb_call *call)
{
	bool is_off = call->argument_count == 1 && strcmp(call->arguments[0], "off") == 0;
	int result = check_span(call->span);

	if (result != CLIENT_DONE)
		return result;
	if (call->argument_count == 1 && !is_off)
		return answer_usage("off", call->arguments[0]);
	if (is_off == (call->span != NULL))
		return verbs_refuse(verbs_find("debug"));
	client_begin(call->client, "/v1/debug");
	if (!is_off)
		client_add_query(call->client, "for", call->span);
	return answer_show(call, CLIENT_POST, show_debug);
}

/* ---- without a daemon */

static const char default_config[] = SYSCONFDIR "/nexthop-milter/routes.cfg";

static int run_check(const struct verb_call *call)
{
	json_t *answer;
	const char *path = call->argument_count == 0 ? default_config : call->arguments[0];
	int result = local_check(path, call->user, &answer);

	if (call->is_json) {
		answer_print(answer, JSON_INDENT(2));
	} else {
		show_faults(answer, result == CLIENT_DONE ? stderr : stdout);
		printf("%s\n", fields_shown(answer, "verdict"));
	}
	json_decref(answer);
	return result;
}

static int run_export(const struct verb_call *call)
{
	return export_run(call, call->argument_count < 2 ? default_config : call->arguments[1]);
}

static int run_state(const struct verb_call *call)
{
	json_t *answer;
	int result = local_state(call->arguments[0], &answer);

	if (answer != NULL && call->is_json)
		answer_print(answer, JSON_INDENT(2));
	else if (answer != NULL)
		show_state(answer);
	json_decref(answer);
	return result;
}

static int run_parse_log(const struct verb_call *call)
{
	bool is_sendmail = call->mta != NULL && strcmp(call->mta, "sendmail") == 0;
	struct parse_log_settings settings = {
		.path = call->argument_count == 0 ? NULL : call->arguments[0],
		.is_sendmail = is_sendmail,
		.config = call->config,
		.is_json = call->is_json,
	};

	if (call->mta != NULL && !is_sendmail && strcmp(call->mta, "postfix") != 0)
		return answer_usage("an MTA: postfix or sendmail", call->mta);
	return parse_log_run(&settings);
}

static const struct verb verbs[] = {
	{"status", "", "whether all is well; sockets, table, counters", 0, 0, 0, true, run_status},
	{"check-health", "", "the same in one line, for monitoring systems", 0, 0, 0, true,
		run_check_health},
	{"pools", "", "the pools, their hosts and how the mail is spread", 0, 0, 0, true,
		run_pools},
	{"hosts", "[--wide]", "the hosts and their states", 0, 0, VERB_WIDE, true, run_hosts},
	{"routes", "[PATTERN]", "the routes, or those whose match contains PATTERN", 0, 1, 0, true,
		run_routes},
	{"rules", "", "the rules, and how often each has held", 0, 0, 0, true, run_rules},
	{"explain",
		"[ADDRESS ...] [--message FILE] [--sender ADDRESS] [--client IP] [--client-name "
		"NAME]"
		" [--helo NAME] [--auth-user NAME] [--tls PROTOCOL] [--tls-verified]"
		" [--listener NAME] [--listener-port PORT] [--header 'NAME: VALUE'] ..."
		" [--size OCTETS] [--macro '{NAME}: VALUE'] ... [--time 'Mon 08:30']",
		"what would become of a message, and why", 0, EXPLAIN_RECIPIENTS_MAX,
		VERB_SENDER | VERB_FACTS | VERB_MESSAGE, true, explain_run},
	{"simulate", "N ADDRESS [--sender ADDRESS] | --mbox FILE [--recipient ADDRESS] [FACT ...]",
		"how N messages, or those of a mailbox, would spread", 0, 2,
		VERB_SENDER | VERB_FACTS | VERB_MBOX | VERB_RECIPIENT, true, explain_simulate},
	{"events", "[--follow [--exec COMMAND]]", "the last changes, or each as it comes", 0, 0,
		VERB_FOLLOW | VERB_EXEC, true, events_run},
	{"watch", "[--interval SECONDS]", "pools and hosts as they are now, on a terminal", 0, 0,
		VERB_INTERVAL, true, watch_run},
	{"trace", "QUEUEID", "what was chosen for a message, and what has become of it", 1, 1, 0,
		true, trace_run},
	{"flush",
		"POOL | --follow [--rate N] [--dry-run] [--force] [--postfix-config FOLDER]"
		" [--sendmail-config FILE]",
		"have the MTA try again what was put off of a pool", 0, 1,
		VERB_FOLLOW | VERB_RATE | VERB_DRY_RUN | VERB_FORCE | VERB_POSTFIX_CONFIG |
			VERB_SENDMAIL_CONFIG,
		true, flush_run},
	{"drain", "HOST[:PORT] ... [--at TIME] [--for DURATION | --until TIME] [--reason TEXT]",
		"take hosts out of all their pools, now or later", 1, CHANGED_MAX,
		VERB_AT | VERB_FOR | VERB_UNTIL | VERB_REASON, true, run_drain},
	{"enable", "HOST[:PORT] ...", "end the drain of hosts", 1, CHANGED_MAX, 0, true,
		run_enable},
	{"weight", "HOST[:PORT] [PERCENT%] [--for DURATION | --until TIME] [--reason TEXT]",
		"give a host another part of its weight, or show which it has", 1, 2,
		VERB_FOR | VERB_UNTIL | VERB_REASON, true, run_weight},
	{"reset", "HOST[:PORT] ...", "forget what is remembered of hosts", 1, CHANGED_MAX, 0, true,
		run_reset},
	{"debug", "--for DURATION | off", "one log line for each message, for a time", 0, 1,
		VERB_FOR, true, run_debug},
	{"reload", "[--force]", "read the configuration again", 0, 0, VERB_FORCE, true, run_reload},
	{"check", "[FILE] [--user USER]", "check a configuration, without a daemon", 0, 1,
		VERB_USER, false, run_check},
	{"diff", "OLD NEW", "what changes between two configurations, and for whom", 2, 2, 0, false,
		diff_run},
	{"export", "postfix|sendmail|esa|postfix-tls|postfix-sasl [FILE]",
		"the routes as a static table, without a daemon", 1, 2, 0, false, run_export},
	{"doctor",
		"[--fix [--yes]] [--config FILE] [--user USER] [--postfix-config FOLDER]"
		" [--sendmail-config FILE]",
		"what is wrong with this machine's set-up, and what mends it", 0, 0,
		VERB_FIX | VERB_YES | VERB_CONFIG | VERB_USER | VERB_POSTFIX_CONFIG |
			VERB_SENDMAIL_CONFIG,
		false, doctor_run},
	{"parse-log", "[FILE] [--mta postfix|sendmail] [--config FILE]",
		"what the lines of an MTA's log say of hosts, without a daemon", 0, 1,
		VERB_MTA | VERB_CONFIG, false, run_parse_log},
	{"import",
		"esa FILE | postfix FILE ... | postfix --running | sendmail FILE ... | exim FILE "
		"[--mta postfix|sendmail] [--output FILE] [--force]",
		"another program's routes as a configuration", 1, IMPORT_FILES_MAX + 1,
		VERB_RUNNING | VERB_MTA | VERB_OUTPUT | VERB_FORCE, false, import_run},
	{"state", "FILE", "show a state file, without a daemon", 1, 1, 0, false, run_state},
};

enum { VERB_COUNT = sizeof(verbs) / sizeof(verbs[0]) };

const struct verb *verbs_at(size_t index)
{
	return index < VERB_COUNT ? &verbs[index] : NULL;
}

const struct verb *verbs_find(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

void verbs_print_usage(const struct verb *verb, FILE *to)
{
	fprintf(to, "usage: milterctl [--socket PATH] [--json] %s%s%s\n", verb->name,
		*verb->synopsis == '\0' ? "" : " ", verb->synopsis);
}

int verbs_usage_status(const struct verb *verb)
{
	return verb->run == run_check_health ? CHECK_HEALTH_UNKNOWN : CLIENT_USAGE;
}

int verbs_refuse(const struct verb *verb)
{
	verbs_print_usage(verb, stderr);
	return verbs_usage_status(verb);
}
