/* follow_file: follows a log file by its name, from one file to the next
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_file.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "follow/follow_inotify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAMES_MAX = 10000, /* of a folder */
	TURN_OCTETS = 1048576,
	PAUSE_MS = 5,	   /* from one turn to the next, however fast the file grows */
	GRACE_MS = 5000,   /* rotation may leave the name to nobody for a moment */
	WARN_MS = 3600000, /* from one warning to the next */
};

struct follow_file {
	struct follow_file_settings settings;
	char *path;
	struct follow_inotify *watch;
	struct event *tick;
	struct event *turn;
	struct follow_source *now;    /* it has the name, or was the last to have it */
	struct follow_source *before; /* it had the name before, and may still grow */
	struct log_place_file left;   /* where to go on if the file that was left comes back */
	bool is_from_end;	      /* what is there at the first look is old */
	bool is_behind;
	bool is_named; /* `now` has the name, as of the last look */
	struct follow_source_counts counts;
	uint64_t rotations;
	uint64_t truncations;
	int64_t last_line;
	int64_t turned; /* the last turn, by the steady clock */
	char error[512];
	int64_t failing; /* since then, by the steady clock; 0: it can be read */
	bool has_warned;
	struct log_limit limit;
};

/* ---- a file under the name that it was given since */

static DIR *open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	DIR *opened;

	if (slash == NULL)
		return opendir(".");
	folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (folder == NULL)
		return NULL;
	opened = opendir(folder);
	free(folder);
	return opened;
}

/*
 * The file of PLACE, standing there; or NULL. Every name in the folder of PATH is tried, not only
 * PATH.1 or PATH-20260101: programs that rotate differ in how they name files, and the number of the
 * inode says it better. As it reads a folder it is for the start, not for every turn.
 */
static struct follow_source *open_rotated(
	const char *path, const struct log_place_file *place, struct follow_source_counts *counts)
{
	DIR *folder = place->inode == 0 ? NULL : open_folder(path);
	struct follow_source *source = NULL;
	const struct dirent *entry;

	if (folder == NULL)
		return NULL;
	for (int i = 0; i < NAMES_MAX && (entry = readdir(folder)) != NULL; i++) {
		struct stat status;
		char error[512];

		/* d_ino is not asked: on stacked file systems it is another number. */
		if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == -1 ||
			(uint64_t)status.st_ino != place->inode ||
			(uint64_t)status.st_dev != place->device)
			continue;
		source = follow_source_open(
			dirfd(folder), entry->d_name, counts, error, sizeof(error));
		if (source != NULL && follow_source_resume(source, place))
			break;
		follow_source_free(source);
		source = NULL;
	}
	closedir(folder);
	return source;
}

/* ---- one file */

static void leave(struct follow_file *file, struct follow_source **source)
{
	if (*source == NULL)
		return;
	follow_inotify_remove(file->watch, (*source)->watch);
	follow_source_free(*source);
	*source = NULL;
}

/* The name has no file of ours any more; if the same file comes back, reading goes on. */
static void leave_now(struct follow_file *file)
{
	follow_source_place(file->now, &file->left);
	leave(file, &file->now);
}

static void watch_source(struct follow_file *file, struct follow_source *source)
{
	if (source != NULL)
		source->watch = follow_inotify_add(file->watch, source->fd);
}

static void take(
	struct follow_file *file, struct follow_source **place, struct follow_source *source)
{
	*place = source;
	if (source == NULL)
		return;
	source->lively = clock_steady();
	watch_source(file, source);
}

/* Gives true if there is no more to be read now. */
static bool read_source(struct follow_file *file, struct follow_source **source)
{
	uint64_t octets = file->counts.octets;
	enum follow_source_result result = follow_source_read(
		*source, TURN_OCTETS, file->settings.on_line, file->settings.context);

	if (file->counts.octets != octets)
		(*source)->lively = clock_steady();
	switch (result) {
	case FOLLOW_SOURCE_REPLACED:
		log_debug("log %s was emptied", file->path);
		file->truncations++;
		follow_source_rewind(*source);
		return false;
	case FOLLOW_SOURCE_FAILED:
		snprintf(file->error, sizeof(file->error), "%s: cannot read: %s", file->path,
			strerror(errno));
		if (*source == file->now)
			leave_now(file);
		else
			leave(file, source);
		return true;
	default:
		return result == FOLLOW_SOURCE_END;
	}
}

/* ---- which file has the name */

/* The first file that we follow under that name, or the first one again. */
static void begin(struct follow_file *file, struct follow_source *named)
{
	bool is_known = follow_source_resume(named, &file->left);

	if (!is_known && file->left.inode != named->inode && file->before == NULL)
		take(file, &file->before, open_rotated(file->path, &file->left, &file->counts));
	if (!is_known && file->is_from_end)
		follow_source_to_end(named);
	else if (!is_known)
		follow_source_rewind(named);
	file->is_from_end = false;
	take(file, &file->now, named);
}

/* Another file has got the name. */
static void rotate(struct follow_file *file, struct follow_source *named)
{
	/* All of the oldest file comes before anything of the newest. */
	if (file->before != NULL && !read_source(file, &file->before)) {
		follow_source_free(named);
		file->is_behind = true;
		return;
	}
	leave(file, &file->before);
	file->before = file->now;
	file->rotations++;
	log_debug("log %s is another file now", file->path);
	follow_source_rewind(named);
	take(file, &file->now, named);
}

/* The two may change places: a file was renamed and then renamed back. */
static bool has_name(struct follow_file *file, const struct stat *named)
{
	struct follow_source *other = file->before;

	if (other != NULL && follow_source_is(other, named)) {
		file->before = file->now;
		file->now = other;
	}
	return file->now != NULL && follow_source_is(file->now, named);
}

/* Finds out who has the name now; *ERROR says if nobody has, or nobody who can be read. */
static void look(struct follow_file *file)
{
	struct stat named;
	bool is_there = stat(file->path, &named) == 0;
	struct follow_source *source;

	file->error[0] = '\0';
	file->is_named = is_there && has_name(file, &named);
	if (file->is_named) {
		file->now->lively = clock_steady();
		return;
	}
	/* What comes to a name that nobody had is new. */
	if (is_there ? !S_ISREG(named.st_mode) : errno == ENOENT || errno == ENOTDIR)
		file->is_from_end = false;
	source = follow_source_open(
		AT_FDCWD, file->path, &file->counts, file->error, sizeof(file->error));
	if (source == NULL)
		return;
	file->is_named = true;
	/* It may have changed hands since that stat(). */
	if (fstat(source->fd, &named) == 0 && has_name(file, &named))
		follow_source_free(source);
	else if (file->now == NULL)
		begin(file, source);
	else
		rotate(file, source);
}

/* ---- a turn */

static void report(struct follow_file *file)
{
	int64_t now = clock_steady();
	unsigned suppressed;

	if (file->error[0] == '\0') {
		if (file->has_warned)
			log_info("log %s can be read again", file->path);
		file->has_warned = false;
		file->failing = 0;
		return;
	}
	if (file->failing == 0)
		file->failing = now;
	if (now - file->failing < GRACE_MS ||
		!log_may_repeat(&file->limit, clock_now(), WARN_MS, &suppressed))
		return;
	log_warning("cannot follow the log: %s", file->error);
	file->has_warned = true;
}

/* What has lost its name, and is silent, is let go. */
static void leave_silent(struct follow_file *file)
{
	int64_t since = clock_steady() - file->settings.linger;

	if (file->before != NULL && file->before->lively <= since)
		leave(file, &file->before);
	if (file->now != NULL && !file->is_named && file->now->lively <= since)
		leave_now(file);
}

static void schedule(struct follow_file *file, int64_t delay)
{
	const struct timeval when = {.tv_usec = (suseconds_t)(delay * 1000)};

	event_add(file->turn, &when);
}

static void on_turn(evutil_socket_t unused_fd, short unused_what, void *context)
{
	struct follow_file *file = context;
	struct follow_source_counts counts = file->counts;
	uint64_t changes = file->rotations + file->truncations;
	bool is_first = file->turned == 0;

	(void)unused_fd;
	(void)unused_what;
	file->is_behind = false;
	follow_inotify_arm(file->watch);
	look(file);
	/* The new file waits until all of the old one was read. */
	if (!file->is_behind && file->before != NULL)
		file->is_behind = !read_source(file, &file->before);
	if (!file->is_behind && file->now != NULL)
		file->is_behind = !read_source(file, &file->now);
	if (!file->is_behind)
		leave_silent(file);
	report(file);
	file->turned = clock_steady();
	if (file->counts.lines != counts.lines)
		file->last_line = clock_now();
	/* Not event_active(): that would keep all other events out. */
	if (file->is_behind)
		schedule(file, 0);
	if (file->settings.on_turn != NULL &&
		(is_first || file->counts.octets != counts.octets ||
			file->rotations + file->truncations != changes))
		file->settings.on_turn(file->settings.context);
}

static void on_change(void *context)
{
	struct follow_file *file = context;
	int64_t rest = file->turned + PAUSE_MS - clock_steady();

	/* Else the next turn is to come at once. */
	if (!file->is_behind)
		schedule(file, rest < 0 ? 0 : rest);
}

static void on_tick(evutil_socket_t unused_fd, short unused_what, void *context)
{
	struct follow_file *file = context;

	(void)unused_fd;
	(void)unused_what;
	follow_inotify_renew(file->watch);
	watch_source(file, file->before);
	watch_source(file, file->now);
	schedule(file, 0);
}

/* ---- life */

/* The first look, so that what is written from now on is new. */
static void start(struct follow_file *file, const struct log_place *place)
{
	const struct log_place none = {.cursor = ""};

	if (place == NULL || !log_place_valid(place))
		place = &none;
	file->left = place->now;
	file->is_from_end = file->left.inode == 0;
	look(file);
	if (file->error[0] != '\0') {
		file->failing = clock_steady() - GRACE_MS;
		report(file);
	}
	/* Renamed, and its name not taken again yet. */
	if (file->now == NULL)
		take(file, &file->now, open_rotated(file->path, &file->left, &file->counts));
	if (file->before == NULL && (file->now == NULL || file->now->inode != place->before.inode))
		take(file, &file->before, open_rotated(file->path, &place->before, &file->counts));
}

struct follow_file *follow_file_new(const struct follow_file_settings *settings)
{
	const struct timeval second = {.tv_sec = 1};
	struct follow_file *file = calloc(1, sizeof(*file));

	if (file == NULL)
		return NULL;
	file->settings = *settings;
	file->path = strdup(settings->path);
	file->tick = event_new(settings->base, -1, EV_PERSIST, on_tick, file);
	file->turn = event_new(settings->base, -1, 0, on_turn, file);
	if (file->path != NULL)
		file->watch = follow_inotify_new(settings->base, file->path, on_change, file);
	if (file->path == NULL || file->watch == NULL || file->tick == NULL || file->turn == NULL ||
		event_add(file->tick, &second) == -1) {
		follow_file_free(file);
		return NULL;
	}
	start(file, settings->place);
	schedule(file, 0);
	return file;
}

void follow_file_free(struct follow_file *file)
{
	if (file == NULL)
		return;
	if (file->tick != NULL)
		event_free(file->tick);
	if (file->turn != NULL)
		event_free(file->turn);
	follow_source_free(file->now);
	follow_source_free(file->before);
	follow_inotify_free(file->watch);
	free(file->path);
	free(file);
}

/* ---- what others may know */

void follow_file_status(const struct follow_file *file, struct follow_file_status *status)
{
	memset(status, 0, sizeof(*status));
	status->is_readable = file->error[0] == '\0';
	memcpy(status->error, file->error, sizeof(status->error));
	status->is_watched = follow_inotify_works(file->watch);
	status->is_behind = file->is_behind;
	status->is_lingering = file->before != NULL;
	status->inode = file->now == NULL ? 0 : file->now->inode;
	status->offset = file->now == NULL ? 0 : file->now->offset;
	status->counts = file->counts;
	status->rotations = file->rotations;
	status->truncations = file->truncations;
	status->last_line = file->last_line;
}

void follow_file_place(const struct follow_file *file, struct log_place *place)
{
	place->before = (struct log_place_file){.inode = 0};
	if (file->now != NULL)
		follow_source_place(file->now, &place->now);
	else
		place->now = file->left;
	if (file->before != NULL)
		follow_source_place(file->before, &place->before);
}
