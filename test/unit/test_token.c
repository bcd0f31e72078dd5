/* test_token: addresses that stand for recipients
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/table.h"
#include "core/token.h"
#include "suite.h"

#include <string.h>

static const struct address_row {
	const char *recipient;
	const char *expected;
} address_rows[] = {
	{"<u@example.com>", "<u%example.com@exchange.3.nexthop>"},
	{"u@example.com", "<u%example.com@exchange.3.nexthop>"},
	{"<U+ext@Example.COM.>", "<U+ext%Example.COM@exchange.3.nexthop>"},
	{"<\"odd name\"@example.com>", "<\"odd name\"%example.com@exchange.3.nexthop>"},
	{"<\"a@b\"@example.com>", "<\"a@b\"%example.com@exchange.3.nexthop>"},
	{"<a%b@example.com>", "<a%b%example.com@exchange.3.nexthop>"},
	{"<a!b@example.com>", "<a!b%example.com@exchange.3.nexthop>"},
	{"<@relay.example,@other.example:u@example.com>", "<u%example.com@exchange.3.nexthop>"},
	{"<u@[192.0.2.1]>", "<u%[192.0.2.1]@exchange.3.nexthop>"},
	{"<postmaster>", "<postmaster%mx.example@exchange.3.nexthop>"},
	{"<u@>", "<u%mx.example@exchange.3.nexthop>"},
};

START_TEST(addresses)
{
	const struct address_row *row = &address_rows[_i];
	char out[TOKEN_MAX];

	ck_assert_int_eq(token_address(out, row->recipient, "mx.example", "exchange.3"), 0);
	ck_assert_str_eq(out, row->expected);
}
END_TEST

START_TEST(the_longest_address)
{
	char name[TOKEN_NAME_MAX];
	char pool[TOKEN_POOL_MAX + 1];
	char recipient[2 * ADDRESS_MAX + 2];
	char out[TOKEN_MAX];

	memset(pool, 'p', TOKEN_POOL_MAX);
	pool[TOKEN_POOL_MAX] = '\0';
	token_name(name, pool, POOL_HOSTS_MAX - 1);
	memset(recipient, 'x', sizeof(recipient));
	recipient[3] = '@';
	recipient[sizeof(recipient) - 1] = '\0';
	ck_assert_int_eq(token_address(out, recipient, "", name), 0);
	ck_assert_uint_eq(strlen(out), strlen(recipient) + strlen(name) + 11);

	char longer[2 * ADDRESS_MAX + 3];

	memset(longer, 'x', sizeof(longer));
	longer[3] = '@';
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(token_address(out, longer, "", name), -1);
}
END_TEST

static const struct name_row {
	const char *pool;
	const char *label; /* NULL: the key of the name in hexadecimal */
} name_rows[] = {
	{"exchange", "exchange"},
	{"mx-2", "mx-2"},
	{"0", "0"},
	{"Exchange", NULL},
	{"a_b", NULL},
	{"route:ceo@example.com", NULL},
	{"route:.example.com", NULL},
	{"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", NULL},
};

START_TEST(names_come_back)
{
	const struct name_row *row = &name_rows[_i];
	char name[TOKEN_NAME_MAX];
	struct token token;

	token_name(name, row->pool, 17);
	if (row->label != NULL)
		ck_assert_int_eq(strncmp(name, row->label, strlen(row->label)), 0);
	else
		ck_assert_uint_eq(strspn(name, "_0123456789abcdef"), 17);
	ck_assert_str_eq(strchr(name, '.'), ".17");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(token_parse(&token, name), 0);
		ck_assert_int_eq(token.position, 17);
		ck_assert_uint_eq(token.pool, table_pool_key(row->pool));
		/* Sendmail may change the case. */
		for (char *p = name; *p != '\0'; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
	}
}
END_TEST

static const char *const no_names[] = {"", ".", "exchange", "exchange.", ".0", "exchange.x",
	"exchange.-1", "exchange.1000000", "exchange.0.1", "a b.0", "_12.0", "_0123456789abcdeg.0",
	"_0123456789abcdef0.0", "a_b.0", "\"x\".0",
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn.0"};

START_TEST(what_is_no_name)
{
	struct token token;

	ck_assert_msg(token_parse(&token, no_names[_i]) == -1, "%s", no_names[_i]);
}
END_TEST

static const struct inside_row {
	const char *recipient;
	bool is_in;
} inside_rows[] = {
	{"<u%d@x.0.nexthop>", true},
	{"<u%d@x.0.NextHop>", true},
	{"<u%d@x.0.nexthop.>", true},
	{"u@x.nexthop", true},
	{"<u%d%x.0.nexthop@mx.example>", true},
	{"<x.0.nexthop!u%d>", true},
	{"<@x.0.nexthop:u%d@mx.example>", true},
	{"<@a.example,@x.0.nexthop,@b.example:u@d>", true},
	{"<\"a\"@x.0.nexthop>", true},
	{"<a\\\"@x.0.nexthop>", true},
	{"<u@example.com>", false},
	{"<u@nexthop>", false},
	{"<u@nexthop.example.com>", false},
	{"<u@x.nexthop.example.com>", false},
	{"<u@x.nexthops>", false},
	{"<u@x.nexthop-2>", false},
	{"<a.nexthop.b@example.com>", false},
	{"<\"u@x.0.nexthop\"@example.com>", false},
	{"<>", false},
	{"", false},
	{"\"", false},
	{"\\", false},
	{"<u@x.nextho", false},
};

START_TEST(inside)
{
	const struct inside_row *row = &inside_rows[_i];

	ck_assert_msg(token_is_in(row->recipient) == row->is_in, "%s", row->recipient);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{addresses, COUNT(address_rows)},
		{the_longest_address, 1},
		{names_come_back, COUNT(name_rows)},
		{what_is_no_name, COUNT(no_names)},
		{inside, COUNT(inside_rows)},
	};

	return suite_run("token", tests, COUNT(tests));
}
