/* test_conf_name: names of hosts and domains, in their one form or refused
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_name.h"
#include "suite.h"

#include <string.h>

#define LABEL_63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define DOMAIN_253 \
	LABEL_63 "." LABEL_63 "." LABEL_63 "." \
		 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg"

static const struct domain_row {
	const char *text;
	const char *name; /* NULL: it is none */
} domains[] = {
	{"example.com", "example.com"},
	{"EXAMPLE.Com", "example.com"},
	{"example.com.", "example.com"},
	{"localhost", "localhost"},
	{"mx_1.example.com", "mx_1.example.com"},
	{"1.example", "1.example"},
	{"a-b.example", "a-b.example"},
	{"bücher.example", "xn--bcher-kva.example"},
	{"BÜCHER.example.", "xn--bcher-kva.example"},
	{"xn--bcher-kva.example", "xn--bcher-kva.example"},
	{LABEL_63 ".example", LABEL_63 ".example"},
	{DOMAIN_253, DOMAIN_253},
	{DOMAIN_253 ".", DOMAIN_253},
	{"", NULL},
	{".", NULL},
	{"..", NULL},
	{"a..example", NULL},
	{".example.com", NULL},
	{"example.com..", NULL},
	{"-a.example", NULL},
	{"a-.example", NULL},
	{"a b.example", NULL},
	{"a/b.example", NULL},
	{"a@b.example", NULL},
	{"[192.0.2.1]", NULL},
	{"a" LABEL_63 ".example", NULL},
	{"a" DOMAIN_253, NULL},
	{"\xff.example", NULL},
	{"ü..example", NULL},
};

START_TEST(domain)
{
	const struct domain_row *row = &domains[_i];
	char out[DOMAIN_MAX + 1];
	int result = conf_name_domain(row->text, out);

	ck_assert_msg((result == 0) == (row->name != NULL), "\"%s\" gives %d", row->text, result);
	if (row->name != NULL)
		ck_assert_str_eq(out, row->name);
	/* Behind the "@" of an address it is the same, unless it is a literal. */
	if (*row->text != '[')
		ck_assert_int_eq(conf_name_mail_domain(row->text, out), result);
}
END_TEST

static const struct domain_row literals[] = {
	{"[192.0.2.1]", "[192.0.2.1]"},
	{"[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]"},
	{"[2001:db8::1]", NULL},
	{"[ipv6:192.0.2.1]", NULL},
	{"[192.0.2.300]", NULL},
	{"[192.0.2.1", NULL},
	{"192.0.2.1]", NULL},
	{"[]", NULL},
	{"[", NULL},
	{"[x" DOMAIN_253 "]", NULL},
};

START_TEST(literal)
{
	const struct domain_row *row = &literals[_i];
	char out[DOMAIN_MAX + 1];
	int result = conf_name_mail_domain(row->text, out);

	ck_assert_msg((result == 0) == (row->name != NULL), "\"%s\" gives %d", row->text, result);
	if (row->name != NULL)
		ck_assert_str_eq(out, row->name);
}
END_TEST

static const struct host_row {
	const char *text;
	const char *name; /* NULL: it is none */
	enum host_kind kind;
} hosts[] = {
	{"mx1.example.com", "mx1.example.com", HOST_NAME},
	{"MX1.example.com.", "mx1.example.com", HOST_NAME},
	{"bücher.example", "xn--bcher-kva.example", HOST_NAME},
	{"3com.example", "3com.example", HOST_NAME},
	{"a.3com", "a.3com", HOST_NAME},
	{"192.0.2.1", "192.0.2.1", HOST_IPV4},
	{"[192.0.2.1]", "192.0.2.1", HOST_IPV4},
	{"2001:DB8:0:0::1", "2001:db8::1", HOST_IPV6},
	{"[2001:db8::1]", "2001:db8::1", HOST_IPV6},
	{"::ffff:192.0.2.1", "::ffff:192.0.2.1", HOST_IPV6},
	{"192.0.2.300", NULL, HOST_NAME},
	{"192.0.2", NULL, HOST_NAME},
	{"192.0.2.1.", NULL, HOST_NAME},
	{"1", NULL, HOST_NAME},
	{"mx.1", NULL, HOST_NAME},
	{"[mx1.example.com]", NULL, HOST_NAME},
	{"mx1.example.com:25", NULL, HOST_NAME},
	{"2001:db8::1::2", NULL, HOST_NAME},
	{"[]", NULL, HOST_NAME},
	{"[192.0.2.1", NULL, HOST_NAME},
	{"", NULL, HOST_NAME},
};

START_TEST(host)
{
	const struct host_row *row = &hosts[_i];
	char out[DOMAIN_MAX + 1];
	enum host_kind kind;
	int result = conf_name_host(row->text, out, &kind);

	ck_assert_msg((result == 0) == (row->name != NULL), "\"%s\" gives %d", row->text, result);
	if (row->name == NULL)
		return;
	ck_assert_str_eq(out, row->name);
	ck_assert_msg(kind == row->kind, "\"%s\" is of kind %d", row->text, (int)kind);
}
END_TEST

static const struct address_row {
	const char *text;
	const char *canonical; /* or what is wrong with it */
} addresses[] = {
	{"u@example.com", "u@example.com"},
	{"<\"U X\"@EXAMPLE.com.>", "u x@example.com"},
	{"u@bücher.example", "u@xn--bcher-kva.example"},
	{"u@[192.0.2.1]", "u@[192.0.2.1]"},
	{"\"postmaster\"", "postmaster"},
	{"postmaster", "is not an address"},
	{"@example.com", "is not an address"},
	{"u@", "is not an address"},
	{"u@a..example", "has no valid domain"},
	{LABEL_63 "x" LABEL_63 "x" LABEL_63 "x" LABEL_63 "x" LABEL_63 "x@" LABEL_63,
		"is not an address"},
};

START_TEST(address)
{
	const struct address_row *row = &addresses[_i];
	struct address out;
	const char *wrong = conf_name_address(row->text, &out);

	ck_assert_str_eq(wrong == NULL ? out.text : wrong, row->canonical);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{domain, COUNT(domains)},
		{literal, COUNT(literals)},
		{host, COUNT(hosts)},
		{address, COUNT(addresses)},
	};

	return suite_run("conf_name", tests, COUNT(tests));
}
