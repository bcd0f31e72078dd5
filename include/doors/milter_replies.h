/* milter_replies: what the MTA is answered when a recipient or a message is not taken
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_REPLIES_H
#define DOORS_MILTER_REPLIES_H

#include <libmilter/mfapi.h>

#include "doors/milter_session.h"

/* Each gives what the callback is to return. RECIPIENT is as the MTA gave it. */

/* "451 ENHANCED TEXT" */
sfsistat milter_replies_tempfail(SMFICTX *ctx, const char *enhanced, const char *text);

/* The one place that decides what a fault of our own does to a message. SESSION may be NULL. */
sfsistat milter_replies_fault(
	SMFICTX *ctx, struct engine *engine, struct milter_session *session, const char *what);

/* By the route: rejected, deferred or put off. */
sfsistat milter_replies_refuse(SMFICTX *ctx, struct milter_session *session,
	const struct view_route *route, const char *recipient);

/* By the rule that has decided, at the message's end. */
sfsistat milter_replies_refuse_message(SMFICTX *ctx, struct milter_session *session);

/* Its route differs from the first recipient's. */
sfsistat milter_replies_split(SMFICTX *ctx, struct milter_session *session,
	const struct view_route *route, const char *recipient);

/* It is one of our tokens, from a client. */
sfsistat milter_replies_forged(SMFICTX *ctx, struct milter_session *session, const char *recipient);

#endif
