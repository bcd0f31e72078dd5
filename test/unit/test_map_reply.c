/* test_map_reply: the words in which a map answers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/map_reply.h"
#include "suite.h"

#include <string.h>

static const struct map_reply_route none = {.action = ACTION_NONE};
static const struct map_reply_route pool = {
	.action = ACTION_POOL, .nexthop = "smtp:[192.0.2.1]:25,[192.0.2.2]:2525"};
static const struct map_reply_route dns = {.action = ACTION_DNS};
static const struct map_reply_route discard = {.action = ACTION_DISCARD};
static const struct map_reply_route reject = {
	.action = ACTION_REJECT, .code = "550", .enhanced = "5.1.2", .text = "moved away"};
static const struct map_reply_route defer = {
	.action = ACTION_DEFER, .code = "451", .enhanced = "4.7.1", .text = "Try again later"};
static const struct map_reply_route esmtp = {
	.action = ACTION_POOL, .nexthop = "esmtp:[192.0.2.1],[192.0.2.2]:[192.0.2.3]"};
/* As it is for a pool that is put off: it still has its list. */
static const struct map_reply_route put_off = {.action = ACTION_POOL,
	.nexthop = "smtp:[192.0.2.1]:25",
	.code = "451",
	.enhanced = "4.4.1",
	.text = "later"};

static const struct map_reply_route encrypt = {.action = ACTION_NONE, .policy = "encrypt"};
static const struct map_reply_route no_policy = {.action = ACTION_NONE, .policy = ""};

static const struct map_reply_route odd = {.action = ACTION_REJECT,
	.code = "550",
	.enhanced = "5.1.2",
	.text = "\"a\\b\", 100% (c): $x"};

static const struct row {
	const char *request;
	const struct map_reply_route *route;
	const char *reply;
	enum map_reply_kind kind;
} rows[] = {
	{"transport u@e.com", &pool, "OK smtp:[192.0.2.1]:25,[192.0.2.2]:2525", MAP_REPLY_FOUND},
	{"transport u@e.com", &put_off, "OK smtp:[192.0.2.1]:25", MAP_REPLY_FOUND},
	{"transport u@e.com", &dns, "OK :", MAP_REPLY_FOUND},
	{"transport u@e.com", &discard, "OK discard:", MAP_REPLY_FOUND},
	{"transport u@e.com", &reject, "OK error:5.1.2 moved away", MAP_REPLY_FOUND},
	{"transport u@e.com", &defer, "OK retry:4.7.1 Try again later", MAP_REPLY_FOUND},
	{"transport u@e.com", &none, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"transport *", &pool, "OK smtp:[192.0.2.1]:25,[192.0.2.2]:2525", MAP_REPLY_FOUND},
	{"transport *", &none, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"transport ", &pool, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"transport", &pool, "PERM no key: a request is the name of a map, a space, a key",
		MAP_REPLY_REFUSED},
	{"mailertable e.com", &esmtp, "OK esmtp:[192.0.2.1],[192.0.2.2]:[192.0.2.3]",
		MAP_REPLY_FOUND},
	{"mailertable e.com", &dns, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"mailertable e.com", &discard, "OK nexthop_discard:discard", MAP_REPLY_FOUND},
	{"mailertable e.com", &reject, "OK error:5.1.2:\"550 5.1.2 moved away\"", MAP_REPLY_FOUND},
	{"mailertable e.com", &defer, "OK error:4.7.1:\"451 4.7.1 Try again later\"",
		MAP_REPLY_FOUND},
	{"mailertable e.com", &none, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"mailertable .e.com", &esmtp, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"mailertable", &esmtp, "TEMP no key: a request is the name of a map, a space, a key",
		MAP_REPLY_REFUSED},
	{"nexthop a.1", &esmtp, "OK esmtp:[192.0.2.1],[192.0.2.2]:[192.0.2.3]", MAP_REPLY_FOUND},
	{"nexthop a.1", &none, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"nexthop u@e.com", &esmtp, "OK esmtp:[192.0.2.1],[192.0.2.2]:[192.0.2.3]",
		MAP_REPLY_FOUND},
	{"nexthop u@e.com", &reject, "OK error:5.1.2:\"550 5.1.2 moved away\"", MAP_REPLY_FOUND},
	{"nexthop u@e.com", &odd, "OK error:5.1.2:\"550 5.1.2 \\\"a\\\\b\\\", 100% (c): $x\"",
		MAP_REPLY_FOUND},
	{"nexthop u@e.com", &dns, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"pool three", &pool, "OK smtp:[192.0.2.1]:25,[192.0.2.2]:2525", MAP_REPLY_FOUND},
	{"pool three u@e.com", &pool, "OK smtp:[192.0.2.1]:25,[192.0.2.2]:2525", MAP_REPLY_FOUND},
	{"pool three", &none, "TEMP routes.cfg has no pool of that name", MAP_REPLY_REFUSED},
	{"pool ", &none, "TEMP routes.cfg has no pool of that name", MAP_REPLY_REFUSED},
	{"pool", &none, "PERM no key: a request is the name of a map, a space, a key",
		MAP_REPLY_REFUSED},
	{"tls [mx.example]", &encrypt, "OK encrypt", MAP_REPLY_FOUND},
	{"tls [mx.example]", &no_policy, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"tls ", &encrypt, "NOTFOUND ", MAP_REPLY_NOT_FOUND},
	{"tls", &encrypt, "PERM no key: a request is the name of a map, a space, a key",
		MAP_REPLY_REFUSED},
	{"virtual u@e.com", &pool,
		"PERM the maps are transport, pool, tls, mailertable and nexthop",
		MAP_REPLY_REFUSED},
	{"virtual", &pool, "PERM the maps are transport, pool, tls, mailertable and nexthop",
		MAP_REPLY_REFUSED},
};

START_TEST(writes)
{
	const struct row *row = &rows[_i];
	struct map_request request;
	char out[MAP_REPLY_MAX];
	struct map_reply_route route = *row->route;
	enum map_reply_kind kind;

	map_request_parse(&request, span_make(row->request, strlen(row->request)));
	route.mta = request.map == MAP_REQUEST_MAILERTABLE || request.map == MAP_REQUEST_NEXTHOP
			    ? TABLE_SENDMAIL
			    : TABLE_POSTFIX;
	kind = map_reply_write(out, &request, &route);
	ck_assert_msg(strcmp(out, row->reply) == 0, "%s, %s: \"%s\"", row->request,
		table_action_name(row->route->action), out);
	ck_assert_msg(kind == row->kind, "%s: %d", row->request, (int)kind);
}
END_TEST

START_TEST(the_other_mta)
{
	static const struct {
		const char *request;
		enum table_mta mta;
		const char *reply;
	} others[] = {
		{"transport u@e.com", TABLE_SENDMAIL, "TEMP routes.cfg has mta = \"sendmail\""},
		{"virtual u@e.com", TABLE_SENDMAIL,
			"TEMP the maps are transport, pool, tls, mailertable and nexthop"},
		{"nexthop", TABLE_SENDMAIL,
			"TEMP no key: a request is the name of a map, a space, a key"},
		{"transport ", TABLE_SENDMAIL, "TEMP routes.cfg has mta = \"sendmail\""},
		{"tls [a]", TABLE_SENDMAIL, "TEMP routes.cfg has mta = \"sendmail\""},
		{"pool three", TABLE_SENDMAIL, "TEMP routes.cfg has mta = \"sendmail\""},
		{"mailertable e.com", TABLE_POSTFIX, "TEMP routes.cfg has mta = \"postfix\""},
		{"nexthop a.1", TABLE_POSTFIX, "TEMP routes.cfg has mta = \"postfix\""},
	};

	for (int i = 0; i < COUNT(others); i++) {
		struct map_reply_route route = pool;
		struct map_request request;
		char out[MAP_REPLY_MAX];

		route.mta = others[i].mta;
		map_request_parse(
			&request, span_make(others[i].request, strlen(others[i].request)));
		ck_assert_int_eq(map_reply_write(out, &request, &route), MAP_REPLY_REFUSED);
		ck_assert_str_eq(out, others[i].reply);
	}
}
END_TEST

/* The longest list, and a text that nobody writes. */
START_TEST(what_fits)
{
	static char text[MAP_REPLY_MAX + 1];
	struct map_reply_route list = {.action = ACTION_POOL, .nexthop = text};
	struct map_reply_route refusal = reject;
	struct map_request request;
	char out[MAP_REPLY_MAX];

	map_request_parse(&request, span_make("transport u@e.com", 17));
	memset(text, 'x', NEXTHOP_MAX - 1);
	ck_assert_int_eq(map_reply_write(out, &request, &list), MAP_REPLY_FOUND);
	ck_assert_uint_eq(strlen(out), 3 + NEXTHOP_MAX - 1);
	/* "OK error:5.1.2 " has 15 octets. */
	memset(text, 'x', MAP_REPLY_MAX);
	refusal.text = text;
	text[MAP_REPLY_MAX - 1 - 15] = '\0';
	ck_assert_int_eq(map_reply_write(out, &request, &refusal), MAP_REPLY_FOUND);
	ck_assert_uint_eq(strlen(out), MAP_REPLY_MAX - 1);
	text[MAP_REPLY_MAX - 1 - 15] = 'x';
	text[MAP_REPLY_MAX - 15] = '\0';
	ck_assert_int_eq(map_reply_write(out, &request, &refusal), MAP_REPLY_REFUSED);
	ck_assert_str_eq(out, "TEMP the answer is too long");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{writes, COUNT(rows)}, {the_other_mta, 1}, {what_fits, 1}};

	return suite_run("map_reply", tests, COUNT(tests));
}
