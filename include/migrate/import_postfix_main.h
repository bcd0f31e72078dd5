/* import_postfix_main: what Postfix's main.cf has of next hops
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_IMPORT_POSTFIX_MAIN_H
#define MIGRATE_IMPORT_POSTFIX_MAIN_H

#include "migrate/import_postfix.h"

/*
 * relayhost, default_transport, smtp_fallback_relay, transport_maps, sender_dependent_relayhost_maps,
 * sender_dependent_default_transport_maps and recipient_delimiter, from main.cf or from what
 * "postconf -x" prints; relay_transport, local_transport and virtual_transport, where they lead to
 * hosts, for the domains of their class. With a route for all mail, the domains that Postfix delivers
 * itself get the action dns.
 */

/* Where the tables are found that main.cf names. */
struct import_postfix_source {
	void *self;
	/*
	 * The text of "TYPE:PATH", which lives as long as SELF, and what it is called in messages. Gives
	 * NULL, or why it cannot be read.
	 */
	const char *(*open)(void *self, const char *table, struct span *text, const char **name);
};

/* True if TEXT is settings, "name = value", not a table. */
bool import_postfix_main_is(struct span text);

/* SOURCE may be NULL: then no table can be read. */
void import_postfix_main_read(struct import_postfix *import, const char *file, struct span text,
	const struct import_postfix_source *source);

/* Whether main.cf has a parameter of that name that names tables, and of which kind those are. */
bool import_postfix_main_kind(const char *parameter, enum import_postfix_kind *kind);

#endif
