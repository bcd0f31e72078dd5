/* follow_inotify: reports when a file has grown or its name has changed hands
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_inotify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
	FOLDER_EVENTS =
		IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR,
	FILE_EVENTS = IN_MODIFY | IN_ATTRIB,
	READS_MAX = 64, /* of a queue; what is left makes the descriptor readable again */
};

struct follow_inotify {
	struct event_base *base;
	int fd; /* -1: there is no inotify */
	int folder_number;
	struct event *readable;
	char *folder;
	const char *name; /* in the folder */
	char *path;
	void (*on_change)(void *context);
	void *context;
};

void follow_inotify_free(struct follow_inotify *watch)
{
	if (watch == NULL)
		return;
	if (watch->readable != NULL)
		event_free(watch->readable);
	if (watch->fd != -1)
		close(watch->fd);
	free(watch->folder);
	free(watch->path);
	free(watch);
}

struct follow_inotify *follow_inotify_new(
	struct event_base *base, const char *path, void (*on_change)(void *context), void *context)
{
	struct follow_inotify *watch = calloc(1, sizeof(*watch));
	const char *slash;

	if (watch == NULL)
		return NULL;
	watch->base = base;
	watch->fd = -1;
	watch->folder_number = -1;
	watch->on_change = on_change;
	watch->context = context;
	watch->path = strdup(path);
	slash = watch->path == NULL ? NULL : strrchr(watch->path, '/');
	watch->name = slash == NULL ? watch->path : slash + 1;
	watch->folder =
		slash == NULL
			? strdup(".")
			: strndup(path, slash == watch->path ? 1 : (size_t)(slash - watch->path));
	if (watch->path == NULL || watch->folder == NULL) {
		follow_inotify_free(watch);
		return NULL;
	}
	follow_inotify_renew(watch);
	return watch;
}

/* ---- what is told */

/* Other files of the folder, of which there may be many, are nobody's affair here. */
static bool is_about_us(const struct follow_inotify *watch, const struct inotify_event *event)
{
	if (event->wd != watch->folder_number || event->len == 0)
		return true;
	return strcmp(event->name, watch->name) == 0;
}

/* Empties the queue. Gives true if something in it is about us. */
static bool read_queue(const struct follow_inotify *watch)
{
	_Alignas(struct inotify_event) char octets[4096];
	bool is_ours = false;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t got = read(watch->fd, octets, sizeof(octets));
		const struct inotify_event *event;

		if (got <= 0)
			break;
		for (const char *at = octets; at < octets + got;
			at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)at;
			is_ours = is_ours || is_about_us(watch, event);
		}
	}
	return is_ours;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct follow_inotify *watch = context;

	(void)fd;
	(void)what;
	if (read_queue(watch))
		watch->on_change(watch->context);
	else
		event_add(watch->readable, NULL);
}

void follow_inotify_arm(struct follow_inotify *watch)
{
	if (watch->fd == -1)
		return;
	read_queue(watch);
	event_add(watch->readable, NULL);
}

/* ---- what is watched */

static void open_queue(struct follow_inotify *watch)
{
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd == -1)
		return;
	watch->readable = event_new(watch->base, watch->fd, EV_READ, on_readable, watch);
	if (watch->readable != NULL && event_add(watch->readable, NULL) == 0)
		return;
	if (watch->readable != NULL)
		event_free(watch->readable);
	watch->readable = NULL;
	close(watch->fd);
	watch->fd = -1;
}

void follow_inotify_renew(struct follow_inotify *watch)
{
	int number;

	if (watch->fd == -1)
		open_queue(watch);
	if (watch->fd == -1)
		return;
	/* The same folder gives the same number; another one may have its name by now. */
	number = inotify_add_watch(watch->fd, watch->folder, FOLDER_EVENTS);
	if (number != watch->folder_number)
		follow_inotify_remove(watch, watch->folder_number);
	watch->folder_number = number;
}

int follow_inotify_add(struct follow_inotify *watch, int fd)
{
	char path[64];

	if (watch->fd == -1)
		return -1;
	/* Not by its own name: another file may have that by now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return inotify_add_watch(watch->fd, path, FILE_EVENTS);
}

void follow_inotify_remove(struct follow_inotify *watch, int number)
{
	if (watch->fd != -1 && number != -1)
		inotify_rm_watch(watch->fd, number);
}

bool follow_inotify_works(const struct follow_inotify *watch)
{
	return watch->folder_number != -1;
}
