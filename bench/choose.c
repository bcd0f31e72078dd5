/* choose: what finding a route, choosing hosts and writing the next hop cost
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * Each row is the time of one operation, and its ratio to the baseline of the same run: hashing the
 * recipient's address once. Rows are taken in turns, five times; the median counts.
 */

#include "core/candidates.h"
#include "core/hash.h"
#include "core/nexthop.h"
#include "core/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 5, OPERATIONS = 200000, ADDRESSES = 4096, NAME_MAX_LENGTH = 48 };

static volatile uint64_t sink;

static struct address addresses[ADDRESSES];

struct setting {
	const char *name;
	size_t routes;
	int hosts;
	struct table table;
	struct pool pool;
	struct pool_host pool_hosts[POOL_HOSTS_MAX];
	struct health health[POOL_HOSTS_MAX];
	const struct health *health_of[POOL_HOSTS_MAX];
	const struct breaker_policy *policy_of[POOL_HOSTS_MAX];
	struct pick_rotation rotation;
	char nexthops[POOL_HOSTS_MAX][32];
	double times[ROUNDS];
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void *take(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL) {
		fprintf(stderr, "choose: out of memory\n");
		exit(EXIT_FAILURE);
	}
	return memory;
}

static void make_routes(struct setting *setting)
{
	struct route *routes = take(setting->routes, sizeof(*routes));
	char(*names)[NAME_MAX_LENGTH] = take(setting->routes, sizeof(*names));
	struct table *table = &setting->table;

	table->routes = routes;
	table->delimiters = "+";
	table->place_count = table_places_for(setting->routes);
	table->places = take(table->place_count, sizeof(*table->places));
	for (size_t i = 0; i < setting->routes; i++) {
		snprintf(
			names[i], sizeof(names[i]), "%sd%zu.example.com", i % 4 == 0 ? "." : "", i);
		routes[i] = (struct route){.match = names[i], .action = ACTION_POOL};
		if (table_insert(table, i) != NULL)
			abort();
		table->route_count++;
	}
}

static void make_pool(struct setting *setting)
{
	static const struct breaker_policy policy = {.failures = 3, .messages = 2, .recover = 2};

	for (int i = 0; i < setting->hosts; i++) {
		snprintf(setting->nexthops[i], sizeof(setting->nexthops[i]), "[192.0.2.%d]:25", i);
		setting->pool_hosts[i] = (struct pool_host){
			.nexthop = setting->nexthops[i], .weight = 1 + i % 3, .key = (uint64_t)i};
		health_init(&setting->health[i], 0);
		setting->health_of[i] = &setting->health[i];
		setting->policy_of[i] = &policy;
	}
	setting->pool = (struct pool){
		.transport = "smtp", .hosts = setting->pool_hosts, .host_count = setting->hosts};
}

static void choose(struct setting *setting, int operation)
{
	static char nexthop[NEXTHOP_MAX];
	const struct address *address = &addresses[operation % ADDRESSES];
	struct candidates candidates;
	struct candidates_input input = {
		.health = setting->health_of,
		.policy = setting->policy_of,
		.rotation = &setting->rotation,
		.turn = (uint64_t)operation,
		.key = address->hash,
	};

	sink += (uintptr_t)table_lookup(&setting->table, address);
	candidates_order(&setting->pool, &input, &candidates);
	sink += (uint64_t)nexthop_list(
		nexthop, sizeof(nexthop), &setting->pool, &candidates, TABLE_POSTFIX);
}

static double time_baseline(void)
{
	double start = now_ns();

	for (int i = 0; i < OPERATIONS; i++) {
		const struct address *address = &addresses[i % ADDRESSES];

		sink += hash_octets(address->text, address->length);
	}
	return (now_ns() - start) / OPERATIONS;
}

static double time_setting(struct setting *setting)
{
	double start = now_ns();

	for (int i = 0; i < OPERATIONS; i++)
		choose(setting, i);
	return (now_ns() - start) / OPERATIONS;
}

int main(void)
{
	static struct setting settings[] = {
		{.name = "10 routes, 3 hosts", .routes = 10, .hosts = 3},
		{.name = "10 routes, 64 hosts", .routes = 10, .hosts = 64},
		{.name = "1000 routes, 3 hosts", .routes = 1000, .hosts = 3},
		{.name = "100000 routes, 3 hosts", .routes = 100000, .hosts = 3},
		{.name = "1000000 routes, 3 hosts", .routes = 1000000, .hosts = 3},
	};
	const int count = sizeof(settings) / sizeof(settings[0]);
	double baseline[ROUNDS];

	for (int i = 0; i < ADDRESSES; i++) {
		char text[64];

		snprintf(text, sizeof(text), "user%d@host.d%d.example.com", i, i * 241);
		address_parse(&addresses[i], text);
	}
	for (int i = 0; i < count; i++) {
		make_routes(&settings[i]);
		make_pool(&settings[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		baseline[round] = time_baseline();
		for (int i = 0; i < count; i++)
			settings[i].times[round] = time_setting(&settings[i]);
	}
	qsort(baseline, ROUNDS, sizeof(baseline[0]), compare);
	printf("%-28s %8s %8s\n", "route, order and next hop", "ns", "ratio");
	printf("%-28s %8.0f %8.1f\n", "hash of the address", baseline[ROUNDS / 2], 1.0);
	for (int i = 0; i < count; i++) {
		qsort(settings[i].times, ROUNDS, sizeof(double), compare);
		printf("%-28s %8.0f %8.1f\n", settings[i].name, settings[i].times[ROUNDS / 2],
			settings[i].times[ROUNDS / 2] / baseline[ROUNDS / 2]);
	}
	return EXIT_SUCCESS;
}
