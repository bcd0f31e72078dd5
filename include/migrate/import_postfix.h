/* import_postfix: Postfix's transport tables, and tables by the sender
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_IMPORT_POSTFIX_H
#define MIGRATE_IMPORT_POSTFIX_H

#include "migrate/plan.h"

/*
 * The texts that postmap(1) reads: transport(5), sender_dependent_relayhost_maps and
 * sender_dependent_default_transport_maps.
 *
 * A name without brackets is looked up by MX. The hosts of a list are tried in its order, so each has a
 * priority of its own. What goes to a transport that does not speak SMTP is left to Postfix: its key
 * gets the action dns, so that no wider route catches it.
 */

enum import_postfix_kind {
	IMPORT_POSTFIX_TRANSPORT = 0,
	IMPORT_POSTFIX_SENDER_TRANSPORT = 1,
	IMPORT_POSTFIX_SENDER_RELAYHOST = 2,
	IMPORT_POSTFIX_CLASS = 3, /* keys are domains of an address class */
};

/* What becomes of the mail for the domains of a class (ADDRESS_CLASS_README) without another route. */
struct import_postfix_class {
	struct span value;   /* "transport:nexthop"; empty: what Postfix does itself, action dns */
	bool has_subdomains; /* each domain stands for those below it, too */
};

/* Begin with a struct of zeros that has the plan. */
struct import_postfix {
	struct plan *plan;
	bool no_mx;   /* Postfix has no MX lookups */
	bool has_all; /* "*" is in a transport table */
	bool has_senders;
	struct import_postfix_class class; /* for IMPORT_POSTFIX_CLASS */
};

/* The logical lines of a table or of main.cf. Begin with plan, place.file and rest. */
struct import_postfix_lines {
	struct plan *plan;
	struct plan_place place; /* of the line that was taken */
	struct span rest;
	int number;
};

/* Takes a line with those that continue it, which begin with a blank; comments are passed over. */
bool import_postfix_line(struct import_postfix_lines *lines, struct span *line);

/* Adds what is in TEXT, which was read from FILE. Transport tables go before the others. */
void import_postfix_table(struct import_postfix *import, enum import_postfix_kind kind,
	const char *file, struct span text);

/* Adds one entry: KEY as in a table, VALUE of that kind; LINE is what remarks show. */
void import_postfix_entry(struct import_postfix *import, enum import_postfix_kind kind,
	struct plan_place place, struct span line, struct span key, struct span value);

/* Whether "transport:nexthop" leads to hosts that it names, or is a reply, or discards. */
bool import_postfix_is_target(struct span value);

/* "[host]:port, host …" in POOL; false, with a fault, if something is no host. */
bool import_postfix_hosts(struct import_postfix *import, struct plan_place place,
	struct span nexthop, struct plan_pool *pool);

#endif
