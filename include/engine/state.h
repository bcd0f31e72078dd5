/* state: the small file that keeps rotation and health through restarts and kills
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/health.h"
#include "core/log_place.h"
#include "core/pick.h"
#include "core/table.h"

/*
 * The file is mapped and its content is the working memory: a daemon that is killed loses nothing.
 * It is one header and slots of one size; a slot is a pool (its rotation), a host (its health), or a
 * part of the last events.
 * A slot is found by pool name or by host and port, so both outlive changes of the configuration;
 * slots of what left the configuration are kept for a day, then may be used again.
 *
 * Space is reserved before it is used: a full disk is an error when the file is opened or grows,
 * never a signal later. One daemon per file, by flock(2). Of a file that somebody has shortened, or
 * that has a bad slot, the rest is kept.
 *
 * Limits: the numbers are in the machine's own byte order; a file is not moved between kinds of
 * machine.
 *
 * Functions give 0 or a value, and -1 or NULL on failure with the reason in struct state_report.
 * Only one thread may open, claim and leave slots; what is in the slots the engine lock guards.
 */

enum { STATE_POOL = 1, STATE_HOST = 2, STATE_EVENTS = 3 };

enum {
	STATE_EVENT_SLOTS = 86, /* of type STATE_EVENTS: state_events.h */
	STATE_SLOTS_MAX = 65536 + STATE_EVENT_SLOTS,
	STATE_KEY_MAX = POOL_KEY_MAX + 2, /* with a NUL, and even */
	STATE_KEEP_MS = 86400000,
	STATE_REPAIRS_MAX = 8,
	STATE_ROOM = 2216,
};

/* A host's part in a pool's rotation. */
struct state_member {
	uint64_t host;	   /* table_host_key(); 0: free */
	uint64_t first;	   /* messages that were to try this host first */
	uint64_t listed;   /* messages whose list had it */
	int32_t credit[2]; /* pick.h's memory, in two banks */
};

struct state_pool {
	uint64_t turn; /* messages so far; its lowest bit says which bank of credit is in force */
	struct state_member members[POOL_HOSTS_MAX];
	uint64_t shape;	   /* of the pool that the credit is of (roster.h); 0: not known */
	int32_t weight[2]; /* the sum of weights that the credit is counted in, in two banks */
};

struct state_slot {
	uint32_t type;		 /* 0: free */
	int32_t port;		 /* 0 for a pool */
	char key[STATE_KEY_MAX]; /* pool name, or host name */
	int64_t left_at;	 /* when it left the configuration, ms since 1970; 0: it is in it */
	union {
		struct state_pool pool;
		struct health health;
		_Alignas(8) char room[STATE_ROOM]; /* STATE_EVENTS; and for later versions */
	};
};

_Static_assert(sizeof(struct state_member) == 32, "no padding in a rotation's member");
/* In a file of an older release of this version what comes after is 0. */
_Static_assert(offsetof(struct health, outage) == 680, "a host's members stay where they are");
_Static_assert(sizeof(struct state_slot) == 2560, "the state file's slots have a fixed size");

struct state_report {
	bool set_aside; /* the file did not fit and is now FILE.bad; a clean one was begun */
	char text[512]; /* why it failed, or why it was set aside */
	/* What was put right in the file while it was opened: so many things, the first of them. */
	unsigned repair_count;
	char repairs[STATE_REPAIRS_MAX][256];
};

struct state;

/*
 * Opens or creates the file and locks it. A file that is no state file, or of an unknown version, is
 * renamed to PATH.bad and a clean one begun; one of an older version is carried over. A slot that has
 * a value out of its range is cleared alone; a file that was shortened keeps its whole slots. REPORT
 * says what was done.
 */
struct state *state_open(const char *path, struct state_report *report);

/* The file as it is, for reading only, with or without a daemon at work; nothing is locked. */
struct state *state_read(const char *path, struct state_report *report);

void state_close(struct state *state);

/*
 * How far the MTA's log was read, in the file itself; the caller may change it. Of the main thread
 * alone. It is not checked when the file is opened: a kill may have halved it, and that is no reason
 * to lose rotation and health. Whoever uses it asks log_place_valid().
 */
struct log_place *state_log_place(struct state *state);

size_t state_slot_count(const struct state *state);

/* What msync(2) is to be told for all that is in the file to be on the disk. */
struct state_span {
	void *start;
	size_t size;
};
struct state_span state_span(const struct state *state);

/* The address of a slot never changes while the file is open. */
struct state_slot *state_slot(struct state *state, size_t index);

/*
 * The rotation in force, of all members or of those COUNT alone; and a new one put in force together
 * with the next turn, in one step that a kill cannot halve.
 */
void state_get_rotation(const struct state_pool *pool, struct pick_rotation *rotation);
void state_get_rotation_of(const struct state_pool *pool, const uint8_t *members, int count,
	struct pick_rotation *rotation);
void state_put_rotation(struct state_pool *pool, const struct pick_rotation *rotation);

#endif
