/* envelope: what becomes of a message, by the routes of all its recipients
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_ENVELOPE_H
#define CORE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/table.h"

/*
 * Postfix can get one next hop for a whole message (FILTER), or one for each recipient by its
 * transport_maps, once the message is in the queue. Sendmail takes each recipient by itself. Which of
 * these it will be is known when the last recipient is.
 */

enum envelope_mixed {
	ENVELOPE_MIXED_MAP = 0,	  /* recipients of different routes go by the map; none: split */
	ENVELOPE_MIXED_SPLIT = 1, /* the client is to send them one after the other */
};

/* The settings that decide. */
struct envelope_policy {
	enum table_mta mta;
	enum envelope_mixed mixed;
	bool has_map;	  /* transport_maps can ask us */
	bool is_only_map; /* postfix_delivery = "map": no FILTER */
};

struct envelope {
	int count;     /* recipients that were taken */
	bool is_mixed; /* they differ in their action, or in their pool */
	bool has_pool;
	bool has_discard;
	bool is_ruled;	    /* a rule has decided what becomes of all */
	bool has_route;	    /* some recipient's own route is not the MTA's routing */
	enum action action; /* of the first, or of the rule */
	uint64_t pool;	    /* ACTION_POOL: any number that tells one from another */
};

/* An envelope without a recipient. */
void envelope_init(struct envelope *envelope);

/*
 * One more recipient. Gives true if it is taken; false: it is to be put off, with 452 4.5.3 (RFC
 * 5321, 4.5.3.1.10: too many recipients), and the client comes back with it in another message.
 */
bool envelope_add(struct envelope *envelope, const struct envelope_policy *policy,
	enum action action, uint64_t pool);

/*
 * A rule has decided: that becomes of all recipients, those that were added and those that follow,
 * whatever their routes say. Of those that follow none is put off.
 */
void envelope_rule(struct envelope *envelope, enum action action, uint64_t pool);

/* The words are those of milterctl explain. */
enum envelope_end {
	ENVELOPE_LEAVE = 0,   /* no recipient has anything but the MTA's own routing */
	ENVELOPE_FILTER = 1,  /* one next hop for all */
	ENVELOPE_MAP = 2,     /* each goes by what the map says of it */
	ENVELOPE_TOKENS = 3,  /* each is replaced by its token, or removed */
	ENVELOPE_DISCARD = 4, /* the whole message */
	ENVELOPE_REFUSE = 5,  /* the whole message, by a rule */
	ENVELOPE_DNS = 6, /* Sendmail's own routing, by a rule: the map's routes are not to hold */
	ENVELOPE_END_COUNT = 7,
};

enum envelope_end envelope_end(
	const struct envelope *envelope, const struct envelope_policy *policy);

const char *envelope_end_name(enum envelope_end end);

#endif
