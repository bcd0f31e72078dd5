/* netstring: octets that say their length first, as the MTAs' socketmaps speak
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_NETSTRING_H
#define CORE_NETSTRING_H

#include <stddef.h>

#include "core/span.h"

/* "5:hello,": the length in decimal, a colon, the octets, a comma. */

enum {
	/* What a netstring has beside its octets, at most. */
	NETSTRING_FRAME = 22,
};

enum netstring_result {
	NETSTRING_MORE = 0,	 /* so far it is good; the rest is still to come */
	NETSTRING_WHOLE = 1,	 /* one was taken */
	NETSTRING_MALFORMED = 2, /* whatever comes, it will not be one */
	NETSTRING_TOO_LONG = 3,	 /* it says a length of more than it may have */
};

/*
 * Takes the netstring at the beginning of SPAN, of at most MOST octets: PAYLOAD is what it holds,
 * and stays where it is. Whatever else is given, the span is left as it was. A fault is found with
 * the first octet that shows it.
 */
enum netstring_result netstring_take(struct span *span, size_t most, struct span *payload);

/* Writes PAYLOAD as a netstring, without a NUL. Gives its length, or 0 if SIZE does not hold it. */
size_t netstring_put(char *out, size_t size, struct span payload);

#endif
