/* state: the small file that keeps rotation and health through restarts and kills
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/state.h"
#include "engine/state_check.h"
#include "engine/state_map.h"
#include "engine/state_upgrade.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- open and close */

void state_close(struct state *state)
{
	if (state == NULL)
		return;
	if (state->is_copy)
		free(state->header);
	else
		state_map_close(state);
	if (state->fd != -1)
		close(state->fd);
	free(state->path);
	free(state);
}

static struct state *state_new(const char *path)
{
	struct state *state = calloc(1, sizeof(*state));

	if (state == NULL)
		return NULL;
	state->fd = -1;
	state->whole = SIZE_MAX;
	state->path = strdup(path);
	if (state->path == NULL) {
		state_close(state);
		return NULL;
	}
	return state;
}

/* Opens the file that has the name now, locked. */
static int open_locked(const char *path, struct state_report *report)
{
	for (;;) {
		struct stat opened, named;
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

		if (fd == -1) {
			state_map_fail(report, path, "cannot open");
			return -1;
		}
		if (fstat(fd, &opened) == -1 || !S_ISREG(opened.st_mode)) {
			snprintf(
				report->text, sizeof(report->text), "%s: not a regular file", path);
			close(fd);
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
			struct state_header header = {.pid = 0};
			ssize_t got = pread(fd, &header, sizeof(header), 0);

			snprintf(report->text, sizeof(report->text),
				"%s: in use by another daemon (process %u)", path,
				got == (ssize_t)sizeof(header) ? header.pid : 0);
			close(fd);
			return -1;
		}
		/* Between open and lock another daemon may have set the file aside. */
		if (stat(path, &named) == 0 && named.st_ino == opened.st_ino &&
			named.st_dev == opened.st_dev)
			return fd;
		close(fd);
	}
}

static int set_aside(const char *path, const char *why, struct state_report *report)
{
	char bad[4096];
	int length = snprintf(bad, sizeof(bad), "%s.bad", path);

	if (length < 0 || (size_t)length >= sizeof(bad) || rename(path, bad) == -1) {
		state_map_fail(report, path, "cannot rename to .bad");
		return -1;
	}
	report->set_aside = true;
	snprintf(report->text, sizeof(report->text), "%s; set aside as %.400s", why, bad);
	return 0;
}

/* Maps a file that is empty, or one of today. */
static int take_in(struct state *state, size_t size, struct state_report *report)
{
	size_t slots = state_map_count(size);

	if (state_map_file(state, report) == -1)
		return -1;
	if (size == 0) {
		if (state_map_reserve(state, STATE_MAP_FIRST_SLOTS, report) == -1)
			return -1;
		state_map_begin(state->header);
		return 0;
	}
	state_check_count(state->header, slots, report);
	/* The beginning of a slot at its end would be taken for a whole one. */
	if (size != state_map_size(slots) &&
		ftruncate(state->fd, (off_t)state_map_size(slots)) == -1) {
		state_map_fail(report, state->path, "cannot cut to whole slots");
		return -1;
	}
	if (state_map_reserve(state, slots, report) == -1)
		return -1;
	if (state_check_slots(state->slots, slots, report) == 0)
		return 0;
	state_map_fail(report, state->path, "cannot check");
	return -1;
}

/*
 * Gives the state, or NULL: with *AGAIN true if another file has the name now, since this one was set
 * aside or carried over.
 */
static struct state *try_open(const char *path, struct state_report *report, bool *again)
{
	struct state_header header = {.pid = 0};
	struct state *state = state_new(path);
	struct stat status;
	const char *wrong;

	*again = false;
	if (state == NULL) {
		state_map_fail(report, path, "cannot open");
		return NULL;
	}
	state->fd = open_locked(path, report);
	if (state->fd == -1)
		goto out;
	if (fstat(state->fd, &status) == -1 || pread(state->fd, &header, sizeof(header), 0) == -1) {
		state_map_fail(report, path, "cannot read");
		goto out;
	}
	wrong = status.st_size == 0 ? NULL : state_check_header(&header, (size_t)status.st_size);
	if (wrong != NULL) {
		*again = set_aside(path, wrong, report) == 0;
		goto out;
	}
	if (state_upgrade_is_old(&header)) {
		*again = state_upgrade_file(state->fd, (size_t)status.st_size, path, report) == 0;
		goto out;
	}
	if (take_in(state, (size_t)status.st_size, report) == -1)
		goto out;
	state->header->pid = (uint32_t)getpid();
	return state;
out:
	state_close(state);
	return NULL;
}

struct state *state_open(const char *path, struct state_report *report)
{
	bool again;

	memset(report, 0, sizeof(*report));

	struct state *state = try_open(path, report, &again);

	return again ? try_open(path, report, &again) : state;
}

static struct state *read_copy(struct state *state, size_t size, struct state_report *report)
{
	const char *wrong;

	state->is_copy = true;
	state->header = state_upgrade_read(state->fd, size, &state->slot_count);
	if (state->header == NULL) {
		state_map_fail(report, state->path, "cannot read");
		goto out;
	}
	state->slots = (struct state_slot *)(state->header + 1);
	wrong = state_check_header(state->header, size);
	if (wrong != NULL) {
		snprintf(report->text, sizeof(report->text), "%s: %s", state->path, wrong);
		goto out;
	}
	state_check_count(state->header, state->slot_count, report);
	if (state_check_slots(state->slots, state->slot_count, report) == 0)
		return state;
	state_map_fail(report, state->path, "cannot check");
out:
	state_close(state);
	return NULL;
}

struct state *state_read(const char *path, struct state_report *report)
{
	struct state *state = state_new(path);
	struct stat status;

	memset(report, 0, sizeof(*report));
	if (state == NULL || (state->fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
		fstat(state->fd, &status) == -1) {
		state_map_fail(report, path, "cannot read");
		state_close(state);
		return NULL;
	}
	if (!S_ISREG(status.st_mode)) {
		snprintf(report->text, sizeof(report->text), "%s: not a state file", path);
		state_close(state);
		return NULL;
	}
	return read_copy(state, (size_t)status.st_size, report);
}

struct log_place *state_log_place(struct state *state)
{
	return &state->header->log;
}

/* ---- slots */

struct state_span state_span(const struct state *state)
{
	return (struct state_span){state->header, state_map_size(state->slot_count)};
}

size_t state_slot_count(const struct state *state)
{
	return state->slot_count;
}

struct state_slot *state_slot(struct state *state, size_t index)
{
	assert(index < state->slot_count);
	return &state->slots[index];
}

void state_get_rotation(const struct state_pool *pool, struct pick_rotation *rotation)
{
	int bank = (int)(pool->turn & 1);

	rotation->weight = pool->weight[bank];
	for (int i = 0; i < POOL_HOSTS_MAX; i++)
		rotation->credit[i] = pool->members[i].credit[bank];
}

void state_get_rotation_of(const struct state_pool *pool, const uint8_t *members, int count,
	struct pick_rotation *rotation)
{
	int bank = (int)(pool->turn & 1);

	rotation->weight = pool->weight[bank];
	for (int i = 0; i < count; i++)
		rotation->credit[i] = pool->members[members[i]].credit[bank];
}

void state_put_rotation(struct state_pool *pool, const struct pick_rotation *rotation)
{
	int bank = (int)(pool->turn & 1) ^ 1;

	pool->weight[bank] = rotation->weight;
	for (int i = 0; i < POOL_HOSTS_MAX; i++)
		pool->members[i].credit[bank] = rotation->credit[i];
	__atomic_store_n(&pool->turn, pool->turn + 1, __ATOMIC_RELEASE);
}
