/* milter_replies: what the MTA is answered when a recipient or a message is not taken
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_replies.h"
#include "core/printable.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "engine/routing_policy.h"

#include <string.h>

enum { FAULT_INTERVAL_MS = 10000 };

static struct log_limit fault_limit;

/* libmilter takes what it is given as its own. */
static void set_reply(SMFICTX *ctx, const char *code, const char *enhanced, const char *text)
{
	char doubled[2 * VIEW_REPLY_MAX];
	size_t used = 0;

	/* Sendmail formats the text, Postfix does as if: "%%" is a "%" to both. */
	for (const char *p = text; *p != '\0'; p++) {
		doubled[used++] = *p;
		if (*p == '%')
			doubled[used++] = '%';
	}
	doubled[used] = '\0';
	/* Without a reply of ours the MTA says one of its own. */
	if (smfi_setreply(ctx, (char *)code, (char *)enhanced, doubled) == MI_FAILURE)
		log_warning("cannot set the reply \"%s %s %s\"", code, enhanced, text);
}

sfsistat milter_replies_tempfail(SMFICTX *ctx, const char *enhanced, const char *text)
{
	set_reply(ctx, "451", enhanced, text);
	return SMFIS_TEMPFAIL;
}

sfsistat milter_replies_fault(
	SMFICTX *ctx, struct engine *engine, struct milter_session *session, const char *what)
{
	char id[MILTER_SESSION_ID_MAX];
	unsigned suppressed;
	bool accepts = routing_policy_get().on_error == ROUTING_POLICY_ACCEPT;

	engine_count(engine, ENGINE_FAULTS, 1);
	if (log_may_repeat(&fault_limit, clock_now(), FAULT_INTERVAL_MS, &suppressed))
		log_error("%s: fault=\"%s\" on_error=%s suppressed=%u", milter_session_id(ctx, id),
			what, accepts ? "accept" : "tempfail", suppressed);
	if (!accepts)
		return milter_replies_tempfail(
			ctx, "4.3.0", "Cannot route this message now, try again later");
	if (session != NULL)
		session->has_failed = true;
	return SMFIS_CONTINUE;
}

/* ---- recipients */

static const char *source_of(const struct view_route *route)
{
	return route->source[0] == '\0' ? "no route" : route->source;
}

static void log_answer(SMFICTX *ctx, const struct milter_session *session,
	const struct routing_answer *answer, const char *recipient)
{
	const struct routing *routing = &session->routing;
	const struct view_route *by = answer->by;
	char id[MILTER_SESSION_ID_MAX];
	char shown[ADDRESS_MAX + 1];

	if (!log_has_debug())
		return;
	milter_session_id(ctx, id);
	printable_copy(shown, sizeof(shown), recipient);
	if (answer->kind == ROUTING_REFUSED)
		log_debug("%s: to=%s action=%s %s=%s source=%s reply=\"%s %s %s\"", id, shown,
			table_action_name(by->action),
			routing->envelope.is_ruled ? "rule" : "match", by->match, by->source,
			answer->code, answer->enhanced, answer->text);
	else if (answer->kind == ROUTING_SPLIT)
		log_debug("%s: to=%s action=%s match=%s source=%s split first=%s", id, shown,
			table_action_name(by->action), by->match, by->source,
			source_of(&routing->route));
	else if (answer->kind == ROUTING_FORGED)
		log_debug("%s: to=%s action=reject: a token from a client", id, shown);
}

sfsistat milter_replies_recipient(SMFICTX *ctx, struct milter_session *session,
	const struct routing_answer *answer, const char *recipient)
{
	if (answer->kind == ROUTING_TAKEN)
		return SMFIS_CONTINUE;
	if (answer->kind == ROUTING_FAULT)
		return milter_replies_fault(ctx, session->engine, session, answer->fault);
	set_reply(ctx, answer->code, answer->enhanced, answer->text);
	log_answer(ctx, session, answer, recipient);
	return answer->code[0] == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

/* ---- the message */

sfsistat milter_replies_refuse_message(SMFICTX *ctx, struct milter_session *session)
{
	const struct view_route *route = &session->routing.route;
	char id[MILTER_SESSION_ID_MAX];

	set_reply(ctx, route->code, route->enhanced, route->text);
	log_debug("%s: action=%s rule=%s source=%s recipients=%d reply=\"%s %s %s\"",
		milter_session_id(ctx, id), table_action_name(route->action), route->match,
		route->source, session->routing.envelope.count, route->code, route->enhanced,
		route->text);
	return route->action == ACTION_REJECT ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}
