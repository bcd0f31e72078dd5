/* token: the address that stands for a recipient in Sendmail's queue
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"

/*
 * A milter cannot give Sendmail a next hop, but it may replace recipients: user@dom becomes
 * user%dom@POOL.N.nexthop, N being the place in the pool of the host whose turn it is (and more for a
 * trial: selection.h). The rules in
 * etc/sendmail/nexthop.m4 query the map for "POOL.N" whenever the message is to be delivered, and give
 * user@dom to the host.
 *
 * POOL is the pool's name if that is made of a-z, 0-9 and "-" alone; else, as Sendmail folds case and
 * takes addresses apart at other characters, "_" and 16 digits: table_pool_key() in hexadecimal.
 */

enum {
	TOKEN_POOL_MAX = 63,
	TOKEN_NAME_MAX = TOKEN_POOL_MAX + 12,		   /* "POOL.N" with a NUL */
	TOKEN_MAX = 2 * ADDRESS_MAX + TOKEN_NAME_MAX + 16, /* "<user%dom@POOL.N.nexthop>", NUL */
};

/* In the place of "POOL.N": by Sendmail's own routing, whatever the routes say. No pool has it. */
#define TOKEN_DNS "_dns.0"

struct token {
	uint64_t pool; /* table_pool_key() */
	int position;
};

/* "POOL.N" for the pool of that name. */
void token_name(char out[TOKEN_NAME_MAX], const char *pool, int position);

/* Reads "POOL.N", in any case. Gives 0, or -1 if it is none. */
int token_parse(struct token *token, const char *name);

/*
 * Writes the address that stands for RECIPIENT, an argument of RCPT as the client gave it: local
 * part and domain keep their form. HOME is the domain of one that has none. Gives 0, or -1 if it does
 * not fit into TOKEN_MAX.
 */
int token_address(char out[TOKEN_MAX], const char *recipient, const char *home, const char *name);

/*
 * True if some part of RECIPIENT, outside quotes, is in the domain "nexthop": such addresses are
 * ours, whoever else writes one would choose the hosts himself. Also those after "%", "!" and routes
 * of relays, which Sendmail may take off.
 */
bool token_is_in(const char *recipient);

#endif
