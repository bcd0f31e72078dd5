/* strange_clock: to be loaded into a daemon: sets its time of day, and sees when syslog(3) is opened
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * STRANGE_CLOCK is a file: while it is there, the time of day is as many seconds off as it says, and a
 * file of that name with ".seen" tells that somebody has looked; all other clocks go on. openlog() writes
 * the number of threads that there are to the one with ".threads".
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static void write_number(const char *suffix, long number)
{
	char name[4096];
	FILE *file;

	snprintf(name, sizeof(name), "%s.%s", getenv("STRANGE_CLOCK"), suffix);
	file = fopen(name, "we");
	if (file == NULL)
		return;
	fprintf(file, "%ld\n", number);
	fclose(file);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	FILE *file = clock == CLOCK_REALTIME ? fopen(getenv("STRANGE_CLOCK"), "re") : NULL;
	int result = (int)syscall(SYS_clock_gettime, clock, now);
	long off;

	if (file == NULL)
		return result;
	if (fscanf(file, "%ld", &off) == 1) {
		now->tv_sec += off;
		write_number("seen", off);
	}
	fclose(file);
	return result;
}

/* What is said then goes to syslog all the same. */
void openlog(const char *ident, int option, int facility)
{
	DIR *folder = opendir("/proc/self/task");
	long threads = -2; /* "." and ".." */

	(void)ident, (void)option, (void)facility;
	if (folder == NULL)
		return;
	while (readdir(folder) != NULL)
		threads++;
	closedir(folder);
	write_number("threads", threads);
}
