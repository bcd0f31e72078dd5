/* milter_routing: at the end of a message, how the MTA is told where it goes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_ROUTING_H
#define DOORS_MILTER_ROUTING_H

#include <libmilter/mfapi.h>

#include "doors/milter_session.h"

#define MILTER_ROUTING_HEADER "X-Nexthop-Route"

/* What is wrong if there is no such pool any more. */
extern const char milter_routing_gone[];

/*
 * Postfix, all recipients of one pool: adds the header "X-Nexthop-Route: NEXTHOP" and deletes it
 * again; milter_header_checks have acted on it by then. Else each recipient's choice is kept for the
 * map to repeat. Sendmail: each recipient of a pool is replaced by its token (token.h) with the ESMTP
 * parameters it came with.
 *
 * A pool's turn is taken once for a message, however many of its recipients it has: they go in one
 * transaction. A pool that chooses by the recipient chooses for each.
 *
 * A rule that has decided holds for all recipients: its pool by FILTER in any case, for the map knows
 * nothing of messages. "dns" is a token that Sendmail's rules undo, where the map would answer by a
 * route; on Postfix the message is left alone.
 *
 * Gives what the callback is to return.
 */
sfsistat milter_routing_end(SMFICTX *ctx, struct milter_session *session);

#endif
