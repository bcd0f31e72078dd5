/* milter_routing: at the end of a message, how the MTA is told where it goes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_routing.h"
#include "core/printable.h"
#include "core/token.h"
#include "doors/milter_replies.h"
#include "engine/log.h"

#include <stddef.h>

const char milter_routing_gone[] = "the pool has left the configuration";

static const char not_replaced[] = "cannot replace a recipient";
static const char no_header[] = "cannot add and delete the header";

/* Headers of our name from the client are never acted on, but they are not to be passed on. */
static int delete_forged(SMFICTX *ctx, struct milter_session *session)
{
	for (; session->forged > 0; session->forged--)
		if (smfi_chgheader(ctx, MILTER_ROUTING_HEADER, session->forged, NULL) == MI_FAILURE)
			return -1;
	return 0;
}

/* Takes a turn of the pool, for that recipient. */
static int choose(SMFICTX *ctx, struct milter_session *session, size_t pool,
	uint64_t recipient_hash, struct engine_choice *choice)
{
	const char *macro = smfi_getsymval(ctx, "i");
	const struct engine_message message = {
		.pool = pool,
		.recipient_hash = recipient_hash,
		.sender_hash = session->sender_hash,
		.queue_id = macro == NULL ? "" : macro,
	};

	return engine_choose(session->engine, &message, choice);
}

/* ---- one next hop for all */

/* The word in front of what has led to a route. */
static const char *led_by(const struct milter_session *session)
{
	return session->envelope.is_ruled ? "rule" : "match";
}

/* Gives -1 if the header cannot be added, and deleted again. */
static int tell_filter(SMFICTX *ctx, const char *nexthop)
{
	return smfi_addheader(ctx, MILTER_ROUTING_HEADER, (char *)nexthop) == MI_FAILURE ||
			       smfi_chgheader(ctx, MILTER_ROUTING_HEADER, 1, NULL) == MI_FAILURE
		       ? -1
		       : 0;
}

/* What a rule has chosen is not what the map would say of the recipient. */
static void remember(
	struct milter_session *session, uint64_t recipient_hash, const struct engine_choice *choice)
{
	if (!session->envelope.is_ruled)
		engine_remember(session->engine, recipient_hash, choice);
}

static sfsistat filter(SMFICTX *ctx, struct milter_session *session)
{
	const struct view_route *route = &session->route;
	const struct milter_recipients *recipients = &session->recipients;
	struct engine_choice choice;
	char id[MILTER_SESSION_ID_MAX];

	if (choose(ctx, session, route->pool, session->recipient_hash, &choice) == -1)
		return milter_replies_fault(ctx, session->engine, session, milter_routing_gone);
	if (tell_filter(ctx, choice.nexthop) == -1)
		return milter_replies_fault(ctx, session->engine, session, no_header);
	for (size_t i = 0; i < recipients->count; i++)
		remember(session, recipients->list[i].hash, &choice);
	engine_count(session->engine, ENGINE_ROUTED, 1);
	log_debug("%s: pool=%s %s=%s source=%s recipients=%d nexthop=%s",
		milter_session_id(ctx, id), choice.pool, led_by(session), route->match,
		route->source, session->envelope.count, choice.nexthop);
	return SMFIS_CONTINUE;
}

/* ---- each recipient by itself */

static const char *shown_text(const struct milter_session *session,
	const struct milter_recipient *recipient, char out[ADDRESS_MAX + 1])
{
	return printable_copy(
		out, ADDRESS_MAX + 1, milter_recipients_text(&session->recipients, recipient));
}

/* NAME is the token's. */
static int replace(SMFICTX *ctx, const struct milter_session *session,
	const struct milter_recipient *recipient, const char *name)
{
	const struct milter_recipients *recipients = &session->recipients;
	const char *text = milter_recipients_text(recipients, recipient);
	const char *arguments = milter_recipients_arguments(recipients, recipient);
	const char *home = smfi_getsymval(ctx, "j");
	char token[TOKEN_MAX];

	if (token_address(token, text, home == NULL ? "localhost" : home, name) == -1)
		return -1;
	if (smfi_delrcpt(ctx, (char *)text) == MI_FAILURE)
		return -1;
	return smfi_addrcpt_par(ctx, token, (char *)arguments) == MI_FAILURE ? -1 : 0;
}

/* Tells the MTA of one recipient, or keeps it for when the MTA asks. */
static int tell(SMFICTX *ctx, struct milter_session *session, struct milter_recipient *recipient,
	const struct engine_choice *choice)
{
	bool is_sendmail = session->policy.envelope.mta == TABLE_SENDMAIL;
	char id[MILTER_SESSION_ID_MAX];
	char shown[ADDRESS_MAX + 1];

	recipient->is_done = true;
	if (is_sendmail && replace(ctx, session, recipient, choice->token) == -1)
		return -1;
	remember(session, recipient->hash, choice);
	log_debug("%s: to=%s pool=%s %s=%s nexthop=%s", milter_session_id(ctx, id),
		shown_text(session, recipient, shown), choice->pool, is_sendmail ? "token" : "door",
		is_sendmail ? choice->token : "map", choice->nexthop);
	return 0;
}

/* All recipients of one pool, from that one on. */
static int tell_pool(SMFICTX *ctx, struct milter_session *session, size_t from,
	const struct engine_choice *choice)
{
	struct milter_recipients *recipients = &session->recipients;
	size_t pool = recipients->list[from].pool;
	bool is_by_hash = recipients->list[from].is_by_hash;

	for (size_t i = from; i < recipients->count; i++) {
		struct milter_recipient *recipient = &recipients->list[i];

		if (recipient->action != ACTION_POOL || recipient->is_done ||
			recipient->pool != pool)
			continue;
		if (tell(ctx, session, recipient, choice) == -1)
			return -1;
		if (is_by_hash)
			break;
	}
	return 0;
}

/* Sendmail: nobody else would throw it away. */
static int discard_one(
	SMFICTX *ctx, struct milter_session *session, struct milter_recipient *recipient)
{
	char id[MILTER_SESSION_ID_MAX];
	char shown[ADDRESS_MAX + 1];
	const char *text = milter_recipients_text(&session->recipients, recipient);

	if (smfi_delrcpt(ctx, (char *)text) == MI_FAILURE)
		return -1;
	log_debug("%s: to=%s action=discard", milter_session_id(ctx, id),
		shown_text(session, recipient, shown));
	return 0;
}

static sfsistat each(SMFICTX *ctx, struct milter_session *session)
{
	struct milter_recipients *recipients = &session->recipients;
	bool is_sendmail = session->policy.envelope.mta == TABLE_SENDMAIL;
	struct engine_choice choice;

	for (size_t i = 0; i < recipients->count; i++) {
		struct milter_recipient *recipient = &recipients->list[i];

		if (recipient->action == ACTION_DISCARD && is_sendmail &&
			discard_one(ctx, session, recipient) == -1)
			return milter_replies_fault(
				ctx, session->engine, session, "cannot remove a recipient");
		if (recipient->action != ACTION_POOL || recipient->is_done)
			continue;
		if (choose(ctx, session, recipient->pool, recipient->hash, &choice) == -1)
			return milter_replies_fault(
				ctx, session->engine, session, milter_routing_gone);
		if (tell_pool(ctx, session, i, &choice) == -1)
			return milter_replies_fault(ctx, session->engine, session, not_replaced);
	}
	if (session->envelope.has_pool)
		engine_count(session->engine, ENGINE_ROUTED, 1);
	return SMFIS_CONTINUE;
}

/* ---- no next hop of ours */

static const char *pool_or_action(const struct view_route *route)
{
	return route->action == ACTION_POOL ? route->pool_name : table_action_name(route->action);
}

static const char *source_of(const struct view_route *route)
{
	return route->source[0] == '\0' ? "no route" : route->source;
}

static sfsistat leave_mixed(SMFICTX *ctx, const struct milter_session *session)
{
	const struct view_route *first = &session->route;
	const struct view_route *other = &session->other;
	char id[MILTER_SESSION_ID_MAX];

	log_info("%s: mixed recipients=%d first=%s (%s) other=%s (%s): left to the MTA's routing",
		milter_session_id(ctx, id), session->envelope.count, pool_or_action(first),
		source_of(first), pool_or_action(other), source_of(other));
	return SMFIS_CONTINUE;
}

static sfsistat leave_or_discard(
	SMFICTX *ctx, const struct milter_session *session, enum engine_counter counter)
{
	char id[MILTER_SESSION_ID_MAX];
	bool is_discard = counter == ENGINE_DISCARDED;

	engine_count(session->engine, counter, 1);
	log_debug("%s: action=%s %s=%s source=%s recipients=%d", milter_session_id(ctx, id),
		session->envelope.count == 0 ? "none" : table_action_name(session->route.action),
		led_by(session), session->route.match, session->route.source,
		session->envelope.count);
	return is_discard ? SMFIS_DISCARD : SMFIS_CONTINUE;
}

/* Sendmail, by a rule, although there are routes that the map would answer by. */
static sfsistat leave_to_dns(SMFICTX *ctx, struct milter_session *session)
{
	struct milter_recipients *recipients = &session->recipients;

	for (size_t i = 0; i < recipients->count; i++)
		if (replace(ctx, session, &recipients->list[i], TOKEN_DNS) == -1)
			return milter_replies_fault(ctx, session->engine, session, not_replaced);
	return leave_or_discard(ctx, session, ENGINE_UNROUTED);
}

/* ---- the end */

/* What the rules say now that the message is complete. Gives -1 if that cannot be done. */
static int end_rules(SMFICTX *ctx, struct milter_session *session)
{
	char id[MILTER_SESSION_ID_MAX];

	if (session->rules.ruleset == NULL)
		return 0;
	if (milter_rules_end(&session->rules, ctx) >= 0 && milter_session_rule(session) == -1)
		return -1;
	milter_rules_settle(&session->rules, milter_session_id(ctx, id));
	return 0;
}

sfsistat milter_routing_end(SMFICTX *ctx, struct milter_session *session)
{
	if (delete_forged(ctx, session) == -1)
		return milter_replies_fault(
			ctx, session->engine, session, "cannot delete a header");
	if (session->has_failed)
		return SMFIS_CONTINUE;
	if (end_rules(ctx, session) == -1)
		return milter_replies_fault(ctx, session->engine, session, milter_routing_gone);
	if (session->envelope.is_ruled && session->route.is_put_off)
		return milter_replies_refuse_message(ctx, session);
	if (session->envelope.is_mixed)
		engine_count(session->engine, ENGINE_MIXED, 1);
	switch (envelope_end(&session->envelope, &session->policy.envelope)) {
	case ENVELOPE_FILTER:
		return filter(ctx, session);
	case ENVELOPE_MAP:
	case ENVELOPE_TOKENS:
		return each(ctx, session);
	case ENVELOPE_DISCARD:
		return leave_or_discard(ctx, session, ENGINE_DISCARDED);
	case ENVELOPE_UNROUTED:
		return leave_mixed(ctx, session);
	case ENVELOPE_REFUSE:
		return milter_replies_refuse_message(ctx, session);
	case ENVELOPE_DNS:
		return leave_to_dns(ctx, session);
	default:
		return leave_or_discard(ctx, session, ENGINE_UNROUTED);
	}
}
