/* milter_check: whether the milter answers, and how many descriptors are left for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_CHECK_H
#define DOORS_MILTER_CHECK_H

#include <event2/event.h>

#include "engine/view.h"

/*
 * libmilter says nothing when the descriptors run out: its listener spins, and no connection is
 * accepted. And it leaves a session without a thread while those that it counts as idle wait for the
 * rest of a packet; the next connection wakes it. So we connect to our own milter socket every few
 * seconds and say QUIT, which is answered by closing, without a session. No answer is logged once,
 * with the reason if it is known, and so is its return. It begins in a thread of its own and may fail
 * there, so only the first answer shows that it serves.
 *
 * Main thread only.
 */

struct milter_check;

/* ON_BEGIN is called once, at the first answer. NULL: out of memory. */
struct milter_check *milter_check_new(struct event_base *base, void (*on_begin)(void));
void milter_check_free(struct milter_check *check);

/* What was found last, silence until the first answer; the descriptors now. CONTEXT is the check: for http_profile. */
void milter_check_view(void *context, struct view_milter *view);

#endif
