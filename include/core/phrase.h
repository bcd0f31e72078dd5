/* phrase: the words of a foreign text, and phrases that are looked for in them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_PHRASE_H
#define CORE_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/health.h"
#include "core/span.h"

/*
 * What people may choose is no word of the text: addresses, with or without <>, quotes around the
 * local part or not; domain names and links. What was cut off at the end of the text is none
 * either.
 *
 * Limits: words of other scripts are kept and never match.
 */

enum { PHRASE_WORDS_MAX = HEALTH_TEXT_MAX / 2 };

struct phrase_words {
	size_t count;
	struct span words[PHRASE_WORDS_MAX]; /* letters and digits, in the caller's text */
};

/* Splits TEXT, which must outlive WORDS; of a longer one than HEALTH_TEXT_MAX, its beginning. */
void phrase_split(struct phrase_words *words, struct span text);

/*
 * True if the words of PHRASE stand there one after the other, in any case. They are in lower
 * case, with one space between; "list*" is any word that begins so; "*" alone is up to three words.
 */
bool phrase_find(const struct phrase_words *words, const char *phrase);

/* True if one of PHRASES is found, which end with NULL. */
bool phrase_find_any(const struct phrase_words *words, const char *const *phrases);

#endif
