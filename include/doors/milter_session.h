/* milter_session: one connection of the MTA, and the message on it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_SESSION_H
#define DOORS_MILTER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <libmilter/mfapi.h>

#include "core/envelope.h"
#include "doors/milter_policy.h"
#include "doors/milter_recipients.h"
#include "doors/milter_rules.h"
#include "engine/engine.h"
#include "engine/view.h"

/* libmilter calls for one connection on one thread at a time: no lock. */

struct milter_session {
	struct engine *engine;
	struct engine_needs asked; /* what was in force when the steps were negotiated */
	bool can_skip;		   /* the MTA can leave out the rest of a body */
	/* The message: */
	bool in_message;
	bool is_refused;    /* it began while we were stopping */
	bool has_failed;    /* a fault of ours, with on_error = "accept" */
	bool has_no_memory; /* for the rules */
	int forged;	    /* headers of our name that the client sent, to be deleted */
	uint64_t sender_hash;
	struct milter_policy policy; /* as it was when the message began */
	struct envelope envelope;
	uint64_t recipient_hash;	     /* of the first */
	struct view_route route;	     /* of the first, or what a rule has decided */
	struct view_route other;	     /* the first that differs, if mixed */
	struct milter_recipients recipients; /* only where their next hops may differ */
	struct milter_rules rules;
};

/* NULL: out of memory. */
struct milter_session *milter_session_new(struct engine *engine, struct engine_needs asked);
void milter_session_free(struct milter_session *session);

/* Begins a message, unless there is one. */
void milter_session_begin(struct milter_session *session, bool is_stopping);

/*
 * What the rule that has decided does becomes of all recipients. Gives 0, or -1 if its pool has left
 * the configuration since.
 */
int milter_session_rule(struct milter_session *session);
void milter_session_end(struct milter_session *session);

/* One more recipient, with what libmilter gives to envrcpt. */
enum milter_session_taken {
	MILTER_SESSION_TAKEN = 0,
	MILTER_SESSION_SPLIT = 1, /* not taken: it is to come in a message of its own */
	MILTER_SESSION_NO_MEMORY = 2,
};
enum milter_session_taken milter_session_take(struct milter_session *session,
	const struct address *address, const struct view_route *route, char **arguments);

enum { MILTER_SESSION_ID_MAX = 64 };

/* The message's queue id, fit for the log. Gives OUT. */
const char *milter_session_id(SMFICTX *ctx, char out[MILTER_SESSION_ID_MAX]);

#endif
