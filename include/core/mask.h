/* mask: addresses of people taken out of foreign text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_MASK_H
#define CORE_MASK_H

#include <stddef.h>

/* What stands in the place of each. */
#define MASK_WORD "[address]"

/*
 * Copies TEXT, as much as fits, to OUT without addresses: bare ones, also percent-encoded or with a
 * quoted local part, and whatever stands in angle brackets, but for a URL without an address. Gives
 * OUT, which is NUL-terminated.
 *
 * Limits: a local part alone ("joe: mailbox full") is a word like others, and stays.
 */
char *mask_addresses(char *out, size_t size, const char *text);

#endif
