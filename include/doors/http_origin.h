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

/*
 * True if HOST is a name of one label, as people write anything for a Unix socket. No name of somebody
 * else's that could be made to point to us is one.
 */
bool http_origin_is_bare(const char *host);

/*
 * True if a browser asks that for a page of ours, or its user does. SITE, MODE: Sec-Fetch-Site and
 * Sec-Fetch-Mode (NULL: no browser's, or an old one's). A link on another page may lead here
 * (IS_GET): what it opens, that page cannot read.
 */
bool http_origin_fetch_is_own(const char *site, const char *mode, bool is_get);

/* True if ORIGIN (NULL: none) is that of a page that came from HOST. */
bool http_origin_is_same(const char *origin, const char *host);

#endif
