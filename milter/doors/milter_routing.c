/* milter_routing: at the end of a message, how the MTA gets its next hop
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_routing.h"
#include "core/printable.h"
#include "doors/milter_replies.h"
#include "engine/log.h"

#include <stddef.h>

/* The word in front of what has led to a route. */
static const char *led_by(const struct routing *routing)
{
	return routing->envelope.is_ruled ? "rule" : "match";
}

static void log_step(
	SMFICTX *ctx, const struct milter_session *session, const struct routing_step *step)
{
	const struct routing *routing = &session->routing;
	const struct engine_choice *choice = &step->choice;
	bool is_token = step->kind == ROUTING_TOKEN;
	char id[MILTER_SESSION_ID_MAX];
	char shown[ADDRESS_MAX + 1] = "";

	if (!log_has_debug())
		return;
	milter_session_id(ctx, id);
	if (step->kind == ROUTING_FILTER) {
		log_debug("%s: pool=%s %s=%s source=%s recipients=%d nexthop=%s", id, choice->pool,
			led_by(routing), routing->route.match, routing->route.source,
			routing->envelope.count, choice->nexthop);
		return;
	}
	printable_copy(shown, sizeof(shown), step->text);
	if (step->kind == ROUTING_REMOVE)
		log_debug("%s: to=%s action=discard", id, shown);
	else if (choice->pool[0] != '\0')
		log_debug("%s: to=%s pool=%s %s=%s nexthop=%s", id, shown, choice->pool,
			is_token ? "token" : "door", is_token ? choice->token : "map",
			choice->nexthop);
}

/*
 * In front of all headers: so the first of that name is ours, however many the client has sent, and
 * none of theirs is touched. Gives false if the header cannot be added, and deleted again.
 */
static bool tell_filter(SMFICTX *ctx, const char *nexthop)
{
	return smfi_insheader(ctx, 0, MILTER_ROUTING_HEADER, (char *)nexthop) != MI_FAILURE &&
	       smfi_chgheader(ctx, MILTER_ROUTING_HEADER, 1, NULL) != MI_FAILURE;
}

static bool replace(SMFICTX *ctx, const struct routing_step *step)
{
	return smfi_delrcpt(ctx, (char *)step->text) != MI_FAILURE &&
	       smfi_addrcpt_par(ctx, (char *)step->token, (char *)step->arguments) != MI_FAILURE;
}

/* Gives NULL, or what is wrong. */
static const char *tell(SMFICTX *ctx, const struct routing_step *step)
{
	switch (step->kind) {
	case ROUTING_FILTER:
		return tell_filter(ctx, step->choice.nexthop) ? NULL
							      : "cannot add and delete the header";
	case ROUTING_TOKEN:
		return replace(ctx, step) ? NULL : "cannot replace a recipient";
	case ROUTING_REMOVE:
		return smfi_delrcpt(ctx, (char *)step->text) == MI_FAILURE
			       ? "cannot remove a recipient"
			       : NULL;
	case ROUTING_MAP:
		break;
	}
	return NULL;
}

/* Gives NULL, or what is wrong. */
static const char *tell_all(SMFICTX *ctx, struct milter_session *session,
	const struct routing_names *names, struct routing_step *step)
{
	struct routing *routing = &session->routing;
	const char *wrong = NULL;

	while (routing_next(routing, names, step, &wrong) == 1) {
		wrong = tell(ctx, step);
		if (wrong != NULL)
			break;
		routing_told(routing, step);
		log_step(ctx, session, step);
	}
	return wrong;
}

static struct routing_names names_of(SMFICTX *ctx, const struct routing *routing)
{
	bool is_sendmail = routing->policy.mta == TABLE_SENDMAIL;
	const char *id = smfi_getsymval(ctx, "i");
	const char *home = is_sendmail ? smfi_getsymval(ctx, "j") : NULL;

	return (struct routing_names){
		.queue_id = id == NULL ? "" : id,
		.home = home == NULL ? "localhost" : home,
	};
}

/* There is no next hop of ours. */
static void log_end(SMFICTX *ctx, const struct milter_session *session)
{
	const struct routing *routing = &session->routing;
	char id[MILTER_SESSION_ID_MAX];

	log_debug("%s: action=%s %s=%s source=%s recipients=%d", milter_session_id(ctx, id),
		routing->envelope.count == 0 ? "none" : table_action_name(routing->route.action),
		led_by(routing), routing->route.match, routing->route.source,
		routing->envelope.count);
}

sfsistat milter_routing_end(SMFICTX *ctx, struct milter_session *session)
{
	struct routing *routing = &session->routing;
	struct routing_names names;
	struct routing_step step;
	const char *wrong = NULL;
	int64_t size;

	if (session->has_failed)
		return SMFIS_CONTINUE;
	size = milter_facts_end(&routing->rules, ctx);
	names = names_of(ctx, routing);
	if (routing_end(routing, size, &names, &step, &wrong) == 0)
		wrong = tell_all(ctx, session, &names, &step);
	if (wrong != NULL)
		return milter_replies_fault(ctx, session->engine, session, wrong);
	switch (step.end) {
	case ENVELOPE_REFUSE:
		return milter_replies_refuse_message(ctx, session);
	case ENVELOPE_DISCARD:
	case ENVELOPE_LEAVE:
	case ENVELOPE_DNS:
		log_end(ctx, session);
		return step.end == ENVELOPE_DISCARD ? SMFIS_DISCARD : SMFIS_CONTINUE;
	default:
		return SMFIS_CONTINUE;
	}
}
