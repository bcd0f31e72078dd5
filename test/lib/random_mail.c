/* random_mail: random configurations, and messages for them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "random_mail.h"
#include "suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static unsigned *seed;
static const struct envelope_policy *policy;

unsigned random_mail_any(unsigned *from, unsigned count)
{
	return suite_random(from) % count;
}

static unsigned any(unsigned count)
{
	return random_mail_any(seed, count);
}

#define ONE_OF(list) (list)[any((unsigned)COUNT(list))]

/* ---- a text that grows */

void random_mail_add(struct random_mail_text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text->used += (size_t)vsnprintf(
		text->at + text->used, sizeof(text->at) - text->used, format, arguments);
	va_end(arguments);
	ck_assert_uint_lt(text->used, sizeof(text->at));
}

/* ---- a configuration */

static bool is_sendmail(void)
{
	return policy->mta == TABLE_SENDMAIL;
}

/* Pools p0 to p4 have routes p0.example …; "spare" is where "p4" may fall back to, and only that. */
static void add_pools(struct random_mail_text *text)
{
	const char *const kinds[] = {
		any(2) == 0 ? "" : "balance = \"least-pending\";",
		"balance = \"hash\";",
		"balance = \"hash\"; hash_on = \"sender\";",
		"all_deferred = \"tempfail\";",
		"fallback = \"spare\";",
	};

	random_mail_add(
		text, "pools = { spare = { hosts = ( { host = \"spare.example\"; } ); };\n");
	for (unsigned pool = 0; pool < 5; pool++) {
		random_mail_add(text, " p%u = { %s hosts = (", pool, kinds[pool]);
		for (unsigned host = 0, count = 1 + any(3); host < count; host++)
			random_mail_add(text,
				"%s { host = \"h%u-%u.example\"; weight = %u; priority = %u; }",
				host == 0 ? "" : ",", pool, host, 1 + any(3), any(2));
		random_mail_add(text, " ); };\n");
	}
	random_mail_add(text, "};\n");
}

static void add_routes(struct random_mail_text *text)
{
	random_mail_add(text,
		"routes = ( { match = \"p0.example\"; pool = \"p0\"; },\n"
		" { match = [ \"p1.example\", \".p1.example\" ]; pool = \"p1\"; },\n"
		" { match = \"p2.example\"; pool = \"p2\"; },\n"
		" { match = \"p3.example\"; pool = \"p3\"; },\n"
		" { match = \"p4.example\"; pool = \"p4\"; },\n"
		" { match = \"boss@p0.example\"; pool = \"p1\"; },\n"
		" { match = \"dns.example\"; action = \"dns\"; },\n"
		" { match = \"drop.example\"; action = \"discard\"; },\n"
		" { match = \"no.example\"; action = \"reject\"; text = \"5.1.2 100%% no\"; },\n"
		" { match = \"later.example\"; action = \"defer\"; text = \"4.2.1 later\"; }%s "
		");\n",
		any(4) == 0 ? ", { match = \"ALL\"; pool = \"p0\"; }" : "");
}

static const char *condition(void)
{
	static const char *const conditions[] = {
		"sender = \"s1@x.example\";",
		"sender = \"\";",
		"recipient = \"boss@p0.example\";",
		"recipient = \"p3.example\";",
		"all_recipients = \"p0.example\";",
		"client = \"192.0.2.0/25\";",
		"client_name = \".x.example\";",
		"helo = \"scan*\";",
		"auth_user = \"anna\";",
		"auth_user = \"\";",
		"tls_verified = true;",
		"tls = \"TLSv1.?\";",
		"listener_port = 587;",
		"header = \"A\";",
		"header = \"A: /b+/\";",
		"header = \"Subject: *h\xc3\xa9llo*\";",
		"size_over = 1000;",
		"size_under = 500;",
		"percent = 40;",
		"macro = \"{xx}: y*\";",
		"tag = \"t\";",
		"not = { header = \"A\"; };",
		"not = { recipient = \"p0.example\"; };",
		"any = ( { header = \"B\"; }, { sender = \"s2@x.example\"; } );",
	};

	return ONE_OF(conditions);
}

static const char *action(void)
{
	static const char *const actions[] = {
		"pool = \"p0\";",
		"pool = \"p1\";",
		"pool = \"p2\";",
		"pool = \"p3\";",
		"pool = \"p4\";",
		"action = \"reject\"; text = \"5.7.2 never\";",
		"action = \"defer\"; text = \"4.7.2 later\";",
		"action = \"discard\";",
		"action = \"continue\"; tag = \"t\";",
		"mode = \"shadow\"; pool = \"p0\";",
		"action = \"dns\";",
	};
	/* Postfix cannot be told that a map is not to hold. */
	bool has_dns = is_sendmail() || !policy->has_map;

	return actions[any((unsigned)COUNT(actions) - (has_dns ? 0 : 1))];
}

static void add_rules(struct random_mail_text *text)
{
	unsigned count = any(6);

	if (count == 0)
		return;
	random_mail_add(text, "rules = (");
	/* A tag is to be set by some rule before it is asked for. */
	random_mail_add(text,
		" { name = \"t\"; when = { %s }; action = \"continue\"; tag = \"t\"; }",
		any(2) == 0 ? "header = \"C\";" : "sender = \"s2@x.example\";");
	for (unsigned i = 0; i < count; i++) {
		const char *first = condition();
		const char *second = any(3) == 0 ? "recipient = \"*\";" : "";

		random_mail_add(text, ",\n { name = \"r%u\"; when = { %s %s }; %s }", i, first,
			strncmp(first, "recipient", 9) == 0 ? "" : second, action());
	}
	random_mail_add(text, " );\n");
}

void random_mail_config(
	unsigned *from, const struct envelope_policy *under, struct random_mail_text *text)
{
	seed = from;
	policy = under;
	text->used = 0;
	random_mail_add(text, "recipient_delimiter = \"+\";\n");
	if (is_sendmail())
		random_mail_add(text, "mta = \"sendmail\"; map_socket = \"unix:/nowhere/map\";\n");
	add_pools(text);
	add_rules(text);
	add_routes(text);
}

/* ---- a message */

void random_mail_make(unsigned *from, struct random_mail *message)
{
	static const char *const senders[] = {"", "s1@x.example", "s2@x.example", "S3@y.example"};
	static const char *const recipients[] = {"u@p0.example", "v@P0.example", "boss@p0.example",
		"Boss+x@p0.example", "u@p1.example", "v@a.p1.example", "w@p1.example",
		"u@p2.example", "v@p2.example", "u@p3.example", "u@p4.example", "v@p4.example",
		"u@dns.example", "u@drop.example", "u@no.example", "u@later.example",
		"u@nowhere.example", "postmaster", "\"odd name\"@p0.example", "u@p0.example.",
		"u%x@p0.0.nexthop"};
	static const char *const headers[][2] = {{"A", "b"}, {"a", "xbbx"}, {"A", "c"}, {"B", ""},
		{"C", "d"}, {"Subject", "=?utf-8?Q?h=C3=A9llo?="}, {"Subject", "hello"},
		{"X-Nexthop-Route", "smtp:[evil.example]"}};
	static const char *const clients[] = {"192.0.2.7", "192.0.2.200", "2001:db8::7"};
	static const char *const names[] = {"unknown", "a.x.example", "a.y.example"};

	seed = from;
	message->sender = ONE_OF(senders);
	message->recipient_count = any(2) == 0 ? 1 : 1 + (int)any(RANDOM_MAIL_RECIPIENTS_MAX);
	for (int i = 0; i < message->recipient_count; i++)
		message->recipients[i] =
			i > 0 && any(2) == 0 ? message->recipients[i - 1] : ONE_OF(recipients);
	message->header_count = (int)any(RANDOM_MAIL_HEADERS_MAX + 1);
	for (int i = 0; i < message->header_count; i++)
		memcpy(message->headers[i], ONE_OF(headers), sizeof(message->headers[i]));
	message->size = 1 + any(2000);
	message->client = ONE_OF(clients);
	message->client_name = ONE_OF(names);
	message->helo = any(2) == 0 ? "scanner" : "mx.x.example";
	message->auth_user = any(2) == 0 ? "" : "anna";
	message->tls = any(2) == 0 ? "" : "TLSv1.3";
	message->is_verified = any(2) == 0;
	message->port = any(2) == 0 ? "25" : "587";
	message->macro = any(2) == 0 ? "yes" : "no";
}
