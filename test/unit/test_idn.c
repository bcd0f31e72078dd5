/* test_idn: one domain, however it is written
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "suite.h"
#include "text/idn.h"

#include <string.h>

static const struct row {
	const char *given;
	const char *expected; /* NULL: it is no domain */
} rows[] = {
	{"b\xc3\xbc"
	 "cher.example",
		"xn--bcher-kva.example"},
	{"B\xc3\x9c"
	 "CHER.Example",
		"xn--bcher-kva.example"},
	{"bu\xcc\x88"
	 "cher.example",
		"xn--bcher-kva.example"}, /* decomposed */
	{"xn--bcher-kva.example", "xn--bcher-kva.example"},
	{"stra\xc3\x9f"
	 "e.example",
		"xn--strae-oqa.example"},
	{"\xe4\xbe\x8b\xe3\x81\x88.example", "xn--r8jz45g.example"},
	{"plain.example", "plain.example"},
	{"b\xfc"
	 "cher.example",
		NULL},			/* Latin-1 */
	{"\xe2\x80\x8b.example", NULL}, /* nothing but a zero width space */
	{"", NULL},
};

START_TEST(to_ascii)
{
	char out[DOMAIN_MAX + 1];

	if (rows[_i].expected == NULL) {
		ck_assert_msg(idn_to_ascii(rows[_i].given, out) == -1, "row %d", _i);
		return;
	}
	ck_assert_msg(idn_to_ascii(rows[_i].given, out) == 0, "%s", rows[_i].given);
	ck_assert_str_eq(out, rows[_i].expected);
}
END_TEST

START_TEST(folds_an_address)
{
	struct address utf8, ascii;

	address_parse(&utf8, "<Jos\xc3\xa9@B\xc3\xbc"
			     "cher.example.>");
	idn_fold_address(&utf8);
	address_parse(&ascii, "jos\xc3\xa9@xn--bcher-kva.example");
	idn_fold_address(&ascii);
	ck_assert_str_eq(utf8.text, ascii.text);
	ck_assert(utf8.hash == ascii.hash);
}
END_TEST

#define U40  "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
#define U240 U40 U40 U40 U40 U40 U40
#define L60  "123456789a123456789a123456789a123456789a123456789a123456789a"

/* Not all labels of the domain have A-labels, or they are too many: the last ones stand for it. */
static const struct last_row {
	const char *given;
	const char *text; /* without the local part */
} lasts[] = {
	{"u@b\xfc"
	 "cher.example",
		"?.example"},
	{"u@x.b\xfc"
	 "cher.B\xc3\xbc"
	 "cher.example",
		"?.xn--bcher-kva.example"},
	{"u@a..b\xc3\xbc"
	 "cher.example",
		"?.xn--bcher-kva.example"},
	{"u@" L60 "." L60 "." L60 "." L60 ".b\xc3\xbc"
	 "cher.example",
		"?." L60 "." L60 "." L60 ".xn--bcher-kva.example"},
	/* Longer than an address altogether. */
	{"u@" L60 "." L60 "." L60 "." L60 "." L60 "." L60 ".b\xc3\xbc"
	 "cher.example",
		"?." L60 "." L60 "." L60 ".xn--bcher-kva.example"},
	{"u@" U240 U240 "\xe3\x80\x82"
	 "b\xc3\xbc"
	 "cher\xe3\x80\x82"
	 "example",
		"?.xn--bcher-kva.example"},
};

START_TEST(keeps_the_last_labels)
{
	struct address address;

	address_parse(&address, lasts[_i].given);
	idn_fold_address(&address);
	ck_assert_str_eq(address.text + address.domain, lasts[_i].text);
	ck_assert(address.too_long && address.has_domain);
}
END_TEST

START_TEST(leaves_what_is_no_domain)
{
	struct address address;

	address_parse(&address, "u@b\xfc"
				"cher");
	idn_fold_address(&address);
	ck_assert(address.needs_ascii);
	ck_assert_str_eq(address.text, "u@b\xfc"
				       "cher");
}
END_TEST

/* The A-labels are longer than the domain: the local part makes room. */
START_TEST(a_local_part_makes_room)
{
	struct address address;
	char given[ADDRESS_MAX + 1];

	memset(given, 'x', sizeof(given));
	strcpy(given + ADDRESS_MAX - 16, "@b\xc3\xbc"
					 "cher.example");
	address_parse(&address, given);
	ck_assert(!address.too_long);
	idn_fold_address(&address);
	ck_assert(address.too_long);
	ck_assert_str_eq(address.text + address.local_length, "@xn--bcher-kva.example");
	ck_assert_uint_eq(address.length, ADDRESS_MAX);
	ck_assert_uint_eq(address.domain, address.local_length + 1);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{to_ascii, COUNT(rows)}, {folds_an_address, 1},
		{leaves_what_is_no_domain, 1}, {keeps_the_last_labels, COUNT(lasts)},
		{a_local_part_makes_room, 1}};

	return suite_run("idn", tests, COUNT(tests));
}
