/* state_check: what a state file is worth
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_STATE_CHECK_H
#define ENGINE_STATE_CHECK_H

#include <stddef.h>

#include "engine/state_map.h"

/* A file is foreign as a whole; a slot is bad alone. */

/* Gives what is wrong with a file of that header and size, or NULL. */
const char *state_check_header(const struct state_header *header, size_t size);

/* Notes in REPORT that something was put right. */
void state_check_note(struct state_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Notes that the file has fewer slots than it had, or that it had an impossible number of them. */
void state_check_count(
	const struct state_header *header, size_t slots, struct state_report *report);

/*
 * Clears each slot that has a value out of its range, and of two slots of one name the one that is
 * not in use, each with a note. Gives -1 if there is no memory for that.
 */
int state_check_slots(struct state_slot *slots, size_t count, struct state_report *report);

#endif
