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
	session->asked = asked;
	engine_count(engine, ENGINE_SESSIONS, 1);
	return session;
}

void milter_session_free(struct milter_session *session)
{
	if (session == NULL)
		return;
	milter_session_end(session);
	engine_count(session->engine, ENGINE_SESSIONS, -1);
	milter_recipients_clear(&session->recipients);
	milter_rules_clear(&session->rules);
	free(session);
}

void milter_session_begin(struct milter_session *session, bool is_stopping)
{
	if (session->in_message)
		return;
	session->in_message = true;
	session->is_refused = is_stopping;
	session->has_failed = false;
	session->forged = 0;
	session->sender_hash = 0;
	session->recipient_hash = 0;
	session->route.action = ACTION_NONE;
	session->route.match[0] = '\0';
	session->route.source[0] = '\0';
	session->policy = milter_policy_get();
	envelope_init(&session->envelope);
	milter_recipients_forget(&session->recipients);
	session->has_no_memory = milter_rules_begin(&session->rules, session->engine) == -1;
	if (!session->is_refused)
		engine_count(session->engine, ENGINE_IN_FLIGHT, 1);
}

void milter_session_end(struct milter_session *session)
{
	if (session->in_message && !session->is_refused)
		engine_count(session->engine, ENGINE_IN_FLIGHT, -1);
	session->in_message = false;
	milter_rules_end_message(&session->rules);
}

int milter_session_rule(struct milter_session *session)
{
	const struct milter_rules *rules = &session->rules;

	if (session->envelope.is_ruled)
		return 0;
	if (engine_rule_route(
		    session->engine, rules->ruleset, (size_t)rules->decided, &session->route) == -1)
		return -1;
	envelope_rule(&session->envelope, session->route.action, session->route.pool);
	milter_recipients_set(&session->recipients, &session->route);
	return 0;
}

enum milter_session_taken milter_session_take(struct milter_session *session,
	const struct address *address, const struct view_route *route, char **arguments)
{
	const struct envelope_policy *policy = &session->policy.envelope;
	bool was_mixed = session->envelope.is_mixed;

	if ((policy->has_map || policy->mta == TABLE_SENDMAIL) &&
		milter_recipients_add(&session->recipients, address,
			session->envelope.is_ruled ? &session->route : route, arguments) == -1)
		return MILTER_SESSION_NO_MEMORY;
	if (!envelope_add(&session->envelope, policy, route->action, route->pool)) {
		milter_recipients_drop(&session->recipients);
		return MILTER_SESSION_SPLIT;
	}
	if (session->envelope.is_ruled) {
		if (session->envelope.count == 1)
			session->recipient_hash = address->hash;
	} else if (session->envelope.count == 1) {
		session->route = *route;
		session->recipient_hash = address->hash;
	} else if (!was_mixed && session->envelope.is_mixed) {
		session->other = *route;
	}
	return MILTER_SESSION_TAKEN;
}

const char *milter_session_id(SMFICTX *ctx, char out[MILTER_SESSION_ID_MAX])
{
	const char *id = smfi_getsymval(ctx, "i");

	return printable_copy(out, MILTER_SESSION_ID_MAX, id == NULL ? "NOQUEUE" : id);
}
