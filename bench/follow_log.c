/* follow_log: how fast a log is followed, beside a loop that only counts its lines
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * Usage: follow_log [LINES]    500000 by default; in a folder of its own below $TMPDIR or /tmp
 *
 * First a log that grew by LINES lines of 120 octets at once is read, in turns with the loop over
 * the same file; of each the best of five rounds counts. Then another process writes 50,000 lines
 * a second, each with a write(2) of its own, and each line tells how long it took to come.
 */

#include "follow/follow_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LENGTH = 120, ROUNDS = 5, RATE = 50000, SECONDS = 4, PACED = RATE * SECONDS };

static char folder[256];
static char path[300];
static struct event_base *base;
static size_t seen;
static size_t wanted;
static int64_t *delays; /* ns; NULL: not measured */

static void check(bool is_good, const char *what)
{
	if (is_good)
		return;
	perror(what);
	exit(EXIT_FAILURE);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void on_line(void *context, const char *line, size_t length)
{
	(void)context;
	(void)length;
	if (delays != NULL)
		delays[seen] = clock_ns(CLOCK_MONOTONIC) - strtoll(line, NULL, 10);
	if (++seen == wanted)
		event_base_loopbreak(base);
}

static struct follow_file *follow(size_t lines)
{
	const struct follow_file_settings settings = {
		.base = base,
		.path = path,
		.linger = FOLLOW_FILE_LINGER_MS,
		.on_line = on_line,
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct follow_file *file;

	check(fd != -1 && close(fd) == 0, path);
	file = follow_file_new(&settings);
	check(file != NULL, "follow_file_new");
	/* What it has to do once is no part of the measurement. */
	event_base_loop(base, EVLOOP_ONCE);
	seen = 0;
	wanted = lines;
	return file;
}

/* ---- as fast as it can */

static void write_log(size_t lines)
{
	FILE *file = fopen(path, "w");

	check(file != NULL, path);
	for (size_t i = 0; i < lines; i++)
		fprintf(file, "Nov 24 03:21:12 mx postfix/smtp[5007]: %-*zu\n", LENGTH - 40, i);
	check(fclose(file) == 0, path);
}

static double read_by_loop(size_t lines)
{
	static char octets[65536];
	int64_t begun = clock_ns(CLOCK_MONOTONIC);
	int fd = open(path, O_RDONLY);
	size_t count = 0;
	ssize_t got;

	while ((got = read(fd, octets, sizeof(octets))) > 0) {
		const char *end = octets + got;

		for (const char *at = octets; (at = memchr(at, '\n', (size_t)(end - at))) != NULL;
			at++)
			count++;
	}
	close(fd);
	check(count == lines, "lines by the loop");
	return (double)(clock_ns(CLOCK_MONOTONIC) - begun) / 1e9;
}

static double read_by_follower(size_t lines)
{
	struct follow_file *file = follow(lines);
	int64_t begun;
	double seconds;

	write_log(lines);
	begun = clock_ns(CLOCK_MONOTONIC);
	event_base_dispatch(base);
	seconds = (double)(clock_ns(CLOCK_MONOTONIC) - begun) / 1e9;
	follow_file_free(file);
	check(seen == lines, "lines by the follower");
	return seconds;
}

static void measure_speed(size_t lines)
{
	double best[2] = {1e9, 1e9};

	for (int round = 0; round < ROUNDS; round++) {
		double follower = read_by_follower(lines);
		double loop = read_by_loop(lines);

		best[0] = follower < best[0] ? follower : best[0];
		best[1] = loop < best[1] ? loop : best[1];
	}
	printf("lines %zu of %d octets, best of %d rounds\n", lines, LENGTH, ROUNDS);
	printf("follower %.0f lines/s %.0f MB/s\n", (double)lines / best[0],
		(double)lines * LENGTH / best[0] / 1e6);
	printf("loop     %.0f lines/s %.0f MB/s\n", (double)lines / best[1],
		(double)lines * LENGTH / best[1] / 1e6);
	printf("ratio    %.2f\n", best[1] / best[0]);
}

/* ---- at 50,000 lines a second */

static void write_paced(void)
{
	int64_t begun = clock_ns(CLOCK_MONOTONIC);
	int fd = open(path, O_WRONLY | O_APPEND);

	for (int i = 0; i < PACED; i++) {
		int64_t due = begun + (int64_t)i * (1000000000 / RATE);
		const struct timespec pause = {.tv_nsec = 1000000};
		char line[LENGTH + 1];

		while (clock_ns(CLOCK_MONOTONIC) < due)
			nanosleep(&pause, NULL);
		snprintf(line, sizeof(line), "%-*" PRId64 "\n", LENGTH - 1,
			clock_ns(CLOCK_MONOTONIC));
		if (write(fd, line, LENGTH) != LENGTH)
			_exit(1);
	}
	_exit(0);
}

static int compare_delays(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double cpu_seconds(void)
{
	return (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

static void measure_delay(void)
{
	struct follow_file *file = follow(PACED);
	int64_t begun = clock_ns(CLOCK_MONOTONIC);
	double cpu = cpu_seconds();
	pid_t writer;
	int status;

	delays = calloc(PACED, sizeof(*delays));
	check(delays != NULL, "memory");
	fflush(stdout);
	writer = fork();
	check(writer != -1, "fork");
	if (writer == 0)
		write_paced();
	event_base_dispatch(base);
	cpu = cpu_seconds() - cpu;
	begun = clock_ns(CLOCK_MONOTONIC) - begun;
	check(waitpid(writer, &status, 0) == writer && status == 0, "writer");
	follow_file_free(file);
	qsort(delays, PACED, sizeof(*delays), compare_delays);
	printf("paced    %.0f lines/s for %.1f s, %.1f %% of a CPU\n",
		PACED / ((double)begun / 1e9), (double)begun / 1e9,
		cpu / ((double)begun / 1e9) * 100);
	printf("delay    median %.1f ms, 99 %% %.1f ms, most %.1f ms\n",
		(double)delays[PACED / 2] / 1e6, (double)delays[PACED / 100 * 99] / 1e6,
		(double)delays[PACED - 1] / 1e6);
	free(delays);
}

int main(int argc, char **argv)
{
	const char *below = getenv("TMPDIR");
	size_t lines = argc > 1 ? strtoul(argv[1], NULL, 10) : 500000;

	snprintf(folder, sizeof(folder), "%s/nexthop-bench.XXXXXX", below == NULL ? "/tmp" : below);
	check(mkdtemp(folder) != NULL, folder);
	snprintf(path, sizeof(path), "%s/mail.log", folder);
	base = event_base_new();
	check(base != NULL, "event_base_new");
	measure_speed(lines);
	measure_delay();
	event_base_free(base);
	unlink(path);
	rmdir(folder);
	return EXIT_SUCCESS;
}
