/* test_follow_source_buffer: lines, however they arrive
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_source.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 4000000 };

/* What came out, as text: "<line>", or "D" or "P" and a length. */
static char out[OUT_MAX];
static size_t out_length;

static void take(struct line_buffer *buffer)
{
	enum line_buffer_result result;
	const char *line;
	size_t length;
	uint64_t octets;

	while ((result = follow_source_buffer_next(buffer, &line, &length, &octets)) !=
		LINE_BUFFER_EMPTY) {
		ck_assert_uint_lt(out_length + length + 32, OUT_MAX);
		if (result == LINE_BUFFER_LINE) {
			out[out_length++] = '<';
			memcpy(out + out_length, line, length);
			out_length += length;
			out[out_length++] = '>';
			ck_assert_uint_eq(octets, length + 1);
		} else {
			out_length += (size_t)sprintf(out + out_length, "%c%llu",
				result == LINE_BUFFER_DROPPED ? 'D' : 'P',
				(unsigned long long)octets);
		}
	}
	out[out_length] = '\0';
}

/* Feeds OCTETS in pieces of PIECE. */
static void feed(struct line_buffer *buffer, const char *octets, size_t length, size_t piece)
{
	while (length > 0) {
		size_t size;
		char *room = follow_source_buffer_room(buffer, &size);
		size_t some = length < piece ? length : piece;

		ck_assert_uint_gt(size, 0);
		if (some > size)
			some = size;
		memcpy(room, octets, some);
		follow_source_buffer_added(buffer, some);
		octets += some;
		length -= some;
		take(buffer);
	}
}

static void begin(struct line_buffer *buffer, enum line_buffer_mode mode)
{
	ck_assert_int_eq(follow_source_buffer_init(buffer), 0);
	follow_source_buffer_reset(buffer, mode);
	out_length = 0;
}

static const struct row {
	const char *in;
	enum line_buffer_mode mode;
	const char *expected;
	uint64_t pending;
} rows[] = {
	{"", LINE_BUFFER_KEEP, "", 0},
	{"\n", LINE_BUFFER_KEEP, "<>", 0},
	{"a", LINE_BUFFER_KEEP, "", 1},
	{"a\n", LINE_BUFFER_KEEP, "<a>", 0},
	{"a\n\nbc\r\nd", LINE_BUFFER_KEEP, "<a><><bc\r>", 1},
	{"rest\na\nb", LINE_BUFFER_PASS, "P5<a>", 1},
	{"\na\n", LINE_BUFFER_PASS, "P1<a>", 0},
	{"rest", LINE_BUFFER_PASS, "", 4},
};

START_TEST(gives_lines)
{
	const struct row *row = &rows[_i];

	for (size_t piece = 1; piece < 10; piece++) {
		struct line_buffer buffer;

		begin(&buffer, row->mode);
		feed(&buffer, row->in, strlen(row->in), piece);
		out[out_length] = '\0';
		ck_assert_str_eq(out, row->expected);
		ck_assert_uint_eq(follow_source_buffer_pending(&buffer), row->pending);
		follow_source_buffer_free(&buffer);
	}
}
END_TEST

static const size_t lengths[] = {65536, LINE_BUFFER_LINE_MAX - 1, LINE_BUFFER_LINE_MAX,
	LINE_BUFFER_SIZE, LINE_BUFFER_SIZE + 1, 2 * LINE_BUFFER_SIZE, 300000};
static const size_t pieces[] = {1000, 4096, 65536, 1000000};

/* A short line, one of that length, a short one. */
START_TEST(drops_what_is_too_long)
{
	size_t length = lengths[_i];
	char *in = malloc(length + 5);
	char *expected = malloc(length + 64);

	ck_assert(in != NULL && expected != NULL);
	memset(in, 'x', length + 5);
	memcpy(in, "a\n", 2);
	memcpy(in + 2 + length, "\nb\n", 3);
	if (length <= LINE_BUFFER_LINE_MAX)
		sprintf(expected, "<a><%.*s><b>", (int)length, in + 2);
	else
		sprintf(expected, "<a>D%zu<b>", length + 1);
	for (int i = 0; i < COUNT(pieces); i++) {
		struct line_buffer buffer;

		begin(&buffer, LINE_BUFFER_KEEP);
		feed(&buffer, in, length + 2, pieces[i]);
		ck_assert_uint_eq(follow_source_buffer_pending(&buffer), length);
		feed(&buffer, in + 2 + length, 3, pieces[i]);
		ck_assert_msg(
			strcmp(out, expected) == 0, "length %zu, pieces of %zu", length, pieces[i]);
		follow_source_buffer_free(&buffer);
	}
	free(in);
	free(expected);
}
END_TEST

START_TEST(octets_are_not_looked_at)
{
	static const char in[] = "a\0b\n\xff\xfe\x80\n\0\n";
	struct line_buffer buffer;

	begin(&buffer, LINE_BUFFER_KEEP);
	feed(&buffer, in, sizeof(in) - 1, 1);
	ck_assert_uint_eq(out_length, 13);
	ck_assert_int_eq(memcmp(out, "<a\0b><\xff\xfe\x80><\0>", 13), 0);
	follow_source_buffer_free(&buffer);
}
END_TEST

START_TEST(any_pieces_give_the_same_lines)
{
	unsigned seed = (unsigned)_i + 1;
	size_t length = 1000000;
	char *in = malloc(length);
	struct line_buffer buffer;
	size_t at = 0;

	ck_assert_ptr_nonnull(in);
	for (size_t i = 0; i < length; i++)
		in[i] = suite_random(&seed) % 200 == 0 ? '\n' : 'a' + (char)(i % 26);
	begin(&buffer, LINE_BUFFER_KEEP);
	while (at < length) {
		size_t some = suite_random(&seed) % 3000 + 1;

		if (some > length - at)
			some = length - at;
		feed(&buffer, in + at, some, some);
		at += some;
	}
	/* What came out is what went in, with each newline as "><". */
	at = 0;
	for (size_t i = 0; i < length - follow_source_buffer_pending(&buffer); at++) {
		if (out[at] == '<')
			continue;
		ck_assert_int_eq(out[at], in[i] == '\n' ? '>' : in[i]);
		i++;
	}
	ck_assert_uint_eq(at, out_length);
	follow_source_buffer_free(&buffer);
	free(in);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{gives_lines, COUNT(rows)},
		{drops_what_is_too_long, COUNT(lengths)}, {octets_are_not_looked_at, 1},
		{any_pieces_give_the_same_lines, 5}};

	return suite_run("follow_source_buffer", tests, COUNT(tests));
}
