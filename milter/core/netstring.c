/* netstring: octets that say their length first, as the MTAs' socketmaps speak
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/netstring.h"
#include "core/decimal.h"

#include <string.h>

/* The length and its colon. A zero in front of other digits is no length. */
static enum netstring_result take_length(struct span *rest, size_t most, size_t *length)
{
	size_t digits = 0;

	*length = 0;
	for (; rest->length > 0 && span_is_digit(*rest->at); digits++) {
		if (digits > 0 && *length == 0)
			return NETSTRING_MALFORMED;
		*length = *length * 10 + (size_t)(*rest->at - '0');
		if (*length > most)
			return NETSTRING_TOO_LONG;
		span_skip(rest, 1);
	}
	if (rest->length == 0)
		return NETSTRING_MORE;
	if (digits == 0 || *rest->at != ':')
		return NETSTRING_MALFORMED;
	span_skip(rest, 1);
	return NETSTRING_WHOLE;
}

enum netstring_result netstring_take(struct span *span, size_t most, struct span *payload)
{
	struct span rest = *span;
	size_t length;
	enum netstring_result result = take_length(&rest, most, &length);

	if (result != NETSTRING_WHOLE)
		return result;
	if (rest.length <= length)
		return NETSTRING_MORE;
	if (rest.at[length] != ',')
		return NETSTRING_MALFORMED;
	*payload = span_make(rest.at, length);
	span_skip(&rest, length + 1);
	*span = rest;
	return NETSTRING_WHOLE;
}

size_t netstring_put(char *out, size_t size, struct span payload)
{
	char digits[NETSTRING_FRAME];
	size_t head = (size_t)(decimal_put(digits, (int64_t)payload.length) - digits);

	if (size < head + 2 || size - head - 2 < payload.length)
		return 0;
	memcpy(out, digits, head);
	out[head++] = ':';
	if (payload.length > 0)
		memcpy(out + head, payload.at, payload.length);
	out[head + payload.length] = ',';
	return head + payload.length + 1;
}
