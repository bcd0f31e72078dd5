/* http_origin: whose pages may ask a listener that asks nobody who he is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_ORIGIN_H
#define DOORS_HTTP_ORIGIN_H

#include <stdbool.h>

/*
 * A browser in the same network asks for whatever page it is at. A name of somebody else's that is
 * made to point to us (DNS rebinding) shows in Host, a script of another site in Origin.
 */

/*
 * True if HOST, as the header has it, is an IP address, localhost, or one of NAMES, which are parted
 * by spaces. An address cannot be made to point to us. NULL, of HTTP/1.0, is no browser's.
 */
bool http_origin_is_own(const char *host, const char *names);

/* True if ORIGIN (NULL: none) is that of a page that came from HOST. */
bool http_origin_is_same(const char *origin, const char *host);

#endif
