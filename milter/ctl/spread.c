/* spread: how the messages of a mailbox would spread
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/spread.h"
#include "ctl/fields.h"
#include "ctl/mailbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 24, STOP = 1, POOL_COUNT_MAX = 100000 };

struct spread {
	const struct verb_call *call;
	struct address_list *recipients; /* scratch */
	long long messages;
	long long skipped; /* without a recipient, or too large */
	json_t *rows;	   /* {"rule", "match", "action", "pool", "messages"} */
	json_t *pools;	   /* name: messages */
	int result;
};

/* ---- counting */

static bool is_same(const json_t *a, const json_t *b, const char *name)
{
	const char *left = fields_text(a, name);
	const char *right = fields_text(b, name);

	return strcmp(left == NULL ? "" : left, right == NULL ? "" : right) == 0;
}

static void add_one(json_t *object, const char *name)
{
	json_object_set_new(object, name, json_integer(fields_number(object, name) + 1));
}

/* One message goes that way. RULE is null, or the one that decides. */
static void count_row(struct spread *spread, json_t *rule, const json_t *recipient)
{
	json_t *wanted = json_pack("{s:O, s:O, s:O, s:O, s:i}", "rule", rule, "match",
		json_object_get(recipient, "match"), "action", json_object_get(recipient, "action"),
		"pool", json_object_get(recipient, "pool"), "messages", 0);
	const char *pool = fields_text(recipient, "pool");
	size_t i;
	json_t *row = NULL;

	json_array_foreach (spread->rows, i, row) {
		if (is_same(row, wanted, "rule") && is_same(row, wanted, "match") &&
			is_same(row, wanted, "action") && is_same(row, wanted, "pool"))
			break;
	}
	if (i == json_array_size(spread->rows)) {
		json_array_append(spread->rows, wanted);
		row = wanted;
	}
	add_one(row, "messages");
	if (pool != NULL)
		add_one(spread->pools, pool);
	json_decref(wanted);
}

/* A message of several recipients may go several ways: each is one of its own. */
static void count_answer(struct spread *spread, const json_t *answer)
{
	const json_t *recipients = json_object_get(answer, "recipients");
	size_t i, k;
	json_t *recipient;

	json_array_foreach (recipients, i, recipient) {
		for (k = 0; k < i; k++) {
			const json_t *other = json_array_get(recipients, k);

			if (is_same(other, recipient, "match") &&
				is_same(other, recipient, "pool") &&
				is_same(other, recipient, "action"))
				break;
		}
		if (k == i)
			count_row(spread, json_object_get(answer, "rule"), recipient);
	}
}

/* ---- asking */

static bool has_recipients(struct spread *spread, const struct message *message)
{
	struct address_list *list = spread->recipients;

	memset(list, 0, sizeof(*list));
	if (spread->call->recipient != NULL) {
		client_add_query(spread->call->client, "recipient", spread->call->recipient);
		return true;
	}
	message_recipients(message, list);
	for (int i = 0; i < list->count; i++)
		client_add_query(spread->call->client, "recipient", list->texts[i]);
	return list->count > 0;
}

static int take(void *context, const struct message *message)
{
	struct spread *spread = context;
	struct client *client = spread->call->client;
	json_t *answer;

	client_begin(client, "/v1/explain");
	client_add_query(client, "brief", "yes");
	if (message_is_too_large(message) || !has_recipients(spread, message)) {
		spread->skipped++;
		return 0;
	}
	facts_send(spread->call->facts, client);
	facts_send_message(spread->call->facts, message, client);
	spread->result = client_send(client, CLIENT_FORM, &answer);
	if (spread->result != CLIENT_DONE)
		return STOP;
	spread->messages++;
	count_answer(spread, answer);
	json_decref(answer);
	return 0;
}

/* How a pool's hosts would share its messages; NULL if that cannot be had. */
static json_t *share_of(const struct spread *spread, const char *pool, long long count)
{
	char number[NUMBER_MAX];
	json_t *answer;

	snprintf(number, sizeof(number), "%lld", count < POOL_COUNT_MAX ? count : POOL_COUNT_MAX);
	client_begin(spread->call->client, "/v1/simulate");
	client_add_query(spread->call->client, "pool", pool);
	client_add_query(spread->call->client, "count", number);
	if (client_send(spread->call->client, CLIENT_GET, &answer) != CLIENT_DONE)
		return NULL;
	json_object_set_new(answer, "messages", json_integer(count));
	json_object_del(answer, "recipient");
	json_object_del(answer, "action");
	return answer;
}

static json_t *answer_of(const struct spread *spread)
{
	json_t *pools = json_array();
	const char *name;
	json_t *count;

	json_object_foreach(spread->pools, name, count)
	{
		json_t *pool = share_of(spread, name, json_integer_value(count));

		if (pool != NULL)
			json_array_append_new(pools, pool);
	}
	return json_pack("{s:I, s:I, s:O, s:o}", "messages", (json_int_t)spread->messages,
		"skipped", (json_int_t)spread->skipped, "ways", spread->rows, "pools", pools);
}

/* ---- printing */

static void show(const json_t *answer)
{
	double all = (double)fields_number(answer, "messages");
	struct columns *columns = columns_new("RULE|MATCH|ACTION|POOL|>MESSAGES|>SHARE");
	size_t i, k;
	json_t *row, *host;

	printf("%lld messages", fields_number(answer, "messages"));
	if (fields_number(answer, "skipped") > 0)
		printf(", and %lld without a recipient: --recipient gives them one",
			fields_number(answer, "skipped"));
	printf("\n\n");
	json_array_foreach (json_object_get(answer, "ways"), i, row) {
		fields_add_text(columns, row, "rule");
		fields_add_text(columns, row, "match");
		fields_add_text(columns, row, "action");
		fields_add_text(columns, row, "pool");
		fields_add_number(columns, row, "messages");
		fields_add_share(columns, (double)fields_number(row, "messages") / all);
	}
	fields_print(columns, "");
	columns = columns_new("POOL|HOST|>FIRST|>SHARE");
	json_array_foreach (json_object_get(answer, "pools"), i, row) {
		json_array_foreach (json_object_get(row, "hosts"), k, host) {
			fields_add_text(columns, row, "pool");
			fields_add_endpoint(columns, host);
			fields_add_number(columns, host, "first");
			fields_add_share(
				columns, json_number_value(json_object_get(host, "share")));
		}
	}
	printf("\n");
	fields_print(columns, "");
}

int spread_run(const struct verb_call *call)
{
	struct spread spread = {
		.call = call,
		.recipients = calloc(1, sizeof(*spread.recipients)),
		.rows = json_array(),
		.pools = json_object(),
		.result = CLIENT_DONE,
	};
	int failed = spread.recipients == NULL ? -1 : mailbox_read(call->mbox, take, &spread);
	json_t *answer;

	if (failed == -1)
		spread.result = CLIENT_NO;
	if (spread.result == CLIENT_DONE) {
		answer = answer_of(&spread);
		if (call->is_json) {
			json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
			printf("\n");
		} else {
			show(answer);
		}
		json_decref(answer);
	}
	json_decref(spread.rows);
	json_decref(spread.pools);
	free(spread.recipients);
	return spread.result;
}
