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

/* To one recipient. */
sfsistat milter_replies_recipient(SMFICTX *ctx, struct milter_session *session,
	const struct routing_answer *answer, const char *recipient);

/* By the rule that has decided, at the message's end. */
sfsistat milter_replies_refuse_message(SMFICTX *ctx, struct milter_session *session);

#endif
