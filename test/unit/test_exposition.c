/* test_exposition: metrics as text, octet for octet
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/exposition.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was flushed so far. */
static char text[4 * 1024 * 1024];
static size_t length;
static int flushes;

static void flush(void *context, const char *octets, size_t count)
{
	ck_assert_ptr_eq(context, &flushes);
	ck_assert_uint_lt(length + count, sizeof(text));
	memcpy(text + length, octets, count);
	length += count;
	text[length] = '\0';
	flushes++;
}

static struct exposition begin(enum exposition_format format)
{
	static char buffer[2 * EXPOSITION_LINE_MAX];

	length = 0;
	flushes = 0;
	return (struct exposition){
		.format = format,
		.buffer = buffer,
		.size = sizeof(buffer),
		.flush = flush,
		.context = &flushes,
	};
}

static const struct exposition_family family_of[] = {
	[EXPOSITION_COUNTER] = {"x_seen_total", EXPOSITION_COUNTER, "Things \"seen\", by \\."},
	[EXPOSITION_GAUGE] = {"x_time_seconds", EXPOSITION_GAUGE, "Time."},
	[EXPOSITION_HISTOGRAM] = {"x_wait_seconds", EXPOSITION_HISTOGRAM, "Wait."},
	[EXPOSITION_INFO] = {"x_build_info", EXPOSITION_INFO, "Build."},
};

static void write_samples(struct exposition *out, enum exposition_type type)
{
	static const struct histogram_bounds bounds = {2, {5000, 1000000}};
	const char *const names[] = {"host", "stage"};
	const char *const values[] = {"a:25", "b"};
	struct histogram histogram = {.sum = 0};

	if (type != EXPOSITION_HISTOGRAM) {
		exposition_begin(out);
		exposition_label(out, "a", "1");
		exposition_label_number(out, "b", 20);
		exposition_count(out, 7);
		exposition_begin(out);
		exposition_millionths(out, 1500000);
		return;
	}
	histogram_add(&histogram, &bounds, 5000);
	histogram_add(&histogram, &bounds, 2000000);
	exposition_histogram(out, &histogram, &bounds, names, values, 2);
}

#define LABELS "host=\"a:25\",stage=\"b\""
#define BUCKETS \
	"x_wait_seconds_bucket{" LABELS ",le=\"0.005\"} 1\n" \
	"x_wait_seconds_bucket{" LABELS ",le=\"1.0\"} 1\n" \
	"x_wait_seconds_bucket{" LABELS ",le=\"+Inf\"} 2\n" \
	"x_wait_seconds_sum{" LABELS "} 2.005\n" \
	"x_wait_seconds_count{" LABELS "} 2\n"

static const struct row {
	enum exposition_type type;
	enum exposition_format format;
	const char *expected;
} rows[] = {
	{EXPOSITION_COUNTER, EXPOSITION_PROMETHEUS,
		"# HELP x_seen_total Things \"seen\", by \\\\.\n# TYPE x_seen_total counter\n"
		"x_seen_total{a=\"1\",b=\"20\"} 7\nx_seen_total 1.5\n"},
	{EXPOSITION_COUNTER, EXPOSITION_OPENMETRICS,
		"# HELP x_seen Things \\\"seen\\\", by \\\\.\n# TYPE x_seen counter\n"
		"x_seen_total{a=\"1\",b=\"20\"} 7\nx_seen_total 1.5\n# EOF\n"},
	{EXPOSITION_GAUGE, EXPOSITION_PROMETHEUS,
		"# HELP x_time_seconds Time.\n# TYPE x_time_seconds gauge\n"
		"x_time_seconds{a=\"1\",b=\"20\"} 7\nx_time_seconds 1.5\n"},
	{EXPOSITION_GAUGE, EXPOSITION_OPENMETRICS,
		"# HELP x_time_seconds Time.\n# TYPE x_time_seconds gauge\n"
		"# UNIT x_time_seconds seconds\n"
		"x_time_seconds{a=\"1\",b=\"20\"} 7\nx_time_seconds 1.5\n# EOF\n"},
	{EXPOSITION_HISTOGRAM, EXPOSITION_PROMETHEUS,
		"# HELP x_wait_seconds Wait.\n# TYPE x_wait_seconds histogram\n" BUCKETS},
	{EXPOSITION_HISTOGRAM, EXPOSITION_OPENMETRICS,
		"# HELP x_wait_seconds Wait.\n# TYPE x_wait_seconds histogram\n"
		"# UNIT x_wait_seconds seconds\n" BUCKETS "# EOF\n"},
	{EXPOSITION_INFO, EXPOSITION_PROMETHEUS,
		"# HELP x_build_info Build.\n# TYPE x_build_info gauge\n"
		"x_build_info{a=\"1\",b=\"20\"} 7\nx_build_info 1.5\n"},
	{EXPOSITION_INFO, EXPOSITION_OPENMETRICS,
		"# HELP x_build Build.\n# TYPE x_build info\n"
		"x_build_info{a=\"1\",b=\"20\"} 7\nx_build_info 1.5\n# EOF\n"},
};

START_TEST(formats)
{
	const struct row *row = &rows[_i];
	struct exposition out = begin(row->format);

	exposition_family(&out, &family_of[row->type]);
	write_samples(&out, row->type);
	exposition_end(&out);
	ck_assert_str_eq(text, row->expected);
}
END_TEST

static const struct label_row {
	const char *value;
	const char *expected;
} labels[] = {
	{"", ""},
	{"[2001:db8::1]:25", "[2001:db8::1]:25"},
	{"a\"b", "a\\\"b"},
	{"a\\b", "a\\\\b"},
	{"a\\\"} 1\nx 2", "a\\\\\\\"} 1?x 2"},
	{"a\nb\tc\x7f", "a?b?c?"},
	{"b\xc3\xbc"
	 "cher",
		"b\xc3\xbc"
		"cher"},
	{"\xff\xc3", "??"},
};

START_TEST(label_values)
{
	struct exposition out = begin(EXPOSITION_PROMETHEUS);
	char expected[256];

	out.family = &family_of[EXPOSITION_GAUGE];
	exposition_begin(&out);
	exposition_label(&out, "v", labels[_i].value);
	exposition_count(&out, 0);
	exposition_end(&out);
	snprintf(expected, sizeof(expected), "x_time_seconds{v=\"%s\"} 0\n", labels[_i].expected);
	ck_assert_str_eq(text, expected);
}
END_TEST

static const struct number_row {
	int64_t millionths;
	const char *expected;
} numbers[] = {
	{0, "0"},
	{1, "0.000001"},
	{10, "0.00001"},
	{999999, "0.999999"},
	{1000000, "1"},
	{1000001, "1.000001"},
	{60100000, "60.1"},
	{-2500000, "-2.5"},
	{INT64_C(1769860800123000), "1769860800.123"},
};

START_TEST(values)
{
	struct exposition out = begin(EXPOSITION_PROMETHEUS);
	char expected[256];

	out.family = &family_of[EXPOSITION_GAUGE];
	exposition_begin(&out);
	exposition_millionths(&out, numbers[_i].millionths);
	exposition_end(&out);
	snprintf(expected, sizeof(expected), "x_time_seconds %s\n", numbers[_i].expected);
	ck_assert_str_eq(text, expected);
}
END_TEST

/* What is too long is cut at the same place, be it plain or not. */
START_TEST(too_long)
{
	struct exposition out = begin(EXPOSITION_PROMETHEUS);
	char value[EXPOSITION_LABEL_MAX + 3];
	char expected[EXPOSITION_LABEL_MAX + 32];
	int octets = EXPOSITION_LABEL_MAX - 1 + _i / 2;

	memset(value, 'a', sizeof(value));
	value[octets] = '\0';
	if (_i % 2 == 1)
		value[0] = '\n';
	out.family = &family_of[EXPOSITION_GAUGE];
	exposition_begin(&out);
	exposition_label(&out, "v", value);
	exposition_count(&out, 0);
	exposition_end(&out);
	if (_i % 2 == 1)
		value[0] = '?';
	snprintf(expected, sizeof(expected), "x_time_seconds{v=\"%.*s\"} 0\n", EXPOSITION_LABEL_MAX,
		value);
	ck_assert_str_eq(text, expected);
}
END_TEST

/* Whatever its labels are, a sample has room; and nothing is lost where the buffer is flushed. */
START_TEST(longest)
{
	enum { SAMPLES = 500 };
	static const char name[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
	struct exposition out = begin(EXPOSITION_PROMETHEUS);
	static char value[1000];
	const char *at = text;

	memset(value, '"', sizeof(value) - 1);
	out.family = &family_of[EXPOSITION_GAUGE];
	for (int i = 0; i < SAMPLES; i++) {
		exposition_begin(&out);
		for (int k = 0; k < EXPOSITION_LABELS_MAX; k++)
			exposition_label(&out, name, value);
		exposition_millionths(&out, INT64_MAX);
	}
	exposition_end(&out);
	ck_assert_int_gt(flushes, SAMPLES / 4);
	for (int i = 0; i < SAMPLES; i++) {
		const char *end = strchr(at, '\n');

		ck_assert_ptr_nonnull(end);
		ck_assert_int_lt(end - at, EXPOSITION_LINE_MAX);
		ck_assert(strncmp(at, "x_time_seconds{abc", 18) == 0);
		ck_assert(strncmp(end - 22, "\"} 9223372036854.775807", 22) == 0 ||
			  strncmp(end - 23, "\"} 9223372036854.775807", 23) == 0);
		at = end + 1;
	}
	ck_assert_int_eq(*at, '\0');
}
END_TEST

static const struct accept_row {
	const char *accept;
	enum exposition_format expected;
} accepts[] = {
	{NULL, EXPOSITION_PROMETHEUS},
	{"", EXPOSITION_PROMETHEUS},
	{"*/*", EXPOSITION_PROMETHEUS},
	{"text/plain", EXPOSITION_PROMETHEUS},
	{"application/openmetrics-text", EXPOSITION_OPENMETRICS},
	{"Application/OpenMetrics-Text ; version=1.0.0", EXPOSITION_OPENMETRICS},
	/* Prometheus 2.42's, and one that would rather have text */
	{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
	 "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		EXPOSITION_OPENMETRICS},
	{"text/plain;version=0.0.4, application/openmetrics-text;q=0.9", EXPOSITION_PROMETHEUS},
	{"text/plain;q=0.3, application/openmetrics-text;q=0.4", EXPOSITION_OPENMETRICS},
	{"text/plain;q=0.3,\tapplication/openmetrics-text;q=0.3", EXPOSITION_OPENMETRICS},
	{"application/openmetrics-text;q=0", EXPOSITION_PROMETHEUS},
	{"application/openmetrics-text;q=0.000, */*", EXPOSITION_PROMETHEUS},
	{"application/openmetrics-text;q=junk", EXPOSITION_PROMETHEUS},
	{"application/openmetrics-text;q=", EXPOSITION_OPENMETRICS},
	{"application/openmetrics-texts", EXPOSITION_PROMETHEUS},
	{"x/y;z=application/openmetrics-text", EXPOSITION_PROMETHEUS},
	{";;;,,,;q=1,,", EXPOSITION_PROMETHEUS},
	{"  ,  application/openmetrics-text", EXPOSITION_OPENMETRICS},
};

START_TEST(accepted)
{
	ck_assert_msg(exposition_accepted(accepts[_i].accept) == accepts[_i].expected, "\"%s\"",
		accepts[_i].accept);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{formats, COUNT(rows)},
		{label_values, COUNT(labels)},
		{values, COUNT(numbers)},
		{too_long, 6},
		{longest, 1},
		{accepted, COUNT(accepts)},
	};

	return suite_run("exposition", tests, COUNT(tests));
}
