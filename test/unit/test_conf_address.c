/* test_conf_address: hosts, domains and sockets, in their one form or refused
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_address.h"
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
	int result = conf_address_domain(row->text, out);

	ck_assert_msg((result == 0) == (row->name != NULL), "\"%s\" gives %d", row->text, result);
	if (row->name != NULL)
		ck_assert_str_eq(out, row->name);
	/* Behind the "@" of an address it is the same, unless it is a literal. */
	if (*row->text != '[')
		ck_assert_int_eq(conf_address_mail_domain(row->text, out), result);
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
	int result = conf_address_mail_domain(row->text, out);

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
	{"unix:private/Dovecot-lmtp", "unix:private/Dovecot-lmtp", HOST_UNIX},
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
	{"[mx1.example.com]", "mx1.example.com", HOST_NAME},
	{"[MX1.example.com.]", "mx1.example.com", HOST_NAME},
	{"[[mx1.example.com]]", NULL, HOST_NAME},
	{"[mx.1]", NULL, HOST_NAME},
	{"[mx1.example.com]:25", NULL, HOST_NAME},
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
	int result = conf_address_host(row->text, out, &kind);

	ck_assert_msg((result == 0) == (row->name != NULL), "\"%s\" gives %d", row->text, result);
	if (row->name == NULL)
		return;
	ck_assert_str_eq(out, row->name);
	ck_assert_msg(kind == row->kind, "\"%s\" is of kind %d", row->text, (int)kind);
}
END_TEST

static const struct written_row {
	const char *text;
	const char *written;
} written[] = {
	{"mx1.example.com", "mx1.example.com"},
	{"MX1.Example.com.", "MX1.Example.com"},
	{"[MX1.example.com.]", "MX1.example.com"},
	{"bücher.example", "xn--bcher-kva.example"},
	{"[bücher.example]", "xn--bcher-kva.example"},
	{"[192.0.2.1]", "192.0.2.1"},
	{"2001:DB8:0:0::1", "2001:DB8:0:0::1"},
	{"[2001:db8:0:0:0:0:0:1]", "2001:db8:0:0:0:0:0:1"},
};

START_TEST(as_written)
{
	char name[DOMAIN_MAX + 1];
	char out[DOMAIN_MAX + 1];
	enum host_kind kind;

	ck_assert_int_eq(conf_address_host(written[_i].text, name, &kind), 0);
	ck_assert_str_eq(
		conf_address_host_written(written[_i].text, name, out), written[_i].written);
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
	const char *wrong = conf_address_mail(row->text, &out);

	ck_assert_str_eq(wrong == NULL ? out.text : wrong, row->canonical);
}
END_TEST

static const struct address_row matches[] = {
	{"ALL", "ALL"},
	{"Example.COM.", "example.com"},
	{".bücher.example", ".xn--bcher-kva.example"},
	{"[192.0.2.1]", "[192.0.2.1]"},
	{"U+List@EXAMPLE.com", "u+list@example.com"},
	{"\"u x\"@example.com", "u x@example.com"},
	{"postmaster", "postmaster"},
	{"\"postmaster\"", "postmaster"},
	{"all", "all"},
	{"", "is not an address, a domain, a .domain or ALL"},
	{".", "is not an address, a domain, a .domain or ALL"},
	{"..example.com", "is not an address, a domain, a .domain or ALL"},
	{"a b", "is not an address, a domain, a .domain or ALL"},
	{".[192.0.2.1]", "is not an address, a domain, a .domain or ALL"},
	{"@example.com", "is not an address"},
	{"u@a..example", "has no valid domain"},
};

START_TEST(match)
{
	const struct address_row *row = &matches[_i];
	char out[ADDRESS_MAX + 1];
	const char *wrong = conf_address_match(row->text, out);

	ck_assert_str_eq(wrong == NULL ? out : wrong, row->canonical);
}
END_TEST

/* ---- sockets: unix:/path and inet:PORT@ADDRESS */

static const struct socket_row {
	const char *text;
	const char *path; /* with host NULL, too: it is none */
	const char *host;
	int port;
} sockets[] = {
	{"unix:/run/x.sock", "/run/x.sock", NULL, 0},
	{"unix:/a b", "/a b", NULL, 0},
	{"inet:25@127.0.0.1", NULL, "127.0.0.1", 25},
	{"inet:65535@::1", NULL, "::1", 65535},
	{"inet:1@localhost", NULL, "127.0.0.1", 1},
	{"unix:", NULL, NULL, 0},
	{"unix:x.sock", NULL, NULL, 0},
	{"unix:/", NULL, NULL, 0},
	{"unix:/run/", NULL, NULL, 0},
	{"UNIX:/run/x.sock", NULL, NULL, 0},
	{"/run/x.sock", NULL, NULL, 0},
	{"local:/run/x.sock", NULL, NULL, 0},
	{"inet:25", NULL, NULL, 0},
	{"inet:@127.0.0.1", NULL, NULL, 0},
	{"inet:0@127.0.0.1", NULL, NULL, 0},
	{"inet:65536@127.0.0.1", NULL, NULL, 0},
	{"inet:000025@127.0.0.1", NULL, NULL, 0},
	{"inet:-1@127.0.0.1", NULL, NULL, 0},
	{"inet:25x@127.0.0.1", NULL, NULL, 0},
	{"inet:25@", NULL, NULL, 0},
	{"inet:25@mx.example.com", NULL, NULL, 0},
	{"inet:25@[::1]", NULL, NULL, 0},
	{"inet:25@127.0.0.1@127.0.0.1", NULL, NULL, 0},
	{"inet6:25@::1", NULL, NULL, 0},
	{"", NULL, NULL, 0},
};

START_TEST(socket_text)
{
	const struct socket_row *row = &sockets[_i];
	struct conf_socket socket;
	int result = conf_address_socket(&socket, row->text);

	if (row->path == NULL && row->host == NULL) {
		ck_assert_msg(result == -1, "\"%s\"", row->text);
		return;
	}
	ck_assert_msg(result == 0, "\"%s\"", row->text);
	ck_assert_str_eq(socket.text, row->text);
	ck_assert_pstr_eq(socket.path, row->path);
	ck_assert_pstr_eq(socket.host, row->host);
	ck_assert_int_eq(socket.port, row->port);
}
END_TEST

START_TEST(nothing_is_a_socket_that_is_not_configured)
{
	struct conf_socket socket = {.text = "x"};

	ck_assert_int_eq(conf_address_socket(&socket, NULL), 0);
	ck_assert_ptr_null(socket.text);
	ck_assert_ptr_null(socket.path);
	ck_assert_ptr_null(socket.host);
}
END_TEST

START_TEST(long_socket_paths)
{
	char text[200] = "unix:/";
	struct conf_socket socket;

	memset(text + 6, 'x', CONF_ADDRESS_PATH_MAX);
	text[5 + CONF_ADDRESS_PATH_MAX] = '\0';
	ck_assert_int_eq(conf_address_socket(&socket, text), 0);
	ck_assert_uint_eq(strlen(socket.path), CONF_ADDRESS_PATH_MAX);
	text[5 + CONF_ADDRESS_PATH_MAX] = 'x';
	ck_assert_int_eq(conf_address_socket(&socket, text), -1);
}
END_TEST

static const struct pair {
	const char *a;
	const char *b;
	bool equal;
} pairs[] = {
	{"unix:/a", "unix:/a", true},
	{"unix:/a", "unix:/b", false},
	{"inet:1@127.0.0.1", "inet:1@localhost", true},
	{"inet:1@127.0.0.1", "inet:2@127.0.0.1", false},
	{"inet:1@127.0.0.1", "inet:1@::1", false},
	{"unix:/a", "inet:1@127.0.0.1", false},
	{"unix:/a", NULL, false},
	{NULL, NULL, false},
};

START_TEST(same_socket)
{
	const struct pair *pair = &pairs[_i];
	struct conf_socket a, b;

	ck_assert_int_eq(conf_address_socket(&a, pair->a), 0);
	ck_assert_int_eq(conf_address_socket(&b, pair->b), 0);
	ck_assert_msg(conf_address_same_socket(&a, &b) == pair->equal, "pair %d", _i);
	ck_assert_msg(
		conf_address_same_socket(&b, &a) == pair->equal, "pair %d, the other way", _i);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{domain, COUNT(domains)},
		{literal, COUNT(literals)},
		{host, COUNT(hosts)},
		{as_written, COUNT(written)},
		{address, COUNT(addresses)},
		{match, COUNT(matches)},
		{socket_text, COUNT(sockets)},
		{nothing_is_a_socket_that_is_not_configured, 1},
		{long_socket_paths, 1},
		{same_socket, COUNT(pairs)},
	};

	return suite_run("conf_address", tests, COUNT(tests));
}
