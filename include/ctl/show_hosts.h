/* show_hosts: pools and hosts as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_SHOW_HOSTS_H
#define CTL_SHOW_HOSTS_H

#include <jansson.h>

#include "ctl/fields.h"

/* Each prints one answer to standard output. What is missing in it is shown as "-". */

void show_hosts_pools(const json_t *answer);

/* A line for each host that fits a screen; or all that is known of it. */
void show_hosts_brief(const json_t *answer);
void show_hosts_wide(const json_t *answer);

/*
 * Why a host is not up, or what moves one that is to the end of its tier: foreign text, in OUT or
 * elsewhere. NULL or empty: nothing.
 */
enum { SHOW_HOSTS_WHY_MAX = FIELDS_SHOWN_MAX };
const char *show_hosts_why(const json_t *host, char out[SHOW_HOSTS_WHY_MAX]);

/* One more cell: the weight, and which part of it the operator has set, "2 (50%)". */
void show_hosts_add_weight(struct columns *columns, const json_t *host);

/* What is so after VERB: drain, enable, reset or weight; "plan": a drain of later. */
void show_hosts_changed(const json_t *answer, const char *verb);

#endif
