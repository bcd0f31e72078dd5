/* test_conf_tests: values of conditions, each in the form that the core compares with
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_address.h"
#include "conf/conf_tests.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct conf_patterns patterns;
static struct schema_reader reader;
static struct fault_list faults;
static config_t config;

static void begin(void)
{
	config_init(&config);
	fault_list_init(&faults);
	reader = (struct schema_reader){
		.arena = arena_new(), .faults = &faults, .path = "routes.cfg"};
	patterns = (struct conf_patterns){.reader = &reader};
}

static void end(void)
{
	regex_set_free(patterns.regexes);
	arena_free(reader.arena);
	fault_list_free(&faults);
	config_destroy(&config);
}

static int read_text(enum rules_fact fact, const char *text, struct pattern *pattern)
{
	return conf_tests_read_pattern(
		&patterns, fact, config_root_setting(&config), text, pattern);
}

static const struct row {
	enum rules_fact fact;
	const char *text;
	enum pattern_kind kind;
	const char *pattern;
} rows[] = {
	{RULES_SENDER, "U@Example.COM", PATTERN_EXACT, "u@example.com"},
	{RULES_SENDER, "<u@example.com.>", PATTERN_EXACT, "u@example.com"},
	{RULES_SENDER, "\"U x\"@bücher.example", PATTERN_EXACT, "u x@xn--bcher-kva.example"},
	{RULES_SENDER, "\"a\\*b\"@example.com", PATTERN_EXACT, "a*b@example.com"},
	{RULES_SENDER, "a\\?b@example.com", PATTERN_EXACT, "a?b@example.com"},
	{RULES_SENDER, "u@[192.0.2.1]", PATTERN_EXACT, "u@[192.0.2.1]"},
	{RULES_SENDER, "\"Postmaster\"", PATTERN_EXACT, "postmaster"},
	{RULES_SENDER, "", PATTERN_EXACT, ""},
	{RULES_SENDER, "Example.com.", PATTERN_DOMAIN, "example.com"},
	{RULES_RECIPIENT, "bücher.example", PATTERN_DOMAIN, "xn--bcher-kva.example"},
	{RULES_ALL_RECIPIENTS, "[IPv6:2001:DB8::1]", PATTERN_DOMAIN, "[ipv6:2001:db8::1]"},
	{RULES_RECIPIENT, ".Example.com", PATTERN_PARENT, ".example.com"},
	{RULES_RECIPIENT, ".BÜCHER.example", PATTERN_PARENT, ".xn--bcher-kva.example"},
	{RULES_RECIPIENT, "*", PATTERN_GLOB, "*"},
	{RULES_RECIPIENT, "*@Example.com", PATTERN_GLOB, "*@example.com"},
	{RULES_RECIPIENT, "a\\*?@B.example", PATTERN_GLOB, "a\\*?@b.example"},
	{RULES_RECIPIENT, "all*", PATTERN_GLOB, "all*"},
	{RULES_RECIPIENT, "/@Example\\.com$/", PATTERN_REGEX, "*@example.com*"},
	{RULES_RECIPIENT, "/*/a*/", PATTERN_REGEX, NULL},
	{RULES_SENDER, "//", PATTERN_REGEX, "*"},
	{RULES_HEADER, "/", PATTERN_EXACT, "/"},
	{RULES_HEADER, "/a", PATTERN_EXACT, "/a"},
	{RULES_HEADER, "a/", PATTERN_EXACT, "a/"},
	{RULES_HEADER, "/a/b/", PATTERN_REGEX, "*a/b*"},
	{RULES_HEADER, "", PATTERN_EXACT, ""},
	{RULES_HEADER, ".example.com", PATTERN_EXACT, ".example.com"},
	{RULES_HEADER, "A\\\\B\\c\\", PATTERN_EXACT, "a\\bc\\"},
	{RULES_HEADER, "Is it\\?", PATTERN_EXACT, "is it?"},
	{RULES_HEADER, "Is\\\\?", PATTERN_GLOB, "is\\\\?"},
	{RULES_HEADER, "Ünicode", PATTERN_EXACT, "Ünicode"},
	{RULES_MACRO, "X*", PATTERN_GLOB, "x*"},
	{RULES_MACRO, "", PATTERN_EXACT, ""},
	{RULES_CLIENT_NAME, "MX.Example.com", PATTERN_EXACT, "mx.example.com"},
	{RULES_CLIENT_NAME, ".Example.com", PATTERN_PARENT, ".example.com"},
	{RULES_CLIENT_NAME, "unknown", PATTERN_EXACT, "unknown"},
	{RULES_HELO, ".example.com", PATTERN_PARENT, ".example.com"},
	{RULES_HELO, "[192.0.2.1]", PATTERN_EXACT, "[192.0.2.1]"},
	{RULES_HELO, "mx?.example.com", PATTERN_GLOB, "mx?.example.com"},
	{RULES_AUTH_USER, "User@Example.com", PATTERN_EXACT, "user@example.com"},
	{RULES_AUTH_USER, ".example.com", PATTERN_EXACT, ".example.com"},
	{RULES_AUTH_USER, "all", PATTERN_EXACT, "all"},
	{RULES_AUTH_USER, "", PATTERN_EXACT, ""},
	{RULES_TLS, "TLSv1.3", PATTERN_EXACT, "tlsv1.3"},
	{RULES_TLS, "", PATTERN_EXACT, ""},
	{RULES_LISTENER, "Submission", PATTERN_EXACT, "submission"},
	{RULES_LISTENER_PORT, "25", PATTERN_EXACT, "25"},
	{RULES_LISTENER_PORT, "65535", PATTERN_EXACT, "65535"},
	{RULES_LISTENER_PORT, "1", PATTERN_EXACT, "1"},
	{RULES_LISTENER_PORT, "25*", PATTERN_GLOB, "25*"},
	{RULES_LISTENER_PORT, "/^25/", PATTERN_REGEX, "*25*"},
};

START_TEST(value)
{
	const struct row *row = &rows[_i];
	struct pattern pattern;
	int result = read_text(row->fact, row->text, &pattern);

	ck_assert_msg(
		(result == 0) == (row->pattern != NULL), "\"%s\" gives %d", row->text, result);
	ck_assert_uint_eq(faults.errors, row->pattern == NULL);
	if (row->pattern == NULL)
		return;
	ck_assert_msg(pattern.kind == row->kind, "\"%s\" is of kind %d", row->text, pattern.kind);
	ck_assert_str_eq(pattern.text, row->pattern);
	ck_assert_uint_eq(pattern.length, strlen(row->pattern));
}
END_TEST

START_TEST(equal_expressions_have_one_number)
{
	struct pattern a, b, c;

	ck_assert_int_eq(read_text(RULES_SENDER, "/a/", &a), 0);
	ck_assert_int_eq(read_text(RULES_HEADER, "/b/", &b), 0);
	ck_assert_int_eq(read_text(RULES_HELO, "/a/", &c), 0);
	ck_assert_uint_eq(a.regex, 0);
	ck_assert_uint_eq(b.regex, 1);
	ck_assert_uint_eq(c.regex, 0);
	ck_assert_uint_eq(regex_set_count(patterns.regexes), 2);
	ck_assert_str_eq(regex_set_pattern(patterns.regexes, 1), "b");
}
END_TEST

START_TEST(without_expressions_there_is_no_set)
{
	struct pattern pattern;

	ck_assert_int_eq(read_text(RULES_SENDER, "a*", &pattern), 0);
	ck_assert_ptr_null(patterns.regexes);
}
END_TEST

/* ---- networks */

static const struct network_row {
	const char *text;
	const char *octets; /* in hex; or what is wrong */
	int bits;	    /* -1: something is */
} networks[] = {
	{"192.0.2.1", "00000000000000000000ffffc0000201", 128},
	{"192.0.2.0/24", "00000000000000000000ffffc0000200", 120},
	{"192.0.2.1/32", "00000000000000000000ffffc0000201", 128},
	{"0.0.0.0/0", "00000000000000000000ffff00000000", 96},
	{"::ffff:192.0.2.0/120", "00000000000000000000ffffc0000200", 120},
	{"2001:DB8::/32", "20010db8000000000000000000000000", 32},
	{"2001:db8::1", "20010db8000000000000000000000001", 128},
	{"::/0", "00000000000000000000000000000000", 0},
	{"::1", "00000000000000000000000000000001", 128},
	{"192.0.2.129/25", "has bits after its prefix: 192.0.2.128/25?", -1},
	{"2001:db8:ffff::/33", "has bits after its prefix: 2001:db8:8000::/33?", -1},
	{"192.0.2.1/", "has no prefix of 0 to 32 bits", -1},
	{"192.0.2.1/x", "has no prefix of 0 to 32 bits", -1},
	{"192.0.2.0/33", "has no prefix of 0 to 32 bits", -1},
	{"::/129", "has no prefix of 0 to 128 bits", -1},
	{"", "is not an IP address or a network", -1},
	{"/24", "is not an IP address or a network", -1},
	{"192.0.2", "is not an IP address or a network", -1},
	{" 192.0.2.1", "is not an IP address or a network", -1},
	{"[2001:db8::1]", "is not an IP address or a network", -1},
	{"2001:0db8:0000:0000:0000:0000:0000:0000:0000:0001", "is not an IP address or a network",
		-1},
	/* As long as any address can be. */
	{"0000:0000:0000:0000:0000:ffff:192.000.002.001", "is not an IP address or a network", -1},
	{"0000:0000:0000:0000:0000:ffff:192.100.102.101", "00000000000000000000ffffc0646665", 128},
};

START_TEST(network)
{
	const struct network_row *row = &networks[_i];
	char wrong[CONF_ADDRESS_WRONG_MAX], hex[2 * NETWORK_OCTETS + 1];
	struct network out = {.bits = -1};
	const char *fault = conf_address_network(row->text, &out, wrong);

	ck_assert_msg((fault == NULL) == (row->bits != -1), "\"%s\": %s", row->text, fault);
	for (size_t i = 0; i < NETWORK_OCTETS; i++)
		snprintf(hex + 2 * i, 3, "%02x", out.octets[i]);
	ck_assert_str_eq(fault == NULL ? hex : fault, row->octets);
	if (fault == NULL)
		ck_assert_int_eq(out.bits, row->bits);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{value, COUNT(rows)},
		{equal_expressions_have_one_number, 1},
		{without_expressions_there_is_no_set, 1},
		{network, COUNT(networks)},
	};

	return suite_run_with("conf_tests", tests, COUNT(tests), begin, end);
}
