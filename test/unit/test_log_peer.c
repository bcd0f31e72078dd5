/* test_log_peer: hosts as MTAs name them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_peer.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *text;
	const char *host; /* NULL: none */
	const char *address;
	int port;
	const char *rest;
} postfix_rows[] = {
	{"MX1.Example.com[192.0.2.1]", "mx1.example.com", "192.0.2.1", 0, ""},
	{"mx1.example.com[192.0.2.1]:25: x", "mx1.example.com", "192.0.2.1", 25, ": x"},
	{"mx1[192.0.2.1] said: x", "mx1", "192.0.2.1", 0, " said: x"},
	{"192.0.2.1[192.0.2.1]:65535", "192.0.2.1", "192.0.2.1", 65535, ""},
	{"::1[::1]:25", "::1", "::1", 25, ""},
	{"2001:db8::1[2001:db8::1]", "2001:db8::1", "2001:db8::1", 0, ""},
	{"fe80::1%eth0[fe80::1%eth0]", "fe80::1%eth0", "fe80::1%eth0", 0, ""},
	{"mx[/run/dovecot/lmtp]", "unix:/run/dovecot/lmtp", "/run/dovecot/lmtp", 0, ""},
	{"mx.example[private/Dovecot-lmtp]: x", "unix:private/Dovecot-lmtp", "private/Dovecot-lmtp",
		0, ": x"},
	{"mx[private/lmtp x]", "mx", "private/lmtp x", 0, ""},
	{"mx_1.example.com[192.0.2.1]", "mx_1.example.com", "192.0.2.1", 0, ""},
	{"mx[192.0.2.1]:0", "mx", "192.0.2.1", 0, ":0"},
	{"mx[192.0.2.1]:65536", "mx", "192.0.2.1", 0, ":65536"},
	{"mx[192.0.2.1]:999999", "mx", "192.0.2.1", 0, ":999999"},
	{"mx[192.0.2.1]:x", "mx", "192.0.2.1", 0, ":x"},
	{"none", NULL, "", 0, ""},
	{"", NULL, "", 0, ""},
	{"[192.0.2.1]", NULL, "", 0, ""},
	{"mx[]", NULL, "", 0, ""},
	{"mx[192.0.2.1", NULL, "", 0, ""},
	{"m x[192.0.2.1]", NULL, "", 0, ""},
	{"m\xc3\xa9[192.0.2.1]", NULL, "", 0, ""},
	{"mx[192.0.2.1\n]", NULL, "", 0, ""},
	{"a>b[192.0.2.1]", NULL, "", 0, ""},
};

static void check(const struct row *row, bool found, const struct log_peer *peer)
{
	ck_assert_msg(found == (row->host != NULL), "%s", row->text);
	if (!found)
		return;
	ck_assert_msg(strcmp(peer->host, row->host) == 0, "%s: host %s", row->text, peer->host);
	ck_assert_msg(strcmp(peer->address, row->address) == 0, "%s: address %s", row->text,
		peer->address);
	ck_assert_msg(peer->port == row->port, "%s: port %d", row->text, peer->port);
}

START_TEST(postfix)
{
	const struct row *row = &postfix_rows[_i];
	struct span text = span_make(row->text, strlen(row->text));
	struct log_peer peer;

	check(row, log_peer_take(&text, &peer), &peer);
	ck_assert_msg(
		span_is(text, row->host == NULL ? row->text : row->rest), "%s: rest", row->text);
}
END_TEST

static const struct row sendmail_rows[] = {
	{"mx1.Example.com. [192.0.2.1]", "mx1.example.com", "192.0.2.1", 0, ""},
	{"[192.0.2.1] [192.0.2.1]", "192.0.2.1", "192.0.2.1", 0, ""},
	{"[192.0.2.1]", "192.0.2.1", "", 0, ""},
	{"mx1.example.com.", "mx1.example.com", "", 0, ""},
	{"mx1.example.com", "mx1.example.com", "", 0, ""},
	{"[ipv6:::1] [IPv6:0:0:0:0:0:0:0:1]", "::1", "::1", 0, ""},
	{"[IPv6:2001:db8:0:0:1:0:0:1]", "2001:db8::1:0:0:1", "", 0, ""},
	{"[IPv6:2001:db8:0:1:0:0:0:1]", "2001:db8:0:1::1", "", 0, ""},
	{"[IPv6:2001:db8:0:1:2:3:4:5]", "2001:db8:0:1:2:3:4:5", "", 0, ""},
	{"[IPv6:2001:db8:1:0:0:0:0:0]", "2001:db8:1::", "", 0, ""},
	{"[IPv6:0:0:0:0:0:0:0:0]", "::", "", 0, ""},
	{"[IPv6:2001:DB8::1]", "2001:db8::1", "", 0, ""},
	{"[IPv6:1:2:3:4:5:6:7:8:9]", "1:2:3:4:5:6:7:8:9", "", 0, ""},
	{"mx1.a-long...example.com [192.0.2.1]", "192.0.2.1", "192.0.2.1", 0, ""},
	{"mx1.a-long...example.com", NULL, "", 0, ""},
	{"[192.0.2.1],[192.0.2.2]", NULL, "", 0, ""},
	{"mx1, x [192.0.2.1]", "192.0.2.1", "192.0.2.1", 0, ""},
	{"mx1 [192.0.2.1", NULL, "", 0, ""},
	{"[ipv6:]", NULL, "", 0, ""},
	{"[]", NULL, "", 0, ""},
	{".", ".", "", 0, ""},
	{"", NULL, "", 0, ""},
};

START_TEST(sendmail)
{
	const struct row *row = &sendmail_rows[_i];
	struct log_peer peer;

	check(row, log_peer_parse_sendmail(span_make(row->text, strlen(row->text)), &peer), &peer);
}
END_TEST

/* The longest that fit, and one octet more. */
START_TEST(sizes)
{
	char text[1024];
	struct log_peer peer;

	for (size_t more = 0; more < 2; more++) {
		size_t length = DOMAIN_MAX + more;
		struct span span;

		memset(text, 'a', length);
		ck_assert(log_peer_parse_name(span_make(text, length), &peer) == (more == 0));
		memcpy(text + length, "[::1]", 5);
		span = span_make(text, length + 5);
		ck_assert(log_peer_take(&span, &peer) == (more == 0));
		length = OBSERVATION_ADDRESS_MAX + more;
		memset(text, 'a', length + 3);
		text[1] = '[';
		text[length + 2] = ']';
		span = span_make(text, length + 3);
		ck_assert(log_peer_take(&span, &peer) == (more == 0));
	}
}
END_TEST

START_TEST(stores)
{
	const struct log_peer peer = {25, "mx1", "192.0.2.1"};
	struct observation observation;

	observation_init(&observation);
	log_peer_store(&peer, &observation);
	ck_assert_str_eq(observation.host, "mx1");
	ck_assert_str_eq(observation.address, "192.0.2.1");
	ck_assert_int_eq(observation.port, 25);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{postfix, COUNT(postfix_rows)},
		{sendmail, COUNT(sendmail_rows)}, {sizes, 1}, {stores, 1}};

	return suite_run("log_peer", tests, COUNT(tests));
}
