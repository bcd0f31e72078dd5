/* conf_address: hosts, domains, networks and sockets as people write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_ADDRESS_H
#define CONF_CONF_ADDRESS_H

#include <stdbool.h>

#include "conf/conf.h"
#include "core/address.h"
#include "core/network.h"
#include "core/table.h"

/* struct sockaddr_un has room for one octet more, but libmilter does not use it. */
enum { CONF_ADDRESS_PATH_MAX = 106 };

/*
 * What stands in the file to the one form that the table has. Functions that give an int give 0, or
 * -1 if TEXT is nothing of the kind.
 */

/*
 * A domain name to A-labels in lower case, without a dot at its end. Labels may have underscores:
 * some real host names do.
 */
int conf_address_domain(const char *text, char out[DOMAIN_MAX + 1]);

/* A domain name, or an address literal: "[192.0.2.1]", "[ipv6:2001:db8::1]". */
int conf_address_mail_domain(const char *text, char out[DOMAIN_MAX + 1]);

/*
 * A host name or an IP address, with or without brackets, in its canonical form. A name that ends
 * in a number would be a mistyped IP address (RFC 1123, 2.1), and is none. Or "unix:PATH", a Unix socket:
 * its path has a slash, by which the MTA's log tells it from an address.
 */
int conf_address_host(const char *text, char out[DOMAIN_MAX + 1], enum host_kind *kind);

/*
 * TEXT, of which conf_address_host() has made NAME, without brackets and the dot at its end. Gives OUT,
 * or NAME if it is not ASCII: an MTA goes by the A-labels.
 */
const char *conf_address_host_written(const char *text, const char *name, char out[DOMAIN_MAX + 1]);

/*
 * An address, or a quoted local part alone, to the one form of address.h with its domain in A-labels.
 * Gives NULL, or what is wrong with it: "is not an address".
 */
const char *conf_address_mail(const char *text, struct address *address);

/*
 * What a route matches, an address, a domain, a .domain or ALL, in the one form that the table has. Gives
 * NULL, or what is wrong with it: "is not an address".
 */
const char *conf_address_match(const char *text, char out[ADDRESS_MAX + 1]);

enum { CONF_ADDRESS_WRONG_MAX = 128 };

/*
 * "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". Gives NULL, or WRONG, which then says what is wrong
 * with it: "is not an IP address or a network".
 */
const char *conf_address_network(
	const char *text, struct network *network, char wrong[CONF_ADDRESS_WRONG_MAX]);

/*
 * "unix:/path" or "inet:PORT@ADDRESS". TEXT must live as long as the socket, which points into it.
 * NULL gives a socket that is not configured.
 */
int conf_address_socket(struct conf_socket *socket, const char *text);

/* True if both are configured and the same. */
bool conf_address_same_socket(const struct conf_socket *a, const struct conf_socket *b);

#endif
