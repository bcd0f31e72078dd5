/* deferral: what hosts have replied to mail that they did not take, the same replies together
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_DEFERRAL_H
#define CORE_DEFERRAL_H

#include <stdint.h>

#include "core/endpoint.h"
#include "core/observation.h"

/*
 * For people: nothing is judged by it. One group for each host and reply; replies that differ only in
 * queue ids, addresses and other such words are the same. When there are too many, the group that was
 * met least recently goes.
 */

enum { DEFERRAL_GROUPS = 128 };

struct deferral_group {
	uint64_t key;  /* 0: not in use */
	int64_t first; /* ms since 1970 */
	int64_t last;
	uint64_t passed_on; /* lines by which the message went on to the next host */
	uint64_t deferred;  /* recipients that the MTA keeps for it */
	char host[ENDPOINT_TEXT_MAX];
	char text[HEALTH_TEXT_MAX];		     /* the last of them */
	char queue_id[OBSERVATION_QUEUE_ID_MAX + 1]; /* of the last; "": not known */
};

struct deferral_table {
	uint64_t changes; /* another number after each */
	struct deferral_group groups[DEFERRAL_GROUPS];
};

/* A line about a delivery to HOST, "NAME:PORT". What was delivered or bounced is of no interest. */
void deferral_note(struct deferral_table *table, const char *host, const struct observation *seen);

/* Copies those in use, the latest first. Gives how many. */
int deferral_list(const struct deferral_table *table, struct deferral_group out[DEFERRAL_GROUPS]);

#endif
