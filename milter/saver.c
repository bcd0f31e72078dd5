/* saver: puts the state file on the disk, beside the event loop
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "saver.h"
#include "engine/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct waiter {
	struct waiter *next;
	saver_end *end;
	void *context;
};

struct saver {
	struct state *state;
	struct event *saved_event;
	pthread_t thread;
	bool is_running;
	struct waiter *now;   /* of the save that runs */
	struct waiter *later; /* of the next one */
	/* The thread's, until it makes saved_event active: */
	struct state_span span;
	int error;
	int last_error; /* of the one before */
};

static void *save(void *context)
{
	struct saver *saver = context;

	saver->error = msync(saver->span.start, saver->span.size, MS_SYNC) == -1 ? errno : 0;
	event_active(saver->saved_event, EV_WRITE, 0);
	return NULL;
}

static int start(struct saver *saver)
{
	saver->span = state_span(saver->state);
	saver->last_error = saver->error;
	saver->is_running = pthread_create(&saver->thread, NULL, save, saver) == 0;
	return saver->is_running ? 0 : -1;
}

static void tell(struct waiter *waiter, const char *error)
{
	while (waiter != NULL) {
		struct waiter *next = waiter->next;

		waiter->end(waiter->context, error);
		free(waiter);
		waiter = next;
	}
}

static void on_saved(evutil_socket_t fd, short what, void *context)
{
	struct saver *saver = context;
	struct waiter *done = saver->now;
	char error[128];

	(void)fd;
	(void)what;
	pthread_join(saver->thread, NULL);
	saver->is_running = false;
	snprintf(error, sizeof(error), "%s", strerror(saver->error));
	if (saver->error != 0)
		log_error("state file: cannot be written to its disk: %s", error);
	saver->now = saver->later;
	saver->later = NULL;
	tell(done, saver->error == 0 ? NULL : error);
	if (saver->now == NULL || saver->is_running || start(saver) == 0)
		return;
	done = saver->now;
	saver->now = NULL;
	tell(done, "cannot start a thread");
}

int saver_begin(struct saver *saver, saver_end *end, void *context)
{
	/* One that runs may have passed by what has just changed. */
	struct waiter **list = saver->is_running ? &saver->later : &saver->now;
	struct waiter *waiter = malloc(sizeof(*waiter));

	if (waiter == NULL)
		return -1;
	*waiter = (struct waiter){.next = *list, .end = end, .context = context};
	*list = waiter;
	if (saver->is_running || start(saver) == 0)
		return 0;
	*list = waiter->next;
	free(waiter);
	return -1;
}

int saver_error(void *saver)
{
	const struct saver *of = saver;

	return of->is_running ? of->last_error : of->error;
}

struct saver *saver_new(struct event_base *base, struct state *state)
{
	struct saver *saver = calloc(1, sizeof(*saver));

	if (saver == NULL)
		return NULL;
	saver->state = state;
	saver->saved_event = event_new(base, -1, 0, on_saved, saver);
	if (saver->saved_event == NULL) {
		free(saver);
		return NULL;
	}
	return saver;
}

void saver_free(struct saver *saver)
{
	if (saver == NULL)
		return;
	if (saver->is_running)
		pthread_join(saver->thread, NULL);
	tell(saver->now, "the daemon stops");
	tell(saver->later, "the daemon stops");
	event_free(saver->saved_event);
	free(saver);
}
