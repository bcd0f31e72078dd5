/* probe_agenda: which host is to be probed when
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_PROBE_AGENDA_H
#define DOORS_PROBE_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doors/probe_talk.h"

/*
 * One entry for each host, by its key. Times are clock_steady()'s and come in as a parameter. An
 * entry is due by the intervals of the moment, so a host that is not up any more is asked at the
 * fast interval at once.
 */
struct probe_entry {
	uint64_t key;
	bool is_used;
	bool has_begun; /* once at least */
	uint16_t draw;	/* 0..PROBE_DRAW_MAX: where in the jitter it falls */
	uint32_t pass;	/* in which it was seen last */
	int64_t since;	/* begin of the last probe; before the first: when the host was new */
	size_t host;	/* its number when it was seen last */
	struct probe_talk *talk; /* NULL: it is not being probed */
};

enum { PROBE_DRAW_MAX = 1000 };

struct probe_agenda;

/* NULL: out of memory. */
struct probe_agenda *probe_agenda_new(void);

/* Talks are not freed with it. */
void probe_agenda_free(struct probe_agenda *agenda);

/* NULL: there is none. Entries move when another is entered or removed. */
struct probe_entry *probe_agenda_find(struct probe_agenda *agenda, uint64_t key);

/* Finds or makes it. NULL: out of memory. */
struct probe_entry *probe_agenda_enter(struct probe_agenda *agenda, uint64_t key, int64_t now);

/*
 * True if it is time to probe the host. The first time comes somewhere within the first interval,
 * so that not all begin at once.
 */
bool probe_agenda_is_due(
	const struct probe_entry *entry, const struct probe_target *target, int64_t now);

/* A probe of the host begins. */
void probe_agenda_begin(struct probe_entry *entry, struct probe_talk *talk, int64_t now);

/* Entries not seen since that pass are removed; DROP is called for the talk of each that has one. */
void probe_agenda_sweep(struct probe_agenda *agenda, uint32_t oldest,
	void (*drop)(void *context, struct probe_talk *talk), void *context);

#endif
