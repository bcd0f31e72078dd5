/* http_simulate: how the next messages would spread, worked out piece by piece
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_simulate.h"
#include "doors/http_json.h"
#include "doors/http_question.h"
#include "engine/engine_plan.h"
#include "engine/routing.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE = 500, BAD_REQUEST = 400, NOT_FOUND = 404 };

struct http_simulate {
	struct simulation simulation;
	struct view_route route;
	struct engine_plan plan; /* for the message */
	struct routing routing;
	char rule[ADDRESS_MAX + 1]; /* that decides; "": none */
	char recipient[HTTP_PARAMETER_MAX + 1];
	uint64_t key;
	int count;
	int left;
};

static json_t *refuse(int *status, int code, const char *text)
{
	*status = code;
	return http_api_error(text);
}

/* What becomes of one message to that recipient. Gives NULL, or what is wrong with the question. */
static const char *decide(struct http_simulate *simulate, const struct http_call *call)
{
	const struct routing_names names = {.queue_id = "", .home = "localhost"};
	struct routing *routing = &simulate->routing;
	const char *wrong = http_question_begin(call, &simulate->plan, routing);
	char *arguments[] = {simulate->recipient, NULL};
	struct routing_answer answer;
	struct routing_step step;
	const char *fault;

	if (wrong != NULL)
		return wrong;
	routing_recipient(routing, arguments, "", &answer);
	http_question_headers(call, &routing->rules);
	if (answer.kind == ROUTING_FAULT || routing_end(routing, -1, &names, &step, &fault) == -1)
		return "out of memory";
	if (answer.kind == ROUTING_TAKEN && routing->envelope.is_ruled)
		answer.by = &routing->route;
	if (answer.by != NULL)
		simulate->route = *answer.by;
	if (answer.by == &routing->route)
		strcpy(simulate->rule, routing->route.match);
	return NULL;
}

static const char *simulate_message(struct http_simulate *simulate, const struct http_call *call)
{
	const char *wrong = decide(simulate, call);

	if (wrong == NULL && simulate->route.action == ACTION_POOL)
		engine_plan_simulate(call->engine, simulate->route.pool, &simulate->simulation);
	return wrong;
}

/* Gives NULL, or the refusal. */
static json_t *read_call(struct http_simulate *simulate, const struct http_call *call, int *status)
{
	int64_t count = http_api_number(call, "count", 1000, SIMULATION_MESSAGES_MAX);
	const char *pool = http_api_parameter(call, "pool");
	bool has_pool = *pool != '\0';
	const char *wrong = NULL;
	struct address recipient, sender;

	if (http_api_address(call, "recipient", has_pool, &recipient) == -1 ||
		http_api_address(call, "sender", true, &sender) == -1)
		return refuse(status, BAD_REQUEST, "recipient or sender is missing or too long");
	if (count < 1)
		return refuse(status, BAD_REQUEST, "count is not a number of " SIMULATION_MESSAGES);
	strcpy(simulate->recipient, http_api_parameter(call, "recipient"));
	if (!has_pool)
		wrong = simulate_message(simulate, call);
	else if (engine_plan_simulate_pool(
			 call->engine, pool, &simulate->route, &simulate->simulation) == -1)
		return refuse(status, NOT_FOUND, "there is no pool of that name");
	if (wrong != NULL)
		return refuse(status, BAD_REQUEST, wrong);
	simulate->key = simulate->route.hash_on == HASH_ON_SENDER ? sender.hash : recipient.hash;
	simulate->count = (int)count;
	simulate->left = simulate->route.action == ACTION_POOL ? (int)count : 0;
	return NULL;
}

struct http_simulate *http_simulate_begin(
	const struct http_call *call, int *status, json_t **refusal)
{
	struct http_simulate *simulate = calloc(1, sizeof(*simulate));

	*refusal = NULL;
	if (simulate == NULL)
		return NULL;
	*refusal = read_call(simulate, call, status);
	if (*refusal == NULL)
		return simulate;
	http_simulate_free(simulate);
	return NULL;
}

bool http_simulate_step(struct http_simulate *simulate)
{
	int count = simulate->left < SLICE ? simulate->left : SLICE;

	if (count > 0)
		simulation_run(&simulate->simulation, simulate->key, count);
	simulate->left -= count;
	return simulate->left > 0;
}

json_t *http_simulate_answer(const struct http_simulate *simulate)
{
	json_t *answer = http_json_simulation(
		&simulate->route, &simulate->simulation, simulate->recipient, simulate->count);

	json_object_set_new(answer, "rule", http_json_text_or_null(simulate->rule));
	return answer;
}

void http_simulate_free(struct http_simulate *simulate)
{
	if (simulate == NULL)
		return;
	routing_clear(&simulate->routing);
	free(simulate);
}
