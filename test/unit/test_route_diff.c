/* test_route_diff: what differs between two configurations, and for whom
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/route_diff.h"
#include "rules_file.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct conf *load(const char *text)
{
	FILE *file = rules_file_begin();

	/* One line a statement: what is tested has the lines of the text, from 2 on. */
	fprintf(file, "mixed = \"split\";\n%s\n", text);
	return rules_file_end(file);
}

static void put_side(FILE *to, const char *mark, const struct route_diff_side *side)
{
	if (side->text == NULL)
		return;
	fprintf(to, " %s %s", mark, side->text);
	if (side->match != NULL)
		fprintf(to, " by %s", side->match);
	if (side->file != NULL)
		fprintf(to, " at %d", side->line);
}

/* A line for each item. */
static char *list(const struct route_diff *diff)
{
	char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);

	for (size_t i = 0; i < diff->count; i++) {
		const struct route_diff_item *item = &diff->items[i];

		fprintf(to, "%s %s %s%s%s%s", route_diff_part_name(item->part),
			route_diff_change_name(item->change), item->name == NULL ? "-" : item->name,
			item->what == NULL ? "" : " ", item->what == NULL ? "" : item->what,
			item->is_same_mail ? " same" : "");
		put_side(to, "-", &item->old);
		put_side(to, "+", &item->new);
		fputc('\n', to);
	}
	ck_assert_int_eq(fclose(to), 0);
	return text;
}

#define A     "hosts = ( { host = \"a\"; } ); "
#define B     "hosts = ( { host = \"b\"; } ); "
#define POOLS "pools = { p = { " A "}; q = { " B "}; };\n"
#define P_AND_Q \
	"{ match = \"used.example\"; pool = \"p\"; }, { match = \"too.example\"; pool = \"q\"; }"
#define ROUTES(more) POOLS "routes = ( " P_AND_Q "\n" more " );"
#define POOL(text) \
	"pools = { p = { " text " }; };\nroutes = ( { match = \"x.example\"; pool = \"p\"; } );"
#define HEALTH(text) POOL(A "health = { " text " };")
#define RULES(text)  "rules = (\n" text " );"
#define R(name, what) \
	"{ name = \"" name "\"; when = { sender = \"" what "\"; }; action = \"reject\"; }"
#define TOP(text) text "routes = ( { match = \"x\"; action = \"discard\"; } );"

static const struct row {
	const char *name;
	const char *old;
	const char *new;
	const char *expected;
} rows[] = {
	{"the same", ROUTES(""), ROUTES(""), ""},
	{"another text that does the same", ROUTES(", { match = \"A.example\"; pool = \"p\"; }"),
		"pools = { q = { hosts = ( { host = \"b\"; } ); }; p = { hosts = ( { host = \"a\"; "
		"} ); }; };"
		"routes = ( { match = [ \"a.example.\", \"used.example\" ]; pool = \"p\"; },"
		" { match = \"too.example\"; pool = \"q\"; } );",
		""},
	{"another pool", ROUTES(", { match = \"x.example\"; pool = \"p\"; }"),
		ROUTES(", { match = \"x.example\"; pool = \"q\"; }"),
		"routes changed x.example - pool p ([a]) by x.example at 4 + pool q ([b]) by "
		"x.example at 4\n"},
	{"a more specific route takes mail", ROUTES(", { match = \".x.example\"; pool = \"p\"; }"),
		ROUTES(", { match = \".x.example\"; pool = \"p\"; }, { match = \".lab.x.example\"; "
		       "action = \"dns\"; }"),
		"routes added .lab.x.example - pool p ([a]) by .x.example at 4"
		" + action = \"dns\" by .lab.x.example at 4\n"},
	{"ALL appears", ROUTES(""), ROUTES(", { match = \"ALL\"; pool = \"q\"; }"),
		"routes added ALL - the MTA's own routing + pool q ([b]) by ALL at 4\n"},
	{"ALL goes", ROUTES(", { match = \"ALL\"; action = \"discard\"; }"), ROUTES(""),
		"routes removed ALL - action = \"discard\" by ALL at 4 + the MTA's own routing\n"},
	{"what goes leaves its mail to a parent",
		ROUTES(", { match = \".example\"; pool = \"q\"; }, { match = \"u@x.example\"; pool "
		       "= \"p\"; }"),
		ROUTES(", { match = \".example\"; pool = \"q\"; }"),
		"routes removed u@x.example - pool p ([a]) by u@x.example at 4 + pool q ([b]) by "
		".example at 4\n"},
	{"a route that changes nothing", ROUTES(", { match = \".example\"; pool = \"q\"; }"),
		ROUTES(", { match = [ \".example\", \"x.example\" ]; pool = \"q\"; }"),
		"routes added x.example same - pool q ([b]) by .example at 4 + pool q ([b]) by "
		"x.example at 4\n"},
	{"the words of a refusal",
		ROUTES(", { match = \"x\"; action = \"reject\"; text = \"a\"; }"),
		ROUTES(", { match = \"x\"; action = \"reject\"; text = \"b\"; }"),
		"routes changed x - action = \"reject\": 550 5.7.1 a by x at 4"
		" + action = \"reject\": 550 5.7.1 b by x at 4\n"},
	{"refused now or later", ROUTES(", { match = \"x\"; action = \"reject\"; code = 551; }"),
		ROUTES(", { match = \"x\"; action = \"reject\"; code = 554; }"),
		"routes changed x - action = \"reject\": 551 5.7.1 Recipient address rejected by x "
		"at 4"
		" + action = \"reject\": 554 5.7.1 Recipient address rejected by x at 4\n"},
	{"hosts in place", ROUTES(", { match = \"x\"; " A "}"), ROUTES(", { match = \"x\"; " B "}"),
		"pools removed route:x host a:25 - [a], priority 0, weight 1 at 4\n"
		"pools added route:x host b:25 + [b], priority 0, weight 1 at 4\n"},
	{"hosts in place of another name", ROUTES(", { match = [ \"x\", \"y\" ]; " A "}"),
		ROUTES(", { match = [ \"y\", \"x\" ]; " A "}"), ""},
	{"hosts in place that were a pool", ROUTES(", { match = \"x\"; pool = \"p\"; }"),
		ROUTES(", { match = \"x\"; " A "}"),
		"routes changed x - pool p ([a]) by x at 4 + hosts [a] by x at 4\n"},

	{"a weight, a priority",
		POOL("hosts = ( { host = \"a\"; }, { host = \"b\"; weight = 2; } );"),
		POOL("hosts = ( { host = \"a\"; priority = 7; }, { host = \"b\"; weight = 3; } );"),
		"pools changed p host a:25 - [a], priority 0, weight 1 at 2 + [a], priority 7, "
		"weight 1 at 2\n"
		"pools changed p host b:25 - [b], priority 0, weight 2 at 2 + [b], priority 0, "
		"weight 3 at 2\n"},
	{"a port", POOL(A), POOL("hosts = ( { host = \"a\"; port = 26; } );"),
		"pools removed p host a:25 - [a], priority 0, weight 1 at 2\n"
		"pools added p host a:26 + [a]:26, priority 0, weight 1 at 2\n"},
	{"the text that a TLS policy is found by", POOL(A),
		POOL("hosts = ( { host = \"a\"; port = 25; } );"),
		"pools changed p host a:25 - [a], priority 0, weight 1 at 2 + [a]:25, priority 0, "
		"weight 1 at 2\n"},
	{"lookup", POOL(A), POOL(A "lookup = \"mx\";"),
		"pools changed p host a:25 - [a], priority 0, weight 1 at 2 + a, priority 0, "
		"weight 1 at 2\n"},
	{"the order of equals", POOL("hosts = ( { host = \"a\"; }, { host = \"b\"; } );"),
		POOL("hosts = ( { host = \"b\"; }, { host = \"a\"; } );"),
		"pools changed p order of the hosts - [a], [b] at 2 + [b], [a] at 2\n"},
	{"tiers are shown",
		POOL("hosts = ( { host = \"c\"; priority = 9; }, { host = \"a\"; }, { host = "
		     "\"b\"; } );"),
		POOL("hosts = ( { host = \"c\"; priority = 9; }, { host = \"b\"; }, { host = "
		     "\"a\"; } );"),
		"pools changed p order of the hosts - [a], [b]; then [c] at 2 + [b], [a]; then [c] "
		"at 2\n"},
	{"transport and balance", POOL(A),
		POOL(A "transport = \"relay\"; balance = \"hash\"; hash_on = \"sender\";"),
		"pools changed p transport - smtp at 2 + relay at 2\n"
		"pools changed p balance - round-robin at 2 + hash on sender at 2\n"},
	{"when all are deferred", POOL(A), POOL(A "all_deferred = \"tempfail\";"),
		"pools changed p all_deferred - try at 2 + tempfail at 2\n"},
	{"who logs in", POOL(A),
		POOL(A "auth = { user = \"u\"; password_file = \"/none\"; };") " secret_socket = \"unix:/s\";",
		"pools changed p host a:25 - [a], priority 0, weight 1 at 2 + [a], priority 0, weight "
		"1, AUTH as u at 2\n"
		"settings changed secret_socket - none + unix:/s at 3\n"},
	{"when a host is back", POOL(A), POOL(A "on_recovery = \"flush\";"),
		"pools changed p on_recovery - none at 2 + flush at 2\n"},
	{"maintenance of a host", POOL("hosts = ( { host = \"a\";  }, { host = \"b\"; } );"),
		POOL("hosts = ( { host = \"a\"; maintenance = [ \"sun 2:00-4:00\", \"Mon\" ]; }, { host = \"b\"; } );"),
		"pools changed p host a:25 - [a], priority 0, weight 1 at 2 + [a], priority 0, "
		"weight 1, maintenance Mon 00:00-24:00, Sun 02:00-04:00 at 2\n"},
	{"maintenance in other words",
		POOL("hosts = ( { host = \"a\"; maintenance = [ \"sun 2:00-4:00\", \"Mon\" ]; }, { host = \"b\"; } );"),
		POOL("hosts = ( { host = \"a\"; maintenance = [ \"Mon 00:00-24:00\", \"Sun 02:00-04:00\" ]; }, { host = \"b\"; } );"),
		""},
	{"maintenance of a pool",
		"pools = { p = { " A "fallback = \"q\";  }; q = { " B "}; };\nroutes = ( " P_AND_Q
		"\n );",
		"pools = { p = { " A
		"fallback = \"q\"; maintenance = [ \"sun 2:00-4:00\", \"Mon\" ]; }; q = { " B
		"}; };\nroutes = ( " P_AND_Q "\n );",
		"pools changed p maintenance - none at 2 + Mon 00:00-24:00, Sun 02:00-04:00 at 2\n"},
	{"a fallback", ROUTES(""),
		"pools = { p = { " A "fallback = \"q\"; }; q = { " B "}; };\nroutes = ( " P_AND_Q
		"\n );",
		"pools changed p fallback - none at 2 + q at 2\n"},
	{"a pool more", POOL(A),
		"pools = { p = { " A "}; z = { " B
		"}; };\nroutes = ( { match = \"x.example\"; pool = \"p\"; },\n"
		" { match = \"z.example\"; pool = \"z\"; } );",
		"routes added z.example - the MTA's own routing + pool z ([b]) by z.example at 4\n"
		"pools added z + [b] at 2\n"},
	{"health", HEALTH("failures = 3; backoff = 30; silence = 0.5;"),
		HEALTH("failures = 5; backoff = 45; silence = 0.7; rate = { percent = 9; };"),
		"pools changed p health.failures - 3 at 2 + 5 at 2\n"
		"pools changed p health.backoff - 30 s at 2 + 45 s at 2\n"
		"pools changed p health.silence - 500 ms at 2 + 700 ms at 2\n"
		"pools changed p health.rate.percent - 25 at 2 + 9 at 2\n"},
	{"health of all pools", TOP("health = { failures = 3; }; "),
		TOP("health = { failures = 4; }; "), ""},
	{"probes", HEALTH("probe = { interval = 10; };"),
		HEALTH("probe = { depth = \"ehlo\"; helo = \"h\"; };"),
		"pools changed p health.probe.depth - mail at 2 + ehlo at 2\n"
		"pools changed p health.probe.helo - none at 2 + h at 2\n"},
	{"no probes", HEALTH("probe = { interval = 10; };"), HEALTH("failures = 3;"),
		"pools changed p health.probe.interval - 10 s at 2 + 0 s at 2\n"},
	{"classify", HEALTH("classify = ( { text = \"a\"; class = \"host\"; } );"),
		HEALTH("classify = ( { text = \"b\"; class = \"host\"; } );"),
		"pools changed p health.classify - 1 entries at 2 + 1 entries at 2\n"},

	{"a rule more, one less", RULES(R("a", "x") "," R("b", "y")),
		RULES(R("b", "y") "," R("c", "z")),
		"rules removed a - when = { sender = \"x\"; }: action = \"reject\": 550 5.7.1 "
		"Message rejected at 3\n"
		"rules added c + when = { sender = \"z\"; }: action = \"reject\": 550 5.7.1 "
		"Message rejected at 3\n"},
	{"another condition", RULES(R("a", "x")), RULES(R("a", "z")),
		"rules changed a when - when = { sender = \"x\"; } at 3 + when = { sender = \"z\"; "
		"} at 3\n"},
	{"a condition in other words", RULES(R("a", "x@Example.com")),
		RULES(R("a", "X@example.COM")), ""},
	{"another order", RULES(R("a", "x") "," R("b", "y") "," R("c", "y")),
		RULES(R("d", "d") "," R("c", "y") "," R("a", "x")),
		"rules removed b - when = { sender = \"y\"; }: action = \"reject\": 550 5.7.1 "
		"Message rejected at 3\n"
		"rules added d + when = { sender = \"d\"; }: action = \"reject\": 550 5.7.1 "
		"Message rejected at 3\n"
		"rules changed - order of the rules - a, c + c, a\n"},
	{"what a rule does, and how",
		RULES("{ name = \"a\"; when = { size_over = 1; }; action = \"continue\"; tag = "
		      "\"t\"; }"),
		RULES("{ name = \"a\"; when = { size_over = 1; }; action = \"discard\"; mode = "
		      "\"shadow\"; log = true; }"),
		"rules changed a action - action = \"continue\", tag t at 3 + action = \"discard\" "
		"at 3\n"
		"rules changed a mode - on at 3 + shadow at 3\n"
		"rules changed a log - false at 3 + true at 3\n"},
	{"networks",
		RULES("{ name = \"a\"; when = { client = [ \"192.0.2.0/24\", \"192.0.2.9\" ]; }; "
		      "action = \"discard\"; }"),
		RULES("{ name = \"a\"; when = { client = [ \"192.0.2.0/25\", \"192.0.2.9\" ]; }; "
		      "action = \"discard\"; }"),
		"rules changed a when - when = { client = [ \"192.0.2.0/24\", \"192.0.2.9\" ]; } "
		"at 3"
		" + when = { client = [ \"192.0.2.0/25\", \"192.0.2.9\" ]; } at 3\n"},
	{"hours",
		RULES("{ name = \"a\"; when = { time = \"Mon 08:00-09:00\"; }; action = "
		      "\"discard\"; }"),
		RULES("{ name = \"a\"; when = { time = \"mon 08:00-09:00\"; }; action = "
		      "\"discard\"; }"),
		""},
	{"nesting",
		RULES("{ name = \"a\"; when = { not = { size_over = 1; }; }; action = \"discard\"; "
		      "}"),
		RULES("{ name = \"a\"; when = { size_over = 1; }; action = \"discard\"; }"),
		"rules changed a when - when = { not = { size_over = 1; }; } at 3 + when = { "
		"size_over = 1; } at 3\n"},
	{"patterns",
		RULES("{ name = \"a\"; when = { sender = \"/a.c/\"; }; action = \"discard\"; }"),
		RULES("{ name = \"a\"; when = { sender = \"/a..c/\"; }; action = \"discard\"; }"),
		"rules changed a when - when = { sender = \"/a.c/\"; } at 3 + when = { sender = "
		"\"/a..c/\"; } at 3\n"},

	{"settings", TOP("recipient_delimiter = \"+\"; "),
		TOP("recipient_delimiter = \"-\";\nhealth = { log = \"journal\"; };\n socket_mode "
		    "= \"0600\"; "),
		"settings changed recipient_delimiter - + at 2 + - at 2\n"
		"settings changed socket_mode - 0660 + 0600 at 4\n"
		"settings changed log - none + journal at 3\n"},
};

START_TEST(finds_differences)
{
	const struct row *row = &rows[_i];
	struct conf *old = load(row->old);
	struct conf *new = load(row->new);
	struct route_diff *diff = route_diff_new(old, new);
	char *text;

	ck_assert_ptr_nonnull(diff);
	text = list(diff);
	ck_assert_msg(strcmp(text, row->expected) == 0, "%s:\n%swanted:\n%s", row->name, text,
		row->expected);
	free(text);
	route_diff_free(diff);
	conf_free(old);
	conf_free(new);
}
END_TEST

/* What is longer than a condition's text in messages is compared to its end. */
START_TEST(compares_what_is_not_shown)
{
	static char old_text[4096], new_text[4096];
	char values[3000] = "";
	struct conf *old, *new;
	struct route_diff *diff;

	for (int i = 0; i < 100; i++)
		sprintf(values + strlen(values), "\"u%d@example.com\", ", i);
	snprintf(old_text, sizeof(old_text),
		"rules = ( { name = \"a\"; when = { sender = [ %s \"/y/\" ]; }; action = "
		"\"discard\"; } );",
		values);
	snprintf(new_text, sizeof(new_text),
		"rules = ( { name = \"a\"; when = { sender = [ %s \"/z/\" ]; }; action = "
		"\"discard\"; } );",
		values);
	old = load(old_text);
	new = load(new_text);
	diff = route_diff_new(old, new);
	ck_assert_uint_eq(diff->count, 1);
	ck_assert_str_eq(diff->items[0].what, "when");
	route_diff_free(diff);
	diff = route_diff_new(old, old);
	ck_assert_uint_eq(diff->count, 0);
	route_diff_free(diff);
	conf_free(old);
	conf_free(new);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{finds_differences, COUNT(rows)},
		{compares_what_is_not_shown, 1},
	};

	return suite_run("route_diff", tests, COUNT(tests));
}
