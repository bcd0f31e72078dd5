/* milter_negotiation: what is requested of the MTA, in libmilter's words
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_NEGOTIATION_H
#define DOORS_MILTER_NEGOTIATION_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

#include "doors/milter_session.h"
#include "engine/engine.h"

/* The flags SMFIF_ and SMFIP_, as libmilter's negotiate has them. */
struct milter_negotiation {
	unsigned long actions;
	unsigned long steps;
};

/*
 * Asks an MTA that offers OFFERED for what the table in force needs. Gives 0 and a session that
 * knows of it in *SESSION, NULL without memory, and *WANTED; or -1: the MTA cannot do it.
 */
int milter_negotiation_ask(SMFICTX *ctx, struct engine *engine, bool is_tcp,
	struct milter_negotiation offered, struct milter_negotiation *wanted,
	struct milter_session **session);

#endif
