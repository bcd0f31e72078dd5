/* log_peer: a host as MTAs name it in their logs
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_LOG_PEER_H
#define CORE_LOG_PEER_H

#include <stdbool.h>

#include "core/observation.h"
#include "core/span.h"

struct log_peer {
	int port;		   /* 0: not given */
	char host[DOMAIN_MAX + 1]; /* in lower case, without brackets; may be empty */
	char address[OBSERVATION_ADDRESS_MAX + 1]; /* may be empty */
};

/*
 * Takes Postfix's form: "mx1.example.com[192.0.2.1]", with ":25" after it or not; of a host that
 * is given by its address that stands twice. Of a Unix socket its path stands in the brackets, after
 * the name of the machine itself: PEER gets "unix:PATH" for a host, and the path as its address. False
 * if there is none, or one that is too long; then REST is as it was and PEER is not to be used.
 */
bool log_peer_take(struct span *rest, struct log_peer *peer);

/*
 * Reads Sendmail's form, all of TEXT: "mx1.example.com. [192.0.2.1]", "[192.0.2.1] [192.0.2.1]",
 * "[ipv6:2001:db8::1] [IPv6:2001:db8:0:0:0:0:0:1]", "mx1.example.com.", "[192.0.2.1]". Sendmail
 * cuts a name of more than 40 octets in the middle ("mx1.a-lon...example.com"): such a host has
 * its address for a name.
 */
bool log_peer_parse_sendmail(struct span text, struct log_peer *peer);

/* A host's name or address alone, with or without brackets and the dot at the end. */
bool log_peer_parse_name(struct span text, struct log_peer *peer);

void log_peer_store(const struct log_peer *peer, struct observation *observation);

#endif
