/* phrase: the words of a foreign text, and phrases that are looked for in them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/phrase.h"

#include <string.h>

enum { GAP_MAX = 3 };

static bool is_word_octet(char octet)
{
	unsigned char c = (unsigned char)octet;

	return span_is_digit(octet) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c > 127;
}

/* ---- what is none of the text's own words */

/* Takes <…>; of one that is not closed, as much as can be of an address. */
static bool take_brackets(struct span *rest)
{
	if (!span_take(rest, "<"))
		return false;
	if (rest->length > 0 && *rest->at == '"' && !span_take_quoted(rest))
		span_skip(rest, rest->length);
	while (rest->length > 0 && *rest->at != ' ' && !span_take(rest, ">"))
		span_skip(rest, 1);
	return true;
}

/* Takes "local part"@domain; a text that is merely quoted has words. */
static bool take_quoted_address(struct span *rest)
{
	struct span after = *rest;

	if (!span_take_quoted(&after) || !span_take(&after, "@"))
		return false;
	while (after.length > 0 && *after.at != ' ')
		span_skip(&after, 1);
	*rest = after;
	return true;
}

/* "mx1.example.com", not "later." or "please...later" */
static bool is_dotted(struct span run)
{
	bool has_dot = false;

	while (run.length > 0 && !is_word_octet(run.at[run.length - 1]))
		run.length--;
	for (size_t i = 0; i < run.length; i++) {
		if (run.at[i] != '.')
			continue;
		if (i == 0 || !is_word_octet(run.at[i - 1]) || !is_word_octet(run.at[i + 1]))
			return false;
		has_dot = true;
	}
	return has_dot;
}

static bool is_name(struct span run)
{
	return span_find(run, "@") != NULL || span_find(run, "://") != NULL || is_dotted(run);
}

/* ---- the words */

static void add_words(struct phrase_words *words, struct span run)
{
	while (run.length > 0 && words->count < PHRASE_WORDS_MAX) {
		size_t length = 0;

		while (length < run.length && is_word_octet(run.at[length]))
			length++;
		if (length > 0)
			words->words[words->count++] = span_make(run.at, length);
		span_skip(&run, length < run.length ? length + 1 : length);
	}
}

void phrase_split(struct phrase_words *words, struct span text)
{
	words->count = 0;
	if (text.length > HEALTH_TEXT_MAX)
		text.length = HEALTH_TEXT_MAX;
	while (text.length > 0) {
		struct span run;
		size_t length = 0;

		if (span_take(&text, " ") || take_brackets(&text) || take_quoted_address(&text))
			continue;
		do
			length++;
		while (length < text.length && text.at[length] != ' ' && text.at[length] != '<');
		run = span_make(text.at, length);
		span_skip(&text, length);
		if (!is_name(run))
			add_words(words, run);
	}
}

/* ---- phrases */

static bool word_fits(struct span word, const char *wanted, size_t length)
{
	bool is_prefix = wanted[length - 1] == '*';

	length -= is_prefix;
	if (word.length < length || (!is_prefix && word.length > length))
		return false;
	for (size_t i = 0; i < length; i++)
		if (span_fold(word.at[i]) != wanted[i])
			return false;
	return true;
}

/* Whether PHRASE goes on at the word AT, after up to GAP others. */
static bool fits_at(const struct phrase_words *words, size_t at, const char *phrase)
{
	size_t gap = 0;

	while (*phrase != '\0') {
		size_t length = strcspn(phrase, " ");

		if (length == 1 && *phrase == '*') {
			gap = GAP_MAX;
		} else {
			while (gap > 0 && at < words->count &&
				!word_fits(words->words[at], phrase, length)) {
				gap--;
				at++;
			}
			if (at >= words->count || !word_fits(words->words[at], phrase, length))
				return false;
			at++;
			gap = 0;
		}
		phrase += length + (phrase[length] == ' ');
	}
	return true;
}

bool phrase_find(const struct phrase_words *words, const char *phrase)
{
	for (size_t at = 0; at < words->count; at++)
		if (fits_at(words, at, phrase))
			return true;
	return false;
}

bool phrase_find_any(const struct phrase_words *words, const char *const *phrases)
{
	for (; *phrases != NULL; phrases++)
		if (phrase_find(words, *phrases))
			return true;
	return false;
}
