/* test_address: the one form of every way to write an address
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/address.h"
#include "suite.h"

#include <string.h>

#define X16  "xxxxxxxxxxxxxxxx"
#define X64  X16 X16 X16 X16
#define X48  X16 X16 X16
#define X256 X64 X64 X64 X64

static const struct row {
	const char *name;
	const char *given;
	const char *text;
	size_t local_length;
	bool has_domain;
} rows[] = {
	{"plain", "user@example.com", "user@example.com", 4, true},
	{"angle brackets", "<user@example.com>", "user@example.com", 4, true},
	{"one bracket is part of it", "<user@example.com", "<user@example.com", 5, true},
	{"case", "<User@EXAMPLE.com>", "user@example.com", 4, true},
	{"source route", "<@a.example,@b.example:user@example.com>", "user@example.com", 4, true},
	{"source route without an end", "<@a.example>", "@a.example", 0, true},
	{"trailing dot", "<user@example.com.>", "user@example.com", 4, true},
	{"all dots go", "<user@example.com..>", "user@example.com", 4, true},
	{"quoted", "<\"user\"@example.com>", "user@example.com", 4, true},
	{"quoted space", "<\"odd name\"@example.com>", "odd name@example.com", 8, true},
	{"quoted at", "<\"a@b\"@example.com>", "a@b@example.com", 3, true},
	{"quoted quote", "<\"a\\\"b\"@example.com>", "a\"b@example.com", 3, true},
	{"escaped at", "<a\\@b@example.com>", "a@b@example.com", 3, true},
	{"escaped octet in quotes", "<\"a\\b\"@example.com>", "ab@example.com", 2, true},
	{"backslash at the end", "a\\", "a\\", 2, false},
	{"two ats", "<a@b@example.com>", "a@b@example.com", 3, true},
	{"percent", "<a%b.example@example.com>", "a%b.example@example.com", 11, true},
	{"literal", "<user@[192.0.2.1]>", "user@[192.0.2.1]", 4, true},
	{"IPv6 literal", "<user@[IPv6:2001:DB8::1]>", "user@[ipv6:2001:db8::1]", 4, true},
	{"no domain", "<postmaster>", "postmaster", 10, false},
	{"empty domain", "<user@>", "user", 4, false},
	{"a dot for a domain", "<user@.>", "user", 4, false},
	{"no local part", "<@example.com>", "@example.com", 0, true},
	{"the null sender", "<>", "", 0, false},
	{"nothing", "", "", 0, false},
	{"UTF-8",
		"<Jos\xc3\xa9@b\xc3\xbc"
		"cher.example>",
		"jos\xc3\xa9@b\xc3\xbc"
		"cher.example",
		5, true},
};

START_TEST(parses)
{
	const struct row *row = &rows[_i];
	struct address address;

	address_parse(&address, row->given);
	ck_assert_msg(strcmp(address.text, row->text) == 0, "%s: \"%s\"", row->name, address.text);
	ck_assert_msg(address.length == strlen(row->text), "%s: length", row->name);
	ck_assert_msg(address.local_length == row->local_length, "%s: local part of %zu", row->name,
		address.local_length);
	ck_assert_msg(address.has_domain == row->has_domain, "%s: has a domain", row->name);
	ck_assert_msg(address.domain == (row->has_domain ? row->local_length + 1 : address.length),
		"%s: domain at %zu", row->name, address.domain);
	ck_assert_msg(!address.too_long, "%s: too long", row->name);
}
END_TEST

static const struct equal_row {
	const char *a;
	const char *b;
} equals[] = {
	{"<user@example.com>", "\"USER\"@Example.COM."},
	{"<@relay.example:user@example.com>", "u\\ser@example.com"},
	{"<>", ""},
};

START_TEST(one_form_one_hash)
{
	struct address a, b;

	address_parse(&a, equals[_i].a);
	address_parse(&b, equals[_i].b);
	ck_assert_str_eq(a.text, b.text);
	ck_assert_msg(a.hash == b.hash, "%s", equals[_i].a);
}
END_TEST

static const struct length_row {
	const char *name;
	const char *given;
	size_t local_length;
	const char *domain;
	bool too_long;
} lengths[] = {
	{"321 octets", "xx" X256 "@" X48 "xxxxxxxxxx.com", 257, X48 "xxxxxxxxxx.com", true},
	{"319 octets", X256 "@" X48 "xxxxxxxxxx.com", 256, X48 "xxxxxxxxxx.com", false},
	{"320 exactly", "x" X256 "@" X48 "xxxxxxxxxx.com", 257, X48 "xxxxxxxxxx.com", false},
	{"320 and a dot", "x" X256 "@" X48 "xxxxxxxxxx.com.", 257, X48 "xxxxxxxxxx.com", false},
	{"1000 octets", X256 X256 X256 X256 "@example.com", 308, "example.com", true},
	{"1000 octets, quoted, with @", "\"" X256 X256 X256 X256 "@x.y\"@example.com", 308,
		"example.com", true},
	{"no domain", X256 X64 X64, 320, "", true},
	{"half a character would be left",
		X256 X48 "xx\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc@example.com", 306, "example.com",
		true},
	{"a long domain beside a local part", "u@" X256 X48 "x.example.com", 1,
		X256 X48 "x.example.com", false},
	{"a longer one", "uu@" X256 X48 "xx.example.com", 1, X256 X48 "xx.example.com", true},
	{"too long a domain", "u@" X256 X48 "xxx.y.Example.com", 0, "?.y.example.com", true},
	{"a label that begins where it is cut", "u@xxxx." X256 X48 "example.com", 0,
		"?." X256 X48 "example.com", true},
	{"too long a domain, of one label", "u@" X256 X256, 0, "?.", true},
};

START_TEST(length)
{
	const struct length_row *row = &lengths[_i];
	struct address address;

	address_parse(&address, row->given);
	ck_assert_msg(address.too_long == row->too_long, "%s", row->name);
	ck_assert_msg(address.local_length == row->local_length, "%s: local part of %zu", row->name,
		address.local_length);
	ck_assert_msg(strcmp(address.text + address.domain, row->domain) == 0, "%s: %s", row->name,
		address.text + address.domain);
	ck_assert_uint_eq(address.length, strlen(address.text));
	ck_assert_int_eq(address.has_domain, *row->domain != '\0');
}
END_TEST

START_TEST(too_long_ones_still_differ)
{
	struct address a, b;

	address_parse(&a, X256 X256 "1@example.com");
	address_parse(&b, X256 X256 "2@example.com");
	ck_assert(a.too_long && b.too_long);
	ck_assert(a.hash != b.hash);
}
END_TEST

START_TEST(takes_a_domain)
{
	struct address address, same;

	address_parse(&address, "u@b\xc3\xbc"
				"cher.example");
	ck_assert(address.needs_ascii);
	address_set_domain(&address, "XN--bcher-kva.example");
	address_parse(&same, "u@xn--bcher-kva.example");
	ck_assert(!address.needs_ascii);
	ck_assert_str_eq(address.text, same.text);
	ck_assert(address.hash == same.hash);
	address_parse(&address, X256 "@e.com");
	address_set_domain(&address, X64 ".com");
	ck_assert(address.too_long);
	ck_assert_str_eq(address.text + address.local_length, "@" X64 ".com");
	ck_assert_uint_eq(address.length, ADDRESS_MAX);
	address_parse(&address, "nobody");
	address_set_domain(&address, "example.com");
	ck_assert_str_eq(address.text, "nobody");
}
END_TEST

static const struct unquoted_row {
	const char *given;
	const char *quoted; /* the same as the MTA's RCPT has it */
} unquoted[] = {
	{"user@example.com", "<user@example.com>"},
	{"User@Example.COM.", "<user@example.com>"},
	{"odd name@example.com", "<\"odd name\"@example.com>"},
	{"a\"b@example.com", "<\"a\\\"b\"@example.com>"},
	{"a\\b@example.com", "<\"a\\\\b\"@example.com>"},
	{"a@b@example.com", "<\"a@b\"@example.com>"},
	{"\"@example.com", "<\"\\\"\"@example.com>"},
	{"<a>@example.com", "<\"<a>\"@example.com>"},
	{"@a.example:u@example.com", "<\"@a.example:u\"@example.com>"},
	{"@example.com", "<\"\"@example.com>"},
	{"nobody\\", "nobody\\"},
	{"u@", "<u@>"},
	{"", "<>"},
	{X256 X256 "@e.com", X256 X256 "@e.com"},
	{"u@" X256 X256 ".e.com..", "u@" X256 X256 ".e.com.."},
};

START_TEST(without_quotes)
{
	const struct unquoted_row *row = &unquoted[_i];
	struct address address, same;

	address_parse_unquoted(&address, row->given);
	address_parse(&same, row->quoted);
	ck_assert_str_eq(address.text, same.text);
	ck_assert_msg(address.hash == same.hash, "%s: hash", row->given);
	ck_assert_uint_eq(address.length, same.length);
	ck_assert_uint_eq(address.local_length, same.local_length);
	ck_assert_uint_eq(address.domain, same.domain);
	ck_assert(address.has_domain == same.has_domain && address.too_long == same.too_long);
}
END_TEST

START_TEST(without_quotes_in_utf_8)
{
	struct address address;

	address_parse_unquoted(&address, "jos\xc3\xa9@example.com");
	ck_assert(!address.needs_ascii);
	address_parse_unquoted(&address, "u@b\xc3\xbc"
					 "cher.example");
	ck_assert(address.needs_ascii);
}
END_TEST

static const struct base_row {
	const char *given;
	const char *delimiters;
	size_t expected;
} bases[] = {
	{"user+x@example.com", "+", 4},
	{"user+x+y@example.com", "+", 4},
	{"user-x+y@example.com", "+-", 4},
	{"user-x@example.com", "+", 6},
	{"+x@example.com", "+", 2},
	{"u+@example.com", "+", 1},
	{"user@ex+ample.com", "+", 4},
	{"user+x", "+", 4},
	{"user+x@example.com", "", 6},
};

START_TEST(base)
{
	struct address address;

	address_parse(&address, bases[_i].given);
	ck_assert_msg(address_base_length(&address, bases[_i].delimiters) == bases[_i].expected,
		"%s with %s", bases[_i].given, bases[_i].delimiters);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{parses, COUNT(rows)},
		{one_form_one_hash, COUNT(equals)}, {length, COUNT(lengths)},
		{too_long_ones_still_differ, 1}, {takes_a_domain, 1},
		{without_quotes, COUNT(unquoted)}, {without_quotes_in_utf_8, 1},
		{base, COUNT(bases)}};

	return suite_run("address", tests, COUNT(tests));
}
