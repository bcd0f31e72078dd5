/* selection: the pool that takes a message or a map's key, and the order of its hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_SELECTION_H
#define ENGINE_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/candidates.h"
#include "engine/replay.h"
#include "engine/roster.h"

/*
 * The one place where turn, replay, token and trial come together. Nothing is changed; who acts on a
 * selection notes that it did. The engine lock must be held.
 */

struct selection_ask {
	const struct roster_pool *pool; /* of the route */
	uint64_t recipient;		/* hash of the address, or of the token */
	uint64_t sender;		/* of a message */
	bool is_message;		/* the milter's: by the turn; else a map's key */
	bool is_token;			/* with `position` */
	int position;			/* of the host that the milter has chosen */
	bool has_no_trial;		/* no mail follows */
};

struct selection {
	const struct roster_pool *pool; /* that takes it: the route's, or a fallback */
	struct candidates candidates;
	int32_t credit[POOL_HOSTS_MAX]; /* roster_take_turn()'s */
	bool is_new_trial;		/* the first host is on trial and waits for this one */
};

void selection_make(struct selection *selection, const struct roster *roster,
	const struct replay *replay, const struct selection_ask *ask, int64_t now);

#endif
