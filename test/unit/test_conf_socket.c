/* test_conf_socket: unix:/path and inet:PORT@ADDRESS, taken apart or refused
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_socket.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const struct row {
	const char *text;
	const char *path; /* with host NULL, too: it is none */
	const char *host;
	int port;
} rows[] = {
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

START_TEST(parses)
{
	const struct row *row = &rows[_i];
	struct conf_socket socket;
	int result = conf_socket_parse(&socket, row->text);

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

	ck_assert_int_eq(conf_socket_parse(&socket, NULL), 0);
	ck_assert_ptr_null(socket.text);
	ck_assert_ptr_null(socket.path);
	ck_assert_ptr_null(socket.host);
}
END_TEST

START_TEST(long_paths)
{
	char text[200] = "unix:/";
	struct conf_socket socket;

	memset(text + 6, 'x', CONF_SOCKET_PATH_MAX);
	text[5 + CONF_SOCKET_PATH_MAX] = '\0';
	ck_assert_int_eq(conf_socket_parse(&socket, text), 0);
	ck_assert_uint_eq(strlen(socket.path), CONF_SOCKET_PATH_MAX);
	text[5 + CONF_SOCKET_PATH_MAX] = 'x';
	ck_assert_int_eq(conf_socket_parse(&socket, text), -1);
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

START_TEST(equal)
{
	const struct pair *pair = &pairs[_i];
	struct conf_socket a, b;

	ck_assert_int_eq(conf_socket_parse(&a, pair->a), 0);
	ck_assert_int_eq(conf_socket_parse(&b, pair->b), 0);
	ck_assert_msg(conf_socket_equal(&a, &b) == pair->equal, "pair %d", _i);
	ck_assert_msg(conf_socket_equal(&b, &a) == pair->equal, "pair %d, the other way", _i);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{parses, COUNT(rows)},
		{nothing_is_a_socket_that_is_not_configured, 1},
		{long_paths, 1},
		{equal, COUNT(pairs)},
	};

	return suite_run("conf_socket", tests, COUNT(tests));
}
