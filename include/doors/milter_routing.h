/* milter_routing: at the end of a message, how the MTA gets its next hop
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_ROUTING_H
#define DOORS_MILTER_ROUTING_H

#include <libmilter/mfapi.h>

#include "doors/milter_session.h"

#define MILTER_ROUTING_HEADER "X-Nexthop-Route"

/*
 * What becomes of it says routing.h. FILTER: inserts the header "X-Nexthop-Route: NEXTHOP" before all
 * others and deletes it again; milter_header_checks have acted on it by then. Of that name a message
 * may have headers of its own: they are never acted on, and stay. A token stands in the place of its
 * recipient, with the ESMTP parameters that this one came with.
 *
 * Gives what the callback is to return.
 */
sfsistat milter_routing_end(SMFICTX *ctx, struct milter_session *session);

#endif
