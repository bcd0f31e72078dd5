/* printable: foreign text made safe for a log line or a terminal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/printable.h"

#include <stdint.h>
#include <string.h>

/* The octets of the well-formed character at P, 0 if there is none. */
static size_t character_length(const unsigned char *p)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = *p < 0x80   ? 1
			: *p < 0xc0 ? 0
			: *p < 0xe0 ? 2
			: *p < 0xf0 ? 3
			: *p < 0xf8 ? 4
				    : 0;

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
	return value < 0xa0 ? 0 : length; /* C1 controls */
}

char *printable_copy(char *out, size_t size, const char *text)
{
	size_t used = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
		size_t length = character_length(p);

		if (used + (length == 0 ? 1 : length) >= size)
			break;
		if (length == 0 || *p < 0x20 || *p == 0x7f) {
			out[used++] = '?';
			p++;
			continue;
		}
		memcpy(out + used, p, length);
		used += length;
		p += length;
	}
	out[used] = '\0';
	return out;
}
