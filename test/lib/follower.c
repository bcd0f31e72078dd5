/* follower: a log in a folder of its own, written to and followed by the same test
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follower.h"
#include "engine/clock.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEADLINE_MS = 60000 }; /* under sanitizers, on a busy machine */

/* ---- the folder */

void follower_open(struct follower *follower)
{
	memset(follower, 0, sizeof(*follower));
	snprintf(follower->folder, sizeof(follower->folder), "/tmp/nexthop-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(follower->folder));
	snprintf(follower->path, sizeof(follower->path), "%s/mail.log", follower->folder);
	follower->linger = FOLLOW_FILE_LINGER_MS;
	follower->base = event_base_new();
	ck_assert_ptr_nonnull(follower->base);
}

static void remove_folder(const struct follower *follower)
{
	DIR *folder = opendir(follower->folder);
	const struct dirent *entry;

	ck_assert_ptr_nonnull(folder);
	while ((entry = readdir(folder)) != NULL)
		if (unlinkat(dirfd(folder), entry->d_name, 0) == -1)
			unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
	closedir(folder);
	ck_assert_int_eq(rmdir(follower->folder), 0);
}

void follower_close(struct follower *follower)
{
	follower_stop(follower);
	event_base_free(follower->base);
	for (size_t i = 0; follower->lines != NULL && i < follower->count; i++)
		free(follower->lines[i]);
	free(follower->lines);
	free(follower->lengths);
	remove_folder(follower);
}

static void name_path(const struct follower *follower, const char *name, char path[256])
{
	snprintf(path, 256, "%s/%s", follower->folder, name);
}

void follower_write(
	const struct follower *follower, const char *name, const char *octets, size_t length)
{
	char path[256];
	int fd;

	name_path(follower, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	ck_assert_int_ne(fd, -1);
	while (length > 0) {
		ssize_t written = write(fd, octets, length);

		ck_assert_int_gt(written, 0);
		octets += written;
		length -= (size_t)written;
	}
	ck_assert_int_eq(close(fd), 0);
}

void follower_say(const struct follower *follower, const char *name, const char *text)
{
	follower_write(follower, name, text, strlen(text));
}

void follower_rename(const struct follower *follower, const char *from, const char *to)
{
	char from_path[256], to_path[256];

	name_path(follower, from, from_path);
	name_path(follower, to, to_path);
	ck_assert_int_eq(rename(from_path, to_path), 0);
}

void follower_remove(const struct follower *follower, const char *name)
{
	char path[256];

	name_path(follower, name, path);
	ck_assert_int_eq(remove(path), 0);
}

void follower_truncate(const struct follower *follower, const char *name, long size)
{
	char path[256];

	name_path(follower, name, path);
	ck_assert_int_eq(truncate(path, size), 0);
}

/* ---- following */

static void on_line(void *context, const char *line, size_t length)
{
	struct follower *follower = context;
	char *copy = malloc(length + 1);

	if (follower->on_line != NULL) {
		free(copy);
		follower->on_line(follower->context, line, length);
		follower->count++;
		return;
	}
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, line, length);
	copy[length] = '\0';
	if (follower->count == follower->room) {
		follower->room = follower->room * 2 + 64;
		follower->lines = realloc(follower->lines, follower->room * sizeof(char *));
		follower->lengths = realloc(follower->lengths, follower->room * sizeof(size_t));
		ck_assert(follower->lines != NULL && follower->lengths != NULL);
	}
	follower->lines[follower->count] = copy;
	follower->lengths[follower->count++] = length;
}

static void on_turn(void *context)
{
	struct follower *follower = context;

	follower->turns++;
	follow_file_place(follower->file, &follower->place);
	ck_assert(log_place_valid(&follower->place));
}

void follower_start(struct follower *follower, const struct log_place *place)
{
	struct follow_file_settings settings = {
		.base = follower->base,
		.path = follower->path,
		.place = place,
		.linger = follower->linger,
		.on_line = on_line,
		.on_turn = on_turn,
		.context = follower,
	};

	follower->turns = 0;
	follower->file = follow_file_new(&settings);
	ck_assert_ptr_nonnull(follower->file);
}

void follower_stop(struct follower *follower)
{
	follow_file_free(follower->file);
	follower->file = NULL;
}

void follower_until(struct follower *follower, bool (*is_done)(struct follower *follower))
{
	int64_t deadline = clock_steady() + DEADLINE_MS;

	while (!is_done(follower)) {
		ck_assert_msg(clock_steady() < deadline, "not done: lines %zu, error \"%s\"",
			follower->count, follower_status(follower).error);
		ck_assert_int_ne(event_base_loop(follower->base, EVLOOP_ONCE), -1);
	}
}

void follower_wait(struct follower *follower, size_t count)
{
	int64_t deadline = clock_steady() + DEADLINE_MS;

	while (follower->count < count) {
		ck_assert_msg(clock_steady() < deadline, "lines %zu of %zu, error \"%s\"",
			follower->count, count, follower_status(follower).error);
		ck_assert_int_ne(event_base_loop(follower->base, EVLOOP_ONCE), -1);
	}
}

static bool is_settled(struct follower *follower)
{
	struct follow_file_status status = follower_status(follower);
	struct stat file;

	return stat(follower->path, &file) == 0 && follower->turns > 0 && !status.is_behind &&
	       status.is_readable && status.inode == (uint64_t)file.st_ino &&
	       status.offset == (uint64_t)file.st_size;
}

void follower_settle(struct follower *follower, size_t count)
{
	follower_until(follower, is_settled);
	ck_assert_uint_eq(follower->count, count);
}

void follower_expect(const struct follower *follower, size_t index, const char *text)
{
	ck_assert_uint_lt(index, follower->count);
	ck_assert_str_eq(follower->lines[index], text);
	ck_assert_uint_eq(follower->lengths[index], strlen(text));
}

struct follow_file_status follower_status(const struct follower *follower)
{
	struct follow_file_status status;

	follow_file_status(follower->file, &status);
	return status;
}
