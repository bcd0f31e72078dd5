/* test_rules_run: each condition, and which rule decides when
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/rules_run.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1000 };

static uint8_t memory[ROOM];

/* ---- one condition */

#define PATTERNS(...) \
	.patterns = (const struct pattern[]){__VA_ARGS__}, \
	.count = sizeof((struct pattern[]){__VA_ARGS__}) / sizeof(struct pattern)
#define EXACT(value) \
	{ \
		PATTERN_EXACT, value, sizeof(value) - 1, 0 \
	}
#define GLOB(value) \
	{ \
		PATTERN_GLOB, value, sizeof(value) - 1, 0 \
	}

static const struct network networks[] = {
	{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0}, 120},
	{{0x20, 0x01, 0x0d, 0xb8}, 32},
};
static const struct daytime daytimes[] = {{0x1f, 480, 1080}, {0x40, 0, 60}};

static const struct rules_test is_sender = {
	.fact = RULES_SENDER, PATTERNS(EXACT("a@example.com"), EXACT(""))};
static const struct rules_test is_recipient = {.fact = RULES_RECIPIENT,
	PATTERNS(EXACT("a@example.com"), {PATTERN_DOMAIN, "example.org", 11, 0})};
static const struct rules_test are_recipients = {.fact = RULES_ALL_RECIPIENTS,
	PATTERNS(EXACT("a@example.com"), {PATTERN_DOMAIN, "example.org", 11, 0})};
static const struct rules_test is_client = {
	.fact = RULES_CLIENT, .networks = networks, .count = COUNT(networks)};
static const struct rules_test is_client_name = {
	.fact = RULES_CLIENT_NAME, PATTERNS({PATTERN_PARENT, ".example.com", 12, 0})};
static const struct rules_test is_helo = {.fact = RULES_HELO, PATTERNS(GLOB("mx?"), EXACT("x"))};
static const struct rules_test is_user = {.fact = RULES_AUTH_USER, PATTERNS(EXACT("u+x"))};
static const struct rules_test is_nobody = {.fact = RULES_AUTH_USER, PATTERNS(EXACT(""))};
static const struct rules_test is_tls = {.fact = RULES_TLS, PATTERNS(GLOB("tlsv1.*"))};
static const struct rules_test is_verified = {.fact = RULES_TLS_VERIFIED, .is_true = true};
static const struct rules_test is_not_verified = {.fact = RULES_TLS_VERIFIED, .is_true = false};
static const struct rules_test is_listener = {.fact = RULES_LISTENER, PATTERNS(EXACT("msa"))};
static const struct rules_test is_port = {.fact = RULES_LISTENER_PORT, PATTERNS(EXACT("587"))};
static const struct rules_test has_header = {.fact = RULES_HEADER, .name = "subject"};
static const struct rules_test is_header = {
	.fact = RULES_HEADER, .name = "subject", PATTERNS(GLOB("*sale*"), GLOB("*win*"))};
static const struct rules_test is_over = {.fact = RULES_SIZE_OVER, .size = 1000};
static const struct rules_test is_under = {.fact = RULES_SIZE_UNDER, .size = 1000};
static const struct rules_test are_over = {.fact = RULES_RECIPIENTS_OVER, .size = 2};
static const struct rules_test are_under = {.fact = RULES_RECIPIENTS_UNDER, .size = 2};
static const struct rules_test has_macro = {.fact = RULES_MACRO, .name = "{x}"};
static const struct rules_test is_macro = {
	.fact = RULES_MACRO, .name = "j", PATTERNS(EXACT("y"), EXACT("z"))};
static const struct rules_test is_time = {
	.fact = RULES_TIME, .daytimes = daytimes, .count = COUNT(daytimes)};
static const struct rules_test is_all = {.fact = RULES_PERCENT, .percent = RULES_PERCENT_WHOLE};
static const struct rules_test is_none = {.fact = RULES_PERCENT, .percent = 0};

/* "FACT VALUE" lines; "close FACT"; "end"; "." decides. */
static const struct condition_row {
	const struct rules_test *test;
	const char *told;
	enum rules_answer expected;
} conditions[] = {
	{&is_sender, "", RULES_OPEN},
	{&is_sender, "sender <A@example.com>", RULES_YES},
	{&is_sender, "sender a+x@example.com", RULES_YES},
	{&is_sender, "sender <>", RULES_YES},
	{&is_sender, "sender b@example.com", RULES_NO},
	{&is_sender, "recipient a@example.com\nsize 5\nhelo x", RULES_OPEN},
	{&is_sender, "close sender", RULES_NO},
	{&is_sender, "sender a@example.com\nclose sender", RULES_YES},
	{&is_recipient, "recipient b@example.com", RULES_OPEN},
	{&is_recipient, "recipient a@example.com", RULES_YES},
	{&is_recipient, "recipient a+x@example.com", RULES_YES},
	{&is_recipient, "recipient b@example.com\nrecipient c@example.org", RULES_YES},
	{&is_recipient, "recipient a@example.com\nrecipient b@example.com", RULES_YES},
	{&is_recipient, "recipient b@example.com\nclose recipient", RULES_NO},
	{&is_recipient, "recipient b@example.com\nclose all_recipients", RULES_OPEN},
	{&is_recipient, "close recipient", RULES_NO},
	{&are_recipients, "recipient a@example.com", RULES_OPEN},
	{&are_recipients, "recipient a@example.com\nclose all_recipients", RULES_YES},
	{&are_recipients, "recipient a@example.com\nclose recipient", RULES_OPEN},
	{&are_recipients, "recipient a@example.com\nrecipient b@example.org\nend", RULES_YES},
	{&are_recipients, "recipient b@example.com", RULES_NO},
	{&are_recipients, "recipient a@example.com\nrecipient b@example.com", RULES_NO},
	{&are_recipients, "recipient b@example.com\nrecipient a@example.com\nend", RULES_NO},
	{&are_recipients, "close all_recipients", RULES_NO},
	{&are_recipients, "sender a@example.com\nend", RULES_NO},
	{&are_over, "recipient a@x\nrecipient a@x", RULES_OPEN},
	{&are_over, "recipient a@x\nrecipient b@x\nrecipient c@x", RULES_YES},
	{&are_over, "recipient a@x\nrecipient b@x\nclose recipients_over", RULES_NO},
	{&are_over, "recipient a@x\nrecipient b@x\nend", RULES_NO},
	{&are_over, "recipient a@x\nclose recipients_under", RULES_OPEN},
	{&are_under, "recipient a@x", RULES_OPEN},
	{&are_under, "recipient a@x\nrecipient b@x", RULES_NO},
	{&are_under, "recipient a@x\nclose recipients_under", RULES_YES},
	{&are_under, "recipient a@x\nend", RULES_YES},
	{&are_under, "close recipients_under", RULES_NO},
	{&is_client, "client 192.0.2.7", RULES_YES},
	{&is_client, "client 192.0.3.7", RULES_NO},
	{&is_client, "client 2001:db8::1", RULES_YES},
	{&is_client, "client -", RULES_NO},
	{&is_client, "client_name 192.0.2.7", RULES_OPEN},
	{&is_client, "close client", RULES_NO},
	{&is_client_name, "client_name A.Example.com", RULES_YES},
	{&is_client_name, "client_name unknown", RULES_NO},
	{&is_client_name, "helo a.example.com", RULES_OPEN},
	{&is_helo, "helo MX1", RULES_YES},
	{&is_helo, "helo X", RULES_YES},
	{&is_helo, "helo mx", RULES_NO},
	{&is_helo, "close helo", RULES_NO},
	{&is_user, "auth_user U+x", RULES_YES},
	{&is_user, "auth_user u", RULES_NO},
	{&is_user, "auth_user u+x+y", RULES_NO},
	{&is_nobody, "auth_user", RULES_YES},
	{&is_nobody, "auth_user u", RULES_NO},
	{&is_nobody, "close auth_user", RULES_NO},
	{&is_tls, "tls TLSv1.3", RULES_YES},
	{&is_tls, "tls", RULES_NO},
	{&is_tls, "tls_verified 1", RULES_OPEN},
	{&is_verified, "tls_verified 1", RULES_YES},
	{&is_verified, "tls_verified 0", RULES_NO},
	{&is_verified, "tls TLSv1.3", RULES_OPEN},
	{&is_not_verified, "tls_verified 1", RULES_NO},
	{&is_not_verified, "tls_verified 0", RULES_YES},
	{&is_not_verified, "close tls_verified", RULES_NO},
	{&is_listener, "listener MSA", RULES_YES},
	{&is_listener, "listener mta", RULES_NO},
	{&is_listener, "listener_port msa", RULES_OPEN},
	{&is_port, "listener_port 587", RULES_YES},
	{&is_port, "listener_port 58", RULES_NO},
	{&has_header, "header From: x", RULES_OPEN},
	{&has_header, "header SUBJECT: x", RULES_YES},
	{&has_header, "header Subject: ", RULES_YES},
	{&has_header, "header From: x\nclose header", RULES_NO},
	{&is_header, "header Subject: a Sale", RULES_YES},
	{&is_header, "header Subject: you win", RULES_YES},
	{&is_header, "header Subject: a", RULES_OPEN},
	{&is_header, "header From: a sale", RULES_OPEN},
	{&is_header, "header Subject: a\nheader subject: a sale", RULES_YES},
	{&is_header, "header Subject: a sale\nheader subject: a", RULES_YES},
	{&is_header, "header Subject: a\nclose header", RULES_NO},
	{&is_over, "size 1000", RULES_NO},
	{&is_over, "size 1001", RULES_YES},
	{&is_over, "size 0", RULES_NO},
	{&is_over, "close size_over", RULES_NO},
	{&is_over, "close size_under", RULES_OPEN},
	{&is_under, "size 1000", RULES_NO},
	{&is_under, "size 999", RULES_YES},
	{&is_under, "size 5000000000", RULES_NO},
	{&is_under, "close size_under", RULES_NO},
	{&has_macro, "macro {x}", RULES_YES},
	{&has_macro, "macro {x} 1", RULES_YES},
	{&has_macro, "macro x 1", RULES_OPEN},
	{&has_macro, "macro {X} 1", RULES_OPEN},
	{&has_macro, "close macro", RULES_NO},
	{&is_macro, "macro j Y", RULES_YES},
	{&is_macro, "macro j z", RULES_YES},
	{&is_macro, "macro j x", RULES_NO},
	{&is_macro, "macro {j} y", RULES_OPEN},
	{&is_time, "time 480", RULES_YES},
	{&is_time, "time 479", RULES_NO},
	{&is_time, "time 8640", RULES_YES},
	{&is_time, "close time", RULES_NO},
	{&is_all, "share 5", RULES_YES},
	{&is_all, "close percent", RULES_NO},
	{&is_all, "end", RULES_NO},
	{&is_time, "end", RULES_NO},
	{&is_sender, "end", RULES_NO},
	{&is_none, "share 5", RULES_NO},
	/* An answer stays. */
	{&is_sender, "sender b@example.com\nsender a@example.com", RULES_NO},
	{&is_helo, "helo x\nhelo y\nclose helo", RULES_YES},
	{&is_over, "size 5\nsize 5000\nend", RULES_NO},
	{&has_header, "close header\nheader Subject: x", RULES_NO},
};

static enum rules_fact fact_named(const char *name)
{
	for (int fact = 0; fact < RULES_FACT_COUNT; fact++)
		if (strcmp(rules_fact_name((enum rules_fact)fact), name) == 0)
			return (enum rules_fact)fact;
	ck_abort_msg("no fact \"%s\"", name);
}

/* IPv4, or 2001:db8::1. */
static void tell_client(struct rules_run *run, const char *text)
{
	uint8_t octets[4], address[NETWORK_OCTETS] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

	if (sscanf(text, "%hhu.%hhu.%hhu.%hhu", &octets[0], &octets[1], &octets[2], &octets[3]) ==
		4)
		network_from_ipv4(address, octets);
	rules_run_client(run, strcmp(text, "-") == 0 ? NULL : address);
}

static void tell_pair(struct rules_run *run, const char *what, char *value)
{
	bool by_colon = strcmp(what, "header") == 0;
	char *rest = value + strcspn(value, by_colon ? ":" : " ");

	if (*rest != '\0') {
		*rest++ = '\0';
		rest += by_colon && *rest == ' ';
	}
	if (by_colon)
		rules_run_header(run, rules_find_header(run->rules, value), rest, strlen(rest));
	else
		rules_run_macro(run, value, rest);
}

static void tell_line(struct rules_run *run, char *line)
{
	char *value = line + strcspn(line, " ");
	struct address address;

	if (*value != '\0')
		*value++ = '\0';
	address_parse(&address, value);
	if (strcmp(line, ".") == 0)
		rules_run_decide(run);
	else if (strcmp(line, "end") == 0)
		rules_run_end(run);
	else if (strcmp(line, "close") == 0)
		rules_run_close(run, fact_named(value));
	else if (strcmp(line, "size") == 0)
		rules_run_size(run, strtoll(value, NULL, 10));
	else if (strcmp(line, "share") == 0)
		rules_run_share(run, strtoull(value, NULL, 10));
	else if (strcmp(line, "time") == 0)
		rules_run_time(run, atoi(value));
	else if (strcmp(line, "sender") == 0)
		rules_run_sender(run, &address);
	else if (strcmp(line, "recipient") == 0)
		rules_run_recipient(run, &address);
	else if (strcmp(line, "client") == 0)
		tell_client(run, value);
	else if (strcmp(line, "tls_verified") == 0)
		rules_run_tls_verified(run, *value == '1');
	else if (strcmp(line, "header") == 0 || strcmp(line, "macro") == 0)
		tell_pair(run, line, value);
	else
		rules_run_text(run, fact_named(line), value);
}

static void tell(struct rules_run *run, const char *told)
{
	char copy[200];
	char *at;

	snprintf(copy, sizeof(copy), "%s", told);
	for (char *line = strtok_r(copy, "\n", &at); line != NULL; line = strtok_r(NULL, "\n", &at))
		tell_line(run, line);
}

/* A rule of that condition, between tests of nothing: these are to stay open. */
static struct rules rules_of_test(const struct rules_test *test)
{
	static const struct rules_node nodes[] = {
		{.kind = RULES_ALL, .end = 2}, {.kind = RULES_TEST, .test = 1, .end = 2}};
	static const struct rule list[] = {{.route = {.action = ACTION_DNS}}};
	static struct rules_test tests[3];
	static struct rules_header header = {.name = "subject", .length = 7};
	struct rules rules = {.list = list,
		.count = 1,
		.nodes = nodes,
		.node_count = COUNT(nodes),
		.tests = tests,
		.test_count = COUNT(tests),
		.headers = &header,
		.delimiters = "+"};

	tests[1] = *test;
	header.tests = (struct rules_range){1, test->fact == RULES_HEADER};
	rules.facts[test->fact] = (struct rules_range){1, 1};
	rules.header_count = test->fact == RULES_HEADER;
	return rules;
}

START_TEST(conditions_hold)
{
	const struct condition_row *row = &conditions[_i];
	struct rules rules = rules_of_test(row->test);
	struct rules_run run;
	int decided;

	ck_assert_uint_le(rules_run_room(&rules), ROOM);
	memset(memory, 0x55, sizeof(memory));
	rules_run_begin(&run, &rules, NULL, memory);
	tell(&run, row->told);
	ck_assert_msg(rules_run_rule(&run, 0) == row->expected, "%s: \"%s\": %d",
		rules_fact_name(row->test->fact), row->told, rules_run_rule(&run, 0));
	decided = rules_run_decide(&run);
	ck_assert_msg(decided == (row->expected == RULES_OPEN	     ? RULES_UNDECIDED
					 : row->expected == RULES_NO ? RULES_NONE
								     : 0),
		"%s: \"%s\": decides %d", rules_fact_name(row->test->fact), row->told, decided);
	ck_assert_msg(memory[0] == RULES_OPEN && memory[2] == RULES_OPEN, "others of %s",
		rules_fact_name(row->test->fact));
	ck_assert_int_eq(memory[rules_run_room(&rules)], 0x55);
}
END_TEST

/* ---- what is looked at */

static int calls[4];

static bool match(
	void *context, size_t regex, const char *text, size_t length, struct pattern_budget *budget)
{
	(void)budget;
	ck_assert_ptr_eq(context, calls);
	calls[regex]++;
	return length > 0 && memchr(text, (int)('a' + regex), length) != NULL;
}

/* From some number of tests on, more is known of a text before they are asked. */
START_TEST(many_conditions_hold_each_for_itself)
{
	static const char *const told[] = {
		"helo dW", "sender d@W", "recipient d@W", "recipient dw", "header Subject: dW"};
	static const enum rules_fact facts[] = {
		RULES_HELO, RULES_SENDER, RULES_RECIPIENT, RULES_ALL_RECIPIENTS, RULES_HEADER};
	struct rules rules = rules_of_test(&is_helo);
	const struct pattern_matcher matcher = {match, calls};
	static struct rules_test tests[11];
	static const struct pattern globs[10] = {GLOB("*w0*"), GLOB("*w1*"), GLOB("*w2*"),
		GLOB("*w3*"), GLOB("*w4*"), GLOB("*w5*"), GLOB("*w6*"), GLOB("*w7*"), GLOB("*w?*"),
		{PATTERN_REGEX, "*w*", 3, 3}};
	static const struct pattern one_of[] = {GLOB("*no*"), GLOB("*w?*")};
	struct rules_header header = {"subject", 7, {0, 11}};
	struct rules_run run;
	char line[80];

	rules.facts[RULES_HELO].count = 0;
	rules.facts[facts[_i]] = (struct rules_range){0, 11};
	rules.tests = tests;
	rules.test_count = 11;
	rules.headers = &header;
	rules.header_count = 1;
	for (int i = 0; i < 10; i++)
		tests[i] =
			(struct rules_test){.fact = facts[_i], .patterns = &globs[i], .count = 1};
	tests[10] = (struct rules_test){.fact = facts[_i], .patterns = one_of, .count = 2};
	for (int number = 0; number < 8; number++) {
		rules_run_begin(&run, &rules, &matcher, memory);
		snprintf(line, sizeof(line), "%s%dx", told[_i], number);
		tell(&run, line);
		rules_run_close(&run, facts[_i]);
		for (int i = 0; i < 11; i++)
			ck_assert_msg((memory[i] == RULES_YES) == (i == number || i >= 8),
				"%s: test %d is %d", line, i, memory[i]);
	}
}
END_TEST

/* helo = "/a/"; header = "Subject: /b/" or "/c/"; a shadow rule, header = "From: /d/". */
static struct rules rules_of_regexes(void)
{
	static const struct pattern patterns[] = {{.kind = PATTERN_REGEX, .regex = 0},
		{.kind = PATTERN_REGEX, .regex = 1}, {.kind = PATTERN_REGEX, .regex = 2},
		{.kind = PATTERN_REGEX, .regex = 3}};
	static const struct rules_test tests[] = {
		{.fact = RULES_HELO, .patterns = patterns, .count = 1},
		{.fact = RULES_HEADER, .name = "from", .patterns = patterns + 3, .count = 1},
		{.fact = RULES_HEADER, .name = "subject", .patterns = patterns + 1, .count = 2},
	};
	static const struct rules_header headers[] = {{"from", 4, {1, 1}}, {"subject", 7, {2, 1}}};
	static const struct rules_node nodes[] = {{RULES_ALL, 0, 2, ""}, {RULES_TEST, 0, 2, ""},
		{RULES_ALL, 0, 4, ""}, {RULES_TEST, 2, 4, ""}, {RULES_ALL, 0, 6, ""},
		{RULES_TEST, 1, 6, ""}};
	static const struct rule list[] = {{.node = 0, .route = {.action = ACTION_DNS}},
		{.node = 2, .route = {.action = ACTION_DNS}},
		{.node = 4, .route = {.action = ACTION_DNS}, .is_shadow = true}};

	return (struct rules){.list = list,
		.count = COUNT(list),
		.nodes = nodes,
		.node_count = COUNT(nodes),
		.tests = tests,
		.test_count = COUNT(tests),
		.facts = {[RULES_HELO] = {0, 1}, [RULES_HEADER] = {1, 2}},
		.headers = headers,
		.header_count = COUNT(headers),
		.delimiters = ""};
}

static const struct look_row {
	const char *name;
	const char *told;
	int decided;
	int calls[4];
} looks[] = {
	{"nothing told", "end", RULES_NONE, {0, 0, 0, 0}},
	{"the second pattern after the first", "header Subject: c\nend", 1, {0, 1, 1, 0}},
	{"the first is enough", "header Subject: b\nend", 1, {0, 1, 0, 0}},
	{"each value", "header Subject: x\nheader Subject: y\nend", RULES_NONE, {0, 2, 2, 0}},
	{"none behind one that matches", "header Subject: b\nheader Subject: b\nend", 1,
		{0, 1, 0, 0}},
	{"once", "helo b\nhelo a\nend", RULES_NONE, {1, 0, 0, 0}},
	{"all, until it is decided", "helo a\nheader Subject: b\nheader From: d", 0, {1, 1, 0, 1}},
	{"nothing after the decision", "helo a\n.\nheader Subject: b\nheader From: d\nend", 0,
		{1, 0, 0, 0}},
	{"a rule in front is open", "header Subject: b\n.\nhelo x\n.\nheader From: d", 1,
		{1, 1, 0, 0}},
	{"nobody decides: a shadow rule is still counted",
		"helo x\nclose header\n.\nheader From: d", RULES_NONE, {1, 0, 0, 0}},
	{"nothing when all is answered", "helo x\nheader From: d\nclose header\n.\nhelo a",
		RULES_NONE, {1, 0, 0, 1}},
};

START_TEST(only_what_is_needed_is_looked_at)
{
	const struct look_row *row = &looks[_i];
	const struct pattern_matcher matcher = {match, calls};
	struct rules rules = rules_of_regexes();
	struct rules_run run;

	memset(calls, 0, sizeof(calls));
	rules_run_begin(&run, &rules, &matcher, memory);
	tell(&run, row->told);
	for (int i = 0; i < COUNT(calls); i++)
		ck_assert_msg(calls[i] == row->calls[i], "%s: regex %d: %d calls", row->name, i,
			calls[i]);
	ck_assert_msg(strstr(row->told, "end") == NULL || run.decided == row->decided, "%s: %d",
		row->name, run.decided);
	ck_assert_msg(rules_run_decide(&run) == row->decided, "%s: %d", row->name, run.decided);
}
END_TEST

START_TEST(copies_go_their_own_way)
{
	static uint8_t copied[ROOM];
	const struct pattern_matcher matcher = {match, calls};
	struct rules rules = rules_of_regexes();
	struct rules_run run, copy;

	memset(calls, 0, sizeof(calls));
	rules_run_begin(&run, &rules, &matcher, memory);
	tell(&run, "helo x");
	memset(copied, 0x55, sizeof(copied));
	rules_run_copy(&copy, &run, copied);
	ck_assert_int_eq(copied[rules_run_room(&rules)], 0x55);
	tell(&copy, "header From: d\nend");
	ck_assert_int_eq(rules_run_decide(&copy), RULES_NONE);
	ck_assert_int_eq(rules_run_rule(&copy, 2), RULES_YES);
	ck_assert_int_eq(rules_run_decide(&run), RULES_UNDECIDED);
	ck_assert_int_eq(rules_run_rule(&run, 2), RULES_OPEN);
	memset(copied, 0x55, sizeof(copied));
	tell(&run, "header Subject: b\nend");
	ck_assert_int_eq(rules_run_decide(&run), 1);
	ck_assert_int_eq(calls[0], 1);
}
END_TEST

START_TEST(no_rules_decide_nothing)
{
	struct rules rules = {.delimiters = ""};
	struct rules_run run;

	ck_assert_uint_eq(rules_run_room(&rules), 0);
	rules_run_begin(&run, &rules, NULL, memory);
	tell(&run, "helo x\nheader From: x");
	ck_assert_int_eq(rules_run_decide(&run), RULES_NONE);
	ck_assert_int_eq(rules_run_end(&run), RULES_NONE);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{conditions_hold, COUNT(conditions)},
		{many_conditions_hold_each_for_itself, 5},
		{only_what_is_needed_is_looked_at, COUNT(looks)}, {copies_go_their_own_way, 1},
		{no_rules_decide_nothing, 1}};

	return suite_run("rules_run", tests, COUNT(tests));
}
