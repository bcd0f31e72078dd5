/* http_hosts: what the operator's verbs do to hosts, and what is so then
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_HOSTS_H
#define DOORS_HTTP_HOSTS_H

#include <stddef.h>

#include <jansson.h>

#include "doors/http_api.h"

/*
 * POST /v1/hosts/HOST[:PORT]/VERB, or /v1/hosts/VERB?host=HOST[:PORT]&host=… for several: all of
 * them, or none if there is one that no pool has. A name without a port stands for its only one.
 */

enum http_hosts_verb {
	HTTP_HOSTS_DRAIN = 0,
	HTTP_HOSTS_ENABLE = 1,
	HTTP_HOSTS_RESET = 2,
	HTTP_HOSTS_WEIGHT = 3, /* without `percent` it only shows what is so */
	HTTP_HOSTS_VERB_COUNT = 4,
};

/* "drain", … */
const char *http_hosts_verb_name(enum http_hosts_verb verb);

/*
 * HOST is what stands in the path; NULL: the parameters name them. Gives and sets what
 * http_api_answer() does: each host as http_hosts_object(), with `before`, `trial_by` and `warnings`
 * as milterctl(1) has them.
 */
json_t *http_hosts_change(
	const struct http_call *call, const char *host, enum http_hosts_verb verb, int *status);

/* http_json_host(), and whether the host is in use. A new reference. */
json_t *http_hosts_object(const struct http_call *call, size_t host);

#endif
