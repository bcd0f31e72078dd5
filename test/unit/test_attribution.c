/* test_attribution: which host a line of the log means
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/attribution.h"
#include "engine/roster.h"
#include "sample.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static const char config[] =
	"pools = {\n"
	" a = { hosts = ( { host = \"mx1.example\"; }, { host = \"192.0.2.1\"; port = 2525; },\n"
	"  { host = \"twin.example\"; port = 25; }, { host = \"twin.example\"; port = 26; },\n"
	"  { host = \"2001:db8::1\"; }, { host = \"mail.example\"; lookup = \"mx\"; } ); };\n"
	" b = { hosts = ( { host = \"twin.example\"; port = 27; },\n"
	"  { host = \"mx1.example\"; } ); };\n"
	" c = { hosts = ( { host = \"c.example\"; } ); fallback = \"b\"; }; };\n"
	"routes = ( { match = \"a.example\"; pool = \"a\"; }, { match = \"b.example\"; pool = "
	"\"b\"; }, { match = \"c.example\"; pool = \"c\"; } );\n";

enum { POOL_A = 0, POOL_B = 1, POOL_C = 2 };

static struct sample sample;
static struct roster *roster;
static struct attempts *attempts;

static void open_roster(void)
{
	struct state_report report;

	sample_open(&sample, config);
	roster = roster_new(&sample.conf->table, sample.state, 1000, &report);
	attempts = malloc(sizeof(*attempts));
	ck_assert(roster != NULL && attempts != NULL);
	attempt_init(attempts);
}

static void close_roster(void)
{
	free(attempts);
	roster_free(roster);
	sample_close(&sample);
}

static struct observation make(const char *host, const char *address, int port, const char *id)
{
	struct observation observation;

	observation_init(&observation);
	strcpy(observation.host, host);
	strcpy(observation.address, address);
	strcpy(observation.queue_id, id);
	observation.port = port;
	return observation;
}

/* The port of the host that is found; 0: none. Its name must be NAME. */
static int find(const struct observation *observation, const char *name)
{
	size_t host = attribution_find(roster, attempts, observation);

	if (host == roster->host_count)
		return 0;
	ck_assert_str_eq(roster->hosts[host].host->name, name);
	return roster->hosts[host].host->port;
}

static const struct row {
	const char *name;
	const char *host;
	const char *address;
	int port;
	const char *found;
	int found_port;
} rows[] = {
	{"by its name", "mx1.example", "192.0.2.9", 0, "mx1.example", 25},
	{"by name and port", "mx1.example", "192.0.2.9", 25, "mx1.example", 25},
	{"another port", "mx1.example", "192.0.2.9", 26, NULL, 0},
	{"by its address", "192.0.2.1", "192.0.2.1", 0, "192.0.2.1", 2525},
	{"an address that has a name", "mx.example.net", "192.0.2.1", 2525, "192.0.2.1", 2525},
	{"IPv6", "2001:db8::1", "2001:db8::1", 25, "2001:db8::1", 25},
	{"a name is more than an address", "mx1.example", "192.0.2.1", 0, "mx1.example", 25},
	{"twins, by port", "twin.example", "192.0.2.5", 26, "twin.example", 26},
	{"twins, of another pool", "twin.example", "192.0.2.5", 27, "twin.example", 27},
	{"twins, nobody knows", "twin.example", "192.0.2.5", 0, NULL, 0},
	{"a stranger", "mx.example.org", "192.0.2.77", 25, NULL, 0},
	{"a part of a name", "mx1.exampl", "", 0, NULL, 0},
	{"nothing", "", "", 0, NULL, 0},
};

START_TEST(names_addresses_ports)
{
	const struct row *row = &rows[_i];
	struct observation observation = make(row->host, row->address, row->port, "QUEUED");

	ck_assert_msg(find(&observation, row->found) == row->found_port, "%s", row->name);
}
END_TEST

static struct attempt_lanes lanes(void)
{
	return (struct attempt_lanes){.list = roster->lanes, .count = roster->host_count};
}

/* The message is given so many hosts of the pool, from the one in that place on. */
static void give(const struct observation *message, size_t pool, int first, int count)
{
	struct attempt_list list = {
		.message = attribution_message(message),
		.pool = roster->pools[pool].key,
		.at = 1,
	};

	for (int i = 0; i < count; i++)
		list.hosts[list.count++] =
			(uint32_t)(roster->pools[pool].lanes[(first + i) % count] - roster->lanes);
	attempt_open(attempts, lanes(), &list);
}

/* The port of the host that the line is about, which the attempt then knows of. */
static int learn(const struct observation *observation, const char *name)
{
	struct attempt_verdicts verdicts = {.count = 0};
	struct attempt_line line = {
		.seen = observation,
		.message = attribution_message(observation),
		.host = (uint32_t)attribution_find(roster, attempts, observation),
	};
	int port = find(observation, name);

	if (line.host == roster->host_count)
		line.host = ATTEMPT_STRANGER;
	attempt_feed(attempts, lanes(), &line, &verdicts);
	return port;
}

START_TEST(twins_by_the_list_of_the_message)
{
	struct observation said = make("twin.example", "192.0.2.5", 0, "QUEUED");
	struct observation sent = make("192.0.2.1", "192.0.2.1", 2525, "QUEUED");
	struct observation other = make("twin.example", "192.0.2.5", 0, "OTHER");

	give(&said, POOL_A, 3, 6);
	/* smtp(8) walks the list: first the one on port 26, then the one on 25. */
	ck_assert_int_eq(learn(&said, "twin.example"), 26);
	ck_assert_int_eq(learn(&said, "twin.example"), 25);
	ck_assert_int_eq(learn(&said, "twin.example"), 25);
	ck_assert_int_eq(learn(&other, "twin.example"), 0);
	/* The next attempt begins from the front. */
	sent.outcome = OBSERVATION_DEFERRED;
	ck_assert_int_eq(learn(&sent, "192.0.2.1"), 2525);
	ck_assert_int_eq(learn(&said, "twin.example"), 26);
	attempt_init(attempts);
	ck_assert_int_eq(find(&said, "twin.example"), 0);
}
END_TEST

/* What is said of a host that the message was not given may be what its sender has written. */
static const struct given_row {
	const char *name;
	size_t pool;	  /* that the message was given */
	size_t pool_too;  /* and for another recipient */
	const char *host; /* that the line names */
	bool found;
} given_rows[] = {
	{"a host of its pool", POOL_A, POOL_A, "192.0.2.1", true},
	{"a host of two pools, one of which is its own", POOL_B, POOL_B, "mx1.example", true},
	{"a host of another pool", POOL_B, POOL_B, "192.0.2.1", false},
	{"a host of its pool's fallback", POOL_C, POOL_C, "mx1.example", true},
	{"a host of a pool that falls back to its own", POOL_B, POOL_B, "c.example", false},
	{"of two pools, the first", POOL_C, POOL_A, "c.example", true},
	{"of two pools, the second", POOL_A, POOL_C, "c.example", true},
};

START_TEST(hosts_that_the_message_was_given)
{
	const struct given_row *row = &given_rows[_i];
	struct observation said = make(row->host, "", 0, "QUEUED");
	struct observation unknown = make(row->host, "", 0, "OTHER");
	struct observation nameless = make(row->host, "", 0, "");

	give(&said, row->pool, 0, 1);
	give(&said, row->pool_too, 0, 1);
	ck_assert_msg((find(&said, row->host) != 0) == row->found, "%s", row->name);
	ck_assert_msg(find(&unknown, row->host) != 0, "%s", row->name);
	ck_assert_msg(find(&nameless, row->host) != 0, "%s", row->name);
}
END_TEST

START_TEST(messages_have_different_hashes)
{
	struct observation a = make("", "", 0, "4XyZ");
	struct observation b = make("", "", 0, "4XyZ2");
	struct observation none = make("", "", 0, "");
	uint64_t before;

	ck_assert(attribution_message(&a) == attribution_message(&a));
	ck_assert(attribution_message(&a) != attribution_message(&b));
	none.at = 1;
	before = attribution_message(&none);
	none.at = 2;
	ck_assert(attribution_message(&none) != before);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{names_addresses_ports, COUNT(rows)},
		{twins_by_the_list_of_the_message, 1},
		{hosts_that_the_message_was_given, COUNT(given_rows)},
		{messages_have_different_hashes, 1}};

	return suite_run_with("attribution", tests, COUNT(tests), open_roster, close_roster);
}
