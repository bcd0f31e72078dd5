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

#include "core/pattern.h"
#include "core/span.h"

/*
 * By iconv(3), but only for the charsets of a list: senders choose the name, and the C library's
 * converters for those that nobody writes mail in have had holes. Names are found as mail programs
 * find them: "ISO8859-1" is iso-8859-1, and that, as browsers have it, windows-1252.
 *
 * A converter keeps the last CHARSET_OPEN_MAX charsets open: to open one takes up to 0.1 ms. What
 * that and the converting cost is paid from the budget of a message (pattern.h), and is the same
 * whatever was open before that message.
 *
 * Limits: a text may have CHARSET_BROKEN_MAX octets that are no character; U+FFFD stands for them.
 */

enum {
	CHARSET_OPEN_MAX = 8,
	CHARSET_BROKEN_MAX = 1000,
	CHARSET_EXPANSION = 3, /* an octet becomes as many at the most */

	CHARSET_OPEN_COST = 50000,
	CHARSET_BROKEN_COST = 50,
	CHARSET_TEXT_COST = 250,
	CHARSET_OCTET_COST = 8,
};

struct charset_open {
	const char *charset;
	iconv_t handle;
	bool is_paid; /* by this message */
};

struct charset_converter {
	struct charset_open open[CHARSET_OPEN_MAX]; /* the one used last in front */
	int count;
};

/* What the C library calls it, which lives for ever; NULL: not in the list. */
const char *charset_find(struct span name);

/* Memory that is all zero is one, too. */
void charset_init(struct charset_converter *converter);
void charset_end(struct charset_converter *converter);

/* Another message begins. */
void charset_begin(struct charset_converter *converter);

/*
 * Converts TEXT from a charset that was found to OUT, which has room for CHARSET_EXPANSION times its
 * length and does not overlap. False: the limit, a budget that is spent, or a C library that does not
 * know it. UTF-8 is handed through, valid or not.
 */
bool charset_convert(struct charset_converter *converter, const char *charset, struct span text,
	char *out, size_t *length, struct pattern_budget *budget);

#endif
