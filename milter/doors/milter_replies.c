/* milter_replies: what the MTA is answered when a recipient or a message is not taken
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_replies.h"
#include "core/printable.h"
#include "engine/clock.h"
#include "engine/log.h"

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
	bool accepts = milter_policy_get().on_error == MILTER_ACCEPT;

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

sfsistat milter_replies_refuse(SMFICTX *ctx, struct milter_session *session,
	const struct view_route *route, const char *recipient)
{
	char id[MILTER_SESSION_ID_MAX];
	char shown[ADDRESS_MAX + 1];
	bool is_reject = route->action == ACTION_REJECT;

	set_reply(ctx, route->code, route->enhanced, route->text);
	engine_count(session->engine,
		is_reject	    ? ENGINE_RCPT_REJECTED
		: route->is_put_off ? ENGINE_PUT_OFF
				    : ENGINE_RCPT_DEFERRED,
		1);
	log_debug("%s: to=%s action=%s %s=%s source=%s reply=\"%s %s %s\"",
		milter_session_id(ctx, id), printable_copy(shown, sizeof(shown), recipient),
		table_action_name(route->action), session->envelope.is_ruled ? "rule" : "match",
		route->match, route->source, route->code, route->enhanced, route->text);
	return is_reject ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

sfsistat milter_replies_refuse_message(SMFICTX *ctx, struct milter_session *session)
{
	const struct view_route *route = &session->route;
	char id[MILTER_SESSION_ID_MAX];

	set_reply(ctx, route->code, route->enhanced, route->text);
	engine_count(session->engine, ENGINE_REFUSED, 1);
	log_debug("%s: action=%s rule=%s source=%s recipients=%d reply=\"%s %s %s\"",
		milter_session_id(ctx, id), table_action_name(route->action), route->match,
		route->source, session->envelope.count, route->code, route->enhanced, route->text);
	return route->action == ACTION_REJECT ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

sfsistat milter_replies_split(SMFICTX *ctx, struct milter_session *session,
	const struct view_route *route, const char *recipient)
{
	char id[MILTER_SESSION_ID_MAX];
	char shown[ADDRESS_MAX + 1];

	/* RFC 5321, 4.5.3.1.10: the client sends to those it was not told of now afterwards. */
	set_reply(ctx, "452", "4.5.3",
		"This recipient has another route: send it in a message of its own");
	engine_count(session->engine, ENGINE_SPLIT, 1);
	log_debug("%s: to=%s action=%s match=%s source=%s split first=%s",
		milter_session_id(ctx, id), printable_copy(shown, sizeof(shown), recipient),
		table_action_name(route->action), route->match, route->source,
		session->route.source[0] == '\0' ? "no route" : session->route.source);
	return SMFIS_TEMPFAIL;
}

sfsistat milter_replies_forged(SMFICTX *ctx, struct milter_session *session, const char *recipient)
{
	char id[MILTER_SESSION_ID_MAX];
	char shown[ADDRESS_MAX + 1];

	set_reply(ctx, "550", "5.7.1", "Addresses in the domain nexthop are not for clients");
	engine_count(session->engine, ENGINE_RCPT_REJECTED, 1);
	log_debug("%s: to=%s action=reject: a token from a client", milter_session_id(ctx, id),
		printable_copy(shown, sizeof(shown), recipient));
	return SMFIS_REJECT;
}
