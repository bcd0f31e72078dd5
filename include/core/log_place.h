/* log_place: how far a log has been read
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_LOG_PLACE_H
#define CORE_LOG_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Plain data of a fixed size, to be kept in the state file: a follower that is started again goes
 * on from there. Zeroed it is no place at all.
 *
 * A number of an inode is used again for another file, and a file may be emptied and filled anew.
 * So the place also has a hash of the octets before it: where they differ, it is another log.
 */

enum {
	LOG_PLACE_TAIL = 64, /* so many octets say that a file is still the same */
	LOG_PLACE_CURSOR_MAX = 176,
};

struct log_place_file {
	uint64_t device;
	uint64_t inode;	 /* 0: no file */
	uint64_t offset; /* where the first line begins that was not delivered */
	uint64_t seen;	 /* how far it was read; the end of that line was not yet there */
	uint64_t tail; /* log_place_tail() of the octets before `seen`, of LOG_PLACE_TAIL at most */
};

struct log_place {
	struct log_place_file now;	   /* that had the name */
	struct log_place_file before;	   /* that had it before, and may still grow */
	char cursor[LOG_PLACE_CURSOR_MAX]; /* of the journal; empty: none */
};

_Static_assert(sizeof(struct log_place) == 256, "a place has a fixed size");

uint64_t log_place_tail(const char *octets, size_t length);

/* True if it may be used: for what comes from a file. */
bool log_place_valid(const struct log_place *place);

#endif
