/* test_conf_tls: what Postfix is told of a host's TLS, and what it could not do with
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fault_list faults;
static struct conf *conf;

static void set_up(void)
{
	fault_list_init(&faults);
	conf = NULL;
}

static void tear_down(void)
{
	conf_free(conf);
	fault_list_free(&faults);
}

/* TOP is line 1, POOLS begins with line 3. */
static void load(const char *top, const char *pools)
{
	char path[] = "/tmp/test_conf_tls.XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd == -1 ? NULL : fdopen(fd, "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "%s\npools = {\n%s };\nroutes = ( { match = \"ALL\"; pool = \"p\"; } );\n",
		top, pools);
	fclose(file);
	conf = conf_load(path, &faults);
	unlink(path);
}

/* "LINE TEXT" of the first fault that is no warning, the file's name as "routes.cfg". */
static const char *first_fault(void)
{
	static char text[2048];
	char *at;

	for (size_t i = 0; i < faults.count; i++) {
		if (faults.faults[i].warning)
			continue;
		snprintf(text, sizeof(text), "%d %s", faults.faults[i].line, faults.faults[i].text);
		at = strstr(text, "/tmp/test_conf_tls.");
		if (at != NULL) {
			const size_t length = sizeof("/tmp/test_conf_tls.XXXXXX") - 1;

			memmove(at + strlen("routes.cfg"), at + length, strlen(at + length) + 1);
			memcpy(at, "routes.cfg", strlen("routes.cfg"));
		}
		return text;
	}
	return "none";
}

#define MAP "map_socket = \"unix:/nowhere/map\";"

/* ---- a policy */

#define SHA1_HEX "3D:95:34:51:24:66:33:B9:D2:40:99:C0:C1:17:0B:D1:aa:bb:cc:dd"

static const struct policy_row {
	const char *tls;
	const char *policy; /* or "!" and the fault */
} policies[] = {
	{"level = \"none\";", "none"},
	{"level = \"may\";", "may"},
	{"level = \"encrypt\";", "encrypt"},
	{"level = \"dane\";", "dane"},
	{"level = \"dane-only\";", "dane-only"},
	{"level = \"verify\";", "verify"},
	{"level = \"secure\";", "secure"},
	{"level = \"secure\"; match = \"MX.example.com\";", "secure match=mx.example.com"},
	{"level = \"verify\"; match = [ \"a.example\", \".b.example\", \"nexthop\" ];",
		"verify match=a.example:.b.example:nexthop"},
	{"level = \"secure\"; match = [ \"hostname\", \"dot-nexthop\" ];",
		"secure match=hostname:dot-nexthop"},
	{"level = \"secure\"; match = \"m\xc3\xbc.example\";", "secure match=xn--m-eha.example"},
	{"level = \"secure\"; ca_file = \"etc/ca.pem\"; servername = \"MX.example\";",
		"secure tafile=etc/ca.pem servername=mx.example"},
	{"level = \"fingerprint\"; fingerprint = \"" SHA1_HEX "\";", "fingerprint match=" SHA1_HEX},
	{"level = \"fingerprint\"; fingerprint = [ \"" SHA1_HEX "\", \"" SHA1_HEX "\" ];",
		"fingerprint match=" SHA1_HEX "|" SHA1_HEX},
	{"level = \"encrypt\"; protocols = \">=TLSv1.2\"; ciphers = \"high\";",
		"encrypt protocols=>=TLSv1.2 ciphers=high"},
	{"level = \"dane-only\"; protocols = \"TLSv1.2:TLSv1.3\";",
		"dane-only protocols=TLSv1.2:TLSv1.3"},
	{"level = \"may\"; servername = \"a.example\";", "may servername=a.example"},

	{"match = \"a.example\";", "!tls: level is missing"},
	{"level = \"strict\";",
		"!level must be \"none\", \"may\", \"encrypt\", \"fingerprint\", \"dane\", "
		"\"dane-only\", \"verify\" or \"secure\", not \"strict\""},
	{"level = \"may\"; match = \"a.example\";",
		"!tls: match is only for level = \"verify\" or \"secure\", not for \"may\""},
	{"level = \"dane\"; match = \"a.example\";",
		"!tls: match is only for level = \"verify\" or \"secure\", not for \"dane\""},
	{"level = \"fingerprint\"; match = \"" SHA1_HEX "\";",
		"!tls: match is only for level = \"verify\" or \"secure\", not for "
		"\"fingerprint\""},
	{"level = \"encrypt\"; ca_file = \"/x\";",
		"!tls: ca_file is only for level = \"verify\" or \"secure\", not for \"encrypt\""},
	{"level = \"secure\"; fingerprint = \"" SHA1_HEX "\";",
		"!tls: fingerprint is only for level = \"fingerprint\", not for \"secure\""},
	{"level = \"none\"; protocols = \"TLSv1\";",
		"!tls: protocols is only for level = \"may\" and above, not for \"none\""},
	{"level = \"none\"; ciphers = \"high\";",
		"!tls: ciphers is only for level = \"may\" and above, not for \"none\""},
	{"level = \"dane\"; servername = \"a.example\";",
		"!tls: servername is only for level = \"may\", \"encrypt\", \"fingerprint\", "
		"\"verify\" or \"secure\", not for \"dane\""},
	{"level = \"fingerprint\";", "!tls: level = \"fingerprint\" requires a fingerprint"},
	{"level = \"fingerprint\"; fingerprint = [ ];",
		"!fingerprint must be a string or a list of strings"},
	{"level = \"fingerprint\"; fingerprint = \"3D:95\";",
		"!tls: fingerprint \"3D:95\" is not a digest in hexadecimal, as \"3D:95:…\""},
	{"level = \"fingerprint\"; fingerprint = \"" SHA1_HEX ":\";",
		"!tls: fingerprint \"" SHA1_HEX
		":\" is not a digest in hexadecimal, as \"3D:95:…\""},
	{"level = \"secure\"; match = [ ];", "!match must be a string or a list of strings"},
	{"level = \"secure\"; match = \"192.0.2.1\";",
		"!tls: match \"192.0.2.1\" is not a name, a .domain, nexthop, dot-nexthop or "
		"hostname"},
	{"level = \"secure\"; match = \"*.example\";",
		"!tls: match \"*.example\" is not a name, a .domain, nexthop, dot-nexthop or "
		"hostname"},
	{"level = \"secure\"; match = \"a.example:b.example\";",
		"!tls: match \"a.example:b.example\" is not a name, a .domain, nexthop, "
		"dot-nexthop or hostname"},
	{"level = \"secure\"; match = 1;", "!match must be a string or a list of strings"},
	{"level = \"secure\"; servername = \"[a.example]\";",
		"!tls: servername \"[a.example]\" is not a name"},
	{"level = \"secure\"; ca_file = \"/a b\";",
		"!tls: ca_file \"/a b\" is empty or has a space, a comma, a brace or what is not "
		"in ASCII: Postfix would part it there"},
	{"level = \"secure\"; ca_file = \"\";",
		"!tls: ca_file \"\" is empty or has a space, a comma, a brace or what is not in "
		"ASCII: Postfix would part it there"},
	{"level = \"encrypt\"; protocols = \"TLSv1.2, TLSv1.3\";",
		"!tls: protocols \"TLSv1.2, TLSv1.3\" is not of the form \">=TLSv1.2\" or "
		"\"TLSv1.2:TLSv1.3\""},
};

START_TEST(a_policy)
{
	const struct policy_row *row = &policies[_i];
	char pools[1024];
	const struct table_tls *tls;

	snprintf(pools, sizeof(pools), "p = { tls = { %s }; hosts = ( { host = \"a\"; } ); };",
		row->tls);
	load(MAP, pools);
	if (*row->policy == '!') {
		ck_assert_str_eq(first_fault() + 2, row->policy + 1);
		ck_assert_ptr_null(conf);
		return;
	}
	ck_assert_str_eq(first_fault(), "none");
	tls = table_policy(&conf->table, "[a]");
	ck_assert_str_eq(tls->policy, row->policy);
}
END_TEST

START_TEST(a_long_policy)
{
	char pools[4096] = "p = { tls = { level = \"fingerprint\"; fingerprint = [ ";

	for (int i = 0; i < 20; i++)
		strcat(strcat(pools, i == 0 ? "" : ", "), "\"" SHA1_HEX "\"");
	strcat(pools, " ]; }; hosts = ( { host = \"a\"; } ); };");
	load(MAP, pools);
	ck_assert_str_eq(first_fault(), "3 tls: the policy is longer than 1000 octets");
}
END_TEST

START_TEST(what_encrypts)
{
	static const bool wanted[] = {false, false, true, true, false, true, true, true};

	for (int i = 0; i < COUNT(wanted); i++)
		ck_assert_int_eq(table_tls_encrypts((enum tls_level)i), wanted[i]);
}
END_TEST

/* ---- hosts */

#define ENCRYPT "tls = { level = \"encrypt\"; }; "
#define SECURE	"tls = { level = \"secure\"; }; "
#define NAMED	"tls = { level = \"secure\"; match = \"mx.example\"; }; "
#define DANE	"tls = { level = \"dane\"; }; "

static const struct host_row {
	const char *top;
	const char *pools;  /* from line 3 on */
	const char *text;   /* what is asked; NULL: there is a fault */
	const char *result; /* the policy, "none", or the fault */
} hosts[] = {
	{MAP, "p = { " SECURE "hosts = ( { host = \"A.example\"; } ); };", "[a.EXAMPLE]", "secure"},
	{MAP, "p = { " SECURE "hosts = ( { host = \"a.example\"; } ); };", "a.example", "none"},
	{MAP, "p = { " SECURE "hosts = ( { host = \"a.example\"; } ); };", "[a.example]:25",
		"none"},
	{MAP, "p = { " SECURE "lookup = \"mx\"; hosts = ( { host = \"a.example\"; } ); };",
		"a.example", "secure"},
	{MAP, "p = { " SECURE "lookup = \"mx\"; hosts = ( { host = \"a.example\"; } ); };",
		".example", "none"},
	{MAP, "p = { " SECURE "hosts = ( { host = \"a\"; }, { host = \"b\"; " ENCRYPT "} ); };",
		"[b]", "encrypt"},
	{MAP, "p = { hosts = ( { host = \"a\"; }, { host = \"b\"; " ENCRYPT "} ); };", "[a]",
		"none"},
	{MAP, "p = { " NAMED "hosts = ( { host = \"192.0.2.1\"; port = 587; } ); };",
		"[192.0.2.1]:587", "secure match=mx.example"},
	{MAP,
		"p = { " NAMED "hosts = ( { host = \"192.0.2.1\"; } ); };\n"
		"q = { " ENCRYPT "hosts = ( { host = \"192.0.2.1\"; port = 25; } ); };",
		"[192.0.2.1]:25", "encrypt"},
	{MAP,
		"p = { " ENCRYPT "hosts = ( { host = \"a\"; } ); };\n"
		"q = { " ENCRYPT "hosts = ( { host = \"A\"; } ); };",
		"[a]", "encrypt"},
	{MAP,
		"p = { hosts = ( { host = \"a\"; } ); };\n"
		"q = { " ENCRYPT "hosts = ( { host = \"a\"; port = 25; } ); };",
		"[a]", "none"},
	{MAP,
		"p = { " SECURE "hosts = ( { host = \"a\"; } ); };\n"
		"q = { " ENCRYPT "hosts = ( { host = \"A\"; } ); };",
		NULL,
		"4 host [A]: the TLS policy of [a] at routes.cfg:3, \"secure\", would hold here, "
		"too: Postfix asks by that text alone; give both the same tls, or another port or "
		"name"},
	{MAP,
		"p = { hosts = ( { host = \"a\"; } ); };\n"
		"q = { " ENCRYPT "hosts = ( { host = \"a\"; } ); };",
		NULL,
		"3 host [a]: the TLS policy of [a] at routes.cfg:4, \"encrypt\", would hold here, "
		"too: Postfix asks by that text alone; give both the same tls, or another port or "
		"name"},
	{MAP, "p = { " SECURE "hosts = ( { host = \"a\"; }, { host = \"192.0.2.1\"; } ); };", NULL,
		"3 host 192.0.2.1: tls: Postfix looks for a name in the certificate, and this is "
		"an address: set match = \"NAME\""},
	{MAP,
		"p = { tls = { level = \"verify\"; match = \"hostname\"; };\n"
		"hosts = ( { host = \"2001:db8::1\"; } ); };",
		NULL,
		"4 host 2001:db8::1: tls: Postfix looks for a name in the certificate, and this "
		"is an address: set match = \"NAME\""},
	{MAP, "p = { " DANE "hosts = ( { host = \"192.0.2.1\"; } ); };", NULL,
		"3 host 192.0.2.1: tls: the records of DANE are those of a name, and this is an "
		"address"},
	{MAP,
		"p = { transport = \"lmtp\"; tls = { level = \"may\"; }; hosts = ( { host = "
		"\"unix:/run/lmtp\"; } ); };",
		NULL, "3 host unix:/run/lmtp: tls is not for a Unix socket"},
	{"", "p = { " SECURE "hosts = ( { host = \"a\"; } ); };", NULL,
		"3 tls needs a socket on which Postfix asks for it: set map_socket = "
		"\"unix:/var/spool/postfix/nexthop-milter/map.sock\""},
	{"mta = \"sendmail\"; " MAP, "p = { " SECURE "hosts = ( { host = \"a\"; } ); };", NULL,
		"3 tls is only for mta = \"postfix\""},
};

START_TEST(a_host)
{
	const struct host_row *row = &hosts[_i];
	const struct table_tls *tls;

	load(row->top, row->pools);
	if (row->text == NULL) {
		ck_assert_str_eq(first_fault(), row->result);
		return;
	}
	ck_assert_str_eq(first_fault(), "none");
	tls = table_policy(&conf->table, row->text);
	ck_assert_str_eq(tls == NULL ? "none" : tls->policy, row->result);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{a_policy, COUNT(policies)},
		{a_long_policy, 1},
		{what_encrypts, 1},
		{a_host, COUNT(hosts)},
	};

	return suite_run_with("conf_tls", tests, COUNT(tests), set_up, tear_down);
}
