/* follow_access: can the MTA's log be read, asked once and without following it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_access.h"
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-journal.h>
#endif

static enum follow_access refuse(char *why, size_t size, const char *path, const char *what)
{
	snprintf(why, size, "%s: %s", path, what);
	return FOLLOW_ACCESS_REFUSED;
}

/* There is nothing at PATH: is there a place for it? */
static enum follow_access find_folder(const char *path, char *why, size_t size)
{
	char copy[PATH_MAX];
	struct stat status;
	const char *folder;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return refuse(why, size, path, "is too long");
	folder = dirname(copy);
	if (stat(folder, &status) == -1 || !S_ISDIR(status.st_mode)) {
		snprintf(why, size, "%s: there is no folder %s", path, folder);
		return FOLLOW_ACCESS_REFUSED;
	}
	snprintf(why, size, "%s: there is no such file", path);
	return FOLLOW_ACCESS_MISSING;
}

/* What stat() says of PATH, if it is there. */
static enum follow_access look(const char *path, struct stat *status, char *why, size_t size)
{
	if (stat(path, status) == 0)
		return FOLLOW_ACCESS_GOOD;
	if (errno == ENOENT)
		return find_folder(path, why, size);
	return refuse(why, size, path, strerror(errno));
}

static enum follow_access find_file(const char *path, char *why, size_t size)
{
	struct stat status;
	enum follow_access access = look(path, &status, why, size);
	int fd;

	if (access != FOLLOW_ACCESS_GOOD)
		return access;
	if (!S_ISREG(status.st_mode))
		return refuse(why, size, path,
			S_ISDIR(status.st_mode) ? "is a folder, not a file" : "is not a file");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return refuse(why, size, path, strerror(errno));
	close(fd);
	return FOLLOW_ACCESS_GOOD;
}

#ifdef HAVE_SYSTEMD
bool follow_access_has_journal(void)
{
	return access("/run/log/journal", F_OK) == 0 || access("/var/log/journal", F_OK) == 0;
}

static const char *why_empty(const char *path)
{
	return path == NULL && !follow_access_has_journal() ? FOLLOW_ACCESS_NO_JOURNAL
							    : "has no entry that its user may read";
}

static bool has_entry(sd_journal *journal)
{
	return sd_journal_seek_head(journal) >= 0 && sd_journal_next(journal) > 0;
}

int follow_access_open_journal(const char *path, struct sd_journal **journal)
{
	const char *paths[] = {path, NULL};
	struct stat status;

	*journal = NULL;
	if (path == NULL)
		return sd_journal_open(journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
	if (stat(path, &status) == -1)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return sd_journal_open_directory(journal, path, 0);
	if (!S_ISREG(status.st_mode))
		return -EBADMSG;
	return sd_journal_open_files(journal, paths, 0);
}

/* libsystemd opens a journal of which it may read no file, and finds no entry then. */
static enum follow_access find_journal(const char *path, char *why, size_t size)
{
	const char *name = path == NULL ? "journal" : path;
	sd_journal *journal;
	struct stat status;
	enum follow_access access = FOLLOW_ACCESS_GOOD;
	int result;

	if (path != NULL)
		access = look(path, &status, why, size);
	if (access != FOLLOW_ACCESS_GOOD)
		return access;
	result = follow_access_open_journal(path, &journal);
	if (result < 0)
		return refuse(why, size, name,
			result == -EBADMSG ? "is not a journal" : strerror(-result));
	if (has_entry(journal)) {
		access = FOLLOW_ACCESS_GOOD;
	} else if (path != NULL && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0) {
		snprintf(why, size, "%s: has no entry yet", path);
		access = FOLLOW_ACCESS_MISSING;
	} else {
		access = refuse(why, size, name, why_empty(path));
	}
	sd_journal_close(journal);
	return access;
}
#else
static enum follow_access find_journal(const char *path, char *why, size_t size)
{
	return refuse(why, size, path == NULL ? "journal" : path, "built without libsystemd");
}
#endif

enum follow_access follow_access_find(const char *log, char *why, size_t size)
{
	const char journal[] = "journal";
	size_t length = sizeof(journal) - 1;

	if (*log == '/')
		return find_file(log, why, size);
	if (strncmp(log, journal, length) == 0)
		return find_journal(log[length] == ':' ? log + length + 1 : NULL, why, size);
	return FOLLOW_ACCESS_GOOD;
}
