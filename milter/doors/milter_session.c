/* milter_session: one connection of the MTA, and the message on it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_session.h"
#include "core/printable.h"

#include <stdlib.h>

struct milter_session *milter_session_new(struct engine *engine, struct engine_needs asked)
{
	struct milter_session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return NULL;
	session->engine = engine;
	session->routing.engine = engine;
	session->routing.asked = asked;
	engine_count(engine, ENGINE_SESSIONS, 1);
	return session;
}

void milter_session_free(struct milter_session *session)
{
	if (session == NULL)
		return;
	milter_session_end(session);
	engine_count(session->engine, ENGINE_SESSIONS, -1);
	routing_clear(&session->routing);
	free(session);
}

void milter_session_begin(struct milter_session *session, bool is_stopping)
{
	if (session->in_message)
		return;
	session->in_message = true;
	session->is_refused = is_stopping;
	session->has_failed = false;
	routing_begin(&session->routing);
	milter_facts_begin(&session->facts, &session->routing.rules);
	if (!session->is_refused)
		engine_count(session->engine, ENGINE_IN_FLIGHT, 1);
}

void milter_session_end(struct milter_session *session)
{
	if (session->in_message && !session->is_refused)
		engine_count(session->engine, ENGINE_IN_FLIGHT, -1);
	session->in_message = false;
	routing_end_message(&session->routing);
}

const char *milter_session_id(SMFICTX *ctx, char out[MILTER_SESSION_ID_MAX])
{
	const char *id = smfi_getsymval(ctx, "i");

	return printable_copy(out, MILTER_SESSION_ID_MAX, id == NULL ? "NOQUEUE" : id);
}
