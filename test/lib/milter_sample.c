/* milter_sample: the milter door on a sample configuration, with a test in the MTA's place
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "milter_sample.h"
#include "doors/milter_door.h"
#include "engine/log.h"
#include "fake_milter.h"
#include "suite.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

const char milter_sample_config[] =
	"pools = {\n"
	" a = { hosts = ( { host = \"a.example\"; } ); };\n"
	" b = { hosts = ( { host = \"192.0.2.1\"; port = 26; } ); transport = \"relay\"; }; };\n"
	"routes = (\n"
	" { match = [ \"a.example.com\", \"a2.example.com\" ]; pool = \"a\"; },\n"
	" { match = \"b.example.com\"; pool = \"b\"; },\n"
	" { match = \"dns.example.com\"; action = \"dns\"; },\n"
	" { match = \"drop.example.com\"; action = \"discard\"; },\n"
	" { match = \"no.example.com\"; action = \"reject\"; text = \"5.1.2 100% gone\"; },\n"
	" { match = \"later.example.com\"; action = \"defer\"; text = \"4.2.1 full\"; } );\n";

const char milter_sample_no_pools[] =
	"routes = ( { match = \"no.example.com\"; action = \"reject\"; } );\n";

const char milter_sample_by_sender[] =
	"pools = { s = { balance = \"hash\"; hash_on = \"sender\";\n"
	"  hosts = ( { host = \"s1.example\"; }, { host = \"s2.example\"; } ); }; };\n"
	"routes = ( { match = \"ALL\"; pool = \"s\"; } );\n";

const char milter_sample_three[] =
	"pools = { b = { hosts = ( { host = \"192.0.2.1\"; port = 26; } ); transport = \"relay\"; "
	"};\n"
	" three = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; },\n"
	"  { host = \"c.example\"; } ); }; };\n"
	"routes = ( { match = \"example.com\"; pool = \"three\"; },\n"
	" { match = \"b.example.com\"; pool = \"b\"; } );\n";

const char milter_sample_sendmail[] =
	"mta = \"sendmail\"; map_socket = \"unix:/nowhere/map\";\n"
	"pools = { a = { hosts = ( { host = \"a.example\"; } ); };\n"
	" b = { hosts = ( { host = \"192.0.2.1\"; }, { host = \"192.0.2.2\"; },\n"
	"  { host = \"192.0.2.3\"; } ); }; };\n"
	"routes = ( { match = \"a.example.com\"; pool = \"a\"; },\n"
	" { match = \"b.example.com\"; pool = \"b\"; },\n"
	" { match = \"c.example.com\"; hosts = ( { host = \"c.example\"; } ); },\n"
	" { match = \"drop.example.com\"; action = \"discard\"; } );\n";

struct sample milter_sample;

/* The thread that serves has come to its end: it looks at the door no more. */
static atomic_bool has_ended;

static void note_end(void)
{
	atomic_store(&has_ended, true);
}

void milter_sample_open_with(
	const char *text, const char *socket, const struct routing_policy *policy)
{
	struct milter_door_settings settings = {
		.socket = socket,
		.is_tcp = strncmp(socket, "inet", 4) == 0,
	};
	char error[256];

	log_open(LOG_TO_STDERR, false);
	sample_open(&milter_sample, text);
	routing_policy_set(policy);
	ck_assert_int_eq(milter_door_open(&settings, error, sizeof(error)), 0);
	/* libmilter's stand-in ends at once: that is no surprise to the door. */
	atomic_store(&has_ended, false);
	ck_assert_int_eq(
		milter_door_start(milter_sample.engine, note_end, error, sizeof(error)), 0);
	while (!atomic_load(&has_ended))
		sched_yield();
	fake_milter_forget();
}

void milter_sample_open(void)
{
	struct routing_policy policy = {.on_error = ROUTING_POLICY_TEMPFAIL};

	milter_sample_open_with(milter_sample_config, "unix:/nowhere", &policy);
	ck_assert_int_eq(fake_milter_negotiate(), SMFIS_CONTINUE);
	fake_milter_forget();
}

void milter_sample_close(void)
{
	ck_assert_int_eq(fake_milter_close(), SMFIS_CONTINUE);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_SESSIONS), 0);
	ck_assert_int_eq(engine_counted(milter_sample.engine, ENGINE_IN_FLIGHT), 0);
	sample_close(&milter_sample);
}
