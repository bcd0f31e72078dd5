/* test_conf_auth: users and passwords: their files, and which host's text gives which
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf.h"
#include "suite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_conf_auth.XXXXXX";
static struct fault_list faults;
static struct conf *conf;

static char *path_of(const char *name)
{
	static char path[sizeof(folder) + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *octets, size_t length, mode_t mode)
{
	FILE *file;

	unlink(path_of(name));
	file = fopen(path_of(name), "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(octets, 1, length, file), length);
	fclose(file);
	ck_assert_int_eq(chmod(path_of(name), mode), 0);
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	fault_list_init(&faults);
	conf = NULL;
	write_file("one", "first\n", 6, 0640);
	write_file("same", "first", 5, 0400);
	write_file("two", "second\n", 7, 0600);
}

static void tear_down(void)
{
	static const char *const names[] = {"one", "same", "two", "file", "routes.cfg"};

	conf_free(conf);
	fault_list_free(&faults);
	for (int i = 0; i < COUNT(names); i++)
		unlink(path_of(names[i]));
	rmdir(folder);
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
}

static const char *mta = "postfix";

/* Loads POOLS with a route to the pool p. */
static void load(const char *pools)
{
	char text[4096];
	int length = snprintf(text, sizeof(text),
		"mta = \"%s\"; map_socket = \"unix:/nowhere/map\"; secret_socket = \"unix:/nowhere/secret\";\n"
		"pools = {\n%s };\n"
		"routes = ( { match = \"ALL\"; pool = \"p\"; } );\n",
		mta, pools);

	ck_assert_int_lt(length, (int)sizeof(text));
	write_file("routes.cfg", text, (size_t)length, 0644);
	conf = conf_load(path_of("routes.cfg"), &faults);
}

/* "LINE TEXT" of the first fault that is no warning, without the folder. */
static const char *first_fault(void)
{
	static char text[2048];
	char *at;

	for (size_t i = 0; i < faults.count; i++) {
		if (faults.faults[i].warning)
			continue;
		snprintf(text, sizeof(text), "%d %s", faults.faults[i].line, faults.faults[i].text);
		while ((at = strstr(text, folder)) != NULL)
			memmove(at, at + strlen(folder) + 1, strlen(at + strlen(folder) + 1) + 1);
		return text;
	}
	return "none";
}

/* ---- files */

static const struct file_row {
	const char *octets;
	size_t length;
	mode_t mode;
	const char *result; /* the password, or "!" and the fault */
} file_rows[] = {
#define FILE_OF(octets) octets, sizeof(octets) - 1
	{FILE_OF("secret\n"), 0640, "secret"},
	{FILE_OF("secret"), 0600, "secret"},
	{FILE_OF("secret\n"), 0400, "secret"},
	{FILE_OF("secret\nmore\n"), 0640, "secret"},
	{FILE_OF(" a:b c# \"\\ \n"), 0640, " a:b c# \"\\ "},
	{FILE_OF("p\xc3\xa4ss\n"), 0640, "p\xc3\xa4ss"},
	{FILE_OF(""), 0640, "!its first line is empty"},
	{FILE_OF("\nsecret\n"), 0640, "!its first line is empty"},
	{FILE_OF("sec\0ret\n"), 0640, "!its first line has a NUL"},
	{FILE_OF("secret\r\n"), 0640,
		"!its first line ends with a carriage return: it is of Windows, write it anew"},
	{FILE_OF("sec\tret\n"), 0640, "!its first line has control characters or is not in UTF-8"},
	{FILE_OF("sec\x7fret"), 0640, "!its first line has control characters or is not in UTF-8"},
	{FILE_OF("p\xe4ss\n"), 0640, "!its first line has control characters or is not in UTF-8"},
	{FILE_OF("secret\n"), 0644,
		"!others than its owner and group have access to it: chmod 0640"},
	{FILE_OF("secret\n"), 0601,
		"!others than its owner and group have access to it: chmod 0640"},
	{FILE_OF("secret\n"), 0660, "!its group may write to it: chmod 0640"},
};

START_TEST(a_file)
{
	const struct file_row *row = &file_rows[_i];
	char wanted[256];

	write_file("file", row->octets, row->length, row->mode);
	load("p = { auth = { user = \"u\"; password_file = \"file\"; }; hosts = ( { host = \"a\"; "
	     "} ); };");
	if (*row->result == '!') {
		snprintf(wanted, sizeof(wanted), "3 password_file file: %s", row->result + 1);
		ck_assert_str_eq(first_fault(), wanted);
		ck_assert_ptr_null(conf);
		return;
	}
	ck_assert_str_eq(first_fault(), "none");
	snprintf(wanted, sizeof(wanted), "u:%s", row->result);
	ck_assert_str_eq(table_login(&conf->table, "[a]")->login, wanted);
}
END_TEST

START_TEST(what_is_no_file)
{
	static const char *const names[] = {"/", "/dev/null", "/no/such/file"};
	static const char *const whys[] = {"it is not a regular file", "it is not a regular file",
		"No such file or directory"};
	char pools[256], wanted[256];

	snprintf(pools, sizeof(pools),
		"p = { auth = { user = \"u\"; password_file = \"%s\"; }; hosts = ( { host = \"a\"; "
		"} ); };",
		names[_i]);
	load(pools);
	snprintf(wanted, sizeof(wanted), "3 password_file %s: %s", names[_i], whys[_i]);
	ck_assert_str_eq(first_fault(), wanted);
}
END_TEST

START_TEST(a_long_file)
{
	char octets[4097];

	memset(octets, 'x', sizeof(octets));
	write_file("file", octets, sizeof(octets) - 1, 0600);
	load("p = { auth = { user = \"u\"; password_file = \"file\"; }; hosts = ( { host = \"a\"; "
	     "} ); };");
	ck_assert_str_eq(first_fault(), "none");
	ck_assert_uint_eq(strlen(table_login(&conf->table, "[a]")->login), 2 + 4096);
	conf_free(conf);
	write_file("file", octets, sizeof(octets), 0600);
	load("p = { auth = { user = \"u\"; password_file = \"file\"; }; hosts = ( { host = \"a\"; "
	     "} ); };");
	ck_assert_str_eq(first_fault(), "3 password_file file: it is larger than 4096 octets");
}
END_TEST

/* ---- hosts */

#define ONE  "auth = { user = \"u1\"; password_file = \"one\"; }; "
#define SAME "auth = { user = \"u1\"; password_file = \"same\"; }; "
#define TWO  "auth = { user = \"u2\"; password_file = \"two\"; }; "

static const struct host_row {
	const char *pools;  /* from line 3 on */
	const char *text;   /* what is asked; NULL: there is a fault */
	const char *result; /* the login, "none", or the fault */
} host_rows[] = {
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };", "[a]", "u1:first"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };", "[A]", "u1:first"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };", "a", "none"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };", "[a]:25", "none"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };", "", "none"},
	{"p = { " ONE "hosts = ( { host = \"a\"; port = 25; } ); };", "[a]:25", "u1:first"},
	{"p = { " ONE "hosts = ( { host = \"192.0.2.1\"; } ); };", "[192.0.2.1]", "u1:first"},
	{"p = { " ONE "hosts = ( { host = \"2001:db8::1\"; } ); };", "[2001:DB8::1]", "u1:first"},
	{"p = { " ONE "hosts = ( { host = \"a\"; }, { host = \"b\"; " TWO "} ); };", "[b]",
		"u2:second"},
	{"p = { hosts = ( { host = \"a\"; }, { host = \"b\"; " TWO "} ); };", "[a]", "none"},
	{"p = { " ONE "lookup = \"mx\"; hosts = ( { host = \"a.example\"; } ); };", "a.example",
		"u1:first"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };\n"
	 "q = { " SAME "hosts = ( { host = \"a\"; } ); };",
		"[a]", "u1:first"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };\n"
	 "q = { " TWO "hosts = ( { host = \"a\"; port = 25; } ); };",
		"[a]:25", "u2:second"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };\n"
	 "q = { " TWO "hosts = ( { host = \"a\"; } ); };",
		NULL,
		"4 host [a]: the login for [a] at routes.cfg:3, as \"u1\", would be used here, too: "
		"Postfix asks by that text alone; give both the same auth, or another port or "
		"name"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };\n"
	 "q = { hosts = ( { host = \"A\"; } ); };",
		NULL,
		"4 host [A]: the login for [a] at routes.cfg:3, as \"u1\", would be used here, too: "
		"Postfix asks by that text alone; give both the same auth, or another port or "
		"name"},
	/* It is asked for by its bare name first. */
	{"p = { " ONE "lookup = \"mx\"; hosts = ( { host = \"a\"; } ); };\n"
	 "q = { " TWO "hosts = ( { host = \"a\"; port = 2525; } ); };",
		NULL,
		"4 host [a]:2525: the login for a at routes.cfg:3, as \"u1\", would be used here, "
		"too: Postfix asks by that text alone; give both the same auth, or another port or "
		"name"},
	{"p = { hosts = ( { host = \"a\"; auth = { user = \"a:b\"; password_file = \"one\"; }; } ); "
	 "};",
		NULL, "3 auth: user \"a:b\" has a colon: Postfix parts user and password by it"},
	{"p = { hosts = ( { host = \"a\"; auth = { user = \"\"; password_file = \"one\"; }; } ); };",
		NULL, "3 auth: user has 1 to 255 octets"},
	{"p = { auth = { password_file = \"one\"; }; hosts = ( { host = \"a\"; } ); };", NULL,
		"3 auth: user is missing"},
	{"p = { auth = { user = \"u\"; }; hosts = ( { host = \"a\"; } ); };", NULL,
		"3 auth: password_file is missing"},
	{"p = { auth = { user = \"u\"; password = \"secret\"; }; hosts = ( { host = \"a\"; } ); };",
		NULL, "3 unknown key \"password\" in auth"},
};

static void check_host_row(const struct host_row *row)
{
	const struct table_auth *auth;

	load(row->pools);
	if (row->text == NULL) {
		ck_assert_str_eq(first_fault(), row->result);
		return;
	}
	ck_assert_str_eq(first_fault(), "none");
	auth = table_login(&conf->table, row->text);
	ck_assert_str_eq(auth == NULL ? "none" : auth->login, row->result);
}

START_TEST(a_host)
{
	check_host_row(&host_rows[_i]);
}
END_TEST

/* What Sendmail asks for: addresses in brackets, names without, and no port. */
#define LONG "0123456789012345678901234567890123456789012345678901234567890123"
static const struct host_row sendmail_rows[] = {
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };", "A", "u1:first"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };", "[a]", "none"},
	{"p = { " ONE "hosts = ( { host = \"192.0.2.1\"; } ); };", "[192.0.2.1]", "u1:first"},
	{"p = { " ONE "hosts = ( { host = \"192.0.2.1\"; } ); };", "192.0.2.1", "none"},
	{"p = { " ONE "hosts = ( { host = \"2001:db8::1\"; } ); };", "[ipv6:2001:db8::1]",
		"u1:first"},
	{"p = { " ONE "hosts = ( { host = \"a\"; } ); };\n"
	 "q = { " SAME "transport = \"m\"; hosts = ( { host = \"a\"; port = 587; } ); };",
		"a", "u1:first"},
	{"p = { " ONE "hosts = ( { host = \"192.0.2.1\"; } ); };\n"
	 "q = { " TWO "transport = \"m\"; hosts = ( { host = \"192.0.2.1\"; port = 587; } ); };",
		NULL,
		"4 host [192.0.2.1]: the login for [192.0.2.1] at routes.cfg:3, as \"u1\", would be "
		"used here, too: Sendmail asks by that text alone, without a port; give both the "
		"same auth, or another name"},
	{"p = { " ONE "lookup = \"mx\"; hosts = ( { host = \"a.example\"; } ); };", NULL,
		"3 host a.example: auth is only for lookup = \"host\": Sendmail asks by the names of "
		"its MX records"},
	{"p = { auth = { user = \"" LONG LONG "\"; password_file = \"one\"; }; "
	 "hosts = ( { host = \"a\"; } ); };",
		"a", LONG LONG ":first"},
	{"p = { auth = { user = \"" LONG LONG "x\"; password_file = \"one\"; }; "
	 "hosts = ( { host = \"a\"; } ); };",
		NULL, "3 auth: Sendmail has room for 128 octets of a user, and of a password"},
};

START_TEST(a_host_of_sendmail)
{
	const struct host_row *row = &sendmail_rows[_i];
	mta = "sendmail";
	check_host_row(row);
}
END_TEST

/* Many, each found by its own text alone. */
START_TEST(many_hosts)
{
	char text[4096] = "p = { " ONE "hosts = (";
	size_t used = strlen(text);

	for (int i = 0; i < 60; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"%s { host = \"h%d.x\"; }", i == 0 ? "" : ",", i * 7 % 60);
	snprintf(text + used, sizeof(text) - used, "); };");
	load(text);
	ck_assert_str_eq(first_fault(), "none");
	ck_assert_uint_eq(conf->table.logins.count, 60);
	for (int i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "[h%d.x]", i);
		ck_assert_ptr_nonnull(table_login(&conf->table, text));
		snprintf(text, sizeof(text), "[h%d.y]", i);
		ck_assert_ptr_null(table_login(&conf->table, text));
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{a_file, COUNT(file_rows)},
		{what_is_no_file, 3},
		{a_long_file, 1},
		{a_host, COUNT(host_rows)},
		{a_host_of_sendmail, COUNT(sendmail_rows)},
		{many_hosts, 1},
	};

	return suite_run_with("conf_auth", tests, COUNT(tests), set_up, tear_down);
}
