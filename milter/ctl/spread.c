/* spread: how the messages of a mailbox would spread over rules, routes, pools and hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/spread.h"
#include "ctl/fields.h"
#include "ctl/mailbox.h"
#include "engine/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 1024, NUMBER_MAX = 24, STOPPED = 1 };

struct spread {
	const struct spread_settings *settings;
	int result;
	json_int_t messages;
	json_int_t skipped;
	json_int_t nameless; /* of the skipped: without a recipient */
	json_int_t large;    /* with too many headers */
	json_t *rows;	     /* by rule, action and pool */
	json_t *pools;	     /* by name */
	struct address_list list;
};

/* ---- sums */

static void add(json_t *object, const char *name, json_int_t more)
{
	json_int_t number = json_integer_value(json_object_get(object, name));

	json_object_set_new(object, name, json_integer(number + more));
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = fields_text(object, name);

	return text == NULL ? "" : text;
}

/* The sums of that name, new ones if there are none. */
static json_t *sums_of(json_t *all, const char *key)
{
	json_t *sums = json_object_get(all, key);

	if (sums != NULL)
		return sums;
	json_object_set_new(all, key, json_object());
	return json_object_get(all, key);
}

/* A message is one, however many of its recipients are counted there. */
static void count_message(const struct spread *spread, json_t *sums)
{
	if (json_integer_value(json_object_get(sums, "last")) == spread->messages)
		return;
	json_object_set_new(sums, "last", json_integer(spread->messages));
	add(sums, "messages", 1);
}

static void count_recipient(struct spread *spread, const json_t *answer, const json_t *plan)
{
	char key[KEY_MAX];
	json_t *row;

	snprintf(key, sizeof(key), "%s\n%s\n%s", text_of(answer, "rule"), text_of(plan, "action"),
		text_of(plan, "pool"));
	row = sums_of(spread->rows, key);
	json_object_set(row, "rule", json_object_get(answer, "rule"));
	json_object_set(row, "action", json_object_get(plan, "action"));
	json_object_set(row, "pool", json_object_get(plan, "pool"));
	count_message(spread, row);
	add(row, "recipients", 1);
	if (fields_text(plan, "pool") != NULL)
		count_message(spread, sums_of(spread->pools, text_of(plan, "pool")));
}

/* ---- messages */

static void ask(struct spread *spread, const struct message *message)
{
	struct client *client = spread->settings->client;

	client_begin(client, "/v1/explain");
	client_add_query(client, "brief", "yes");
	for (int i = 0; i < spread->list.count; i++)
		client_add_query(client, "recipient", spread->list.texts[i]);
	if (spread->list.count == 0)
		client_add_query(client, "recipient", spread->settings->recipient);
	facts_send_message(spread->settings->facts, client, message);
}

static bool is_skipped(struct spread *spread, const struct message *message)
{
	bool is_large = message_is_too_large(message);
	bool is_nameless = spread->list.count == 0 && spread->settings->recipient == NULL;

	spread->large += is_large;
	spread->nameless += !is_large && is_nameless;
	return is_large || is_nameless;
}

/* One that the daemon refuses is skipped, but the first: others would fare no better. */
static int take(void *context, const struct message *message)
{
	struct spread *spread = context;
	json_t *answer, *plan;
	size_t i;
	int result;

	spread->list.count = 0;
	message_recipients(message, &spread->list);
	if (is_skipped(spread, message)) {
		spread->skipped++;
		return 0;
	}
	ask(spread, message);
	result = client_send(spread->settings->client, CLIENT_FORM, &answer);
	if (result == CLIENT_NO && spread->messages > 0) {
		spread->skipped++;
		json_decref(answer);
		return 0;
	}
	spread->result = result;
	spread->messages++;
	json_array_foreach (json_object_get(answer, "recipients"), i, plan)
		count_recipient(spread, answer, plan);
	json_decref(answer);
	return result == CLIENT_DONE ? 0 : STOPPED;
}

/* ---- the answer */

/* The largest first, and the names of equal ones in their order. */
static int compare(const void *left, const void *right)
{
	static const char *const names[] = {"rule", "action", "pool"};
	const json_t *a = *(json_t *const *)left;
	const json_t *b = *(json_t *const *)right;
	long long more = fields_number(b, "messages") - fields_number(a, "messages");
	int order = more < 0 ? -1 : more > 0;

	for (size_t i = 0; order == 0 && i < sizeof(names) / sizeof(names[0]); i++)
		order = strcmp(text_of(a, names[i]), text_of(b, names[i]));
	return order;
}

/* The members of ALL, in that order. NULL: out of memory. */
static json_t *sorted(json_t *all)
{
	size_t count = json_object_size(all);
	json_t **list = calloc(count + 1, sizeof(json_t *));
	json_t *array = json_array();
	const char *key;
	json_t *value;
	size_t i = 0;

	if (list == NULL) {
		json_decref(array);
		return NULL;
	}
	json_object_foreach(all, key, value) list[i++] = value;
	qsort(list, count, sizeof(json_t *), compare);
	for (i = 0; i < count; i++)
		json_array_append(array, list[i]);
	free(list);
	return array;
}

static double share(json_int_t part, json_int_t whole)
{
	return whole == 0 ? 0 : (double)part / (double)whole;
}

/* Of more messages than it simulates, the shares hold. */
static int add_hosts(const struct spread *spread, json_t *pool)
{
	struct client *client = spread->settings->client;
	json_int_t messages = json_integer_value(json_object_get(pool, "messages"));
	char count[NUMBER_MAX];
	json_t *answer, *host;
	size_t i;
	int result;

	snprintf(count, sizeof(count), "%" JSON_INTEGER_FORMAT,
		messages < SIMULATION_MESSAGES_MAX ? messages
						   : (json_int_t)SIMULATION_MESSAGES_MAX);
	client_begin(client, "/v1/simulate");
	client_add_query(client, "pool", text_of(pool, "pool"));
	client_add_query(client, "count", count);
	result = client_send(client, CLIENT_GET, &answer);
	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		double of = json_number_value(json_object_get(host, "share"));

		if (messages > SIMULATION_MESSAGES_MAX)
			json_object_set_new(host, "first",
				json_integer((json_int_t)(of * (double)messages + 0.5)));
	}
	json_object_set(pool, "hosts", json_object_get(answer, "hosts"));
	json_decref(answer);
	return result;
}

static void tell_skipped(const struct spread *spread)
{
	if (spread->nameless > 0)
		fprintf(stderr,
			"milterctl: skipped: %" JSON_INTEGER_FORMAT
			" that name no recipient (--recipient gives one)\n",
			spread->nameless);
	if (spread->large > 0)
		fprintf(stderr,
			"milterctl: skipped: %" JSON_INTEGER_FORMAT
			" whose headers have more than %d octets\n",
			spread->large, MESSAGE_HEADERS_MAX);
}

static int finish(struct spread *spread, json_t **answer)
{
	int result = CLIENT_DONE;
	const char *key;
	json_t *value;

	tell_skipped(spread);
	json_object_foreach(spread->rows, key, value)
	{
		json_object_del(value, "last");
		json_object_set_new(value, "share",
			json_real(share(json_integer_value(json_object_get(value, "messages")),
				spread->messages)));
	}
	json_object_foreach(spread->pools, key, value)
	{
		json_object_del(value, "last");
		json_object_set_new(value, "pool", json_string(key));
		if (result == CLIENT_DONE)
			result = add_hosts(spread, value);
	}
	if (result == CLIENT_DONE)
		*answer = json_pack("{s:I, s:I, s:o, s:o}", "messages", spread->messages, "skipped",
			spread->skipped, "rules", sorted(spread->rows), "pools",
			sorted(spread->pools));
	return result;
}

int spread_run(const struct spread_settings *settings, json_t **answer)
{
	struct spread *spread = calloc(1, sizeof(*spread));
	int result = CLIENT_NO;
	int read;

	*answer = NULL;
	if (spread == NULL)
		return CLIENT_NO;
	spread->settings = settings;
	spread->rows = json_object();
	spread->pools = json_object();
	read = mailbox_read(settings->path, take, spread);
	if (read == STOPPED)
		result = spread->result;
	else if (read == 0)
		result = finish(spread, answer);
	json_decref(spread->rows);
	json_decref(spread->pools);
	free(spread);
	return result;
}
