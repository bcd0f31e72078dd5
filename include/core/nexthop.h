/* nexthop: hosts as a next hop in the MTA's own form
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_NEXTHOP_H
#define CORE_NEXTHOP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/candidates.h"
#include "core/table.h"

/*
 * Postfix (transport(5), smtp(8)): "smtp:[192.0.2.1],[mx1.example.com]:2525". The transport stands
 * once, in front; lists need Postfix 3.5. Brackets say: no MX lookup. An IPv6 address is bracketed as
 * it is. Postfix looks up TLS policies and passwords by this very text: so the name stands in it as it
 * was written, and a port only if one was (test/postfix/policy.sh). lmtp(8) takes "unix:PATH" for one
 * path up to the end, whatever stands in it: such a host stands alone (test/postfix/lmtp.sh).
 *
 * Sendmail (op.me, "$@ host"): "esmtp:[192.0.2.1]:[192.0.2.2],[192.0.2.3]:[mx1.example.com]". In
 * front stands the mailer; a colon parts preferences, a comma hosts of the same one, among which
 * Sendmail chooses by chance (measured: test/mta/scenarios.sh). So the first host stands alone, then
 * the rest of its tier, then the other tiers; hosts that wait follow one by one. The port is the
 * mailer's. An IPv6 address is "[IPv6:2001:db8::1]". Of what stands after the mailer Sendmail uses
 * 254 octets and cuts the rest off anywhere (MAXNAME in its sendmail.h; measured:
 * test/sendmail/long.sh): hosts for which there is no room are left out, the last ones first.
 */

enum {
	NEXTHOP_HOST_MAX = DOMAIN_MAX + 10, /* "[" name "]:65535" and a NUL */
	NEXTHOP_SENDMAIL_MAX = 254,
};

/* A host as the configuration has it, where its own form differs. */
struct nexthop_written {
	const char *name; /* without brackets */
	bool has_port;
};

/* One host of a list. OUT holds NEXTHOP_HOST_MAX; the names are at most DOMAIN_MAX octets. */
void nexthop_host(char *out, const struct pool_host *host, const struct nexthop_written *written,
	enum table_mta mta);

/*
 * The whole next hop of these candidates in OUT, NUL-terminated. Gives its length, or -1 if SIZE
 * octets do not hold it: never with NEXTHOP_MAX. For Sendmail the first host has to fit
 * (nexthop_fits()).
 */
int nexthop_list(char *out, size_t size, const struct pool *pool,
	const struct candidates *candidates, enum table_mta mta);

/*
 * One more host at the end of a list for Postfix of LENGTH octets in OUT: `nexthop` of a pool_host.
 * Gives its length then, or -1 if SIZE octets do not hold it: never with NEXTHOP_MAX and not more than
 * POOL_HOSTS_MAX hosts in all.
 */
int nexthop_append(char *out, size_t size, int length, const char *host);

/* How many of the pool's hosts fit, in the order of the pool; all of them for Postfix. */
int nexthop_fits(const struct pool *pool, enum table_mta mta);

/* Whether the pool is a Unix socket: nothing may be appended to its next hop, nor it to another one. */
bool nexthop_is_alone(const struct pool *pool);

/* What a transport of that name speaks, unless it is said: "lmtp", "lmtp-backup". */
enum protocol nexthop_protocol(const char *transport);

/* Where it connects to if a host has no port. */
int nexthop_default_port(enum protocol protocol);

/* Whether it is a mailer of Sendmail's MAILER(smtp), in either case: these connect to port 25 alone. */
bool nexthop_is_smtp_mailer(const char *mailer);

#endif
