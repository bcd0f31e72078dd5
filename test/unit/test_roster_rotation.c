/* test_roster_rotation: shares that are exact at once, whatever has changed before
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/table.h"
#include "engine/engine.h"
#include "sample.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS = 8, SEGMENTS = 40, NOW = 1000 };

struct member {
	bool is_there;
	bool is_out; /* drained */
	int weight;
	int priority;
};

static struct sample sample;
static unsigned seed;
static struct member members[HOSTS];
static long counts[HOSTS]; /* since the last change */
static long total;

static unsigned draw(unsigned below)
{
	return suite_random(&seed) % below;
}

/* The configuration of the members, in an order of its own each time. */
static const char *config(void)
{
	static char text[4096];
	size_t length = (size_t)snprintf(text, sizeof(text), "pools = { p = { hosts = (");
	unsigned first = draw(HOSTS);
	const char *comma = "";

	for (unsigned k = 0; k < HOSTS; k++) {
		unsigned i = (first + k) % HOSTS;

		if (!members[i].is_there)
			continue;
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"%s\n { host = \"h%u.example\"; weight = %d; priority = %d; }", comma, i,
			members[i].weight, members[i].priority);
		comma = ",";
	}
	snprintf(text + length, sizeof(text) - length,
		" ); }; };\nroutes = ( { match = \"example.com\"; pool = \"p\"; } );\n");
	return text;
}

static void change_members(void)
{
	bool is_any = false;

	for (int i = 0; i < HOSTS; i++) {
		struct member *member = &members[i];

		if (draw(3) == 0)
			continue;
		member->is_there = draw(3) != 0;
		member->weight = draw(3) == 0 ? 1000 : 1 + (int)draw(5);
		member->priority = (int)draw(8) / 7;
	}
	for (int i = 0; i < HOSTS; i++)
		is_any |= members[i].is_there;
	members[0].is_there |= !is_any;
}

/* ---- messages */

static int send_message(void)
{
	struct address address = sample_address("u@example.com");
	struct engine_message message = {.queue_id = ""};
	struct engine_choice choice;
	struct view_route route;
	char name[32];

	engine_route(sample.engine, &address, &route);
	message.pool = route.pool;
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
	for (int i = 0; i < HOSTS; i++) {
		snprintf(name, sizeof(name), "h%d.example", i);
		if (table_host_key(name, 25) == choice.host)
			return i;
	}
	ck_abort_msg("a host that is none");
}

/* The weight that a host has now: 0 if it is not of the tier whose turn it is. */
static long weight_of(int host, int priority)
{
	const struct member *member = &members[host];

	return member->is_there && !member->is_out && member->priority == priority ? member->weight
										   : 0;
}

static int first_tier(void)
{
	int best = HOST_PRIORITY_MAX;

	for (int i = 0; i < HOSTS; i++)
		if (members[i].is_there && !members[i].is_out && members[i].priority < best)
			best = members[i].priority;
	return best;
}

/* Sends COUNT messages; no host's share is ever off by BOUND hundredths of a message or more. */
static void send(int count, long bound, const char *what)
{
	int tier = first_tier();
	long sum = 0;

	for (int i = 0; i < HOSTS; i++)
		sum += weight_of(i, tier);
	for (int k = 0; k < count; k++) {
		int host = send_message();

		ck_assert_msg(
			weight_of(host, tier) > 0, "%s: host %d is not to be used", what, host);
		counts[host]++;
		total++;
		for (int i = 0; i < HOSTS; i++) {
			long off = counts[i] * sum - total * weight_of(i, tier);

			ck_assert_msg(labs(off) * 100 < bound * sum,
				"%s: host %d of weight %ld/%ld has %ld of %ld", what, i,
				weight_of(i, tier), sum, counts[i], total);
		}
	}
}

static void begin_segment(void)
{
	memset(counts, 0, sizeof(counts));
	total = 0;
}

static void begin(int row)
{
	seed = (unsigned)row * 104729 + 7;
	memset(members, 0, sizeof(members));
	change_members();
	sample_restart_with(&sample, config());
	begin_segment();
}

/* ---- tests */

/* A pool that changes begins anew; one that does not goes on, over reloads and restarts. */
START_TEST(exact_since_the_last_change)
{
	begin(_i);
	for (int i = 0; i < SEGMENTS; i++) {
		send((int)draw(300), 100, "config");
		switch (draw(5)) {
		case 0:
			sample_reload(&sample, config());
			break;
		case 1:
			sample_restart(&sample);
			break;
		case 2:
			change_members();
			sample_restart_with(&sample, config());
			begin_segment();
			break;
		default:
			change_members();
			/* The same as before is no change, but begins a segment all the same. */
			sample_reload(&sample, config());
			begin_segment();
		}
	}
}
END_TEST

START_TEST(from_heavy_to_light)
{
	begin(1);
	memset(members, 0, sizeof(members));
	members[0] = (struct member){.is_there = true, .weight = 1000};
	members[1] = (struct member){.is_there = true, .weight = 1000 - _i};
	sample_reload(&sample, config());
	begin_segment();
	send(501, 100, "heavy");
	members[0].weight = 1;
	members[1].weight = 1;
	sample_reload(&sample, config());
	begin_segment();
	send(20, 100, "light");
}
END_TEST

/*
 * A host that goes out of use or comes back changes nobody's weight: what each is owed is kept, so
 * that hosts which come and go all the time get their share. Each end of a segment may then be off by
 * a message.
 */
START_TEST(nearly_exact_when_hosts_come_and_go)
{
	begin(_i);
	for (int i = 0; i < SEGMENTS; i++) {
		int host = (int)draw(HOSTS);
		size_t index = 0;
		char name[32];

		send((int)draw(100), 250, "drained");
		if (!members[host].is_there)
			continue;
		members[host].is_out = !members[host].is_out;
		if (first_tier() == HOST_PRIORITY_MAX) {
			members[host].is_out = false;
			continue;
		}
		snprintf(name, sizeof(name), "h%d.example", host);
		index = engine_find_host(sample.engine, name, 25, 0);
		if (members[host].is_out)
			engine_drain(sample.engine, index, 0, "", NOW);
		else
			engine_enable(sample.engine, index, NOW);
		begin_segment();
	}
}
END_TEST

/* Light hosts beside a heavy one that comes and goes: the one that was due gets no run of turns. */
START_TEST(a_heavy_host_leaves_no_debts)
{
	begin(1);
	memset(members, 0, sizeof(members));
	members[0] = (struct member){.is_there = true, .weight = 1000};
	members[1] = (struct member){.is_there = true, .weight = 1};
	members[2] = (struct member){.is_there = true, .weight = 1};
	sample_reload(&sample, config());
	begin_segment();
	send(400 + 50 * _i, 100, "all three");
	members[0].is_out = true;
	engine_drain(
		sample.engine, engine_find_host(sample.engine, "h0.example", 25, 0), 0, "", NOW);
	begin_segment();
	send(20, 200, "the light ones");
}
END_TEST

static void open_sample(void)
{
	sample_open(&sample, sample_three);
}

static void close_sample(void)
{
	sample_close(&sample);
}

int main(void)
{
	const struct suite_test tests[] = {
		{exact_since_the_last_change, 20},
		{from_heavy_to_light, 2},
		{nearly_exact_when_hosts_come_and_go, 20},
		{a_heavy_host_leaves_no_debts, 12},
	};

	return suite_run_with("roster_rotation", tests, COUNT(tests), open_sample, close_sample);
}
