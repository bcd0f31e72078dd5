/* mailbox: the messages of a file, a Maildir or a folder
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/mailbox.h"
#include "core/printable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OCTETS_MAX = 65536 };

/* ---- files */

static void complain(const char *folder, const char *name, int error)
{
	char shown[PATH_MAX];

	fprintf(stderr, "milterctl: ");
	if (folder != NULL)
		fprintf(stderr, "%s/", printable_copy(shown, sizeof(shown), folder));
	fprintf(stderr, "%s: %s\n", printable_copy(shown, sizeof(shown), name), strerror(error));
}

/* A file whose lines end with CR alone, as old programs write it, has no LF. */
struct source {
	int file;
	bool has_begun;
	bool has_cr; /* its lines end so */
};

/* As read(2). */
static ssize_t read_some(int file, char *octets, size_t size)
{
	ssize_t length;

	do
		length = read(file, octets, size);
	while (length == -1 && errno == EINTR);
	return length;
}

/* Up to the first LF, if there is one; as read(2). */
static ssize_t read_first(struct source *source, char octets[OCTETS_MAX])
{
	size_t length = 0;
	ssize_t some;

	do {
		some = read_some(source->file, octets + length, OCTETS_MAX - length);
		if (some > 0)
			length += (size_t)some;
	} while (some > 0 && length < OCTETS_MAX && memchr(octets, '\n', length) == NULL);
	source->has_begun = true;
	source->has_cr = memchr(octets, '\n', length) == NULL;
	return some == -1 ? -1 : (ssize_t)length;
}

/* As read(2), with LF for CR where lines end with that. */
static ssize_t read_lines(struct source *source, char octets[OCTETS_MAX])
{
	ssize_t length = source->has_begun ? read_some(source->file, octets, OCTETS_MAX)
					   : read_first(source, octets);

	for (ssize_t i = 0; source->has_cr && i < length; i++)
		if (octets[i] == '\r')
			octets[i] = '\n';
	return length;
}

/* Gives 0, or -1 and errno. */
static int fill_message(int file, struct message *message)
{
	struct source source = {.file = file};
	char octets[OCTETS_MAX];
	ssize_t length;

	message_begin(message);
	while ((length = read_lines(&source, octets)) > 0)
		message_add(message, octets, (size_t)length);
	message_end(message);
	return length == 0 ? 0 : -1;
}

static int open_path(const char *path)
{
	return strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
				      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

int mailbox_read_message(const char *path, struct message *message)
{
	int file = open_path(path);
	int result = file == -1 ? -1 : fill_message(file, message);

	if (result == -1)
		complain(NULL, path, errno);
	if (file != -1)
		close(file);
	return result;
}

static int read_mbox(int file, const char *path, mbox_take *take, void *context)
{
	struct mbox *mbox = mbox_new(take, context);
	struct source source = {.file = file};
	char octets[OCTETS_MAX];
	ssize_t length;
	int result = 0;

	while (result == 0 && (length = read_lines(&source, octets)) != 0) {
		if (length == -1) {
			complain(NULL, path, errno);
			result = -1;
		} else {
			result = mbox_add(mbox, octets, (size_t)length);
		}
	}
	if (result == 0)
		result = mbox_end(mbox);
	mbox_free(mbox);
	return result;
}

/* ---- folders */

struct folder {
	const char *path;
	const char *part; /* "cur", "new", or "." */
	DIR *entries;
	struct message *message;
	mbox_take *take;
	void *context;
};

/* Mail programs rename and remove files at any time: one that is gone is no fault. */
static int read_entry(const struct folder *folder, const char *name)
{
	int file =
		openat(dirfd(folder->entries), name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;
	int result = 0;

	if (file == -1) {
		if (errno != ENOENT)
			complain(folder->path, name, errno);
		return 0;
	}
	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
		if (fill_message(file, folder->message) == -1)
			complain(folder->path, name, errno);
		else
			result = folder->take(folder->context, folder->message);
	}
	close(file);
	return result;
}

static int read_part(struct folder *folder, int at)
{
	int file = openat(at, folder->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	int result = 0;

	folder->entries = file == -1 ? NULL : fdopendir(file);
	if (folder->entries == NULL) {
		complain(folder->path, folder->part, errno);
		if (file != -1)
			close(file);
		return -1;
	}
	while (result == 0) {
		errno = 0;
		entry = readdir(folder->entries);
		if (entry == NULL)
			break;
		if (entry->d_name[0] != '.')
			result = read_entry(folder, entry->d_name);
	}
	if (result == 0 && errno != 0) {
		complain(folder->path, folder->part, errno);
		result = -1;
	}
	closedir(folder->entries);
	return result;
}

static bool has_folder(int at, const char *name)
{
	struct stat status;

	return fstatat(at, name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

static int read_folder(int at, const char *path, mbox_take *take, void *context)
{
	struct folder folder = {.path = path, .take = take, .context = context};
	bool is_maildir = has_folder(at, "cur") && has_folder(at, "new");
	int result;

	folder.message = message_new();
	folder.part = is_maildir ? "cur" : ".";
	result = read_part(&folder, at);
	if (is_maildir && result == 0) {
		folder.part = "new";
		result = read_part(&folder, at);
	}
	message_free(folder.message);
	return result;
}

int mailbox_read(const char *path, mbox_take *take, void *context)
{
	int file = open_path(path);
	struct stat status;
	int result;

	if (file == -1 || fstat(file, &status) == -1) {
		complain(NULL, path, errno);
		result = -1;
	} else if (S_ISDIR(status.st_mode)) {
		result = read_folder(file, path, take, context);
	} else {
		result = read_mbox(file, path, take, context);
	}
	if (file != -1)
		close(file);
	return result;
}
