/* test_export: what the static tables for other programs say, and what they say of the rest
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/export_esa.h"
#include "migrate/export_postfix.h"
#include "migrate/export_sendmail.h"
#include "rules_file.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static const char postfix[] = "mta = \"postfix\"; mixed = \"split\";\n";
static const char by_map[] =
	"mta = \"postfix\"; postfix_delivery = \"map\"; map_socket = \"unix:/run/map.sock\";\n";
static const char sendmail[] = "mta = \"sendmail\"; map_socket = \"unix:/run/map.sock\";\n";

/* Whole, with its end. */
struct exported {
	char *text;
	size_t length;
	size_t left_out;
};

typedef int (*exporter)(const struct conf *conf, FILE *to, size_t *left_out);

static void export_of(
	struct exported *exported, const char *settings, const char *config, exporter run)
{
	FILE *file = rules_file_begin();
	struct conf *conf;
	FILE *to;

	fprintf(file, "%s%s\n", settings, config);
	conf = rules_file_end(file);
	to = open_memstream(&exported->text, &exported->length);
	ck_assert_int_eq(run(conf, to, &exported->left_out), 0);
	ck_assert_int_eq(fclose(to), 0);
	conf_free(conf);
}

/* The lines that are no comments, in place. */
static char *rows_of(char *text)
{
	char *to = text;

	for (char *line = text, *end; *line != '\0'; line = end) {
		end = strchr(line, '\n') + 1;
		if (*line == '#' || *line == '\n')
			continue;
		memmove(to, line, (size_t)(end - line));
		to += end - line;
	}
	*to = '\0';
	return text;
}

/* ---- rows */

static const char two_tiers[] =
	"pools = { p = { hosts = ( { host = \"192.0.2.1\"; }, { host = \"Mx2.example.com\"; },"
	" { host = \"2001:db8::1\"; priority = 10; } ); }; };\n"
	"routes = ( { match = [ \"example.com\", \".example.com\" ]; pool = \"p\"; } );";
static const char actions[] =
	"routes = ( { match = \".example.com\"; hosts = ( { host = \"192.0.2.1\"; } ); },"
	" { match = \".lab.example.com\"; action = \"dns\"; },"
	" { match = \"one.example.com\"; action = \"dns\"; },"
	" { match = \"alone.example\"; action = \"dns\"; },"
	" { match = \"old.example\"; action = \"discard\"; },"
	" { match = \"gone.example\"; action = \"reject\"; text = \"5.1.2 100% gone\"; code = 551; "
	"},"
	" { match = \"wait.example\"; action = \"defer\"; } );";
static const char ports[] = "pools = { p = { hosts = ( { host = \"a.example\"; port = 25; }, { "
			    "host = \"b.example\"; port = 2525; },"
			    " { host = \"2001:db8::1\"; port = 2525; }, { host = \"c.example\"; "
			    "lookup = \"mx\"; } ); }; };\n"
			    "routes = ( { match = \"ALL\"; pool = \"p\"; } );";
static const char weights[] = "pools = { p = { hosts = ( { host = \"192.0.2.1\"; }, { host = "
			      "\"192.0.2.2\"; weight = 3; },"
			      " { host = \"192.0.2.3\"; } ); }; };\n"
			      "routes = ( { match = \"ALL\"; pool = \"p\"; } );";
static const char fallbacks[] =
	"pools = { p = { hosts = ( { host = \"192.0.2.1\"; priority = 5; } ); fallback = \"q\"; };"
	" q = { hosts = ( { host = \"192.0.2.1\"; }, { host = \"192.0.2.2\"; } ); fallback = "
	"\"r\"; };"
	" r = { hosts = ( { host = \"192.0.2.3\"; priority = 1; } ); }; };\n"
	"routes = ( { match = \"ALL\"; pool = \"p\"; } );";
static const char keys[] =
	"routes = ( { match = \"User@Example.com\"; hosts = ( { host = \"192.0.2.1\"; } ); },"
	" { match = [ \"\\\"odd \\\\\\\"name\\\"@example.com\", \"\\\"#x\\\"@example.com\", "
	"\"\\\".x\\\"@example.com\" ];"
	" action = \"discard\"; },"
	" { match = \"postmaster\"; action = \"discard\"; },"
	" { match = \"\\\"no domain\\\"\"; action = \"discard\"; },"
	" { match = [ \"[192.0.2.9]\", \"[IPv6:2001:db8::9]\" ]; action = \"discard\"; },"
	" { match = \"b\xc3\xbc"
	"cher.example\"; action = \"discard\"; } );";
static const char other_ports[] = "routes = ( { match = \"a.example\"; hosts = ( { host = "
				  "\"192.0.2.1\"; port = 2525; } ); } );";
static const char mailers[] = "routes = ( { match = \"a.example\"; transport = \"esmtp2525\";"
			      " hosts = ( { host = \"192.0.2.1\"; port = 2525; } ); },"
			      " { match = \"b.example\"; transport = \"relay\"; hosts = ( { host = "
			      "\"mx.b.example\"; } ); } );";

static const char sockets[] =
	"pools = { own = { transport = \"lmtp\"; fallback = \"tcp\"; "
	"hosts = ( { host = \"unix:private/lmtp\"; } ); }; "
	"tcp = { transport = \"lmtp\"; hosts = ( { host = \"192.0.2.1\"; } ); }; }; "
	"routes = ( { match = \"a.example\"; pool = \"own\"; } );";

static const struct row {
	const char *name;
	exporter run;
	const char *settings;
	const char *config;
	const char *expected;
} rows[] = {
	{"hosts stand in the order of a new daemon", export_postfix_transport, postfix, two_tiers,
		"example.com\tsmtp:[192.0.2.1],[Mx2.example.com],[2001:db8::1]\n"
		".example.com\tsmtp:[192.0.2.1],[Mx2.example.com],[2001:db8::1]\n"},
	{"actions, for Postfix", export_postfix_transport, postfix, actions,
		".example.com\tsmtp:[192.0.2.1]\n.lab.example.com\t:\none.example.com\t:\n"
		"alone.example\t:\nold.example\tdiscard:\ngone.example\terror:5.1.2 100% gone\n"
		"wait.example\tretry:4.7.1 Try again later\n"},
	{"ports and lookup as they are written", export_postfix_transport, postfix, ports,
		"*\tsmtp:[a.example]:25,[b.example]:2525,[2001:db8::1]:2525,c.example\n"},
	{"the heaviest host is first", export_postfix_transport, postfix, weights,
		"*\tsmtp:[192.0.2.2],[192.0.2.3],[192.0.2.1]\n"},
	{"fallbacks stand at the end, each host once", export_postfix_transport, postfix, fallbacks,
		"*\tsmtp:[192.0.2.1],[192.0.2.2],[192.0.2.3]\n"},
	{"addresses and literals, for Postfix", export_postfix_transport, postfix, keys,
		"user@example.com\tsmtp:[192.0.2.1]\n\"odd \\\"name\"@example.com\tdiscard:\n"
		"\"#x\"@example.com\tdiscard:\n\".x\"@example.com\tdiscard:\npostmaster\tdiscard:\n"
		"[192.0.2.9]\tdiscard:\n[ipv6:2001:db8::9]\tdiscard:\n"
		"xn--bcher-kva.example\tdiscard:\n"},
	{"of a configuration for Sendmail, for Postfix", export_postfix_transport, sendmail,
		mailers, "a.example\tesmtp2525:[192.0.2.1]:2525\nb.example\tsmtp:[mx.b.example]\n"},

	{"a comma parts hosts, a colon tiers", export_sendmail, sendmail, two_tiers,
		"example.com\tesmtp:[192.0.2.1],[mx2.example.com]:[IPv6:2001:db8::1]\n"
		".example.com\tesmtp:[192.0.2.1],[mx2.example.com]:[IPv6:2001:db8::1]\n"},
	{"actions, for Sendmail", export_sendmail, sendmail, actions,
		".example.com\tesmtp:[192.0.2.1]\n.lab.example.com\tesmtp:%1.lab.example.com\n"
		"one.example.com\tesmtp:%0\nold.example\tnexthop_discard:discard\n"
		"gone.example\terror:5.1.2:\"551 5.1.2 100%% gone\"\n"
		"wait.example\terror:4.7.1:\"451 4.7.1 Try again later\"\n"},
	{"of a configuration for Postfix, for Sendmail", export_sendmail, postfix, ports,
		".\tesmtp:[a.example],c.example\n"},
	{"mail waits for hosts that the mailer does not reach", export_sendmail, postfix,
		other_ports,
		"a.example\terror:4.3.5:\"451 4.3.5 The hosts of this route are where the mailer "
		"does not go\"\n"},
	{"mailers of one's own", export_sendmail, sendmail, mailers,
		"a.example\tesmtp2525:[192.0.2.1]\nb.example\trelay:[mx.b.example]\n"},
	{"domains alone, for Sendmail", export_sendmail, sendmail, keys,
		"postmaster\tnexthop_discard:discard\n"
		"xn--bcher-kva.example\tnexthop_discard:discard\n"},

	{"priorities, for AsyncOS", export_esa, postfix, two_tiers,
		"example.com 192.0.2.1/pri=0,[mx2.example.com]/pri=0,2001:db8::1/pri=10\n"
		".example.com 192.0.2.1/pri=0,[mx2.example.com]/pri=0,2001:db8::1/pri=10\n"},
	{"ports and lookup, for AsyncOS", export_esa, postfix, ports,
		"ALL "
		"[a.example]/pri=0,[b.example]:2525/pri=0,[2001:db8::1]:2525/pri=0,c.example/"
		"pri=0\n"},
	{"actions, for AsyncOS", export_esa, postfix, actions,
		".example.com 192.0.2.1/pri=0\n.lab.example.com USEDNS\none.example.com USEDNS\n"
		"alone.example USEDNS\nold.example /dev/null\n"},
	{"fallbacks, for AsyncOS", export_esa, postfix, fallbacks,
		"ALL 192.0.2.1/pri=5,192.0.2.2/pri=6,192.0.2.3/pri=8\n"},
	{"domains alone, for AsyncOS", export_esa, postfix, keys,
		"postmaster /dev/null\n192.0.2.9 /dev/null\n2001:db8::9 /dev/null\n"
		"xn--bcher-kva.example /dev/null\n"},

	{"a Unix socket stands alone", export_postfix_transport, by_map, sockets,
		"a.example\tlmtp:unix:private/lmtp\n"},
	{"a Unix socket, for Sendmail", export_sendmail, by_map, sockets,
		"a.example\terror:4.3.5:\"451 4.3.5 The hosts of this route are where the mailer "
		"does not go\"\n"},
	{"a Unix socket, for AsyncOS", export_esa, by_map, sockets, ""},
	{"policies are comments", export_postfix_tls, postfix, ports, ""},
	{"passwords are comments", export_postfix_sasl, postfix, ports, ""},
};

START_TEST(writes_rows)
{
	const struct row *row = &rows[_i];
	struct exported exported;

	export_of(&exported, row->settings, row->config, row->run);
	ck_assert_msg(strcmp(rows_of(exported.text), row->expected) == 0, "%s:\n%s", row->name,
		exported.text);
	free(exported.text);
}
END_TEST

/* ---- comments, each with its line: settings are one line */

static const char rules[] =
	"rules = ( { name = \"bulk\"; when = { sender = \"x\"; }; action = \"reject\"; } );";
static const char kinds[] =
	"pools = { p = { hosts = ( { host = \"192.0.2.1\"; } ); fallback = \"q\"; balance = "
	"\"hash\"; };\n"
	" q = { transport = \"relay\"; all_deferred = \"tempfail\";\n"
	" hosts = ( { host = \"192.0.2.2\"; }, { host = \"192.0.2.1\"; port = 25; } ); }; };\n"
	"routes = ( { match = \"a.example\"; pool = \"p\"; }, { match = \"ALL\"; pool = \"q\"; } "
	");";

static const struct remark {
	const char *name;
	exporter run;
	const char *settings;
	const char *config;
	const char *expected; /* a whole line, but for the file's name in front */
	size_t left_out;
} remarks[] = {
	{"rules", export_postfix_transport, postfix, rules,
		":2: rule bulk: rules are not in the table, its mail goes by the routes\n", 1},
	{"rules, for Sendmail", export_sendmail, sendmail, rules,
		":2: rule bulk: rules are not in the table, its mail goes by the routes\n", 1},
	{"weights", export_postfix_transport, postfix, weights,
		":2: pool p: 3 hosts share priority 0, by weights 1:3:1: here the one in front "
		"gets all that it accepts\n",
		1},
	{"weights, for Sendmail", export_sendmail, sendmail, weights,
		":2: pool p: weights 1:3:1 of priority 0: here they are equal\n", 1},
	{"weights, for AsyncOS", export_esa, postfix, weights,
		":2: pool p: weights 1:3:1 of priority 0: here they are equal\n", 1},
	{"even tiers can be said", export_esa, postfix, two_tiers, ":3: pool p\n", 0},
	{"a reply's code", export_postfix_transport, postfix, actions,
		":2: code = 551: Postfix refuses with 550\n", 1},
	{"a deferral's code", export_postfix_transport, postfix,
		"routes = ( { match = \"a.example\"; action = \"defer\"; code = 452; } );",
		":2: code = 452: Postfix defers with 450\n", 1},
	{"what AsyncOS does not refuse", export_esa, postfix, actions,
		":2: match \"gone.example\": action = \"reject\" is not an SMTP route; refuse it "
		"in "
		"the RAT\n",
		2},
	{"dns that no other row has", export_sendmail, sendmail, actions,
		"# alone.example: no row, so Sendmail's own routing\n", 0},
	{"a local part alone", export_postfix_transport, postfix, keys,
		":2: match \"no domain\" is of addresses without a domain: Postfix adds one\n", 1},
	{"addresses, for Sendmail", export_sendmail, sendmail, keys,
		":2: match \"user@example.com\": a mailertable has no addresses, it goes as its "
		"domain does\n",
		7},
	{"literals, for Sendmail", export_sendmail, sendmail, keys,
		":2: match \"[192.0.2.9]\": Sendmail routes address literals before its "
		"mailertable\n",
		7},
	{"addresses, for AsyncOS", export_esa, postfix, keys,
		":2: match \"user@example.com\": SMTP routes have no addresses, it goes as its "
		"domain does\n",
		5},
	{"ports that are not the mailer's", export_sendmail, postfix, ports,
		":2: pool p, host b.example: its port 2525 is not that of mailer esmtp\n", 2},
	{"balance", export_postfix_transport, by_map, kinds,
		":2: pool p: balance = \"hash\" is not in the table\n", 4},
	{"a fallback by another transport", export_sendmail, by_map, kinds,
		":2: pool p: it falls back to pool q, which has another transport: not in the "
		"table\n",
		3},
	{"a fallback beside a Unix socket", export_postfix_transport, by_map, sockets,
		":2: pool own: it falls back to pool tcp, which cannot stand in one list with it: "
		"not in the table\n",
		1},
	{"a Unix socket, not for Sendmail", export_sendmail, by_map, sockets,
		":2: pool own, host unix:private/lmtp: Sendmail has no Unix sockets there\n", 2},
	{"a Unix socket, not for AsyncOS", export_esa, by_map, sockets,
		":2: match \"a.example\": pool own is a Unix socket, which is not an SMTP route\n",
		3},
	{"a pool that puts off", export_postfix_transport, by_map, kinds,
		":3: pool q: all_deferred = \"tempfail\" is not in the table: mail waits in the "
		"queue\n",
		4},
	{"transports, for AsyncOS", export_esa, by_map, kinds,
		":3: pool q: transport relay is not in the file\n", 4},
	{"a delimiter that Postfix has to know", export_postfix_transport,
		"mta = \"postfix\"; mixed = \"split\"; recipient_delimiter = \"+\";\n", actions,
		"# main.cf requires recipient_delimiter = +, as ", 1},
	{"a policy for each text of a list", export_postfix_tls, by_map, kinds,
		"#[192.0.2.1]\tmay\n", 0},
	{"with port and without", export_postfix_tls, by_map, kinds, "#[192.0.2.1]:25\tmay\n", 0},
	{"with the pools that have it", export_postfix_tls, by_map, kinds,
		":4: pool q, transport relay\n#[192.0.2.1]:25\tmay\n", 0},
	{"a password for each", export_postfix_sasl, postfix, ports, "#c.example\tUSER:PASSWORD\n",
		0},
};

START_TEST(says_what_is_left_out)
{
	const struct remark *remark = &remarks[_i];
	struct exported exported;

	export_of(&exported, remark->settings, remark->config, remark->run);
	ck_assert_msg(strstr(exported.text, remark->expected) != NULL, "%s:\n%s", remark->name,
		exported.text);
	ck_assert_msg(exported.left_out == remark->left_out, "%s: %zu:\n%s", remark->name,
		exported.left_out, exported.text);
	free(exported.text);
}
END_TEST

/* ---- what is too long */

START_TEST(leaves_out_what_sendmail_cuts)
{
	char config[8192] = "pools = { p = { hosts = ( ";
	struct exported exported;
	char row[1024] = "";
	char *hosts;

	for (int i = 0; i < 12; i++)
		sprintf(config + strlen(config), "%s{ host = \"%d.a-long-name.of-an.example\"; }",
			i == 0 ? "" : ", ", 10 + i);
	strcat(config, " ); }; }; routes = ( { match = \"ALL\"; pool = \"p\"; } );");
	export_of(&exported, postfix, config, export_sendmail);
	ck_assert_uint_eq(exported.left_out, 1);
	ck_assert_ptr_nonnull(
		strstr(exported.text, "keeps 254 octets of hosts, and only the first 8 fit"));
	strcpy(row, rows_of(exported.text));
	hosts = strstr(row, "esmtp:") + strlen("esmtp:");
	ck_assert_uint_le(strlen(hosts) - 1, 254);
	ck_assert_ptr_nonnull(strstr(row, "[17.a-long-name.of-an.example]\n"));
	free(exported.text);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{writes_rows, COUNT(rows)},
		{says_what_is_left_out, COUNT(remarks)},
		{leaves_out_what_sendmail_cuts, 1},
	};

	return suite_run("export", tests, COUNT(tests));
}
