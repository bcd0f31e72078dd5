/* test_conf_condition: what nodes and tests become of what conditions
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/schema.h"
#include "core/hash.h"
#include "core/rules.h"
#include "rules_file.h"
#include "suite.h"

#include <stdarg.h>
#include <string.h>

enum { TEXT_ROOM = 4096 };

/* One rule of these conditions, after one that sets the tags "s" and "t". */
static struct conf *load_when(const char *when)
{
	FILE *file = rules_file_begin();

	fprintf(file,
		"rules = ( { name = \"s\"; when = { }; action = \"continue\"; tag = \"s\"; },\n"
		"{ name = \"t\"; when = { }; action = \"continue\"; tag = \"t\"; },\n"
		"{ name = \"r\"; action = \"dns\"; when = { %s }; } );\n",
		when);
	return rules_file_end(file);
}

/* ---- nodes and tests as text */

static char dump[TEXT_ROOM];
static size_t dumped;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	dumped += (size_t)vsnprintf(dump + dumped, sizeof(dump) - dumped, format, arguments);
	va_end(arguments);
	ck_assert_uint_lt(dumped, sizeof(dump));
}

static void dump_values(const struct rules_test *test)
{
	static const char marks[] = "=@^~/";

	for (size_t i = 0; i < test->count; i++) {
		if (test->networks != NULL)
			say(" %u.%u.%u.%u/%d", test->networks[i].octets[12],
				test->networks[i].octets[13], test->networks[i].octets[14],
				test->networks[i].octets[15], test->networks[i].bits);
		else if (test->daytimes != NULL)
			say(" %02x:%d-%d", test->daytimes[i].days, test->daytimes[i].from,
				test->daytimes[i].to);
		else
			say(" %c%s", marks[test->patterns[i].kind], test->patterns[i].text);
	}
}

static void dump_test(const struct rules_test *test)
{
	say("%s", rules_fact_name(test->fact));
	if (test->name != NULL)
		say(" %s", test->name);
	dump_values(test);
	if (test->fact == RULES_SIZE_OVER || test->fact == RULES_SIZE_UNDER ||
		test->fact == RULES_RECIPIENTS_OVER || test->fact == RULES_RECIPIENTS_UNDER)
		say(" %lld", (long long)test->size);
	if (test->fact == RULES_TLS_VERIFIED)
		say(" %d", test->is_true);
	if (test->fact == RULES_PERCENT)
		say(" %u", test->percent);
	if (test->fact == RULES_TAG)
		say(" %u", test->tag);
}

static uint32_t dump_node(const struct rules *rules, uint32_t at)
{
	static const char *const words[] = {
		[RULES_ALL] = "all", [RULES_ANY] = "any", [RULES_NOT] = "not"};
	const struct rules_node *node = &rules->nodes[at];

	if (node->kind == RULES_TEST) {
		ck_assert_uint_eq(node->end, at + 1);
		ck_assert_uint_lt(node->test, rules->test_count);
		dump_test(&rules->tests[node->test]);
		return at + 1;
	}
	say("%s(", words[node->kind]);
	at++;
	for (bool is_first = true; at < node->end; is_first = false) {
		say("%s", is_first ? "" : "; ");
		at = dump_node(rules, at);
	}
	ck_assert_uint_eq(at, node->end);
	say(")");
	return at;
}

static const char *dump_rule(const struct rules *rules, size_t rule)
{
	dumped = 0;
	dump[0] = '\0';
	dump_node(rules, rules->list[rule].node);
	return dump;
}

/* ---- conditions */

static const struct when_row {
	const char *when;
	const char *nodes;
} when_rows[] = {
	{"", "all()"},
	{"sender = \"u@Example.com\";", "all(sender =u@example.com)"},
	{"sender = \"\";", "all(sender =)"},
	/* What costs least is in front, nothing is there twice. */
	{"sender = [ \"/x/\", \"*z\", \".p.example\", \"b.example\", \"B.example\", "
	 "\"u@a.example\" ];",
		"all(sender =u@a.example @b.example ^.p.example ~*z /*x*)"},
	{"recipient = ( \"b.example\", \"a.example\" ); all_recipients = \"c.example\";",
		"all(recipient @a.example @b.example; all_recipients @c.example)"},
	{"client = \"192.0.2.1\";", "all(client 192.0.2.1/128)"},
	{"client = [ \"192.0.2.1\", \"10.0.0.0/8\", \"192.0.2.1\" ];",
		"all(client 10.0.0.0/104 192.0.2.1/128)"},
	{"client = [ \"10.0.0.0/16\", \"10.0.0.0/8\", \"10.0.0.0/16\" ];",
		"all(client 10.0.0.0/104 10.0.0.0/112)"},
	{"client_name = \".Example.com\"; helo = \"X\";",
		"all(client_name ^.example.com; helo =x)"},
	{"auth_user = \"\"; tls = [ \"TLSv1.?\", \"\" ];", "all(auth_user =; tls = ~tlsv1.?)"},
	{"helo = [ \"/b/\", \"/a/\", \"/b/\" ];", "all(helo /*b* /*a*)"},
	{"tls_verified = true;", "all(tls_verified 1)"},
	{"tls_verified = false;", "all(tls_verified 0)"},
	{"listener = \"smtps\"; listener_port = 465;", "all(listener =smtps; listener_port =465)"},
	{"listener_port = ( 25, \"0587\", \"25*\", 25L );", "all(listener_port =25 =587 ~25*)"},
	{"listener_port = [ 587, 25 ];", "all(listener_port =25 =587)"},
	{"header = \"List-Id\";", "all(header list-id)"},
	{"header = \"Subject:   Re: /x/\";", "all(header subject =re: /x/)"},
	{"header = \"Subject:/Re: x/\";", "all(header subject /*re: x*)"},
	{"header = \"Subject:\";", "all(header subject =)"},
	{"header = [ \"X-B: 2\", \"X-A\", \"x-b: 1\" ];", "all(any(header x-a; header x-b =1 =2))"},
	{"header = [ \"X-A: 1\", \"X-A: 2\", \"X-A: 1\" ];", "all(header x-a =1 =2)"},
	{"header = [ \"X-A: 1\", \"X-A\" ];", "all(header x-a)"},
	{"macro = \"{auth_type}\";", "all(macro {auth_type})"},
	{"macro = [ \"j: mx.example\", \"{j}: *.example\", \"{A_1}\" ];",
		"all(any(macro j =mx.example ~*.example; macro {A_1}))"},
	{"macro = \"{if_addr}: 192.0.2.1\";", "all(macro {if_addr} =192.0.2.1)"},
	{"recipients_over = 1; recipients_under = 1000000;",
		"all(recipients_over 1; recipients_under 1000000)"},
	{"size_over = 0; size_under = 4611686018427387904L;",
		"all(size_over 0; size_under 4611686018427387904)"},
	{"time = [ \"Sat,Sun\", \"Mon-Fri 22:00-06:00\", \"Sat,Sun\" ];",
		"all(time 1f:1320-360 60:0-1440)"},
	{"percent = 5;", "all(percent 500)"},
	/* Neither is a binary fraction: one is a bit more, the other a bit less. */
	{"percent = 0.07;", "all(percent 7)"},
	{"percent = 0.29;", "all(percent 29)"},
	{"percent = 0;", "all(percent 0)"},
	{"percent = 100.0;", "all(percent 10000)"},
	{"percent = 33.33;", "all(percent 3333)"},
	{"tag = \"t\";", "all(tag 1)"},
	{"tag = \"s\"; not = { tag = \"t\"; };", "all(tag 0; not(all(tag 1)))"},
	{"any = ( { helo = \"x\" }, { helo = \"y\"; size_over = 1; } ); helo = \"z\";",
		"all(any(all(helo =x); all(helo =y; size_over 1)); helo =z)"},
	{"all = ( { not = { helo = \"x\"; }; }, { any = ( { helo = \"y\"; } ); } );",
		"all(all(all(not(all(helo =x))); all(any(all(helo =y)))))"},
	{"not = { not = { header = [ \"A\", \"B\" ]; }; };",
		"all(not(all(not(all(any(header a; header b))))))"},
};

START_TEST(conditions)
{
	const struct when_row *row = &when_rows[_i];
	struct conf *conf = load_when(row->when);
	const char *got = dump_rule(conf->table.rules, 2);

	ck_assert_msg(strcmp(got, row->nodes) == 0, "%s gives %s", row->when, got);
	conf_free(conf);
}
END_TEST

#define TEN	"0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct text_row {
	const char *when;
	uint32_t node; /* after that of the rule */
	const char *text;
} text_rows[] = {
	{"", 0, "when = { }"},
	{"helo = \"X\";", 0, "when = { helo = \"X\"; }"},
	{"helo = \"X\";", 1, "helo = \"X\""},
	{"helo = [ \"X\", \"y\" ];", 1, "helo = [ \"X\", \"y\" ]"},
	{"helo = ( \"X\", \"y\" );", 1, "helo = ( \"X\", \"y\" )"},
	{"auth_user = \"/a\\\\.b\\\"/\";", 1, "auth_user = \"/a\\\\.b\\\"/\""},
	{"listener_port = ( 25, \"587\" );", 1, "listener_port = ( 25, \"587\" )"},
	{"size_over = 5000000000L;", 1, "size_over = 5000000000L"},
	{"percent = 0.5;", 1, "percent = 0.5"},
	{"tls_verified = true;", 1, "tls_verified = true"},
	{"tls_verified = false;", 1, "tls_verified = false"},
	{"header = [ \"B: 2\", \"A\", \"b: 1\" ];", 1, "header = [ \"B: 2\", \"A\", \"b: 1\" ]"},
	{"header = [ \"B: 2\", \"A\", \"b: 1\" ];", 2, "header = \"A\""},
	{"header = [ \"B: 2\", \"A\", \"b: 1\" ];", 3, "header = [ \"B: 2\", \"b: 1\" ]"},
	{"macro = ( \"j\" );", 1, "macro = \"j\""},
	{"not = { helo = \"x\"; tls = \"\"; };", 1, "not = { helo = \"x\"; tls = \"\"; }"},
	{"not = { helo = \"x\"; tls = \"\"; };", 2, "{ helo = \"x\"; tls = \"\"; }"},
	{"any = ( { helo = \"x\" }, { tls = \"\" } );", 1,
		"any = ( { helo = \"x\"; }, { tls = \"\"; } )"},
	{"any = ( { helo = \"x\" }, { tls = \"\" } );", 2, "{ helo = \"x\"; }"},
	/* 200 octets are not cut. */
	{"helo = \"" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "1\";", 1,
		"helo = \"" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "1\""},
	{"helo = \"" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "12\";", 1,
		"helo = \"" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN "012345678"
		"…"},
	{"helo = \"" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "é12\";", 1,
		"helo = \"" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN "012345678"
		"…"},
	/* Nor is a character, even if that leaves it shorter. */
	{"helo = \"" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN "01234567é890\";", 1,
		"helo = \"" HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN "01234567"
		"…"},
};

START_TEST(texts)
{
	const struct text_row *row = &text_rows[_i];
	struct conf *conf = load_when(row->when);
	const struct rules *rules = conf->table.rules;
	const char *text = rules->nodes[rules->list[2].node + row->node].text;

	ck_assert_msg(strcmp(text, row->text) == 0, "%s: %s", row->when, text);
	ck_assert_uint_le(strlen(text), SCHEMA_QUOTE_MAX);
	conf_free(conf);
}
END_TEST

/* ---- tests */

START_TEST(equal_questions_are_one_test)
{
	struct conf *conf = rules_file_of(
		"{ name = \"a\"; action = \"dns\"; when = { helo = [ \"x\", \"Y\" ]; header = \"A: "
		"1\"; }; },"
		"{ name = \"b\"; action = \"dns\"; when = { header = \"a:1\"; not = { helo = ( "
		"\"y\", \"x\", \"x\" ); }; }; },"
		"{ name = \"c\"; action = \"dns\"; when = { helo = \"x\"; header = \"a\"; "
		"size_over = 1; }; },"
		"{ name = \"d\"; action = \"dns\"; when = { client = [ \"10.0.0.0/8\", \"::1\" ]; "
		"size_under = 1; }; },"
		"{ name = \"e\"; action = \"dns\"; when = { client = [ \"::1\", \"10.0.0.0/8\" ]; "
		"size_over = 2; }; },"
		"{ name = \"f\"; action = \"dns\"; when = { percent = 5; any = ( { percent = 5; }, "
		"{ percent = 6; } ); }; },"
		"{ name = \"g\"; action = \"dns\"; when = { percent = 5; tls_verified = true; }; },"
		"{ name = \"h\"; action = \"dns\"; when = { tls_verified = false; time = [ "
		"\"Sat\", \"Sun\" ]; }; },"
		"{ name = \"i\"; action = \"dns\"; when = { tls_verified = true; time = [ \"Sun\", "
		"\"Sat\" ]; }; }");
	const struct rules *rules = conf->table.rules;

	/* helo 2, header 2, size_over 2, size_under 1, client 1, percent 3, tls_verified 2, time 1 */
	ck_assert_uint_eq(rules->test_count, 14);
	ck_assert_str_eq(dump_rule(rules, 0), "all(helo =x =y; header a =1)");
	ck_assert_str_eq(dump_rule(rules, 1), "all(header a =1; not(all(helo =x =y)))");
	ck_assert_uint_eq(rules->nodes[rules->list[0].node + 2].test,
		rules->nodes[rules->list[1].node + 1].test);
	ck_assert_str_eq(
		dump_rule(rules, 5), "all(percent 500; any(all(percent 500); all(percent 600)))");
	conf_free(conf);
}
END_TEST

START_TEST(tests_are_sorted)
{
	struct conf *conf = load_when(
		"tag = \"s\"; percent = 1; time = \"Sat\"; macro = \"j\"; size_under = 1; "
		"size_over = 1;"
		"header = [ \"b: 1\", \"B-c\", \"a\" ]; listener_port = 25; listener = \"l\";"
		"tls_verified = true; tls = \"\"; auth_user = \"\"; helo = \"h\"; client_name = "
		"\"c\";"
		"recipients_over = 1; recipients_under = 9; client = \"::1\"; all_recipients = \"*\"; recipient = \"*\"; sender = \"*\";"
		"not = { header = \"B: 2\"; sender = \"\"; };");
	const struct rules *rules = conf->table.rules;
	static const char *const names[] = {"a", "b", "b-c"};
	uint32_t next = 0;

	ck_assert_uint_eq(rules->test_count, RULES_FACT_COUNT + 4);
	for (int fact = 0; fact < RULES_FACT_COUNT; fact++) {
		const struct rules_range *range = &rules->facts[fact];
		uint32_t count = fact == RULES_HEADER ? 4 : (fact == RULES_SENDER ? 2 : 1);

		ck_assert_uint_eq(range->first, next);
		ck_assert_uint_eq(range->count, count);
		for (uint32_t i = 0; i < count; i++)
			ck_assert_int_eq(rules->tests[next++].fact, fact);
	}
	ck_assert_uint_eq(rules->header_count, 3);
	next = rules->facts[RULES_HEADER].first;
	for (size_t i = 0; i < 3; i++) {
		const struct rules_header *header = &rules->headers[i];

		ck_assert_str_eq(header->name, names[i]);
		ck_assert_uint_eq(header->length, strlen(names[i]));
		ck_assert_uint_eq(header->tests.first, next);
		ck_assert_uint_eq(header->tests.count, i == 1 ? 2 : 1);
		for (uint32_t k = 0; k < header->tests.count; k++)
			ck_assert_str_eq(rules->tests[next++].name, names[i]);
		ck_assert_uint_eq(rules_find_header(rules, names[i]), i);
	}
	conf_free(conf);
}
END_TEST

START_TEST(shares_differ_by_rule)
{
	struct conf *conf =
		rules_file_of("{ name = \"one\"; action = \"dns\"; when = { percent = 5; }; },"
			      "{ name = \"two\"; action = \"dns\"; when = { percent = 5; }; }");
	const struct rules *rules = conf->table.rules;

	ck_assert_uint_eq(rules->test_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const char *name = rules->list[i].name;
		uint32_t test = rules->nodes[rules->list[i].node + 1].test;

		ck_assert(rules->tests[test].seed == hash_octets(name, strlen(name)));
	}
	conf_free(conf);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{conditions, COUNT(when_rows)},
		{texts, COUNT(text_rows)},
		{equal_questions_are_one_test, 1},
		{tests_are_sorted, 1},
		{shares_differ_by_rule, 1},
	};

	return suite_run("conf_condition", tests, COUNT(tests));
}
