/* test_endpoint: HOST and HOST:PORT, read and written
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/endpoint.h"
#include "suite.h"

#include <string.h>

static const struct row {
	const char *text;
	const char *name; /* NULL: it is none */
	int port;
	const char *written; /* with port 25 if there is none */
} rows[] = {
	{"mx1.example.com", "mx1.example.com", 0, "mx1.example.com:25"},
	{"MX1.example.com:2525", "mx1.example.com", 2525, "mx1.example.com:2525"},
	{"192.0.2.1:25", "192.0.2.1", 25, "192.0.2.1:25"},
	{"2001:DB8::1", "2001:db8::1", 0, "[2001:db8::1]:25"},
	{"[2001:db8::1]", "2001:db8::1", 0, "[2001:db8::1]:25"},
	{"[2001:db8::1]:26", "2001:db8::1", 26, "[2001:db8::1]:26"},
	{"[192.0.2.1]:26", "192.0.2.1", 26, "192.0.2.1:26"},
	{"x:65535", "x", 65535, "x:65535"},
	{"unix:private/Dovecot-lmtp", "unix:private/Dovecot-lmtp", 0, "unix:private/Dovecot-lmtp"},
	{"unix:/a:1", "unix:/a:1", 0, "unix:/a:1"},
	{"unix:", NULL, 0, NULL},
	{"", NULL, 0, NULL},
	{":25", NULL, 0, NULL},
	{"[]:25", NULL, 0, NULL},
	{"x:", NULL, 0, NULL},
	{"x:0", NULL, 0, NULL},
	{"x:65536", NULL, 0, NULL},
	{"x:25x", NULL, 0, NULL},
	{"[x", NULL, 0, NULL},
	{"[x]25", NULL, 0, NULL},
};

START_TEST(reads_and_writes)
{
	const struct row *row = &rows[_i];
	struct endpoint endpoint;
	char out[ENDPOINT_TEXT_MAX];

	if (row->name == NULL) {
		ck_assert_msg(endpoint_parse(&endpoint, row->text) == -1, "\"%s\"", row->text);
		return;
	}
	ck_assert_msg(endpoint_parse(&endpoint, row->text) == 0, "\"%s\"", row->text);
	ck_assert_str_eq(endpoint.name, row->name);
	ck_assert_int_eq(endpoint.port, row->port);
	ck_assert_str_eq(
		endpoint_format(out, endpoint.name, endpoint.port == 0 ? 25 : endpoint.port),
		row->written);
}
END_TEST

START_TEST(long_names)
{
	char name[DOMAIN_MAX + 2];
	struct endpoint endpoint;
	char out[ENDPOINT_TEXT_MAX];

	memset(name, 'x', sizeof(name));
	name[DOMAIN_MAX + 1] = '\0';
	ck_assert_int_eq(endpoint_parse(&endpoint, name), -1);
	name[DOMAIN_MAX] = '\0';
	ck_assert_int_eq(endpoint_parse(&endpoint, name), 0);
	name[3] = ':';
	ck_assert_uint_eq(strlen(endpoint_format(out, name, 65535)), DOMAIN_MAX + 8);
}
END_TEST

static const struct foreign_row {
	int64_t port;
	const char *written;
} foreign[] = {
	{0, "x:0"},
	{65535, "x:65535"},
	{65536, "x:?"},
	{-1, "x:?"},
	{INT64_MIN, "x:?"},
	{9999999999, "x:?"},
};

START_TEST(foreign_ports)
{
	char out[ENDPOINT_TEXT_MAX];

	ck_assert_str_eq(endpoint_format(out, "x", foreign[_i].port), foreign[_i].written);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{reads_and_writes, COUNT(rows)}, {long_names, 1}, {foreign_ports, COUNT(foreign)}};

	return suite_run("endpoint", tests, COUNT(tests));
}
