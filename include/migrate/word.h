/* word: pieces of other programs' tables, as importers read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_WORD_H
#define MIGRATE_WORD_H

#include "core/span.h"

/* The longest word of a table: what is longer is neither a host nor an address, and is cut. */
enum { WORD_MAX = 512 };

/* Letters match in either case. */
bool word_is(struct span word, const char *text);

/* As a string. Gives OUT. */
const char *word_text(struct span word, char out[WORD_MAX]);

/* An address of that family, AF_INET or AF_INET6, without brackets. */
bool word_is_address(struct span word, int family);

/* A whole number within the range, with blanks around it; -1: it is none. */
int word_number(struct span word, int least, int most);

/* A port as a number or as a service of TCP; -1: it is none. */
int word_port(struct span word);

/* "host", "host:port", "[host]", "[host]:port" or an IPv6 address, which may have no brackets. */
struct word_host {
	struct span name; /* without brackets */
	struct span port; /* what stands after the colon */
	bool has_port;
	bool is_bracketed;
};

/* False: there are brackets that do not fit. */
bool word_take_apart(struct span word, struct word_host *host);

#endif
