/* milter_session: one connection of the MTA, and the message on it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_SESSION_H
#define DOORS_MILTER_SESSION_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

#include "doors/milter_facts.h"
#include "engine/engine.h"
#include "engine/routing.h"

/* libmilter calls for one connection on one thread at a time: no lock. */

struct milter_session {
	struct engine *engine;
	struct milter_facts facts;
	bool can_skip; /* the MTA can leave out the rest of a body */
	/* The message: */
	bool in_message;
	bool is_refused; /* it began while we were stopping */
	bool has_failed; /* a fault of ours, with on_error = "accept" */
	struct routing routing;
};

/* ASKED is in force when the steps are negotiated. NULL: out of memory. */
struct milter_session *milter_session_new(struct engine *engine, struct engine_needs asked);
void milter_session_free(struct milter_session *session);

/* Begins a message, unless there is one. */
void milter_session_begin(struct milter_session *session, bool is_stopping);
void milter_session_end(struct milter_session *session);

enum { MILTER_SESSION_ID_MAX = 64 };

/* The message's queue id, fit for the log. Gives OUT. */
const char *milter_session_id(SMFICTX *ctx, char out[MILTER_SESSION_ID_MAX]);

#endif
