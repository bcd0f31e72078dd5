/* header_text: the value of a header as people read it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEXT_HEADER_TEXT_H
#define TEXT_HEADER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "text/charset.h"

/*
 * Unfolded (RFC 5322, 2.2.3), with encoded words (RFC 2047) decoded to UTF-8, white space between two
 * of them left out, and none at the ends. What cannot be decoded (unknown charset, broken base64)
 * stays as it is; an octet that is no character of its charset becomes U+FFFD. Octets above 127, also
 * those of words in UTF-8, are handed through, valid or not. Decoded control characters stay: the
 * text may hold line ends and NULs. A character that was cut in two by the end of a word is made
 * whole if the next one has the same charset.
 *
 * Limits: words with more broken octets than charset.h accepts stay as they are. So do all words once
 * the budget of the message is spent.
 */

enum { HEADER_TEXT_OCTET_COST = 8 };

/* False if decoding could change something: line ends, "=?", or white space at the ends. */
bool header_text_is_plain(const char *value, size_t length);

/* How large OUT must be for a value of that length. */
size_t header_text_room(size_t length);

/*
 * Gives the length of what was written to OUT, which has a NUL after it. The rest of OUT is used,
 * too. They do not overlap.
 */
size_t header_text_decode(const char *value, size_t length, char *out,
	struct charset_converter *converter, struct pattern_budget *budget);

#endif
