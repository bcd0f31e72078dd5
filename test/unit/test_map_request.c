/* test_map_request: which map is asked, and for whom
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/map_request.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *given;
	enum map_request_map map;
	enum map_request_key key;
	const char *text; /* of the address, or of the token */
} rows[] = {
	{"transport *", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ALL, ""},
	{"transport user@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"user@example.com"},
	{"transport User+Ext@Example.COM", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"user+ext@example.com"},
	{"transport example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "@example.com"},
	{"transport Example.COM.", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "@example.com"},
	{"transport .example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "@*.example.com"},
	{"transport .", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "@*"},
	{"transport [192.0.2.1]", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "@[192.0.2.1]"},
	{"transport **", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "@**"},
	/* Postfix gives the one, then the other. */
	{"transport \"odd name\"@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"odd name@example.com"},
	{"transport odd name@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"odd name@example.com"},
	{"transport \"a\\\"b\"@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"a\"b@example.com"},
	{"transport a\"b@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"a\"b@example.com"},
	{"transport \"a\\\\b\"@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"a\\b@example.com"},
	{"transport a\\b@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"a\\b@example.com"},
	{"transport \"a@b\"@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"a@b@example.com"},
	{"transport a@b@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"a@b@example.com"},
	{"transport \"\"@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "@example.com"},
	{"transport @example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "@example.com"},
	/* The internal form of "\"a\"@b"@example.com and of "@a:u"@example.com. */
	{"transport \"a\"@b@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"\"a\"@b@example.com"},
	{"transport \"a@b\"c", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "\"a@b\"c"},
	{"transport @a:u@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"@a:u@example.com"},
	{"transport <u@example.com>", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"<u@example.com>"},
	{"transport \"@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "\"@example.com"},
	{"transport \"a\\", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "@\"a\\"},
	{"transport \"a\\@", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, "\"a\\"},
	{"transport u\t\x01\xff@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS,
		"u\t\x01\xff@example.com"},
	{"transport  u@example.com", MAP_REQUEST_TRANSPORT, MAP_REQUEST_ADDRESS, " u@example.com"},
	{"mailertable example.com", MAP_REQUEST_MAILERTABLE, MAP_REQUEST_ADDRESS, "@example.com"},
	{"mailertable [192.0.2.1]", MAP_REQUEST_MAILERTABLE, MAP_REQUEST_ADDRESS, "@[192.0.2.1]"},
	{"mailertable .example.com", MAP_REQUEST_MAILERTABLE, MAP_REQUEST_NOBODY, NULL},
	{"mailertable .", MAP_REQUEST_MAILERTABLE, MAP_REQUEST_NOBODY, NULL},
	{"mailertable u@example.com", MAP_REQUEST_MAILERTABLE, MAP_REQUEST_NOBODY, NULL},
	{"nexthop exchange.17", MAP_REQUEST_NEXTHOP, MAP_REQUEST_TOKEN, "exchange.17"},
	{"nexthop \"odd name\"@Example.com", MAP_REQUEST_NEXTHOP, MAP_REQUEST_ADDRESS,
		"odd name@example.com"},
	{"pool three", MAP_REQUEST_POOL, MAP_REQUEST_NAMED, ""},
	{"pool three User@Example.com", MAP_REQUEST_POOL, MAP_REQUEST_NAMED, "user@example.com"},
	{"pool three \"odd name\"@example.com", MAP_REQUEST_POOL, MAP_REQUEST_NAMED,
		"odd name@example.com"},
	{"pool three ", MAP_REQUEST_POOL, MAP_REQUEST_NAMED, ""},
	{"pool  three", MAP_REQUEST_POOL, MAP_REQUEST_NAMED, "three"},
	{"pool ", MAP_REQUEST_POOL, MAP_REQUEST_NOBODY, NULL},
	{"pool", MAP_REQUEST_POOL, MAP_REQUEST_MISSING, NULL},
	{"tls [mx.example]:587", MAP_REQUEST_TLS, MAP_REQUEST_HOST, NULL},
	{"tls ", MAP_REQUEST_TLS, MAP_REQUEST_NOBODY, NULL},
	{"tls", MAP_REQUEST_TLS, MAP_REQUEST_MISSING, NULL},
	{"nexthop Two words", MAP_REQUEST_NEXTHOP, MAP_REQUEST_TOKEN, "Two words"},
	{"transport ", MAP_REQUEST_TRANSPORT, MAP_REQUEST_NOBODY, NULL},
	{"mailertable ", MAP_REQUEST_MAILERTABLE, MAP_REQUEST_NOBODY, NULL},
	{"nexthop ", MAP_REQUEST_NEXTHOP, MAP_REQUEST_NOBODY, NULL},
	{"transport", MAP_REQUEST_TRANSPORT, MAP_REQUEST_MISSING, NULL},
	{"nexthop", MAP_REQUEST_NEXTHOP, MAP_REQUEST_MISSING, NULL},
	{"", MAP_REQUEST_UNKNOWN, MAP_REQUEST_MISSING, NULL},
	{"Transport *", MAP_REQUEST_UNKNOWN, MAP_REQUEST_NOBODY, NULL},
	{"transports *", MAP_REQUEST_UNKNOWN, MAP_REQUEST_NOBODY, NULL},
	{"transpor *", MAP_REQUEST_UNKNOWN, MAP_REQUEST_NOBODY, NULL},
	{"unknown *", MAP_REQUEST_UNKNOWN, MAP_REQUEST_NOBODY, NULL},
	{" transport *", MAP_REQUEST_UNKNOWN, MAP_REQUEST_NOBODY, NULL},
	{"transport\t*", MAP_REQUEST_UNKNOWN, MAP_REQUEST_MISSING, NULL},
};

START_TEST(parses)
{
	const struct row *row = &rows[_i];
	struct map_request request;

	memset(&request, 'x', sizeof(request));
	map_request_parse(&request, span_make(row->given, strlen(row->given)));
	ck_assert_msg(request.map == row->map, "%s: map %d", row->given, (int)request.map);
	ck_assert_msg(request.key == row->key, "%s: key %d", row->given, (int)request.key);
	if (row->key == MAP_REQUEST_TOKEN)
		ck_assert_str_eq(request.text, row->text);
	else
		ck_assert_msg(strcmp(request.address.text, row->text == NULL ? "" : row->text) == 0,
			"%s: address \"%s\"", row->given, request.address.text);
}
END_TEST

/* Who is asked for by the map is who was given to the milter. */
START_TEST(the_milters_address)
{
	static const char *const pairs[][2] = {
		{"transport \"a\\\"b\"@example.com", "<\"a\\\"b\"@example.com>"},
		{"transport a\"b@example.com", "<\"a\\\"b\"@example.com>"},
		{"transport odd name@example.com", "<\"odd name\"@example.com>"},
		{"transport User@Example.com", "<user@example.com>"},
	};

	for (int i = 0; i < COUNT(pairs); i++) {
		struct map_request request;
		struct address address;

		map_request_parse(&request, span_make(pairs[i][0], strlen(pairs[i][0])));
		address_parse(&address, pairs[i][1]);
		ck_assert_msg(request.address.hash == address.hash, "%s", pairs[i][0]);
	}
}
END_TEST

START_TEST(a_nul_in_the_key)
{
	static const struct {
		const char *given;
		size_t length;
		enum map_request_key key;
	} nuls[] = {
		{"transport u@example.com\0.example.org", 37, MAP_REQUEST_ALL},
		{"transport \0", 11, MAP_REQUEST_ALL},
		{"transport *\0", 12, MAP_REQUEST_ALL},
		{"mailertable example.com\0", 24, MAP_REQUEST_ALL},
		{"nexthop a.1\0", 12, MAP_REQUEST_ALL},
		{"pool three\0", 11, MAP_REQUEST_NOBODY},
		{"tls [a]\0", 8, MAP_REQUEST_NOBODY},
		{"pool three u\0@example.com", 25, MAP_REQUEST_NOBODY},
		{"transport\0 *", 12, MAP_REQUEST_NOBODY},
	};

	for (int i = 0; i < COUNT(nuls); i++) {
		struct map_request request;

		map_request_parse(&request, span_make(nuls[i].given, nuls[i].length));
		ck_assert_msg(
			request.key == nuls[i].key, "%s: key %d", nuls[i].given, (int)request.key);
		ck_assert_uint_eq(request.address.length, 0);
	}
}
END_TEST

/* Until the end of what a request may have: no address, no domain, and nothing is cut. */
START_TEST(the_longest)
{
	static const char *const heads[] = {
		"transport ", "transport .", "transport u@", "transport \"", "mailertable "};

	for (int i = 0; i < COUNT(heads); i++) {
		char given[MAP_REQUEST_MAX];
		struct map_request request;

		memset(given, 'x', sizeof(given));
		memcpy(given, heads[i], strlen(heads[i]));
		map_request_parse(&request, span_make(given, sizeof(given)));
		ck_assert_int_eq(request.key, MAP_REQUEST_ADDRESS);
		ck_assert(request.address.too_long);
		ck_assert_uint_eq(request.length,
			sizeof(given) - (size_t)(strchr(heads[i], ' ') + 1 - heads[i]));
	}
}
END_TEST

START_TEST(utf_8)
{
	struct map_request request;
	const char *given = "transport b\xc3\xbc"
			    "cher.example";

	map_request_parse(&request, span_make(given, strlen(given)));
	ck_assert(request.address.needs_ascii);
}
END_TEST

START_TEST(names_of_maps)
{
	ck_assert_str_eq(map_request_map_name(MAP_REQUEST_UNKNOWN), "unknown");
	ck_assert_str_eq(map_request_map_name(MAP_REQUEST_TRANSPORT), "transport");
	ck_assert_str_eq(map_request_map_name(MAP_REQUEST_MAILERTABLE), "mailertable");
	ck_assert_str_eq(map_request_map_name(MAP_REQUEST_NEXTHOP), "nexthop");
	ck_assert_str_eq(map_request_map_name(MAP_REQUEST_POOL), "pool");
	ck_assert_str_eq(map_request_map_name(MAP_REQUEST_TLS), "tls");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{parses, COUNT(rows)}, {the_milters_address, 1},
		{a_nul_in_the_key, 1}, {the_longest, 1}, {utf_8, 1}, {names_of_maps, 1}};

	return suite_run("map_request", tests, COUNT(tests));
}
