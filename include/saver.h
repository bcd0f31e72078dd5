/* saver: puts the state file on the disk, beside the event loop
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef SAVER_H
#define SAVER_H

#include "engine/state.h"

#include <event2/event.h>

/*
 * What is in the mapped file outlives a kill of the daemon, but not a fall of the machine, until the
 * kernel has written it. What an operator says is to be there before he is told so. msync(2) may
 * block for seconds on a busy disk, so a thread calls it while the loop goes on; saves that are asked
 * for while one runs become one more after it.
 */

struct saver;

/* Told on the main thread; ERROR is NULL if all that was in the file is on the disk. */
typedef void saver_end(void *context, const char *error);

/* STATE must outlive the saver. NULL: out of memory. */
struct saver *saver_new(struct event_base *base, struct state *state);

/* Waits for the thread, if one is at work, and tells those who wait that it failed. */
void saver_free(struct saver *saver);

/* Gives 0, or -1 if no save can be begun; then END is not called. */
int saver_begin(struct saver *saver, saver_end *end, void *context);

/* errno of the last save, 0 if it succeeded. SAVER is a struct saver: for http_profile. */
int saver_error(void *saver);

#endif
