/* routing: what becomes of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/routing.h"
#include "engine/routing_policy.h"
#include "text/idn.h"

#include <string.h>

static const char gone[] = "the pool has left the configuration";
static const char no_memory[] = "out of memory";
static const char not_replaced[] = "cannot replace a recipient";

static bool is_asked(const struct routing *routing)
{
	return routing->plan != NULL;
}

static bool is_sendmail(const struct routing *routing)
{
	return routing->policy.mta == TABLE_SENDMAIL;
}

static void count(const struct routing *routing, enum engine_counter counter)
{
	if (!is_asked(routing))
		engine_count(routing->engine, counter, 1);
}

/* ---- life */

void routing_begin(struct routing *routing)
{
	if (is_asked(routing))
		engine_plan_begin(routing->plan);
	routing->policy = routing_policy_get().envelope;
	routing->sender_hash = 0;
	routing->recipient_hash = 0;
	routing->route.action = ACTION_NONE;
	routing->route.match[0] = '\0';
	routing->route.source[0] = '\0';
	envelope_init(&routing->envelope);
	routing_recipients_forget(&routing->recipients);
	routing->has_no_memory =
		routing_rules_begin(&routing->rules, routing->engine, is_asked(routing)) == -1;
}

void routing_end_message(struct routing *routing)
{
	routing_rules_end_message(&routing->rules);
}

void routing_clear(struct routing *routing)
{
	routing_recipients_clear(&routing->recipients);
	routing_rules_clear(&routing->rules);
}

void routing_sender(struct routing *routing, const struct address *sender)
{
	routing->sender_hash = sender->hash;
	routing_rules_sender(&routing->rules, sender);
}

/* ---- recipients */

static void answer_with(struct routing_answer *answer, enum routing_answer_kind kind,
	const char *code, const char *enhanced, const char *text)
{
	answer->kind = kind;
	answer->code = code;
	answer->enhanced = enhanced;
	answer->text = text;
}

static void answer_fault(struct routing_answer *answer, const char *fault)
{
	answer->kind = ROUTING_FAULT;
	answer->fault = fault;
}

static void answer_forged(const struct routing *routing, struct routing_answer *answer)
{
	count(routing, ENGINE_RCPT_REJECTED);
	answer_with(answer, ROUTING_FORGED, "550", "5.7.1",
		"Addresses in the domain nexthop are not for clients");
}

static void answer_changed(struct routing_answer *answer)
{
	answer_with(answer, ROUTING_CHANGED, "451", "4.3.5",
		"Routing has changed, try again on a new connection");
}

static void answer_refused(const struct routing *routing, struct routing_answer *answer)
{
	const struct view_route *route = answer->by;

	count(routing, route->action == ACTION_REJECT ? ENGINE_RCPT_REJECTED
		       : route->is_put_off	      ? ENGINE_PUT_OFF
						      : ENGINE_RCPT_DEFERRED);
	answer_with(answer, ROUTING_REFUSED, route->code, route->enhanced, route->text);
}

static void answer_split(const struct routing *routing, struct routing_answer *answer)
{
	count(routing, ENGINE_SPLIT);
	/* RFC 5321, 4.5.3.1.10: the client sends to those it was not told of now afterwards. */
	answer_with(answer, ROUTING_SPLIT, "452", "4.5.3",
		"This recipient has another route: send it in a message of its own");
}

/*
 * A connection that is older than the table in force may lack steps that its routes need now. The
 * MTA comes back on a new one.
 */
static bool lacks_steps(const struct routing *routing, const struct view_route *route)
{
	if (route->action == ACTION_DISCARD && is_sendmail(routing))
		return !routing->asked.pools;
	if (route->action != ACTION_POOL)
		return false;
	return !routing->asked.pools ||
	       (route->hash_on == HASH_ON_SENDER && !routing->asked.sender);
}

/* What the rule that has decided does becomes of all recipients. Gives -1 if its pool is gone. */
static int rule_all(struct routing *routing)
{
	const struct routing_rules *rules = &routing->rules;

	if (routing->envelope.is_ruled)
		return 0;
	if (engine_rule_route(
		    routing->engine, rules->ruleset, (size_t)rules->decided, &routing->route) == -1)
		return -1;
	envelope_rule(&routing->envelope, routing->route.action, routing->route.pool);
	routing_recipients_set(&routing->recipients, &routing->route);
	return 0;
}

static void take(struct routing *routing, const struct address *address, char **arguments,
	struct routing_answer *answer)
{
	const struct envelope_policy *policy = &routing->policy;
	const struct view_route *own = &answer->own;

	if ((policy->has_map || is_sendmail(routing)) &&
		routing_recipients_add(&routing->recipients, address, answer->by, arguments) ==
			-1) {
		answer_fault(answer, no_memory);
		return;
	}
	if (!envelope_add(&routing->envelope, policy, own->action, own->pool)) {
		routing_recipients_drop(&routing->recipients);
		answer_split(routing, answer);
		return;
	}
	if (routing->envelope.count > 1)
		return;
	routing->recipient_hash = address->hash;
	if (!routing->envelope.is_ruled)
		routing->route = *own;
}

static void decide(struct routing *routing, const struct address *address, char **arguments,
	const char *queue_id, struct routing_answer *answer)
{
	bool is_ruled = routing->envelope.is_ruled;

	answer->by = is_ruled ? &routing->route : &answer->own;
	if (view_route_refuses(answer->by)) {
		if (is_ruled)
			routing_rules_settle(&routing->rules, queue_id);
		answer_refused(routing, answer);
	} else if (lacks_steps(routing, answer->by)) {
		answer_changed(answer);
	} else {
		take(routing, address, arguments, answer);
	}
	if (answer->kind != ROUTING_TAKEN && !is_ruled)
		routing_rules_take_back(&routing->rules);
}

void routing_recipient(struct routing *routing, char **arguments, const char *queue_id,
	struct routing_answer *answer)
{
	struct address address;

	answer->kind = ROUTING_TAKEN;
	answer->by = NULL;
	if (is_sendmail(routing) && token_is_in(arguments[0])) {
		answer_forged(routing, answer);
		return;
	}
	address_parse(&address, arguments[0]);
	idn_fold_address(&address);
	engine_route(routing->engine, &address, &answer->own);
	if (routing->has_no_memory)
		answer_fault(answer, no_memory);
	else if (routing_rules_lack(&routing->rules, routing->asked, routing->asked_macros))
		answer_changed(answer);
	/* What a rule has decided holds, whatever the recipient's route says. */
	else if (routing_rules_recipient(&routing->rules, &address) >= 0 && rule_all(routing) == -1)
		answer_fault(answer, gone);
	else
		decide(routing, &address, arguments, queue_id, answer);
}

/* ---- the end */

int routing_end(struct routing *routing, int64_t size, const struct routing_names *names,
	struct routing_step *step, const char **fault)
{
	step->is_begun = false;
	step->next = 0;
	step->in_pool = false;
	if (routing_rules_end(&routing->rules, size) >= 0 && rule_all(routing) == -1) {
		*fault = gone;
		return -1;
	}
	routing_rules_settle(&routing->rules, names->queue_id);
	if (routing->envelope.is_ruled && routing->route.is_put_off) {
		step->end = ENVELOPE_REFUSE;
		return 0;
	}
	if (routing->envelope.is_mixed)
		count(routing, ENGINE_MIXED);
	step->end = envelope_end(&routing->envelope, &routing->policy);
	return 0;
}

/* Takes a turn of the pool, for that recipient. IS_KEPT: the MTA keeps the list with the message. */
static int choose(struct routing *routing, uint64_t pool, bool is_kept,
	const struct routing_names *names, struct routing_step *step, const char **fault)
{
	bool is_ruled = routing->envelope.is_ruled;
	const struct routing_recipients *recipients = &routing->recipients;
	const struct engine_message message = {
		.pool = pool,
		.recipient_hash = step->chosen_for,
		.sender_hash = routing->sender_hash,
		.queue_id = names->queue_id,
		.is_kept = is_kept,
		.is_whole = !routing->envelope.is_mixed,
		.rule = is_ruled ? routing->route.match : NULL,
		.source = is_ruled || is_kept ? routing->route.source
					      : routing_recipients_source(recipients,
							&recipients->list[step->pool_first]),
	};

	int failure = is_asked(routing) ? engine_plan_choose(routing->engine, &message,
						  routing->plan, &step->choice)
					: engine_choose(routing->engine, &message, &step->choice);

	if (failure == -1)
		*fault = gone;
	return failure;
}

static int next_filter(struct routing *routing, const struct routing_names *names,
	struct routing_step *step, const char **fault)
{
	if (step->is_begun) {
		count(routing, ENGINE_ROUTED);
		return 0;
	}
	step->kind = ROUTING_FILTER;
	step->chosen_for = routing->recipient_hash;
	step->is_begun = true;
	return choose(routing, routing->route.pool, true, names, step, fault) == -1 ? -1 : 1;
}

/* NAME is the token's. */
static int set_token(const struct routing_names *names, const char *name, struct routing_step *step,
	const char **fault)
{
	step->kind = ROUTING_TOKEN;
	if (token_address(step->token, step->text, names->home, name) == 0)
		return 1;
	*fault = not_replaced;
	return -1;
}

static struct routing_recipient *take_up(
	struct routing *routing, size_t index, struct routing_step *step)
{
	struct routing_recipient *recipient = &routing->recipients.list[index];

	step->recipient = index;
	step->text = routing_recipients_text(&routing->recipients, recipient);
	step->arguments = routing_recipients_arguments(&routing->recipients, recipient);
	return recipient;
}

/* That recipient goes by the choice. */
static int give(struct routing *routing, size_t index, const struct routing_names *names,
	struct routing_step *step, const char **fault)
{
	struct routing_recipient *recipient = take_up(routing, index, step);

	recipient->is_done = true;
	step->next = index + 1;
	if (is_sendmail(routing))
		return set_token(names, step->choice.token, step, fault);
	step->kind = ROUTING_MAP;
	if (is_asked(routing))
		engine_plan_repeat(routing->engine, recipient->hash, &step->choice, routing->plan);
	return 1;
}

/* Another recipient of the pool that was chosen from last. False: there is none. */
static bool find_of_pool(const struct routing *routing, struct routing_step *step)
{
	const struct routing_recipients *recipients = &routing->recipients;
	const struct routing_recipient *first;

	if (!step->in_pool)
		return false;
	first = &recipients->list[step->pool_first];
	for (; step->next < recipients->count && !first->is_by_hash; step->next++) {
		const struct routing_recipient *other = &recipients->list[step->next];

		if (other->action == ACTION_POOL && !other->is_done && other->pool == first->pool)
			return true;
	}
	step->in_pool = false;
	step->next = step->pool_first + 1;
	return false;
}

/* Each recipient by itself: those of a pool one after the other, from the first of them on. */
static int next_of_each(struct routing *routing, const struct routing_names *names,
	struct routing_step *step, const char **fault)
{
	const struct routing_recipients *recipients = &routing->recipients;

	if (find_of_pool(routing, step))
		return give(routing, step->next, names, step, fault);
	for (; step->next < recipients->count; step->next++) {
		const struct routing_recipient *recipient = &recipients->list[step->next];

		if (recipient->action == ACTION_DISCARD && is_sendmail(routing)) {
			/* Nobody else would throw it away. */
			take_up(routing, step->next++, step);
			step->kind = ROUTING_REMOVE;
			return 1;
		}
		if (recipient->action != ACTION_POOL || recipient->is_done)
			continue;
		step->in_pool = true;
		step->pool_first = step->next;
		step->chosen_for = recipient->hash;
		if (choose(routing, recipient->pool, false, names, step, fault) == -1)
			return -1;
		return give(routing, step->next, names, step, fault);
	}
	if (routing->envelope.has_pool)
		count(routing, ENGINE_ROUTED);
	return 0;
}

/* Sendmail, by a rule, although there are routes that the map would answer by. */
static int next_to_dns(struct routing *routing, const struct routing_names *names,
	struct routing_step *step, const char **fault)
{
	if (step->next == routing->recipients.count) {
		count(routing, ENGINE_UNROUTED);
		return 0;
	}
	take_up(routing, step->next++, step);
	step->choice.pool[0] = '\0';
	return set_token(names, TOKEN_DNS, step, fault);
}

int routing_next(struct routing *routing, const struct routing_names *names,
	struct routing_step *step, const char **fault)
{
	switch (step->end) {
	case ENVELOPE_FILTER:
		return next_filter(routing, names, step, fault);
	case ENVELOPE_MAP:
	case ENVELOPE_TOKENS:
		return next_of_each(routing, names, step, fault);
	case ENVELOPE_DNS:
		return next_to_dns(routing, names, step, fault);
	default:
		count(routing, step->end == ENVELOPE_DISCARD  ? ENGINE_DISCARDED
			       : step->end == ENVELOPE_REFUSE ? ENGINE_REFUSED
							      : ENGINE_UNROUTED);
		return 0;
	}
}

/* What a rule has chosen is not what the map would say of the recipient. */
void routing_told(struct routing *routing, const struct routing_step *step)
{
	const struct routing_recipients *recipients = &routing->recipients;
	bool is_for_all = step->kind == ROUTING_FILTER;
	size_t first = is_for_all ? 0 : step->recipient;
	size_t end = is_for_all ? recipients->count : first + 1;

	if (is_asked(routing) || routing->envelope.is_ruled || step->kind == ROUTING_REMOVE)
		return;
	for (size_t i = first; i < end; i++)
		engine_remember(routing->engine, recipients->list[i].hash, &step->choice);
}
