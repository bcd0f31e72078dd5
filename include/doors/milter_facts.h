/* milter_facts: what the MTA reports of a client and its message, for the rules
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_FACTS_H
#define DOORS_MILTER_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <libmilter/mfapi.h>

#include "core/network.h"
#include "engine/routing_rules.h"

enum { MILTER_FACTS_NAME_MAX = 256 };

/* Of a connection, for all its messages. */
struct milter_facts {
	bool has_address;
	uint8_t address[NETWORK_OCTETS];
	char client_name[MILTER_FACTS_NAME_MAX];
	char helo[MILTER_FACTS_NAME_MAX];
};

/* ADDRESS may be NULL. */
void milter_facts_connect(
	struct milter_facts *facts, const char *name, const struct sockaddr *address);
void milter_facts_helo(struct milter_facts *facts, const char *name);

/* A message begins. */
void milter_facts_begin(const struct milter_facts *facts, struct routing_rules *rules);

/* All but the sender; ARGUMENTS is what libmilter gives to envfrom. */
void milter_facts_mail(struct routing_rules *rules, SMFICTX *ctx, char *const *arguments);

/* The message is complete. Gives its size as the MTA says it, or -1. */
int64_t milter_facts_end(struct routing_rules *rules, SMFICTX *ctx);

#endif
