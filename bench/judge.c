/* judge: how soon a sick host is avoided, and how often a well one is wronged, in random worlds
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * Usage: judge [WORLDS [FIRST SEED [WORD...]]]    1000 worlds by default, from seed 1
 *
 * With the word "log" all that was said is printed as well, with "wrongs" what is to be looked at, and
 * "small" are the smaller worlds of test/unit/test_judge.
 *
 * Each world is a pool with traffic of its own, and has hosts of which some are sick for a while
 * (test/lib/judge_world.h). The times are those of the worlds; nothing waits. Measured are hosts in
 * whose pool another host is well all the time.
 */

#include "judge_clock.h"
#include "judge_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct numbers {
	int count, room;
	int64_t *list;
};

/* Of one kind of truth. */
struct row {
	int hosts;
	int never; /* it was not avoided while it was sick */
	int not_back;
	struct numbers given, avoided, back, wasted;
	/* Of those that are well. */
	int wronged, wronged_hosts, late;
	int64_t deferred, out, late_span, well_ms, silent_ms, calm_ms;
};

static struct row rows[JUDGE_TRUTH_COUNT];
static struct numbers uneven; /* in 1/1000 */

static void add(struct numbers *numbers, int64_t number)
{
	if (numbers->count == numbers->room) {
		numbers->room = numbers->room * 2 + 64;
		numbers->list = realloc(numbers->list, (size_t)numbers->room * sizeof(int64_t));
		if (numbers->list == NULL)
			abort();
	}
	numbers->list[numbers->count++] = number;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t at_percent(const struct numbers *numbers, int percent)
{
	return numbers->count == 0 ? 0 : numbers->list[(numbers->count - 1) * percent / 100];
}

static void print_numbers(struct numbers *numbers, double unit, int digits)
{
	qsort(numbers->list, (size_t)numbers->count, sizeof(numbers->list[0]), compare);
	printf(" %7.*f %7.*f %7.*f", digits, (double)at_percent(numbers, 50) / unit, digits,
		(double)at_percent(numbers, 95) / unit, digits,
		(double)at_percent(numbers, 100) / unit);
}

static void keep_largest(int64_t *largest, int64_t number)
{
	if (number > *largest)
		*largest = number;
}

static void add_host(const struct judge_host *host, const struct judge_result *result)
{
	struct row *row = &rows[host->base];

	row->hosts++;
	row->wronged += result->wronged;
	row->wronged_hosts += result->wronged > 0;
	row->well_ms += result->well_ms;
	row->silent_ms += result->silent_ms;
	row->calm_ms += result->calm_ms;
	keep_largest(&row->deferred, result->deferred);
	keep_largest(&row->out, result->out);
	if (host->until == 0)
		return;
	row = &rows[host->sick];
	row->late += result->late;
	keep_largest(&row->late_span, result->late_span);
	if (!result->is_measured)
		return;
	row->hosts++;
	row->never += !result->is_avoided;
	add(&row->given, result->given);
	add(&row->wasted, result->wasted);
	if (result->is_avoided)
		add(&row->avoided, result->avoided);
	if (result->is_back)
		add(&row->back, result->back);
}

static void print_sick(void)
{
	printf("%-22s %5s %5s %23s %23s %23s %23s\n", "", "", "not", "messages given until",
		"seconds until avoided", "messages while sick", "seconds until back");
	printf("%-22s %5s %5s", "sick hosts", "hosts", "seen");
	for (int i = 0; i < 4; i++)
		printf(" %7s %7s %7s", "median", "p95", "worst");
	printf(" %5s %7s\n", "late", "longest");
	for (int i = JUDGE_REFUSES; i < JUDGE_TRUTH_COUNT; i++) {
		struct row *row = &rows[i];

		printf("%-22s %5d %5d", judge_hosts_name((enum judge_truth)i), row->hosts,
			row->never);
		print_numbers(&row->given, 1, 0);
		print_numbers(&row->avoided, 1000, 1);
		print_numbers(&row->wasted, 1, 0);
		print_numbers(&row->back, 1000, 1);
		printf(" %5d %7.1f\n", row->late, (double)row->late_span / 1000);
	}
}

static double share(int64_t part, int64_t whole)
{
	return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void print_well(void)
{
	printf("\n%-26s %5s %9s %9s %9s %9s %9s %9s\n", "", "", "", "", "", "", "", "silent,");
	printf("%-26s %5s %9s %9s %9s %9s %9s %9s\n", "well hosts", "hosts", "deferred", "of hosts",
		"longest", "until up", "silent", "all well");
	for (int i = 0; i < JUDGE_REFUSES; i++) {
		const struct row *row = &rows[i];

		printf("%-26s %5d %9d %9d %8.1fs %8.1fs %8.3f%% %8.3f%%\n",
			judge_hosts_name((enum judge_truth)i), row->hosts, row->wronged,
			row->wronged_hosts, (double)row->deferred / 1000, (double)row->out / 1000,
			share(row->silent_ms, row->well_ms), share(row->calm_ms, row->well_ms));
	}
}

static void print_wrongs(const struct judge_world *world)
{
	for (int i = 0; i < world->host_count; i++) {
		const struct judge_result *result = &world->results[i];
		const struct judge_host *host = &world->hosts[i];
		bool is_silent = result->silent_ms * 20 > result->well_ms;
		bool is_missed =
			result->is_measured &&
			(result->given > 40 || result->wasted > 400 || !result->is_avoided);

		if (result->wronged + result->late > 0 || is_silent || is_missed)
			printf("seed %" PRIu64
			       " mx%d %s/%s: %.0f/s, wronged %d late %d silent %.0f%% "
			       "given %d (of %d) avoided %d after %.1fs stage %d wake %d percent "
			       "%d\n",
				world->seed, i, judge_hosts_name(host->base),
				host->until == 0 ? "-" : judge_hosts_name(host->sick), world->rate,
				result->wronged, result->late,
				100.0 * (double)result->silent_ms / (double)(result->well_ms + 1),
				result->given, result->wasted, result->is_avoided,
				(double)result->avoided / 1000, (int)host->stage, (int)host->wake,
				host->percent);
	}
}

static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 3; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static struct judge_world world;
	const struct judge_limits whole = {.rate = 100, .seconds = 600};
	const struct judge_limits small = {.rate = 30, .seconds = 300};
	const struct judge_limits *limits = has_word(argc, argv, "small") ? &small : &whole;
	bool has_wrongs = has_word(argc, argv, "wrongs");
	int count = argc > 1 ? atoi(argv[1]) : 1000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	uint64_t messages = 0, lines = 0;

	judge_clock_is_told = has_word(argc, argv, "log");
	for (int i = 0; i < count; i++) {
		judge_world_run(&world, first + (uint64_t)i, limits);
		messages += (uint64_t)world.message_count;
		lines += world.lines;
		for (int host = 0; host < world.host_count; host++)
			add_host(&world.hosts[host], &world.results[host]);
		if (judge_world_unevenness(&world) >= 0)
			add(&uneven, judge_world_unevenness(&world));
		if (has_wrongs)
			print_wrongs(&world);
	}
	print_sick();
	print_well();
	printf("\n%-54s", "hosts that are well and equal: most less least, of mean");
	print_numbers(&uneven, 1000, 3);
	printf("\n%d worlds, %" PRIu64 " messages, %" PRIu64 " lines of the log\n", count, messages,
		lines);
	return EXIT_SUCCESS;
}
