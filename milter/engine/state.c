/* state: the small file that keeps rotation and health through restarts and kills
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, FIRST_SLOTS = 64 };

static const char magic[8] = "NEXTHOP";

struct header {
	char magic[8];
	uint32_t version;
	uint32_t slot_size;
	uint32_t slot_count;
	uint32_t pid; /* of the daemon that opened it last */
	struct log_place log;
	char unused[40];
};

_Static_assert(sizeof(struct header) == 320, "the state file's header has a fixed size");
_Static_assert(sizeof(struct state_member) == 32, "no padding in a rotation's member");
_Static_assert(sizeof(struct state_slot) == 2400, "the state file's slots have a fixed size");

struct state {
	int fd;
	struct header *header;
	struct state_slot
		*slots;	   /* mapped for STATE_SLOTS_MAX; only slot_count of them are there */
	void *by_key;	   /* search tree of the slots in use */
	size_t claim_from; /* no slot before it can be claimed */
	bool is_copy;	   /* slots and header are heap memory, for state_read() */
	char *path;
};

static size_t file_size(size_t slots)
{
	return sizeof(struct header) + slots * sizeof(struct state_slot);
}

static int compare_slots(const void *a, const void *b)
{
	const struct state_slot *x = a;
	const struct state_slot *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return strcmp(x->key, y->key);
}

static void fail(struct state_report *report, const char *path, const char *what)
{
	snprintf(report->text, sizeof(report->text), "%s: %s: %s", path, what, strerror(errno));
}

/* ---- is a file what it says it is */

static bool pool_valid(const struct state_pool *pool)
{
	/* Twice the sum of all weights, and much more for hosts that were out for a while. */
	const int32_t most = 16 * POOL_HOSTS_MAX * HOST_WEIGHT_MAX * BREAKER_WEIGHT_UNIT;

	for (int i = 0; i < POOL_HOSTS_MAX; i++)
		for (int bank = 0; bank < 2; bank++)
			if (pool->members[i].credit[bank] > most ||
				pool->members[i].credit[bank] < -most)
				return false;
	return true;
}

static bool slot_valid(const struct state_slot *slot)
{
	if (slot->type == 0)
		return true;
	if (memchr(slot->key, '\0', sizeof(slot->key)) == NULL || slot->key[0] == '\0' ||
		slot->left_at < 0)
		return false;
	if (slot->type == STATE_POOL)
		return slot->port == 0 && pool_valid(&slot->pool);
	return slot->type == STATE_HOST && slot->port > 0 && slot->port <= 65535 &&
	       health_valid(&slot->health);
}

/* Gives what is wrong with SIZE octets at HEADER, or NULL. The slots go into the search tree. */
static const char *check(struct state *state, size_t size)
{
	const struct header *header = state->header;

	if (size < sizeof(*header))
		return "truncated";
	if (memcmp(header->magic, magic, sizeof(magic)) != 0)
		return "not a state file";
	if (header->version != VERSION || header->slot_size != sizeof(struct state_slot))
		return "of another version";
	if (header->slot_count > STATE_SLOTS_MAX)
		return "slot count out of range";
	if (size < file_size(header->slot_count))
		return "truncated";
	for (uint32_t i = 0; i < header->slot_count; i++) {
		struct state_slot *slot = &state->slots[i];

		if (!slot_valid(slot))
			return "a value is out of range";
		if (slot->type == 0)
			continue;

		struct state_slot **node = tsearch(slot, &state->by_key, compare_slots);

		if (node == NULL)
			return "out of memory";
		if (*node != slot)
			return "two slots of the same name";
	}
	return NULL;
}

/* ---- open and close */

static void keep_node(void *node)
{
	(void)node;
}

void state_close(struct state *state)
{
	if (state == NULL)
		return;
	tdestroy(state->by_key, keep_node);
	if (state->is_copy)
		free(state->header);
	else if (state->header != NULL)
		munmap(state->header, file_size(STATE_SLOTS_MAX));
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
	state->path = strdup(path);
	if (state->path == NULL) {
		state_close(state);
		return NULL;
	}
	return state;
}

static int set_slot_count(struct state *state, size_t slots, struct state_report *report)
{
	int error = posix_fallocate(state->fd, 0, (off_t)file_size(slots));

	if (error != 0) {
		errno = error;
		fail(report, state->path, "cannot reserve space");
		return -1;
	}
	state->header->slot_count = (uint32_t)slots;
	return 0;
}

static int begin_clean(struct state *state, struct state_report *report)
{
	if (set_slot_count(state, FIRST_SLOTS, report) == -1)
		return -1;
	state->header->version = VERSION;
	state->header->slot_size = sizeof(struct state_slot);
	memcpy(state->header->magic, magic, sizeof(magic));
	return 0;
}

/* Opens the file that has the name now, locked. */
static int open_locked(const char *path, struct state_report *report)
{
	for (;;) {
		struct stat opened, named;
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

		if (fd == -1) {
			fail(report, path, "cannot open");
			return -1;
		}
		if (fstat(fd, &opened) == -1 || !S_ISREG(opened.st_mode)) {
			snprintf(
				report->text, sizeof(report->text), "%s: not a regular file", path);
			close(fd);
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
			struct header header = {.pid = 0};
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

/*
 * Maps the file for its largest size at once: the slots' addresses then never change, and space
 * that is not reserved yet is not touched.
 */
static int map(struct state *state, struct state_report *report)
{
	void *base = mmap(
		NULL, file_size(STATE_SLOTS_MAX), PROT_READ | PROT_WRITE, MAP_SHARED, state->fd, 0);

	if (base == MAP_FAILED) {
		fail(report, state->path, "cannot map");
		return -1;
	}
	state->header = base;
	state->slots = (struct state_slot *)(state->header + 1);
	return 0;
}

static int set_aside(const char *path, const char *why, struct state_report *report)
{
	char bad[4096];
	int length = snprintf(bad, sizeof(bad), "%s.bad", path);

	if (length < 0 || (size_t)length >= sizeof(bad) || rename(path, bad) == -1) {
		fail(report, path, "cannot rename to .bad");
		return -1;
	}
	report->set_aside = true;
	snprintf(report->text, sizeof(report->text), "%s; set aside as %.400s", why, bad);
	return 0;
}

/* Gives the state, or NULL: with *AGAIN true if the file was set aside and a clean one is to be. */
static struct state *try_open(const char *path, struct state_report *report, bool *again)
{
	struct state *state = state_new(path);
	struct stat status;

	*again = false;
	if (state == NULL) {
		fail(report, path, "cannot open");
		return NULL;
	}
	state->fd = open_locked(path, report);
	if (state->fd == -1 || map(state, report) == -1)
		goto out;
	if (fstat(state->fd, &status) == -1) {
		fail(report, path, "cannot open");
		goto out;
	}
	if (status.st_size == 0) {
		if (begin_clean(state, report) == -1)
			goto out;
	} else {
		const char *wrong = check(state, (size_t)status.st_size);

		if (wrong != NULL) {
			*again = set_aside(path, wrong, report) == 0;
			goto out;
		}
		if (set_slot_count(state, state->header->slot_count, report) == -1)
			goto out;
	}
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
	const char *wrong = NULL;

	state->is_copy = true;
	state->header = calloc(1, size < sizeof(struct header) ? sizeof(struct header) : size);
	if (state->header == NULL || pread(state->fd, state->header, size, 0) != (ssize_t)size) {
		fail(report, state->path, "cannot read");
		state_close(state);
		return NULL;
	}
	state->slots = (struct state_slot *)(state->header + 1);
	wrong = check(state, size);
	if (wrong != NULL) {
		snprintf(report->text, sizeof(report->text), "%s: %s", state->path, wrong);
		state_close(state);
		return NULL;
	}
	return state;
}

struct state *state_read(const char *path, struct state_report *report)
{
	struct state *state = state_new(path);
	struct stat status;

	memset(report, 0, sizeof(*report));
	if (state == NULL || (state->fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
		fstat(state->fd, &status) == -1) {
		fail(report, path, "cannot read");
		state_close(state);
		return NULL;
	}
	if (!S_ISREG(status.st_mode) || (size_t)status.st_size > file_size(STATE_SLOTS_MAX)) {
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

size_t state_slot_count(const struct state *state)
{
	return state->header->slot_count;
}

struct state_slot *state_slot(struct state *state, size_t index)
{
	assert(index < state->header->slot_count);
	return &state->slots[index];
}

static bool is_claimable(const struct state_slot *slot, int64_t now)
{
	return slot->type == 0 || (slot->left_at != 0 && now - slot->left_at > STATE_KEEP_MS);
}

int state_reserve(struct state *state, size_t slots, int64_t now, struct state_report *report)
{
	size_t claimable = 0;
	size_t count = state->header->slot_count;

	state->claim_from = 0;
	for (size_t i = 0; i < count; i++)
		claimable += is_claimable(&state->slots[i], now);
	if (claimable >= slots)
		return 0;

	size_t wanted = count + (slots - claimable);

	if (wanted > STATE_SLOTS_MAX) {
		snprintf(report->text, sizeof(report->text),
			"%s: more than %d pools and hosts in the last day", state->path,
			STATE_SLOTS_MAX);
		return -1;
	}
	/* By halves again, so that adding pools one by one does not grow the file each time. */
	if (wanted < count + count / 2)
		wanted = count + count / 2;
	if (wanted > STATE_SLOTS_MAX)
		wanted = STATE_SLOTS_MAX;
	return set_slot_count(state, wanted, report);
}

/* The slot of that name, or NULL. */
static struct state_slot *find_slot(struct state *state, const struct state_slot *probe)
{
	struct state_slot **found = tfind(probe, &state->by_key, compare_slots);

	return found == NULL ? NULL : *found;
}

static void set_key(struct state_slot *slot, uint32_t type, const char *key, int port)
{
	size_t length = strlen(key);

	assert(length > 0 && length < sizeof(slot->key));
	slot->type = type;
	slot->port = port;
	memcpy(slot->key, key, length + 1);
}

bool state_has(struct state *state, uint32_t type, const char *key, int port, int64_t now)
{
	struct state_slot probe = {.type = 0};

	set_key(&probe, type, key, port);

	const struct state_slot *found = find_slot(state, &probe);

	return found != NULL && !is_claimable(found, now);
}

size_t state_claim(struct state *state, uint32_t type, const char *key, int port, int64_t now)
{
	struct state_slot probe = {.type = 0};

	set_key(&probe, type, key, port);

	struct state_slot *found = find_slot(state, &probe);

	if (found != NULL)
		return (size_t)(found - state->slots);

	size_t index = state->claim_from;

	while (index < state->header->slot_count && !is_claimable(&state->slots[index], now))
		index++;
	assert(index < state->header->slot_count);
	state->claim_from = index + 1;

	struct state_slot *slot = &state->slots[index];

	if (slot->type != 0)
		tdelete(slot, &state->by_key, compare_slots);
	/* Its type comes last: a kill before that leaves a free slot, never half a one. */
	probe.type = 0;
	*slot = probe;
	if (type == STATE_HOST)
		health_init(&slot->health, now);
	__atomic_store_n(&slot->type, type, __ATOMIC_RELEASE);

	/* Without memory for a node the slot works all the same; only a search misses it. */
	if (tsearch(slot, &state->by_key, compare_slots) == NULL)
		slot->left_at = now;
	return index;
}

void state_leave_others(struct state *state, const bool *used, int64_t now)
{
	for (size_t i = 0; i < state->header->slot_count; i++) {
		struct state_slot *slot = &state->slots[i];

		if (used[i])
			slot->left_at = 0;
		else if (slot->type != 0 && slot->left_at == 0)
			slot->left_at = now;
	}
}

void state_get_credit(const struct state_pool *pool, int32_t credit[POOL_HOSTS_MAX])
{
	int bank = (int)(pool->turn & 1);

	for (int i = 0; i < POOL_HOSTS_MAX; i++)
		credit[i] = pool->members[i].credit[bank];
}

void state_get_credit_of(
	const struct state_pool *pool, const uint8_t *members, int count, int32_t *credit)
{
	int bank = (int)(pool->turn & 1);

	for (int i = 0; i < count; i++)
		credit[i] = pool->members[members[i]].credit[bank];
}

void state_put_credit(struct state_pool *pool, const int32_t credit[POOL_HOSTS_MAX])
{
	int bank = (int)(pool->turn & 1) ^ 1;

	for (int i = 0; i < POOL_HOSTS_MAX; i++)
		pool->members[i].credit[bank] = credit[i];
	__atomic_store_n(&pool->turn, pool->turn + 1, __ATOMIC_RELEASE);
}
