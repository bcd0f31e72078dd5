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
	"  { host = \"mx1.example\"; } ); }; };\n"
	"routes = ( { match = \"a.example\"; pool = \"a\"; }, { match = \"b.example\"; pool = "
	"\"b\"; } );\n";

static struct sample sample;
static struct roster *roster;
static struct recent *recent;

static void open_roster(void)
{
	struct state_report report;

	sample_open(&sample, config);
	roster = roster_new(&sample.conf->table, sample.state, 1000, &report);
	recent = calloc(1, sizeof(*recent));
	ck_assert(roster != NULL && recent != NULL);
}

static void close_roster(void)
{
	free(recent);
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
	size_t host = attribution_find(roster, recent, observation);

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

static const struct candidates list = {.count = 6, .hosts = {3, 4, 5, 0, 1, 2}};

START_TEST(twins_by_the_list_of_the_message)
{
	struct observation said = make("twin.example", "192.0.2.5", 0, "QUEUED");
	struct observation sent = make("192.0.2.1", "192.0.2.1", 2525, "QUEUED");
	struct observation other = make("twin.example", "192.0.2.5", 0, "OTHER");

	recent_put(recent, attribution_message(&said), 0, &list);
	/* smtp(8) walks the list: first the one on port 26, then the one on 25. */
	ck_assert_int_eq(find(&said, "twin.example"), 26);
	ck_assert_int_eq(find(&said, "twin.example"), 25);
	ck_assert_int_eq(find(&said, "twin.example"), 25);
	ck_assert_int_eq(find(&other, "twin.example"), 0);
	/* The next attempt begins from the front. */
	sent.outcome = OBSERVATION_DEFERRED;
	ck_assert_int_eq(find(&sent, "192.0.2.1"), 2525);
	ck_assert_int_eq(find(&said, "twin.example"), 26);
	recent_forget(recent);
	ck_assert_int_eq(find(&said, "twin.example"), 0);
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

START_TEST(recent_keeps_one_on_each_place)
{
	recent_put(recent, 5, 0, &list);
	ck_assert_ptr_nonnull(recent_find(recent, 5));
	ck_assert_ptr_null(recent_find(recent, 6));
	ck_assert_ptr_null(recent_find(recent, 0));
	recent_put(recent, 5 + RECENT_SIZE, 1, &list);
	ck_assert_ptr_null(recent_find(recent, 5));
	ck_assert_uint_eq(recent_find(recent, 5 + RECENT_SIZE)->pool, 1);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{names_addresses_ports, COUNT(rows)},
		{twins_by_the_list_of_the_message, 1}, {messages_have_different_hashes, 1},
		{recent_keeps_one_on_each_place, 1}};

	return suite_run_with("attribution", tests, COUNT(tests), open_roster, close_roster);
}
