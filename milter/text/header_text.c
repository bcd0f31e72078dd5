/* header_text: the value of a header as people read it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "text/header_text.h"

#include "core/span.h"
#include "text/charset.h"
#include "text/encoded_word.h"

#include <stdint.h>
#include <string.h>

struct decoder {
	struct span rest;	  /* of the value */
	const char *verbatim_end; /* in it: up to here no word is decoded */
	char *out;
	size_t length; /* of what is in OUT */
	/* In OUT, after a word that was decoded, if only white space follows; else SIZE_MAX. */
	size_t word_end;
	char *octets; /* past what OUT can get: the words of a run, in their charset */
	struct charset_converter *converter;
	struct pattern_budget *budget;
};

static bool is_line_end(char octet)
{
	return octet == '\r' || octet == '\n';
}

static bool is_white(char octet)
{
	return octet == ' ' || octet == '\t' || is_line_end(octet);
}

bool header_text_is_plain(const char *value, size_t length)
{
	if (length == 0)
		return true;
	return !is_white(value[0]) && !is_white(value[length - 1]) &&
	       memchr(value, '\n', length) == NULL && memchr(value, '\r', length) == NULL &&
	       memmem(value, length, "=?", 2) == NULL;
}

size_t header_text_room(size_t length)
{
	return CHARSET_EXPANSION * length + 1 + length;
}

static void put(struct decoder *decoder, char octet)
{
	decoder->out[decoder->length++] = octet;
	if (!is_white(octet))
		decoder->word_end = SIZE_MAX;
}

/* A word at the beginning of TEXT in CHARSET, or in any if that is NULL. Adds its octets. */
static const char *take_word(
	struct decoder *decoder, struct span *text, const char *charset, size_t *octets)
{
	struct encoded_word word;
	const char *found;
	size_t length;

	if (!encoded_word_parse(&word, *text) || (found = charset_find(word.charset)) == NULL)
		return NULL;
	if (charset != NULL && strcmp(charset, found) != 0)
		return NULL;
	if (!encoded_word_decode(&word, decoder->octets + *octets, &length))
		return NULL;
	*octets += length;
	span_skip(text, word.length);
	return found;
}

/*
 * Words of one charset with nothing but white space between them: their octets are joined first, as
 * there are mail programs that cut characters in two.
 */
static bool take_run(struct decoder *decoder)
{
	struct span next = decoder->rest;
	char *out = decoder->out + decoder->length;
	struct span end;
	size_t octets = 0;
	size_t length;
	const char *charset = take_word(decoder, &next, NULL, &octets);

	if (charset == NULL)
		return false;
	do {
		end = next;
		while (next.length > 0 && is_white(next.at[0]))
			span_skip(&next, 1);
	} while (take_word(decoder, &next, charset, &octets) != NULL);
	if (!charset_convert(decoder->converter, charset, span_make(decoder->octets, octets), out,
		    &length, decoder->budget)) {
		decoder->verbatim_end = end.at;
		return false;
	}
	if (decoder->word_end != SIZE_MAX) {
		memmove(decoder->out + decoder->word_end, out, length);
		decoder->length = decoder->word_end;
	}
	decoder->rest = end;
	decoder->length += length;
	decoder->word_end = decoder->length;
	return true;
}

/* Line ends in front of white space are left out; others become a space. */
static void take_line_end(struct decoder *decoder)
{
	struct span *rest = &decoder->rest;

	while (rest->length > 0 && is_line_end(rest->at[0]))
		span_skip(rest, 1);
	if (rest->length > 0 && !is_white(rest->at[0]))
		put(decoder, ' ');
}

/* No white space at the ends. */
static void trim(struct decoder *decoder)
{
	char *out = decoder->out;
	size_t start = 0;

	while (decoder->length > 0 && is_white(out[decoder->length - 1]))
		decoder->length--;
	while (start < decoder->length && is_white(out[start]))
		start++;
	decoder->length -= start;
	memmove(out, out + start, decoder->length);
	out[decoder->length] = '\0';
}

size_t header_text_decode(const char *value, size_t length, char *out,
	struct charset_converter *converter, struct pattern_budget *budget)
{
	struct decoder decoder = {
		.rest = span_make(value, length),
		.verbatim_end = value,
		.out = out,
		.word_end = SIZE_MAX,
		.octets = out + CHARSET_EXPANSION * length + 1,
		.converter = converter,
		.budget = budget,
	};

	pattern_spend(budget, HEADER_TEXT_OCTET_COST * (int64_t)length);
	while (decoder.rest.length > 0) {
		const char *at = decoder.rest.at;

		if (is_line_end(*at)) {
			take_line_end(&decoder);
		} else if (*at != '=' || at < decoder.verbatim_end || !take_run(&decoder)) {
			put(&decoder, *at);
			span_skip(&decoder.rest, 1);
		}
	}
	trim(&decoder);
	return decoder.length;
}
