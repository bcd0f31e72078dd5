/* encoded_word: one word of a header that stands for other text (RFC 2047)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEXT_ENCODED_WORD_H
#define TEXT_ENCODED_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/span.h"

/*
 * =?charset*language?B?text?=, or Q. As mail programs do, more is taken than the RFC lets be: words
 * of any length, with spaces and "?" in them, base64 without its "=" or with one too many, and "="
 * that begins no octet for itself. There are no line ends and other control characters, and no "=?".
 *
 * Looking at each "=?" of a text takes time that is linear in its length.
 */

struct encoded_word {
	struct span charset; /* without the language */
	struct span text;    /* still encoded */
	size_t length;	     /* of the whole word */
	bool is_base64;
};

/* True if TEXT begins with one. */
bool encoded_word_parse(struct encoded_word *word, struct span text);

/* Its octets, in its charset, at most as many as its text has. False: it is no base64. */
bool encoded_word_decode(const struct encoded_word *word, char *out, size_t *length);

#endif
