/* charset: text in the charsets of mail, as UTF-8
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEXT_CHARSET_H
#define TEXT_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include <iconv.h>

#include "core/span.h"

/*
 * By iconv(3), but only for the charsets of a list: senders choose the name, and the C library's
 * converters for those that nobody writes mail in have had holes. Names are found as mail programs
 * find them: "ISO8859-1" is iso-8859-1, and that, as browsers have it, windows-1252.
 *
 * Limits: a converter stands for one value of a header. It opens CHARSET_OPENS_MAX charsets, which
 * takes up to 0.1 ms each, and puts U+FFFD for CHARSET_BROKEN_MAX octets that are no character.
 */

enum {
	CHARSET_OPENS_MAX = 8,
	CHARSET_BROKEN_MAX = 1000,
	CHARSET_EXPANSION = 3, /* an octet becomes as many at the most */
};

struct charset_converter {
	const char *charset; /* that is open; NULL: none */
	iconv_t handle;
	int opens;
	int broken;
};

/* What the C library calls it, which lives for ever; NULL: not in the list. */
const char *charset_find(struct span name);

void charset_init(struct charset_converter *converter);
void charset_end(struct charset_converter *converter);

/*
 * Converts TEXT from a charset that was found to OUT, which has room for CHARSET_EXPANSION times its
 * length and does not overlap. False: the limits, or a C library that does not know it. UTF-8 is
 * handed through, valid or not.
 */
bool charset_convert(struct charset_converter *converter, const char *charset, struct span text,
	char *out, size_t *length);

#endif
