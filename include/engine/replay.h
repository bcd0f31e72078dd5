/* replay: which host the milter has chosen for the recipients of the last minute
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_REPLAY_H
#define ENGINE_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The milter takes the turns; when the MTA then asks the map for the recipient, it is to hear what
 * was chosen. Of fixed size: where too many recipients of one minute fall on the same set, the oldest
 * is forgotten, and its list starts by the hash of its address. Of a recipient that has several
 * messages in a minute the last choice is known.
 *
 * Pools and hosts are keys, which hold through reloads. The engine lock must be held for all
 * functions.
 */

enum {
	REPLAY_SETS = 8192, /* a power of two */
	REPLAY_WAYS = 8,
	REPLAY_MS = 60000,
};

struct replay_choice {
	uint64_t recipient; /* hash of the address; 0: free */
	uint64_t host;	    /* table_host_key() of the first of the list */
	int64_t at;	    /* ms */
	bool is_asked;	    /* the MTA has asked the map for it since */
	uint64_t pool;	    /* table_pool_key() of the pool that took it */
};

struct replay {
	struct replay_choice choices[REPLAY_SETS][REPLAY_WAYS];
};

void replay_put(struct replay *replay, const struct replay_choice *choice);

/* The MTA asks for that recipient. */
void replay_ask(struct replay *replay, uint64_t recipient);

/* True if the choice made at AT for that recipient is known, and the MTA has not asked for it since. */
bool replay_is_unasked(const struct replay *replay, uint64_t recipient, int64_t at);

/* The choice for that recipient, or NULL if there was none in the last minute. */
const struct replay_choice *replay_find(
	const struct replay *replay, uint64_t recipient, int64_t now);

#endif
