/* state_map: the state file in memory, and its space on the disk
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_STATE_MAP_H
#define ENGINE_STATE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/log_place.h"
#include "engine/state.h"

/*
 * What a state is made of, for the sources state*.c alone.
 *
 * The number of slots follows from the size of the file; the header's is for people, and says at
 * the next start whether somebody has shortened the file.
 */

enum { STATE_MAP_VERSION = 2, STATE_MAP_FIRST_SLOTS = 64 + STATE_EVENT_SLOTS };

struct state_header {
	char magic[8];
	uint32_t version;
	uint32_t slot_size;
	uint32_t slot_count;
	uint32_t pid; /* of the daemon that opened it last */
	struct log_place log;
	uint64_t last_event; /* id; it goes on though the event may be lost */
	char unused[32];
};

_Static_assert(sizeof(struct state_header) == 320, "the state file's header has a fixed size");

struct state {
	int fd;
	struct state_header *header;
	struct state_slot *slots; /* mapped for STATE_SLOTS_MAX; only slot_count are there */
	size_t slot_count;
	size_t whole; /* slots, of a file that was found shortened and could not be regrown yet */
	bool is_copy; /* slots and header are heap memory, for state_read() */
	char *path;
};

/* The size of a file of so many slots, and how many whole slots a file of that size has. */
size_t state_map_size(size_t slots);
size_t state_map_count(size_t size);

/* Says in REPORT what could not be done, and why (errno). */
void state_map_fail(struct state_report *report, const char *path, const char *what);

/* A header without slots. */
void state_map_begin(struct state_header *header);

/*
 * Maps the file for its largest size at once: the slots' addresses then never change, and space
 * that is not reserved yet is not touched. A page that is lost while it is mapped, since somebody
 * shortened the file or its disk failed, is replaced by an empty one instead of a signal that ends
 * the process; state_map_is_hurt() tells. That is done for one file of a process.
 */
int state_map_file(struct state *state, struct state_report *report);
void state_map_close(struct state *state);

/* Reserves space for so many slots, which from then on are there. */
int state_map_reserve(struct state *state, size_t slots, struct state_report *report);

/* True if the file is shorter than it was made, or a page of it was lost. */
bool state_map_is_hurt(const struct state *state);

/*
 * Gives a file that is hurt its size back, and in *WHOLE the number of slots that it had when it was
 * looked at. Then state_map_restore() has the file in memory again: the slots from WHOLE on are
 * free; those before may be, too. While it runs nobody may touch what is mapped.
 */
int state_map_regrow(struct state *state, size_t *whole, struct state_report *report);
int state_map_restore(struct state *state, size_t whole);

#endif
