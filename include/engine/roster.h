/* roster: a route table bound to the slots of the state file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ROSTER_H
#define ENGINE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/candidates.h"
#include "core/lane.h"
#include "core/table.h"
#include "engine/event_ring.h"
#include "engine/host_counts.h"
#include "engine/state.h"
#include "engine/state_slots.h"

/*
 * For each pool its slot and each of its hosts' places in the rotation; for each host (name and
 * port) its health and the pools it is in. All allocation and all that can fail is in
 * roster_new(), which changes nothing that messages use; roster_seat() puts it in force.
 *
 * A roster has no lock: what it points to in the state file changes only under the engine's.
 */

struct roster_pool {
	const struct pool *pool;
	struct state_pool *state;
	uint64_t key;		/* table_pool_key(): outlives reloads */
	struct health **health; /* one for each host of the pool */
	const struct breaker_policy **policy;
	struct lane **lanes;
	uint8_t members[POOL_HOSTS_MAX]; /* each host's place in state->members */
	bool has_twins;			 /* some name is in it with several ports */
	bool is_labelled;
};

/* A host's place in one pool. */
struct roster_place {
	uint32_t pool;
	uint32_t host;
};

struct roster_host {
	const struct pool_host *host; /* of the first pool that has it */
	const struct pool *pool;      /* that pool: its health settings are the host's */
	struct health *health;
	struct lane *lane;
	struct host_counts *counts;
	size_t first_place; /* into places */
	size_t place_count;
	bool has_unlabelled;	       /* it is in a pool that is not labelled */
	const struct daytime *windows; /* of maintenance: of all its places */
	size_t window_count;
};

struct roster {
	const struct table *table;
	struct roster_pool *pools; /* as in the table */
	uint32_t *labelled;	   /* those that metrics tell of by their name (roster_label.h) */
	size_t labelled_count;
	struct roster_host *hosts; /* each name and port once, in the order of the table */
	size_t host_count;
	struct roster_place *places;
	struct health **health;
	const struct breaker_policy **policy;
	struct lane **lane_of_place;
	struct lane *lanes;	 /* one for each host */
	struct daytime *windows; /* of maintenance, those of each host together */
	uint32_t *by_name;	 /* the hosts' indexes, sorted by name and port */
	uint32_t *by_key;	 /* the pools' indexes, sorted by their keys */
	struct state_key *keys;	 /* that it has slots for: of pools, hosts, events */
	size_t key_count;
	bool *used; /* for each slot of the state file */
};

/*
 * Claims the slots that TABLE needs. Gives NULL if there is no memory or no room in the state
 * file, with the reason in REPORT. TABLE must outlive the roster.
 */
struct roster *roster_new(
	const struct table *table, struct state *state, int64_t now, struct state_report *report);

void roster_free(struct roster *roster);

/*
 * Gives each host its place in the rotation of its pool: the one it had, if it had one. A pool of
 * which hosts, weights, priorities or the method have changed begins a new rotation; any other goes
 * on where it was. The engine lock must be held.
 */
void roster_seat(struct roster *roster);

/* True if a host is up, or on trial and wants a message. The engine lock must be held. */
bool roster_has_usable(const struct roster_pool *pool);

/*
 * The pool that takes this one's messages: itself, or if it has no usable host the first one along
 * its fallbacks that has. A host on trial is usable for who may have it (trial_owner(); 0: nobody). The
 * engine lock must be held.
 */
const struct roster_pool *roster_effective(
	const struct roster *roster, const struct roster_pool *pool, uint64_t owner, int64_t now);

/* True if TAKER is POOL or one of the pools along its fallbacks. */
bool roster_may_take(const struct roster *roster, const struct roster_pool *pool,
	const struct roster_pool *taker);

/* The place in the pool of the host of that key (table_host_key()), or -1. */
int roster_place_of(const struct roster_pool *pool, uint64_t host);

/* Writes an event into its place in the state file. The engine lock must be held. */
void roster_keep_event(
	const struct roster *roster, struct state *state, const struct event_entry *entry);

/* The rotation's memory, in the order of the pool's hosts. The engine lock must be held. */
void roster_get_rotation(const struct roster_pool *pool, struct pick_rotation *rotation);

/* For what an order is asked: members of struct candidates_input. */
struct roster_ask {
	uint64_t key;
	enum candidates_start start;
	int from;
	uint64_t owner;
	bool has_no_trial;
};

/*
 * The order of a pool's hosts for the next message, with the rotation's memory as it would be
 * after it in ROTATION; nothing is changed. The engine lock must be held.
 */
void roster_order(const struct roster_pool *pool, const struct roster_ask *ask, int64_t now,
	struct pick_rotation *rotation, struct candidates *candidates);

/* Takes the turn that roster_order() has prepared. The engine lock must be held. */
void roster_take_turn(const struct roster_pool *pool, const struct pick_rotation *rotation,
	const struct candidates *candidates);

#endif
