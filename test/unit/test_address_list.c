/* test_address_list: the addresses in a header
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/address_list.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 4000 };

static struct address_list list;

/* In memory that ends where VALUE does; they come back parted by "|". */
static const char *addresses(const char *value, size_t length)
{
	static char out[OUT_MAX];
	char *exact = malloc(length == 0 ? 1 : length);
	size_t used = 0;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, value, length);
	list.count = 0;
	list.has_more = false;
	address_list_add(&list, span_make(exact, length));
	free(exact);
	out[0] = '\0';
	for (int i = 0; i < list.count; i++)
		used += (size_t)snprintf(
			out + used, sizeof(out) - used, "%s%s", i == 0 ? "" : "|", list.texts[i]);
	return out;
}

static const struct row {
	const char *name;
	const char *value;
	const char *expected;
} rows[] = {
	{"nothing", "", ""},
	{"spaces", " \t\r\n ", ""},
	{"one", "a@x.example", "a@x.example"},
	{"white space around it", " \ta@x.example \r\n", "a@x.example"},
	{"several", "a@x.example, b@y.example,c@z.example", "a@x.example|b@y.example|c@z.example"},
	{"semicolons, as some write them", "a@x.example; b@x.example", "a@x.example|b@x.example"},
	{"empty entries", ",, a@x.example ,,", "a@x.example"},
	{"each once", "a@x.example, <a@x.example>, A@x.example", "a@x.example|A@x.example"},
	{"a local name", "root", "root"},
	{"brackets", "<a@x.example>", "a@x.example"},
	{"a name", "Jo Doe <a@x.example>", "a@x.example"},
	{"a name without a space", "Jo<a@x.example>", "a@x.example"},
	{"a quoted name", "\"Doe, Jo\" <a@x.example>, b@x.example", "a@x.example|b@x.example"},
	{"a quote in a quoted name", "\"Jo \\\"J, <x>\\\" D\" <a@x.example>", "a@x.example"},
	{"an address as a name", "\"b@y.example\" <a@x.example>", "a@x.example"},
	{"an address as a bare name", "b@y.example <a@x.example>", "a@x.example"},
	{"an encoded word", "=?utf-8?Q?J=C3=B6?= <a@x.example>", "a@x.example"},
	{"an encoded word with a comma", "=?utf-8?Q?Doe,_J=C3=B6?= <a@x.example>", "a@x.example"},
	{"a name of 8 bits", "J\303\266 <a@x.example>", "a@x.example"},
	{"8 bits", "<j\303\266@b\303\274cher.example>", "j\303\266@b\303\274cher.example"},
	{"a name and no address", "Jo Doe, a@x.example", "a@x.example"},
	{"words, the last an address", "Jo Doe a@x.example", "a@x.example"},
	{"words behind an address", "a@x.example Jo Doe", ""},
	{"a comment", "a@x.example (Jo, Doe <b@x.example>)", "a@x.example"},
	{"a comment in front", "(Jo) a@x.example", "a@x.example"},
	{"comments nest", "(a (b) c@y.example) a@x.example", "a@x.example"},
	{"a bracket that is none", "(a \\) b@y.example, c) a@x.example", "a@x.example"},
	{"a comment without an end", "a@x.example (b, c@y.example", "a@x.example"},
	{"a comment inside brackets", "<a(b)@x.example>", "a@x.example"},
	{"an end without a comment", "a@x.example), b@x.example", "a@x.example)|b@x.example"},
	{"folded", "a@x.example,\r\n\tJo\n Doe <b@x.example>", "a@x.example|b@x.example"},
	{"folded brackets", "<a@\r\n x.example>", "a@x.example"},
	{"spaces around @ and dots", "a . b @ x . example", "a.b@x.example"},
	{"a quoted local part", "\"a b,c\"@x.example", "\"a b,c\"@x.example"},
	{"a quoted one in brackets", "<\"a>b\"@x.example>", "\"a>b\"@x.example"},
	{"a fold in quotes", "\"a\r\n b\"@x.example", "\"a b\"@x.example"},
	{"quotes inside", "a.\"b c\".d@x.example", "a.\"b c\".d@x.example"},
	{"an IPv6 literal", "a@[IPv6:2001:db8::1], b@x.example",
		"a@[IPv6:2001:db8::1]|b@x.example"},
	{"a literal in brackets", "<a@[192.0.2.1]>", "a@[192.0.2.1]"},
	{"a group", "friends: a@x.example, Jo <b@x.example>; c@x.example",
		"a@x.example|b@x.example|c@x.example"},
	{"an empty group", "undisclosed-recipients:;", ""},
	{"a quoted group", "\"my, friends\":a@x.example;", "a@x.example"},
	{"a source route", "<@r.example,@s.example:a@x.example>",
		"@r.example,@s.example:a@x.example"},
	{"nobody", "<>", ""},
	{"nobody, and somebody", "<>, <a@x.example>", "a@x.example"},
	{"no end of brackets", "Jo <a@x.example", ""},
	{"no end of quotes", "\"Jo <a@x.example>", ""},
	{"no end of a literal", "a@[192.0.2.1", ""},
	{"words behind brackets", "<a@x.example> (Jo) Doe \"x, y\", b@x.example",
		"a@x.example|b@x.example"},
	{"brackets behind brackets", "<a@x.example> <b@x.example>, c@x.example",
		"a@x.example|c@x.example"},
	{"a backslash at the end", "a@x.example \\", ""},
	{"a backslash at the end of quotes", "\"a\\", ""},
	{"a backslash at the end of a comment", "a@x.example (\\", "a@x.example"},
	{"a control character", "a\001@x.example, b@x.example", "b@x.example"},
	{"a DEL", "<a\177@x.example>, b@x.example", "b@x.example"},
};

START_TEST(finds)
{
	const struct row *row = &rows[_i];
	const char *found = addresses(row->value, strlen(row->value));

	ck_assert_msg(strcmp(found, row->expected) == 0, "%s: \"%s\"", row->name, found);
	ck_assert(!list.has_more);
}
END_TEST

START_TEST(a_nul_is_in_no_address)
{
	static const char value[] = "a\0b@x.example, <c@x.example\0>, d@x.example";

	ck_assert_str_eq(addresses(value, sizeof(value) - 1), "d@x.example");
}
END_TEST

START_TEST(too_long_is_none)
{
	char value[3 * ADDRESS_LIST_TEXT_MAX];
	size_t length = 0;

	memset(value, 'x', sizeof(value));
	ck_assert_uint_eq(strlen(addresses(value, ADDRESS_LIST_TEXT_MAX)), ADDRESS_LIST_TEXT_MAX);
	ck_assert_str_eq(addresses(value, ADDRESS_LIST_TEXT_MAX + 1), "");
	length = ADDRESS_LIST_TEXT_MAX + 1;
	memcpy(value + length, ",a@x.example", 12);
	ck_assert_str_eq(addresses(value, length + 12), "a@x.example");
	value[0] = '<';
	memcpy(value + 2000, ">,b@x.example", 13);
	value[length] = 'x';
	ck_assert_str_eq(addresses(value, 2013), "b@x.example");
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
	char value[8000] = "";
	size_t used = 0;

	for (int i = 0; i < ADDRESS_LIST_MAX; i++)
		used += (size_t)sprintf(value + used, "u%d@x.example,", i);
	addresses(value, used);
	ck_assert_int_eq(list.count, ADDRESS_LIST_MAX);
	ck_assert_str_eq(list.texts[ADDRESS_LIST_MAX - 1], "u99@x.example");
	/* One that is there already needs none. */
	address_list_add(&list, span_make("u5@x.example", 12));
	ck_assert(!list.has_more);
	address_list_add(&list, span_make("more@x.example", 14));
	ck_assert_int_eq(list.count, ADDRESS_LIST_MAX);
	ck_assert(list.has_more);
}
END_TEST

/* Octets of the scanner's own signs, in any order: none is read past the end. */
START_TEST(any_octets)
{
	static const char signs[] = "<>\"\\()[],;:@. \r\n\t=?ab";
	unsigned seed = (unsigned)_i + 1;

	for (int i = 0; i < 2000; i++) {
		char value[40];
		size_t length = suite_random(&seed) % sizeof(value);

		for (size_t k = 0; k < length; k++)
			value[k] = signs[suite_random(&seed) % (sizeof(signs) - 1)];
		addresses(value, length);
		for (int k = 0; k < list.count; k++)
			ck_assert_uint_lt(strcspn(list.texts[k], "\r\n"), sizeof(value));
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{finds, COUNT(rows)},
		{a_nul_is_in_no_address, 1},
		{too_long_is_none, 1},
		{no_more_than_there_is_room_for, 1},
		{any_octets, 5},
	};

	return suite_run("address_list", tests, COUNT(tests));
}
