/* explain: what would become of messages: asked, and as people read it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/explain.h"
#include "core/decimal.h"
#include "ctl/address_list.h"
#include "ctl/answer.h"
#include "ctl/fields.h"
#include "ctl/mailbox.h"
#include "ctl/show.h"
#include "ctl/show_hosts.h"
#include "ctl/show_rules.h"
#include "ctl/spread.h"
#include "engine/simulation.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- as people read it */

/* "up"; or why it stands behind the others although it is well. */
static int write_state(char *out, size_t size, const json_t *host)
{
	const char *state = fields_shown(host, "state");
	char until[FIELDS_TIME_MAX];

	if (strcmp(state, "spent") == 0)
		return snprintf(out, size, "spent until %s, behind the others",
			fields_time(host, "until", until));
	if (strcmp(state, "up") == 0 &&
		json_is_true(json_object_get(json_object_get(host, "quota"), "full")))
		return snprintf(out, size, "up, its quota is pending, behind the others");
	return snprintf(out, size, "%.64s", state);
}

enum { POLICY_SHOWN_MAX = TABLE_POLICY_MAX + 32 }; /* with a comma for each attribute */

/* "secure match=mx.example.com" as people read it: "secure, match mx.example.com". */
static void write_policy(char *out, size_t size, const char *policy)
{
	size_t used = 0;
	bool has_value = true; /* the level has none */

	for (; *policy != '\0' && used + 2 < size; policy++) {
		char octet = *policy;

		if (octet == ' ')
			out[used++] = ',';
		else if (octet == '=' && !has_value)
			octet = ' ';
		out[used++] = octet;
		has_value = *policy != ' ' && (has_value || *policy == '=');
	}
	out[used] = '\0';
}

/*
 * With the pool, if that is one that the message falls back to within its attempt, who logs in, and the
 * TLS policy.
 */
static void add_state(struct columns *columns, const json_t *host, const char *takes)
{
	const char *pool = fields_text(host, "pool");
	bool is_of_other = pool != NULL && takes != NULL && strcmp(pool, takes) != 0;
	char text[2048], policy[POLICY_SHOWN_MAX];
	int used;

	used = write_state(text, sizeof(text), host);
	if (is_of_other)
		used += snprintf(text + used, sizeof(text) - (size_t)used, ", of pool %.400s",
			fields_shown(host, "pool"));
	if (fields_text(host, "auth") != NULL)
		used += snprintf(text + used, sizeof(text) - (size_t)used, ", AUTH as %.400s",
			fields_shown(host, "auth"));
	if (fields_text(host, "tls") != NULL) {
		write_policy(policy, sizeof(policy), fields_shown(host, "tls"));
		snprintf(text + used, sizeof(text) - (size_t)used, ", TLS %s", policy);
	}
	columns_add(columns, text);
}

static void show_hosts_in_order(const json_t *plan)
{
	struct columns *columns = columns_new(">ORDER|HOST|>PRIORITY|>WEIGHT|STATE");
	size_t i;
	json_t *host;

	json_array_foreach (json_object_get(plan, "candidates"), i, host) {
		columns_add_number(columns, (long long)i + 1);
		fields_add_endpoint(columns, host);
		fields_add_number(columns, host, "priority");
		show_hosts_add_weight(columns, host);
		add_state(columns, host, fields_text(plan, "takes"));
	}
	fields_print(columns, "  ");
}

/* What the milter does, in words. */
static const char *in_words(const char *does)
{
	static const struct {
		const char *does;
		const char *words;
	} rows[] = {
		{"map", "leaves it to the map"},
		{"leave", "leaves it to the MTA's own routing"},
		{"discard", "throws it away"},
		{"refuse", "refuses it"},
		{"split", "has it sent in a message of its own"},
		{"filter", "tells Postfix"},
		{"token", "puts in its place"},
	};

	for (size_t i = 0; does != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(does, rows[i].does) == 0)
			return rows[i].words;
	return "-";
}

static void show_doors(const json_t *plan)
{
	const json_t *doors = json_object_get(plan, "doors");
	const json_t *milter = json_object_get(doors, "milter");
	const json_t *map = json_object_get(doors, "map");
	size_t i;
	json_t *asked;

	printf("milter     %s", in_words(fields_text(milter, "does")));
	if (fields_text(milter, "with") != NULL)
		printf(": %s", fields_shown(milter, "with"));
	printf("\n");
	json_array_foreach (map, i, asked) {
		printf("map        %s", fields_shown(asked, "map"));
		printf(" %s: ", fields_shown(asked, "key"));
		printf("%s\n", fields_shown(asked, "reply"));
	}
}

/* By whom it is decided: a rule, else a route. False: by nobody. */
static bool show_decider(const json_t *answer, const json_t *plan)
{
	bool has_rule = fields_text(answer, "rule") != NULL;
	bool has_match = fields_text(plan, "match") != NULL;

	if (has_rule)
		printf("rule       %s", fields_shown(answer, "rule"));
	else
		printf("match      %s", has_match ? fields_shown(plan, "match") : "none");
	if (has_rule || has_match)
		printf(" (%s)", fields_shown(plan, "source"));
	printf("\n");
	return has_rule || has_match;
}

static void show_plan(const json_t *answer, const json_t *plan)
{
	const char *pool = fields_text(plan, "pool");
	bool is_decided;

	printf("recipient  %s\n", fields_shown(plan, "recipient"));
	is_decided = show_decider(answer, plan);
	printf("action     %s\n",
		is_decided ? fields_shown(plan, "action") : "none: left to the MTA's own routing");
	if (fields_text(plan, "reply") != NULL)
		printf("reply      %s\n", fields_shown(plan, "reply"));
	if (pool != NULL) {
		printf("pool       %s\n", fields_shown(plan, "pool"));
		if (strcmp(pool, fields_shown(plan, "takes")) != 0)
			printf("fallback   %s: no host of that pool is usable\n",
				fields_shown(plan, "takes"));
		show_hosts_in_order(plan);
		printf("next hop   %s\n", fields_shown(plan, "nexthop"));
	}
	show_doors(plan);
}

/* The answer of /v1/explain, for one recipient or for several. */
static void show_message(const json_t *answer)
{
	const json_t *plans = json_object_get(answer, "recipients");
	size_t i;
	json_t *plan;

	show_rules_tried(answer);
	if (plans == NULL) {
		show_plan(answer, answer);
		return;
	}
	json_array_foreach (plans, i, plan) {
		show_plan(answer, plan);
		printf("\n");
	}
	printf("message    %s: %s\n", fields_shown(answer, "milter"),
		json_is_true(json_object_get(answer, "mixed"))
			? "its recipients have different routes"
			: "all its recipients that are taken have one route");
}

/* ---- the verbs */

/* Where the command line has none. Gives 0, or -1 after a message. */
static int add_recipients(const struct verb_call *call, const struct message *message)
{
	static struct address_list list;

	message_recipients(message, &list);
	for (int i = 0; i < list.count; i++)
		client_add_query(call->client, "recipient", list.texts[i]);
	if (list.has_more)
		fprintf(stderr, "milterctl: only the first %d recipients are looked up\n",
			list.count);
	if (list.count > 0)
		return 0;
	fprintf(stderr, "milterctl: the message names no recipient: give one\n");
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

/*
 * Adds a recipient as people paste it: an address, or "Name <address>". Gives 0, or -1 after a
 * message where there are several, or none.
 */
static int add_recipient(const struct verb_call *call, const char *text)
{
	static struct address_list list;
	const char *rest = text;

	/* A local part in quotes may have any of these; of all else a bare address has none. */
	if (*rest == '"')
		for (rest++; *rest != '\0' && *rest != '"'; rest++)
			rest += *rest == '\\' && rest[1] != '\0';
	if (*text == '<' || strpbrk(rest, "<>,; \t") == NULL) {
		client_add_query(call->client, "recipient", text);
		return 0;
	}
	list.count = 0;
	address_list_add(&list, (struct span){text, strlen(text)});
	/* "a@b c@d" would be one name of two words. */
	if (list.count == 1 && strchr(text, '@') != NULL &&
		(strchr(text, '<') != NULL || strchr(text, '@') == strrchr(text, '@'))) {
		client_add_query(call->client, "recipient", list.texts[0]);
		return 0;
	}
	answer_usage("one address", text);
	return -1;
}

int explain_run(const struct verb_call *call)
{
	if (call->message == NULL && call->argument_count == 0) {
		fprintf(stderr, "milterctl: explain requires an ADDRESS or --message FILE\n");
		return verbs_refuse(verbs_find("explain"));
	}
	client_begin(call->client, "/v1/explain");
	for (int i = 0; i < call->argument_count; i++)
		if (add_recipient(call, call->arguments[i]) == -1)
			return CLIENT_USAGE;
	if (call->message != NULL) {
		if (add_message(call) == -1)
			return CLIENT_NO;
		return answer_show(call, CLIENT_FORM, show_message);
	}
	facts_send(&call->facts, call->client);
	return answer_show(call, client_fitting(call->client), show_message);
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
		answer_print(answer, JSON_INDENT(2));
	else if (answer != NULL)
		show_rules_spread(answer);
	json_decref(answer);
	return result;
}

/* N messages to an address, or those of a mailbox. */
int explain_simulate(const struct verb_call *call)
{
	bool is_of_mailbox = call->mbox != NULL;
	bool is_plain = (call->options & ~VERB_SENDER) == 0;

	if (is_of_mailbox ? call->argument_count > 0 : call->argument_count != 2 || !is_plain)
		return verbs_refuse(verbs_find("simulate"));
	if (is_of_mailbox)
		return simulate_mailbox(call);
	if (decimal_parse(call->arguments[0], 1, SIMULATION_MESSAGES_MAX) == -1)
		return answer_usage(
			"a number of messages from " SIMULATION_MESSAGES, call->arguments[0]);
	client_begin(call->client, "/v1/simulate");
	client_add_query(call->client, "count", call->arguments[0]);
	if (add_recipient(call, call->arguments[1]) == -1)
		return CLIENT_USAGE;
	facts_send(&call->facts, call->client);
	return answer_show(call, CLIENT_GET, show_simulation);
}
