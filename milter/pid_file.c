/* pid_file: the daemon's process number, for those who want it in a file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "pid_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int pid_file_write(const char *path, char *error, size_t size)
{
	char temporary[PATH_MAX];
	int length = snprintf(temporary, sizeof(temporary), "%s.new", path);
	FILE *file;
	int failed;

	if (length < 0 || (size_t)length >= sizeof(temporary)) {
		snprintf(error, size, "%s: too long", path);
		return -1;
	}
	/* "x": never through a link that somebody has put there. */
	unlink(temporary);
	file = fopen(temporary, "wxe");
	if (file == NULL) {
		snprintf(error, size, "%s: cannot write: %s", temporary, strerror(errno));
		return -1;
	}
	failed = fprintf(file, "%ld\n", (long)getpid()) < 0;
	failed |= fchmod(fileno(file), 0644) == -1;
	failed |= fclose(file) != 0;
	if (failed || rename(temporary, path) == -1) {
		snprintf(error, size, "%s: cannot write: %s", path, strerror(errno));
		unlink(temporary);
		return -1;
	}
	return 0;
}
