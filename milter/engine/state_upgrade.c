/* state_upgrade: state files of older releases
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/state_upgrade.h"
#include "engine/state_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OLD_VERSION = 1, OLD_SLOT = 2400 };

bool state_upgrade_is_old(const struct state_header *header)
{
	return header->version == OLD_VERSION && header->slot_size == OLD_SLOT;
}

static int read_all(int fd, void *octets, size_t size, size_t offset)
{
	while (size > 0) {
		ssize_t got = pread(fd, octets, size, (off_t)offset);

		if (got == -1)
			return -1;
		/* Shortened just now: the rest is as good as empty. */
		if (got == 0)
			return 0;
		octets = (char *)octets + got;
		offset += (size_t)got;
		size -= (size_t)got;
	}
	return 0;
}

static int write_all(int fd, const void *octets, size_t size)
{
	while (size > 0) {
		ssize_t put = write(fd, octets, size);

		if (put == -1)
			return -1;
		octets = (const char *)octets + put;
		size -= (size_t)put;
	}
	return 0;
}

static size_t count_slots(const struct state_header *header, size_t size)
{
	size_t slots;

	if (!state_upgrade_is_old(header))
		return state_map_count(size);
	slots = (size - sizeof(*header)) / OLD_SLOT;
	return slots > STATE_SLOTS_MAX ? STATE_SLOTS_MAX : slots;
}

static int read_slots(int fd, struct state_header *header, size_t count)
{
	struct state_slot *slots = (struct state_slot *)(header + 1);

	if (!state_upgrade_is_old(header))
		return read_all(fd, slots, count * sizeof(*slots), sizeof(*header));
	for (size_t i = 0; i < count; i++)
		if (read_all(fd, &slots[i], OLD_SLOT, sizeof(*header) + i * OLD_SLOT) == -1)
			return -1;
	return 0;
}

struct state_header *state_upgrade_read(int fd, size_t size, size_t *count)
{
	struct state_header header = {.pid = 0};
	struct state_header *all;

	if (read_all(fd, &header, sizeof(header), 0) == -1)
		return NULL;
	*count = size < sizeof(header) ? 0 : count_slots(&header, size);
	all = calloc(1, state_map_size(*count));
	if (all == NULL)
		return NULL;
	*all = header;
	if (read_slots(fd, all, *count) == -1) {
		free(all);
		return NULL;
	}
	return all;
}

int state_upgrade_file(int fd, size_t size, const char *path, struct state_report *report)
{
	char new_path[4096];
	int length = snprintf(new_path, sizeof(new_path), "%s.new", path);
	size_t count;
	struct state_header *all = state_upgrade_read(fd, size, &count);
	int new_fd = -1;
	int result = -1;

	if (all == NULL || length < 0 || (size_t)length >= sizeof(new_path))
		goto out;
	state_check_count(all, count, report);
	state_map_begin(all);
	all->slot_count = (uint32_t)count;
	/* What a daemon that was killed just here has left. */
	unlink(new_path);
	new_fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (new_fd == -1)
		goto out;
	if (write_all(new_fd, all, state_map_size(count)) == -1 || fsync(new_fd) == -1 ||
		rename(new_path, path) == -1)
		goto out;
	state_check_note(report, "is of version %d and was carried over to version %d", OLD_VERSION,
		STATE_MAP_VERSION);
	result = 0;
out:
	if (result == -1)
		state_map_fail(report, path, "cannot be carried over to this version");
	if (new_fd != -1) {
		close(new_fd);
		if (result == -1)
			unlink(new_path);
	}
	free(all);
	return result;
}
