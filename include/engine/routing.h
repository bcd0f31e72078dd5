/* routing: what becomes of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ROUTING_H
#define ENGINE_ROUTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/envelope.h"
#include "core/token.h"
#include "engine/engine.h"
#include "engine/engine_plan.h"
#include "engine/routing_recipients.h"
#include "engine/routing_rules.h"
#include "engine/view.h"

/*
 * A message is told as it becomes known: its facts to the rules (routing_rules.h), each recipient, its
 * end. What follows is given as answers to recipients, and in the end as steps: what the MTA is to be
 * told. The milter translates both; who only asks about a message gets the same ones, and nothing
 * advances or is counted by it.
 *
 * Postfix, all recipients of one pool: one next hop by FILTER. Else each recipient's choice is kept for
 * the map to repeat. Sendmail: each recipient of a pool is replaced by its token (token.h). A pool's
 * turn is taken once for a message, however many of its recipients it has: they go in one transaction.
 * A pool that chooses by the recipient chooses for each.
 *
 * A rule that has decided holds for all recipients: its pool by FILTER in any case, for the map knows
 * nothing of messages. "dns" is a token that Sendmail's rules undo, where the map would answer by a
 * route; on Postfix the message is left alone.
 *
 * One message is one thread's at a time: no lock.
 *
 * Limits: of a message that is asked about, where several pools come down to one that takes turns, as
 * a fallback does, all are told its next turn; the milter takes a turn for each.
 */

struct routing {
	/* Of all messages, set by the caller: */
	struct engine *engine;
	struct engine_needs asked; /* what the MTA was asked for */
	uint64_t asked_macros;	   /* ruleset_macros() then */
	struct engine_plan *plan;  /* NULL: a message that there is; else one that is asked about */
	/* Of the message: */
	struct envelope_policy policy;
	bool has_no_memory; /* for the rules */
	uint64_t sender_hash;
	struct envelope envelope;
	uint64_t recipient_hash;	      /* of the first */
	struct view_route route;	      /* of the first, or what a rule has decided */
	struct routing_recipients recipients; /* only where their next hops may differ */
	struct routing_rules rules;
};

/* A message begins, under the policy in force (routing_policy.h), and is over. The memory stays. */
void routing_begin(struct routing *routing);
void routing_end_message(struct routing *routing);

/* Frees what ROUTING holds. */
void routing_clear(struct routing *routing);

void routing_sender(struct routing *routing, const struct address *sender);

/* ---- recipients */

enum routing_answer_kind {
	ROUTING_TAKEN = 0,
	ROUTING_REFUSED = 1, /* by its route, or by a rule */
	ROUTING_SPLIT = 2,   /* to come in a message of its own: its route differs from the first */
	ROUTING_FORGED = 3,  /* one of our tokens, from a client */
	ROUTING_CHANGED = 4, /* the routes in force need more than the MTA was asked for */
	ROUTING_FAULT = 5,   /* ours: `fault` */
};

struct routing_answer {
	enum routing_answer_kind kind;
	const struct view_route *by; /* `own`, or what a rule does. NULL: neither was looked at */
	struct view_route own;	     /* its own route */
	/* What it is answered, unless it is taken or the fault is ours. */
	const char *code;
	const char *enhanced;
	const char *text;
	const char *fault;
};

/*
 * One more, with what libmilter gives to envrcpt: the address as the client has given it, its
 * parameters, NULL. QUEUE_ID is for the log; "": unknown.
 */
void routing_recipient(struct routing *routing, char **arguments, const char *queue_id,
	struct routing_answer *answer);

/* ---- the end */

enum routing_step_kind {
	ROUTING_FILTER = 0, /* all recipients go to choice.nexthop */
	ROUTING_MAP = 1,    /* that recipient: nothing; the MTA will ask the map */
	ROUTING_TOKEN = 2,  /* that recipient is replaced by `token`; "dns" has no choice */
	ROUTING_REMOVE = 3, /* that recipient is thrown away */
};

struct routing_step {
	enum envelope_end end; /* what becomes of the whole message */
	enum routing_step_kind kind;
	size_t recipient; /* counted from 0 among those that were taken; all but ROUTING_FILTER */
	const char *text; /* as the MTA has given it */
	const char *arguments;	     /* NULL: it has no parameters */
	uint64_t chosen_for;	     /* the hash of the recipient that hosts were chosen for */
	struct engine_choice choice; /* asked about, ROUTING_MAP: as the map will repeat it */
	char token[TOKEN_MAX];
	/* For routing_next(): */
	bool is_begun;
	size_t next;
	size_t pool_first; /* the recipient that CHOICE was made for */
	bool in_pool;
};

/* What only the MTA knows. */
struct routing_names {
	const char *queue_id; /* "": unknown */
	const char *home;     /* Sendmail: the domain of an address without one */
};

/*
 * The message is complete; SIZE as routing_rules_end() takes it. Gives 0, STEP being in front of the
 * first one, or -1: *FAULT says what is wrong.
 */
int routing_end(struct routing *routing, int64_t size, const struct routing_names *names,
	struct routing_step *step, const char **fault);

/*
 * The next thing that the MTA is to be told. Gives 1, 0 if there is nothing more: then the message is
 * counted; or -1, as above.
 */
int routing_next(struct routing *routing, const struct routing_names *names,
	struct routing_step *step, const char **fault);

/* The MTA was told that step: the map answers by it from now on. */
void routing_told(struct routing *routing, const struct routing_step *step);

#endif
