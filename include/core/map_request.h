/* map_request: what an MTA queries a map for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_MAP_REQUEST_H
#define CORE_MAP_REQUEST_H

#include "core/address.h"
#include "core/span.h"

/*
 * "NAME KEY": the map's name, one space, and the key, which may have any octets.
 *
 * An address may be in its external form, with the quotes and backslashes of RFC 5321, or in its
 * internal form, without: Postfix looks up the one and then the other. Both become the same
 * address, that of the milter's RCPT.
 *
 * Limits: an address whose local part itself begins and ends with a quote is, in its internal form,
 * taken for the external form of another one.
 */

/* Of a whole request. Addresses are shorter by far. */
enum { MAP_REQUEST_MAX = 4096 };

enum map_request_map {
	MAP_REQUEST_UNKNOWN = 0,
	MAP_REQUEST_TRANSPORT = 1,   /* Postfix, transport_maps */
	MAP_REQUEST_MAILERTABLE = 2, /* Sendmail, its mailertable: domains */
	MAP_REQUEST_NEXTHOP = 3,     /* Sendmail, etc/sendmail/nexthop.m4: tokens, and addresses */
	MAP_REQUEST_POOL = 4,	     /* Postfix, behind a directory: pools */
	MAP_REQUEST_TLS = 5,	     /* Postfix, smtp_tls_policy_maps: hosts of a list */
};

enum map_request_key {
	MAP_REQUEST_MISSING = 0, /* there is none */
	MAP_REQUEST_NOBODY = 1,	 /* no route is to be found for it */
	MAP_REQUEST_ALL = 2,	 /* the route of all that have no other */
	MAP_REQUEST_ADDRESS = 3, /* that of an address, or of all those of a domain */
	MAP_REQUEST_TOKEN = 4,
	MAP_REQUEST_NAMED = 5, /* the pool of that name: "POOL", or "POOL ADDRESS" */
	MAP_REQUEST_HOST = 6,  /* a host, by its text in a list */
};

struct map_request {
	enum map_request_map map;
	enum map_request_key key;
	/* ALL, ADDRESS, and NAMED, if it has one; a domain not in ASCII is left in UTF-8. */
	struct address address;
	size_t length; /* of text */
	/* The key as it was given; may have NULs. NAMED: the pool's name alone. */
	char text[MAP_REQUEST_MAX + 1];
};

/* Takes apart a request of at most MAP_REQUEST_MAX octets. */
void map_request_parse(struct map_request *request, struct span octets);

/* "transport", …; "unknown". */
const char *map_request_map_name(enum map_request_map map);

#endif
