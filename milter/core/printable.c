/* printable: foreign text made safe for a log line or a terminal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * What turns the direction of a line, has no width, or ends a line: with these a text shows other
 * than what it is. C1 controls are here, too.
 */
static bool is_hidden(uint32_t value)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} hidden[] = {
		{0x80, 0x9f},
		{0xad, 0xad},
		{0x34f, 0x34f},
		{0x61c, 0x61c},
		{0x115f, 0x1160},
		{0x17b4, 0x17b5},
		{0x180b, 0x180f},
		{0x200b, 0x200f},
		{0x2028, 0x202e},
		{0x2060, 0x206f},
		{0x3164, 0x3164},
		{0xfe00, 0xfe0f},
		{0xfeff, 0xfeff},
		{0xffa0, 0xffa0},
		{0xfff0, 0xfffb},
		{0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (value >= hidden[i].first && value <= hidden[i].last)
			return true;
	return false;
}

/*
 * The octets of the well-formed character at P, 0 if there is none. *CODE is its code point.
 */
static size_t character_length(const unsigned char *p, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = *p < 0x80   ? 1
			: *p < 0xc0 ? 0
			: *p < 0xe0 ? 2
			: *p < 0xf0 ? 3
			: *p < 0xf8 ? 4
				    : 0;

	*code = *p;
	if (length <= 1)
		return length;

	uint32_t value = *p & (0x7fu >> length);

	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3fu);
	}
	if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	*code = value;
	return length;
}

char *printable_copy(char *out, size_t size, const char *text)
{
	size_t used = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
		uint32_t code;
		size_t length = character_length(p, &code);
		bool is_bad = length == 0 || code < 0x20 || code == 0x7f || is_hidden(code);

		if (used + (is_bad ? 1 : length) >= size)
			break;
		if (is_bad) {
			out[used++] = '?';
			p += length == 0 ? 1 : length;
			continue;
		}
		memcpy(out + used, p, length);
		used += length;
		p += length;
	}
	out[used] = '\0';
	return out;
}
