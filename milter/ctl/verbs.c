/* verbs: what milterctl can be told
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/verbs.h"
#include "core/decimal.h"
#include "core/duration.h"
#include "core/endpoint.h"
#include "ctl/local.h"
#include "ctl/mailbox.h"
#include "ctl/parse_log.h"
#include "ctl/show.h"
#include "ctl/show_explain.h"
#include "ctl/show_rules.h"
#include "ctl/spread.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { FOLLOW_MS = 1000, ID_MAX = 24, SIMULATED_MAX = 100000, EXPLAINED_MAX = 100 };

/* ---- what all verbs share */

static void print_json(const json_t *answer, size_t flags)
{
	char *text = json_dumps(answer, flags | JSON_REAL_PRECISION(6));

	if (text != NULL)
		printf("%s\n", text);
	free(text);
}

/* Sends what was begun, prints the answer, and gives the exit status. */
static int send_and_show(
	const struct verb_call *call, enum client_method method, void (*show)(const json_t *answer))
{
	json_t *answer;
	int result = client_send(call->client, method, &answer);

	if (answer != NULL && call->is_json)
		print_json(answer, JSON_INDENT(2));
	else if (answer != NULL)
		show(answer);
	json_decref(answer);
	return result;
}

static int get(const struct verb_call *call, const char *path, void (*show)(const json_t *answer))
{
	client_begin(call->client, path);
	return send_and_show(call, CLIENT_GET, show);
}

static int usage(const char *text, const char *value)
{
	fprintf(stderr, "milterctl: \"%s\" is not %s\n", value, text);
	return CLIENT_USAGE;
}

/* ---- what is */

static int run_status(const struct verb_call *call)
{
	return get(call, "/v1/status", show_status);
}

static int run_pools(const struct verb_call *call)
{
	return get(call, "/v1/pools", show_pools);
}

static int run_hosts(const struct verb_call *call)
{
	return get(call, "/v1/hosts", show_hosts);
}

static int run_rules(const struct verb_call *call)
{
	return get(call, "/v1/rules", show_rules);
}

/* All pages as one answer. */
static int fetch_routes(const struct verb_call *call, json_t *all)
{
	json_t *next = json_integer(0);
	int result = CLIENT_DONE;

	while (result == CLIENT_DONE && json_is_integer(next)) {
		char from[ID_MAX];
		json_t *page;

		snprintf(from, sizeof(from), "%" JSON_INTEGER_FORMAT, json_integer_value(next));
		json_decref(next);
		client_begin(call->client, "/v1/routes");
		client_add_query(call->client, "from", from);
		if (call->argument_count > 0)
			client_add_query(call->client, "match", call->arguments[0]);
		result = client_send(call->client, CLIENT_GET, &page);
		json_array_extend(all, json_object_get(page, "routes"));
		next = json_incref(json_object_get(page, "next"));
		json_decref(page);
	}
	json_decref(next);
	return result;
}

static int run_routes(const struct verb_call *call)
{
	json_t *all = json_array();
	json_t *answer = json_pack("{s:o}", "routes", all);
	int result = fetch_routes(call, all);

	if (result == CLIENT_DONE && call->is_json)
		print_json(answer, JSON_INDENT(2));
	else if (result == CLIENT_DONE)
		show_routes(answer);
	json_decref(answer);
	return result;
}

/* ---- what would be */

/* Where the command line has none. Gives 0, or -1 after a message. */
static int add_recipients(const struct verb_call *call, const struct message *message)
{
	static struct address_list list;

	message_recipients(message, &list);
	for (int i = 0; i < list.count; i++)
		client_add_query(call->client, "recipient", list.texts[i]);
	if (list.has_more)
		fprintf(stderr, "milterctl: only the first %d recipients are asked for\n",
			list.count);
	if (list.count > 0)
		return 0;
	fprintf(stderr, "milterctl: the message names no recipient: say one\n");
	return -1;
}

static int add_message(const struct verb_call *call)
{
	struct message *message = message_new();
	int result = mailbox_read_message(call->message, message);

	if (result == 0 && message_is_too_large(message)) {
		fprintf(stderr, "milterctl: its headers have more than %d octets\n",
			MESSAGE_HEADERS_MAX);
		result = -1;
	}
	if (result == 0 && call->argument_count == 0)
		result = add_recipients(call, message);
	if (result == 0)
		facts_send_message(&call->facts, call->client, message);
	message_free(message);
	return result;
}

static int run_explain(const struct verb_call *call)
{
	if (call->message == NULL && call->argument_count == 0)
		return verbs_refuse(verbs_find("explain"));
	client_begin(call->client, "/v1/explain");
	for (int i = 0; i < call->argument_count; i++)
		client_add_query(call->client, "recipient", call->arguments[i]);
	if (call->message != NULL) {
		if (add_message(call) == -1)
			return CLIENT_NO;
		return send_and_show(call, CLIENT_FORM, show_explain);
	}
	facts_send(&call->facts, call->client);
	return send_and_show(call, client_fitting(call->client), show_explain);
}

static int simulate_mailbox(const struct verb_call *call)
{
	struct spread_settings settings = {
		.client = call->client,
		.facts = &call->facts,
		.path = call->mbox,
		.recipient = call->recipient,
	};
	json_t *answer;
	int result = spread_run(&settings, &answer);

	if (answer != NULL && call->is_json)
		print_json(answer, JSON_INDENT(2));
	else if (answer != NULL)
		show_rules_spread(answer);
	json_decref(answer);
	return result;
}

/* N messages to an address, or those of a mailbox. */
static int run_simulate(const struct verb_call *call)
{
	bool is_of_mailbox = call->mbox != NULL;
	bool is_plain = (call->options & ~VERB_SENDER) == 0;

	if (is_of_mailbox ? call->argument_count > 0 : call->argument_count != 2 || !is_plain)
		return verbs_refuse(verbs_find("simulate"));
	if (is_of_mailbox)
		return simulate_mailbox(call);
	if (decimal_parse(call->arguments[0], 1, SIMULATED_MAX) == -1)
		return usage("a number of messages from 1 to 100000", call->arguments[0]);
	client_begin(call->client, "/v1/simulate");
	client_add_query(call->client, "count", call->arguments[0]);
	client_add_query(call->client, "recipient", call->arguments[1]);
	facts_send(&call->facts, call->client);
	return send_and_show(call, CLIENT_GET, show_simulation);
}

/* ---- events */

static void print_events(const struct verb_call *call, const json_t *answer)
{
	size_t i;
	json_t *event;

	if (!call->is_json) {
		show_events(answer);
		return;
	}
	json_array_foreach (json_object_get(answer, "events"), i, event)
		print_json(event, JSON_COMPACT);
}

/*
 * Asks again and again. A daemon that has gone is waited for; one that was restarted counts its
 * events from 1 again.
 */
static int follow(const struct verb_call *call)
{
	json_int_t since = 0;
	bool is_gone = false;

	for (;;) {
		char id[ID_MAX];
		json_t *answer;
		json_int_t last;
		int result;

		snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT, since);
		client_begin(call->client, "/v1/events");
		client_add_query(call->client, "since", id);
		result = client_send(call->client, CLIENT_GET, &answer);
		if (result == CLIENT_NO)
			return result;
		if (is_gone != (result == CLIENT_NO_DAEMON))
			fprintf(stderr, "milterctl: the daemon is %s\n", is_gone ? "back" : "gone");
		is_gone = result == CLIENT_NO_DAEMON;
		client_be_quiet(call->client, is_gone);
		last = json_integer_value(json_object_get(answer, "last"));
		if (!is_gone && last >= since)
			print_events(call, answer);
		json_decref(answer);
		if (fflush(stdout) != 0)
			return CLIENT_NO;
		if (!is_gone && last < since) {
			since = 0;
			continue;
		}
		if (!is_gone)
			since = last;
		poll(NULL, 0, FOLLOW_MS);
	}
}

static int run_events(const struct verb_call *call)
{
	if (call->options & VERB_FOLLOW)
		return follow(call);
	return get(call, "/v1/events", show_events);
}

/* ---- changes */

static int steer(const struct verb_call *call, const char *verb)
{
	struct endpoint endpoint;

	if (endpoint_parse(&endpoint, call->arguments[0]) == -1)
		return usage("a HOST or HOST:PORT", call->arguments[0]);
	if (call->span != NULL && duration_parse(call->span) == -1)
		return usage("a duration such as 90s, 2h or 1d12h", call->span);
	client_begin(call->client, "/v1/hosts");
	client_add_segment(call->client, call->arguments[0]);
	client_add_segment(call->client, verb);
	if (call->span != NULL)
		client_add_query(call->client, "for", call->span);
	if (call->reason != NULL)
		client_add_query(call->client, "reason", call->reason);
	return send_and_show(call, CLIENT_POST, show_changed);
}

static int run_drain(const struct verb_call *call)
{
	return steer(call, "drain");
}

static int run_enable(const struct verb_call *call)
{
	return steer(call, "enable");
}

static int run_reset(const struct verb_call *call)
{
	return steer(call, "reset");
}

static void show_reload(const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	show_faults(answer, stderr);
	if (error == NULL)
		printf("reloaded\n");
	else
		fprintf(stderr, "milterctl: reload failed, the configuration before it stays: %s\n",
			error);
}

static int run_reload(const struct verb_call *call)
{
	client_begin(call->client, "/v1/reload");
	return send_and_show(call, CLIENT_POST, show_reload);
}

/* ---- without a daemon */

static int run_check(const struct verb_call *call)
{
	json_t *answer;
	int result = local_check(call->arguments[0], &answer);

	if (call->is_json)
		print_json(answer, JSON_INDENT(2));
	else
		show_faults(answer, result == CLIENT_DONE ? stderr : stdout);
	if (!call->is_json && result == CLIENT_DONE)
		printf("%s: good\n", call->arguments[0]);
	json_decref(answer);
	return result;
}

static int run_state(const struct verb_call *call)
{
	json_t *answer;
	int result = local_state(call->arguments[0], &answer);

	if (answer != NULL && call->is_json)
		print_json(answer, JSON_INDENT(2));
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
		return usage("an MTA: postfix or sendmail", call->mta);
	return parse_log_run(&settings);
}

static const struct verb verbs[] = {
	{"status", "", "the daemon: sockets, table, counters", 0, 0, 0, true, run_status},
	{"pools", "", "the pools, their hosts and how the mail is spread", 0, 0, 0, true,
		run_pools},
	{"hosts", "", "the hosts and their states", 0, 0, 0, true, run_hosts},
	{"routes", "[PATTERN]", "the routes, or those whose match contains PATTERN", 0, 1, 0, true,
		run_routes},
	{"rules", "", "the rules, and how often each has held", 0, 0, 0, true, run_rules},
	{"explain",
		"[ADDRESS ...] [--message FILE] [--sender ADDRESS] [--client IP] [--client-name "
		"NAME]"
		" [--helo NAME] [--auth-user NAME] [--tls PROTOCOL] [--tls-verified]"
		" [--listener NAME] [--listener-port PORT] [--header 'NAME: VALUE'] ..."
		" [--size OCTETS] [--macro '{NAME}: VALUE'] ... [--time 'Mon 08:30']",
		"what would become of a message, and why", 0, EXPLAINED_MAX,
		VERB_SENDER | VERB_FACTS | VERB_MESSAGE, true, run_explain},
	{"simulate", "N ADDRESS [--sender ADDRESS] | --mbox FILE [--recipient ADDRESS] [FACT ...]",
		"how N messages, or those of a mailbox, would spread", 0, 2,
		VERB_SENDER | VERB_FACTS | VERB_MBOX | VERB_RECIPIENT, true, run_simulate},
	{"events", "[--follow]", "the last changes", 0, 0, VERB_FOLLOW, true, run_events},
	{"drain", "HOST[:PORT] [--for DURATION] [--reason TEXT]",
		"take a host out of all its pools", 1, 1, VERB_FOR | VERB_REASON, true, run_drain},
	{"enable", "HOST[:PORT]", "put a host back", 1, 1, 0, true, run_enable},
	{"reset", "HOST[:PORT]", "forget what is remembered of a host", 1, 1, 0, true, run_reset},
	{"reload", "", "read the configuration again", 0, 0, 0, true, run_reload},
	{"check", "FILE", "check a configuration, without a daemon", 1, 1, 0, false, run_check},
	{"parse-log", "[FILE] [--mta postfix|sendmail] [--config FILE]",
		"what the lines of an MTA's log say of hosts, without a daemon", 0, 1,
		VERB_MTA | VERB_CONFIG, false, run_parse_log},
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

int verbs_refuse(const struct verb *verb)
{
	verbs_print_usage(verb, stderr);
	return CLIENT_USAGE;
}
