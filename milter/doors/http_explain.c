/* http_explain: what would become of a message, by the recipients it has
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_explain.h"
#include "core/envelope.h"
#include "core/map_reply.h"
#include "core/printable.h"
#include "core/token.h"
#include "doors/http_json.h"
#include "doors/http_verdict.h"
#include "engine/engine_map.h"
#include "engine/engine_plan.h"
#include "text/idn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BAD_REQUEST = 400, RECIPIENTS_MAX = 100, TEXT_MAX = 1000 };

struct entry {
	const char *recipient;
	bool is_split;
	bool is_refused; /* before the message's end */
	bool is_ruled;	 /* a rule decides about it */
	bool has_turn;	 /* the milter chooses hosts for it */
	bool is_by_hash; /* and not for others of its pool */
	size_t pool;
};

/* A message that is nowhere but in the question. */
struct letter {
	const struct http_call *call;
	struct envelope_policy policy;
	struct envelope envelope;
	enum envelope_end end;
	uint64_t sender_hash;
	bool is_brief;
	struct http_verdict *verdict;
	int rule;		 /* that decides; negative: none */
	struct view_route ruled; /* what it does */
	struct entry entries[RECIPIENTS_MAX];
	int count;
	struct engine_plan plan; /* of the recipient at hand */
	struct engine_map_answer answer;
};

static void parse(struct address *address, const char *text)
{
	address_parse(address, text);
	idn_fold_address(address);
}

/* ---- the question */

/* Gives NULL, or what is wrong with it. */
static const char *read_query(struct letter *letter, const struct http_call *call)
{
	const struct evkeyval *parameter;
	struct address sender = {.hash = 0};

	TAILQ_FOREACH(parameter, call->query, next)
	{
		bool is_recipient = strcasecmp(parameter->key, "recipient") == 0;
		bool is_sender = strcasecmp(parameter->key, "sender") == 0;

		if (((is_recipient || is_sender) && strlen(parameter->value) > TEXT_MAX) ||
			(is_recipient && *parameter->value == '\0'))
			return "recipient or sender is missing or too long";
		if (is_sender)
			parse(&sender, parameter->value);
		if (strcasecmp(parameter->key, "brief") == 0)
			letter->is_brief = strcasecmp(parameter->value, "yes") == 0;
		if (is_recipient && letter->count == RECIPIENTS_MAX)
			return "more than 100 recipients";
		if (is_recipient)
			letter->entries[letter->count++].recipient = parameter->value;
	}
	letter->sender_hash = sender.hash;
	return letter->count == 0 ? "recipient or sender is missing or too long" : NULL;
}

/* What the rule does becomes of the message. */
static void rule(struct letter *letter, int rule)
{
	struct ruleset *ruleset = engine_rules(letter->call->engine);

	letter->rule = rule;
	engine_rule_route(letter->call->engine, ruleset, (size_t)rule, &letter->ruled);
	/* The answer says it by the rule's name. */
	letter->ruled.match[0] = '\0';
	ruleset_drop(ruleset);
	envelope_rule(&letter->envelope, letter->ruled.action, letter->ruled.pool);
}

/* A recipient that a rule decides about, by what is known of the envelope. */
static void add_ruled(
	struct letter *letter, struct entry *entry, int decided, const struct view_route *route)
{
	if (!letter->envelope.is_ruled)
		rule(letter, decided);
	entry->is_ruled = true;
	entry->is_refused = view_route_refuses(&letter->ruled);
	if (!entry->is_refused)
		envelope_add(&letter->envelope, &letter->policy, route->action, route->pool);
}

static void add_entry(struct letter *letter, struct entry *entry)
{
	struct address recipient;
	struct view_route route;
	int decided;

	parse(&recipient, entry->recipient);
	engine_route(letter->call->engine, &recipient, &route);
	decided = http_verdict_recipient(letter->verdict, &recipient);
	if (decided >= 0) {
		add_ruled(letter, entry, decided, &route);
		return;
	}
	entry->is_refused = view_route_refuses(&route);
	if (entry->is_refused) {
		http_verdict_take_back(letter->verdict);
		return;
	}
	entry->is_split =
		!envelope_add(&letter->envelope, &letter->policy, route.action, route.pool);
	entry->has_turn = !entry->is_split && route.action == ACTION_POOL;
	entry->is_by_hash = route.is_by_hash;
	entry->pool = route.pool;
}

static void take_by_rule(const struct letter *letter, struct entry *entry)
{
	entry->is_ruled = true;
	entry->has_turn = letter->ruled.action == ACTION_POOL;
	entry->is_by_hash = letter->ruled.is_by_hash;
	entry->pool = letter->ruled.pool;
}

/* All recipients, one after the other, as the milter would hear of them. */
static void fill_envelope(struct letter *letter)
{
	int decided;

	envelope_init(&letter->envelope);
	letter->rule = -1;
	for (int i = 0; i < letter->count; i++)
		add_entry(letter, &letter->entries[i]);
	decided = http_verdict_end(letter->verdict);
	if (decided >= 0 && !letter->envelope.is_ruled)
		rule(letter, decided);
	for (int i = 0; i < letter->count && letter->envelope.is_ruled; i++)
		if (!letter->entries[i].is_refused && !letter->entries[i].is_split)
			take_by_rule(letter, &letter->entries[i]);
	letter->end = envelope_end(&letter->envelope, &letter->policy);
}

/* ---- the milter */

/* The recipient that hosts are chosen for: the milter chooses once for all those of a pool. */
static const char *chosen_for(const struct letter *letter, const struct entry *entry)
{
	bool is_alone = letter->end != ENVELOPE_FILTER && entry->is_by_hash;

	if (!entry->has_turn || is_alone)
		return entry->recipient;
	for (const struct entry *first = letter->entries; first < entry; first++)
		if (first->has_turn && first->pool == entry->pool)
			return first->recipient;
	return entry->recipient;
}

static json_t *does(const char *what, json_t *with)
{
	return json_pack("{s:s, s:o}", "does", what, "with", with);
}

/* NAME is the token's. */
static json_t *token_of(const char *recipient, const char *name)
{
	char token[TOKEN_MAX];

	if (token_address(token, recipient, "localhost", name) == -1)
		return json_null();
	return http_json_text_or_null(token);
}

/* What the milter would do about that recipient. */
static json_t *milter_of(const struct letter *letter, const struct entry *entry)
{
	const struct view_route *route = &letter->plan.route;
	bool has_pool = route->action == ACTION_POOL;

	if (view_route_refuses(route))
		return does("refuse",
			json_sprintf("%s %s %s", route->code, route->enhanced, route->text));
	if (entry->is_split)
		return does("split", json_string("452 4.5.3"));
	switch (letter->end) {
	case ENVELOPE_FILTER:
		return does("filter", json_sprintf("FILTER %s", letter->plan.nexthop));
	case ENVELOPE_TOKENS:
		if (route->action == ACTION_DISCARD)
			return does("discard", json_null());
		return has_pool ? does("token", token_of(entry->recipient, letter->plan.token))
				: does("leave", json_null());
	case ENVELOPE_DNS:
		return does("token", token_of(entry->recipient, TOKEN_DNS));
	case ENVELOPE_MAP:
		return does("map", letter->plan.nexthop[0] == '\0'
					   ? json_null()
					   : json_string(letter->plan.nexthop));
	default:
		return does(envelope_end_name(letter->end), json_null());
	}
}

/* ---- the map */

/* Of any length that the map may say. */
static json_t *reply_text(const char *reply)
{
	char clean[MAP_REPLY_MAX];

	return json_string(printable_copy(clean, sizeof(clean), reply));
}

/* What the map says of a key; NAME is the map's. */
static json_t *asked(struct letter *letter, const char *name, const char *key)
{
	char line[MAP_REQUEST_MAX + 1];
	char reply[MAP_REPLY_MAX];
	int length = snprintf(line, sizeof(line), "%s %s", name, key);
	struct map_request request;
	struct map_reply_route route = {.action = ACTION_NONE};

	if (length < 0 || (size_t)length >= sizeof(line))
		return NULL;
	map_request_parse(&request, (struct span){line, (size_t)length});
	if (request.key == MAP_REQUEST_TOKEN) {
		engine_map_token(
			letter->call->engine, request.text, ENGINE_MAP_EXPLAIN, &letter->answer);
	} else {
		idn_fold_address(&request.address);
		engine_map_address(letter->call->engine, &request.address, ENGINE_MAP_EXPLAIN,
			&letter->answer);
	}
	route.mta = letter->answer.mta;
	route.action = letter->answer.route.action;
	route.nexthop = letter->answer.nexthop;
	route.code = letter->answer.route.code;
	route.enhanced = letter->answer.route.enhanced;
	route.text = letter->answer.route.text;
	map_reply_write(reply, &request, &route);
	return json_pack("{s:s, s:o, s:o}", "map", name, "key", http_json_text_or_null(key),
		"reply", reply_text(reply));
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

/* The keys that the MTA asks for, or null if there is no map. */
static json_t *map_of(struct letter *letter, const char *recipient)
{
	char key[TEXT_MAX + 1];
	json_t *list;

	if (letter->call->facts->map_socket == NULL)
		return json_null();
	list = json_array();
	if (letter->policy.mta == TABLE_POSTFIX) {
		json_array_append_new(list, asked(letter, "transport", key_of(key, recipient)));
		return list;
	}
	if (letter->plan.token[0] != '\0')
		json_array_append_new(list, asked(letter, "nexthop", letter->plan.token));
	json_array_append_new(list, asked(letter, "nexthop", key_of(key, recipient)));
	return list;
}

/* ---- the answer */

static json_t *plan_of(struct letter *letter, const struct entry *entry)
{
	struct address recipient, first;
	json_t *plan;

	parse(&recipient, entry->recipient);
	parse(&first, chosen_for(letter, entry));
	if (entry->is_ruled) {
		engine_plan_rule(letter->call->engine, (size_t)letter->rule, &first,
			letter->sender_hash, &letter->plan);
		letter->plan.route = letter->ruled;
	} else {
		engine_plan_route(letter->call->engine, &first, letter->sender_hash, &letter->plan);
		engine_route(letter->call->engine, &recipient, &letter->plan.route);
	}
	plan = http_json_plan(&letter->plan, entry->recipient);
	json_object_set_new(plan, "doors",
		json_pack("{s:o, s:o}", "milter", milter_of(letter, entry), "map",
			map_of(letter, entry->recipient)));
	return plan;
}

/* Only what decides. */
static json_t *brief(struct letter *letter)
{
	json_t *list = json_array();
	json_t *answer = json_pack("{s:o}", "recipients", list);

	for (int i = 0; i < letter->count; i++) {
		const struct entry *entry = &letter->entries[i];
		struct address recipient;
		struct view_route route = letter->ruled;
		json_t *object;

		parse(&recipient, entry->recipient);
		if (!entry->is_ruled)
			engine_route(letter->call->engine, &recipient, &route);
		object = http_json_route(&route);
		json_object_set_new(object, "recipient", http_json_text_or_null(entry->recipient));
		json_array_append_new(list, object);
	}
	http_verdict_show(letter->verdict, true, answer);
	return answer;
}

static json_t *explain(struct letter *letter)
{
	json_t *plans, *answer;

	fill_envelope(letter);
	if (letter->is_brief)
		return brief(letter);
	if (letter->count == 1) {
		answer = plan_of(letter, &letter->entries[0]);
		http_verdict_show(letter->verdict, false, answer);
		return answer;
	}
	plans = json_array();
	for (int i = 0; i < letter->count; i++)
		json_array_append_new(plans, plan_of(letter, &letter->entries[i]));
	answer = json_pack("{s:o, s:b, s:s}", "recipients", plans, "mixed",
		(int)letter->envelope.is_mixed, "milter", envelope_end_name(letter->end));
	http_verdict_show(letter->verdict, false, answer);
	return answer;
}

json_t *http_explain_answer(const struct http_call *call, int *status)
{
	struct letter *letter = calloc(1, sizeof(*letter));
	const char *wrong;
	json_t *answer;

	if (letter == NULL)
		return NULL;
	letter->call = call;
	letter->policy = call->facts->policy;
	wrong = read_query(letter, call);
	if (wrong == NULL)
		letter->verdict = http_verdict_new(call, &wrong);
	if (letter->verdict != NULL) {
		answer = explain(letter);
		http_verdict_free(letter->verdict);
	} else if (wrong == NULL) {
		answer = NULL;
	} else {
		*status = BAD_REQUEST;
		answer = http_api_error(wrong);
	}
	free(letter);
	return answer;
}
