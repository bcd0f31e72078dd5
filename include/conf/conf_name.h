/* conf_name: names of hosts and domains in the one form that the table has
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_NAME_H
#define CONF_CONF_NAME_H

#include "core/address.h"
#include "core/table.h"

/* Functions give 0, or -1 if TEXT is no such name; but for the last one. */

/*
 * A domain name to A-labels in lower case, without a dot at its end. Labels may have underscores:
 * some real host names do.
 */
int conf_name_domain(const char *text, char out[DOMAIN_MAX + 1]);

/* A domain name, or an address literal: "[192.0.2.1]", "[ipv6:2001:db8::1]". */
int conf_name_mail_domain(const char *text, char out[DOMAIN_MAX + 1]);

/*
 * A host name, or an IP address with or without brackets in its canonical form. A name that ends
 * in a number would be a mistyped IP address (RFC 1123, 2.1), and is none.
 */
int conf_name_host(const char *text, char out[DOMAIN_MAX + 1], enum host_kind *kind);

/*
 * An address, or a quoted local part alone, to the one form of address.h with its domain in A-labels.
 * Gives NULL, or what is wrong with it: "is not an address".
 */
const char *conf_name_address(const char *text, struct address *address);

#endif
