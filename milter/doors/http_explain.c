/* http_explain: what would become of a message, by the recipients it has
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_explain.h"
#include "core/printable.h"
#include "doors/http_json.h"
#include "doors/http_question.h"
#include "doors/http_rules.h"
#include "engine/engine_map.h"
#include "engine/engine_plan.h"
#include "engine/routing.h"
#include "text/idn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BAD_REQUEST = 400, RECIPIENTS_MAX = 100, TEXT_MAX = 1000 };

struct entry {
	const char *recipient;
	struct routing_answer answer;
	json_t *told; /* what becomes of it, once that is known */
};

/* A message that is nowhere but in the question. */
struct letter {
	const struct http_call *call;
	bool is_brief;
	struct routing routing;
	struct entry entries[RECIPIENTS_MAX];
	int count;
	int taken[RECIPIENTS_MAX]; /* entries, as the routing counts them */
	int taken_count;
	struct engine_plan plan; /* of the recipient at hand */
	struct routing_step step;
};

static const struct routing_names names = {.queue_id = "", .home = "localhost"};

/* ---- the question */

/* Gives NULL, or what is wrong with it. */
static const char *read_query(struct letter *letter, const struct http_call *call)
{
	const struct evkeyval *parameter;

	TAILQ_FOREACH(parameter, call->query, next)
	{
		bool is_recipient = strcasecmp(parameter->key, "recipient") == 0;
		bool is_sender = strcasecmp(parameter->key, "sender") == 0;

		if (((is_recipient || is_sender) && strlen(parameter->value) > TEXT_MAX) ||
			(is_recipient && *parameter->value == '\0'))
			return "recipient or sender is missing or too long";
		if (strcasecmp(parameter->key, "brief") == 0)
			letter->is_brief = strcasecmp(parameter->value, "yes") == 0;
		if (is_recipient && letter->count == RECIPIENTS_MAX)
			return "more than 100 recipients";
		if (is_recipient)
			letter->entries[letter->count++].recipient = parameter->value;
	}
	return letter->count == 0 ? "recipient or sender is missing or too long" : NULL;
}

/* Gives -1 if that cannot be done. */
static int tell_recipients(struct letter *letter)
{
	for (int i = 0; i < letter->count; i++) {
		struct entry *entry = &letter->entries[i];
		char *arguments[] = {(char *)entry->recipient, NULL};

		routing_recipient(&letter->routing, arguments, "", &entry->answer);
		if (entry->answer.kind == ROUTING_FAULT)
			return -1;
		if (entry->answer.kind == ROUTING_TAKEN)
			letter->taken[letter->taken_count++] = i;
	}
	return 0;
}

/* ---- what leads to an answer */

/* What a rule does: the answer shows it by the rule's name. */
static void copy_ruled(const struct letter *letter, struct view_route *route)
{
	*route = letter->routing.route;
	route->match[0] = '\0';
}

static void copy_route(
	const struct letter *letter, const struct entry *entry, struct view_route *route)
{
	enum routing_answer_kind kind = entry->answer.kind;
	bool is_ruled = letter->routing.envelope.is_ruled;
	/* Who counts messages counts one that is split off as what it will be: another such message. */
	bool is_counted = kind == ROUTING_SPLIT && letter->is_brief;

	if (entry->answer.by == NULL)
		*route = (struct view_route){.action = ACTION_NONE};
	else if (entry->answer.by != &entry->answer.own ||
		 (is_ruled && (kind == ROUTING_TAKEN || is_counted)))
		copy_ruled(letter, route);
	else
		*route = entry->answer.own;
}

/* The hosts of a recipient that nothing was chosen for. */
static void plan_alone(struct letter *letter, const struct entry *entry)
{
	struct address address;
	struct engine_choice choice;
	struct engine_message message = {
		.pool = letter->plan.route.pool,
		.sender_hash = letter->routing.sender_hash,
		.queue_id = "",
	};

	address_parse(&address, entry->recipient);
	idn_fold_address(&address);
	message.recipient_hash = address.hash;
	if (letter->plan.route.action == ACTION_POOL)
		engine_plan_choose(letter->call->engine, &message, &letter->plan, &choice);
	else
		engine_plan_clear(&letter->plan);
}

/* ---- the milter */

static json_t *does(const char *what, json_t *with)
{
	return json_pack("{s:s, s:o}", "does", what, "with", with);
}

/* What the MTA is told of a recipient. */
static json_t *step_of(const struct routing_step *step)
{
	switch (step->kind) {
	case ROUTING_FILTER:
		return does("filter", json_sprintf("FILTER %s", step->choice.nexthop));
	case ROUTING_MAP:
		return does("map", json_string(step->choice.nexthop));
	case ROUTING_TOKEN:
		return does("token", http_json_text_or_null(step->token));
	default:
		return does("discard", json_null());
	}
}

static json_t *refuses(const char *code, const char *enhanced, const char *text)
{
	return does("refuse", json_sprintf("%s %s %s", code, enhanced, text));
}

/* What becomes of a recipient that the MTA is told nothing of. */
static json_t *milter_of(const struct letter *letter, const struct entry *entry)
{
	const struct routing_answer *answer = &entry->answer;
	const struct view_route *route = &letter->routing.route;

	if (answer->kind == ROUTING_SPLIT)
		return does("split", json_sprintf("%s %s", answer->code, answer->enhanced));
	if (answer->kind != ROUTING_TAKEN)
		return refuses(answer->code, answer->enhanced, answer->text);
	switch (letter->step.end) {
	case ENVELOPE_REFUSE:
		return refuses(route->code, route->enhanced, route->text);
	case ENVELOPE_MAP:
	case ENVELOPE_DISCARD:
		return does(envelope_end_name(letter->step.end), json_null());
	default:
		return does(envelope_end_name(ENVELOPE_LEAVE), json_null());
	}
}

/* ---- the map */

/* What the map says of a key; NAME is the map's. */
static json_t *asked(struct letter *letter, const char *name, const char *key)
{
	char line[MAP_REQUEST_MAX + 1];
	char reply[MAP_REPLY_MAX], clean[MAP_REPLY_MAX];
	int length = snprintf(line, sizeof(line), "%s %s", name, key);
	struct map_request request;

	if (length < 0 || (size_t)length >= sizeof(line))
		return NULL;
	map_request_parse(&request, (struct span){line, (size_t)length});
	engine_map_reply(letter->call->engine, &request, true, reply);
	return json_pack("{s:s, s:o, s:s}", "map", name, "key", http_json_text_or_null(key),
		"reply", printable_copy(clean, sizeof(clean), reply));
}

/* Postfix asks in the external form, which need not be one that a route can have. */
static const char *key_of(char out[TEXT_MAX + 1], const char *recipient)
{
	struct address_parts parts;

	address_split(&parts, recipient);
	snprintf(out, TEXT_MAX + 1, "%.*s%s%.*s", (int)parts.local_length, parts.local,
		parts.domain_length == 0 ? "" : "@", (int)parts.domain_length, parts.domain);
	return out;
}

static bool has_domain(const char *recipient)
{
	struct address_parts parts;

	address_split(&parts, recipient);
	return parts.domain_length > 0;
}

/*
 * The keys that the MTA asks for; null if there is no map, and where Postfix asks for a name of its
 * own making: to a recipient without a domain it adds one ($myorigin).
 */
static json_t *map_of(struct letter *letter, const char *recipient)
{
	char key[TEXT_MAX + 1];
	json_t *list;

	if (letter->call->profile->map_socket == NULL ||
		(letter->routing.policy.mta == TABLE_POSTFIX && !has_domain(recipient)))
		return json_null();
	list = json_array();
	if (letter->routing.policy.mta == TABLE_POSTFIX) {
		json_array_append_new(list, asked(letter, "transport", key_of(key, recipient)));
		return list;
	}
	if (letter->plan.token[0] != '\0')
		json_array_append_new(list, asked(letter, "nexthop", letter->plan.token));
	json_array_append_new(list, asked(letter, "nexthop", key_of(key, recipient)));
	return list;
}

/* ---- the answer */

/* MILTER is a reference that goes to it. */
static void tell_entry(struct letter *letter, struct entry *entry, json_t *milter)
{
	entry->told = http_json_plan(&letter->plan, entry->recipient);
	json_object_set_new(entry->told, "doors",
		json_pack("{s:o, s:o}", "milter", milter, "map", map_of(letter, entry->recipient)));
}

/* The plan is that of the last choice. */
static void tell_step(struct letter *letter, struct entry *entry)
{
	const struct routing_step *step = &letter->step;

	if (step->kind == ROUTING_REMOVE || step->choice.pool[0] == '\0')
		engine_plan_clear(&letter->plan);
	copy_route(letter, entry, &letter->plan.route);
	tell_entry(letter, entry, step_of(step));
}

static void tell_steps(struct letter *letter)
{
	const struct routing_step *step = &letter->step;
	const char *fault;

	while (routing_next(&letter->routing, &names, &letter->step, &fault) == 1) {
		bool is_for_all = step->kind == ROUTING_FILTER;
		int first = is_for_all ? 0 : (int)step->recipient;
		int end = is_for_all ? letter->taken_count : first + 1;

		for (int i = first; i < end; i++)
			tell_step(letter, &letter->entries[letter->taken[i]]);
	}
}

static json_t *plan_of(struct letter *letter, struct entry *entry)
{
	if (entry->told == NULL) {
		copy_route(letter, entry, &letter->plan.route);
		plan_alone(letter, entry);
		tell_entry(letter, entry, milter_of(letter, entry));
	}
	return json_incref(entry->told);
}

/* Only what decides. */
static json_t *brief(struct letter *letter)
{
	json_t *list = json_array();
	json_t *answer = json_pack("{s:o}", "recipients", list);

	for (int i = 0; i < letter->count; i++) {
		const struct entry *entry = &letter->entries[i];
		struct view_route route;
		json_t *object;

		copy_route(letter, entry, &route);
		object = http_json_route(&route);
		json_object_set_new(object, "recipient", http_json_text_or_null(entry->recipient));
		json_array_append_new(list, object);
	}
	return answer;
}

static json_t *all_plans(struct letter *letter)
{
	json_t *plans = json_array();

	for (int i = 0; i < letter->count; i++)
		json_array_append_new(plans, plan_of(letter, &letter->entries[i]));
	return json_pack("{s:o, s:b, s:s}", "recipients", plans, "mixed",
		(int)letter->routing.envelope.is_mixed, "milter",
		envelope_end_name(letter->step.end));
}

/* NULL: out of memory. */
static json_t *explain(struct letter *letter)
{
	const char *fault;
	json_t *answer;

	if (tell_recipients(letter) == -1)
		return NULL;
	http_question_headers(letter->call, &letter->routing.rules);
	if (routing_end(&letter->routing, -1, &names, &letter->step, &fault) == -1)
		return NULL;
	if (letter->is_brief) {
		answer = brief(letter);
	} else {
		tell_steps(letter);
		answer = letter->count == 1 ? plan_of(letter, &letter->entries[0])
					    : all_plans(letter);
	}
	http_rules_show(&letter->routing.rules, letter->is_brief, answer);
	return answer;
}

static void free_letter(struct letter *letter)
{
	for (int i = 0; i < letter->count; i++)
		json_decref(letter->entries[i].told);
	routing_clear(&letter->routing);
	free(letter);
}

json_t *http_explain_answer(const struct http_call *call, int *status)
{
	struct letter *letter = calloc(1, sizeof(*letter));
	const char *wrong;
	json_t *answer;

	if (letter == NULL)
		return NULL;
	letter->call = call;
	wrong = read_query(letter, call);
	if (wrong == NULL)
		wrong = http_question_begin(call, &letter->plan, &letter->routing);
	if (wrong == NULL) {
		answer = explain(letter);
	} else {
		*status = BAD_REQUEST;
		answer = http_api_error(wrong);
	}
	free_letter(letter);
	return answer;
}
