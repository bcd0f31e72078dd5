/* readiness: notifies systemd, and a file, that the daemon is there
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "readiness.h"
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <systemd/sd-daemon.h>

static bool has_begun;

void readiness_begun(void)
{
	has_begun = true;
	sd_notify(0, "READY=1");
}

void readiness_reloading(void)
{
	struct timespec now;

	if (!has_begun)
		return;
	/* Type=notify-reload wants to know since when. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void readiness_reloaded(void)
{
	if (has_begun)
		sd_notify(0, "READY=1");
}

void readiness_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
#else
void readiness_begun(void)
{
}

void readiness_reloading(void)
{
}

void readiness_reloaded(void)
{
}

void readiness_stopping(void)
{
}
#endif

/* ---- the process number, for those who want it in a file */

int readiness_write_pid(const char *path, char *error, size_t size)
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
