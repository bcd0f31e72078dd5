/* log_rotated: finds a log file under the name that it was given since
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/log_rotated.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 10000 };

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

struct log_source *log_rotated_open(
	const char *path, const struct log_place_file *place, struct log_source_counts *counts)
{
	DIR *folder = place->inode == 0 ? NULL : open_folder(path);
	struct log_source *source = NULL;
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
		source =
			log_source_open(dirfd(folder), entry->d_name, counts, error, sizeof(error));
		if (source != NULL && log_source_resume(source, place))
			break;
		log_source_free(source);
		source = NULL;
	}
	closedir(folder);
	return source;
}
