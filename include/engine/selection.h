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
	int position;			/* selection_token_position() */
	uint64_t owner;			/* that may take a trial (trial.h); 0: it only asks */
	bool has_no_trial;		/* no mail follows */
};

struct selection {
	const struct roster_pool *pool; /* that takes it: the route's, or a fallback */
	struct candidates candidates;
	struct pick_rotation rotation; /* roster_take_turn()'s */
	/*
	 * Of the pools that it falls back to: a message of Postfix keeps its list, so the one that
	 * meets an outage has to find them there. Only those that go by the same transport; no host
	 * that is drained. In all there are at most POOL_HOSTS_MAX.
	 */
	int behind_count;
	struct roster_place behind[POOL_HOSTS_MAX];
};

void selection_make(struct selection *selection, const struct roster *roster,
	const struct replay *replay, const struct selection_ask *ask, int64_t now);

/*
 * Sendmail: the position in a token for this selection (token.h): the place of its first host, and if
 * this is its trial POOL_HOSTS_MAX times trial_serial() more.
 */
int selection_token_position(const struct selection *selection);

/* The whole next hop of it in OUT, with its NUL. */
void selection_nexthop(
	const struct selection *selection, const struct roster *roster, char out[NEXTHOP_MAX]);

#endif
