/* address_list: the addresses in a header of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_ADDRESS_LIST_H
#define CTL_ADDRESS_LIST_H

#include <stdbool.h>

#include "core/span.h"

/*
 * RFC 5322, 3.4, as people write it: display names, comments and the names of groups are left out,
 * of an address what stands in the angle brackets is taken as it is. Any octets may be given: what
 * is no address, is longer than one may be, or has an octet that none can have is left out, too.
 */

enum { ADDRESS_LIST_MAX = 100, ADDRESS_LIST_TEXT_MAX = 1000 };

struct address_list {
	int count;
	bool has_more; /* than there is room for */
	char texts[ADDRESS_LIST_MAX][ADDRESS_LIST_TEXT_MAX + 1];
};

/* Adds those of VALUE, which may be folded; each once. */
void address_list_add(struct address_list *list, struct span value);

#endif
