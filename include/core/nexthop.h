/* nexthop: hosts as the text that the MTA takes for a next hop
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_NEXTHOP_H
#define CORE_NEXTHOP_H

#include <stddef.h>

#include "core/candidates.h"
#include "core/table.h"

/*
 * Postfix (transport(5), smtp(8)): "smtp:[192.0.2.1]:25,[mx1.example.com]:2525". The transport
 * stands once, in front; lists need Postfix 3.5. Brackets say: no MX lookup. An IPv6 address is
 * bracketed as it is.
 *
 * Sendmail (op.me, "$@ host"): "esmtp:[192.0.2.1]:[192.0.2.2],[192.0.2.3]:[mx1.example.com]". In
 * front stands the mailer; a colon parts preferences, a comma hosts of the same one, among which
 * Sendmail chooses by chance (measured: test/mta/scenarios.sh). So the first host stands alone, then
 * the rest of its tier, then the other tiers; hosts that wait follow one by one. The port is the
 * mailer's. An IPv6 address is "[IPv6:2001:db8::1]".
 */

enum { NEXTHOP_HOST_MAX = DOMAIN_MAX + 10 }; /* "[" name "]:65535" and a NUL */

/* One host of a list. OUT holds NEXTHOP_HOST_MAX; the name is at most DOMAIN_MAX octets. */
void nexthop_host(char *out, const struct pool_host *host, enum table_mta mta);

/*
 * The whole next hop of these candidates in OUT, NUL-terminated. Gives its length, or -1 if SIZE
 * octets do not hold it: never with NEXTHOP_MAX.
 */
int nexthop_list(char *out, size_t size, const struct pool *pool,
	const struct candidates *candidates, enum table_mta mta);

#endif
