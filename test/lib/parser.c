/* parser: what each parser of log lines has to stand
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "parser.h"
#include "core/printable.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

enum { MUTATIONS = 40 };

/* ---- what comes out is well-formed */

static void check_string(const char *text, size_t size, const char *name)
{
	char copy[CORPUS_TEXT_MAX];

	ck_assert_msg(memchr(text, '\0', size) != NULL, "%s has no end", name);
	printable_copy(copy, sizeof(copy), text);
	ck_assert_msg(strcmp(copy, text) == 0, "%s is not printable: %s", name, copy);
}

#define CHECK_STRING(observation, member) \
	check_string((observation)->member, sizeof((observation)->member), #member)

static void check(const struct observation *observation)
{
	ck_assert_int_lt(observation->what, OBSERVATION_WHAT_COUNT);
	ck_assert_int_lt(observation->stage, OBSERVATION_STAGE_COUNT);
	ck_assert_int_lt(observation->outcome, OBSERVATION_OUTCOME_COUNT);
	ck_assert(!observation->is_probe);
	ck_assert(observation->code == 0 || (observation->code >= 200 && observation->code < 600));
	ck_assert_int_ge(observation->port, 0);
	ck_assert_int_le(observation->port, 65535);
	for (int i = 0; i < OBSERVATION_DELAYS; i++)
		ck_assert_int_ge(observation->delays[i], -1);
	CHECK_STRING(observation, queue_id);
	CHECK_STRING(observation, host);
	CHECK_STRING(observation, enhanced);
	CHECK_STRING(observation, text);
	ck_assert_msg(observation->host[0] != '\0', "no host");
	ck_assert_msg(strpbrk(observation->host, " []<>,;\"'=") == NULL, "host \"%s\"",
		observation->host);
	ck_assert_ptr_nonnull(memchr(observation->address, '\0', sizeof(observation->address)));
}

bool parser_run(
	parser_function parse, const char *text, size_t length, struct observation *observation)
{
	char *exact = malloc(length + 1);
	struct logline line;
	bool found = false;

	/* One octet more for malloc(0), in front: what ends is the memory. */
	ck_assert_ptr_nonnull(exact);
	memcpy(exact + 1, text, length);
	memset(observation, 0x5a, sizeof(*observation));
	if (logline_parse(&line, exact + 1, length, CORPUS_NOW, 0)) {
		ck_assert(line.at <= CORPUS_NOW);
		ck_assert(line.message + line.length <= exact + 1 + length);
		ck_assert(line.program + line.program_length <= exact + 1 + length);
		found = parse(&line, observation);
	}
	if (found)
		check(observation);
	free(exact);
	return found;
}

/* ---- lines */

void parser_check_row(parser_function parse, const struct corpus_row *row)
{
	char got[CORPUS_TEXT_MAX] = "-";
	struct observation observation;

	if (parser_run(parse, row->line, row->length, &observation))
		corpus_describe(got, &observation);
	ck_assert_msg(strcmp(got, row->expected) == 0, "line %d: %s\ngives:  %s\nwanted: %s",
		row->number, row->line, got, row->expected);
}

void parser_check_prefixes(parser_function parse, const struct corpus *corpus)
{
	struct observation observation;

	for (int i = 0; i < corpus->count; i++) {
		const struct corpus_row *row = &corpus->rows[i];

		for (size_t length = 0; length < row->length && length < 600; length++)
			parser_run(parse, row->line, length, &observation);
	}
}

static size_t below(unsigned *seed, size_t limit)
{
	return limit == 0 ? 0 : suite_random(seed) % limit;
}

/* Changes the LENGTH octets in BUFFER, of SIZE; gives the new length. */
static size_t mutate(
	char *buffer, size_t length, size_t size, const struct corpus_row *other, unsigned *seed)
{
	static const char octets[] = "[]()<>,:;= \"\\/.0a@-\n\r\t\x80\xff";
	size_t at = below(seed, length);
	size_t part = below(seed, length - at);
	size_t from;

	switch (below(seed, 5)) {
	case 0:
		if (length > 0)
			buffer[at] = octets[below(seed, sizeof(octets))]; /* with the NUL */
		return length;
	case 1:
		memmove(buffer + at, buffer + at + part, length - at - part);
		return length - part;
	case 2:
		if (length + part > size)
			return length;
		memmove(buffer + at + part, buffer + at, length - at);
		return length + part;
	default:
		from = below(seed, other->length);
		part = below(seed, other->length - from);
		if (at + part > size)
			return length;
		memcpy(buffer + at, other->line + from, part);
		return at + part > length ? at + part : length;
	}
}

void parser_check_mutations(parser_function parse, const struct corpus *corpus)
{
	static char buffer[8192];
	struct observation observation;
	unsigned seed = 1;
	int found = 0;

	for (int i = 0; i < corpus->count; i++) {
		for (int j = 0; j < MUTATIONS; j++) {
			const struct corpus_row *row = &corpus->rows[i];
			size_t length = row->length;

			memcpy(buffer, row->line, length);
			for (int k = 0; k <= j % 4; k++) {
				const struct corpus_row *other =
					&corpus->rows[below(&seed, (size_t)corpus->count)];

				length = mutate(buffer, length, sizeof(buffer), other, &seed);
			}
			found += parser_run(parse, buffer, length, &observation);
		}
	}
	/* Many are still lines: it was the parser that had them, not the frame. */
	ck_assert_int_gt(found, corpus->count);
}

/* ---- text for lines */

void parser_fill(char *out, size_t size, const char *pattern, const char *text)
{
	size_t used = 0;

	for (; *pattern != '\0'; pattern++) {
		size_t length = *pattern == '%' ? strlen(text) : 1;

		ck_assert_uint_lt(used + length, size);
		memcpy(out + used, *pattern == '%' ? text : pattern, length);
		used += length;
	}
	out[used] = '\0';
}

void parser_quote(char *out, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text != '\0'; text++) {
		ck_assert_uint_lt(used + 2, size);
		if (*text == '"' || *text == '\\')
			out[used++] = '\\';
		out[used++] = *text;
	}
	out[used] = '\0';
}
