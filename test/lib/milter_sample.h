/* milter_sample: the milter door on a sample configuration, with a test in the MTA's place
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_MILTER_SAMPLE_H
#define TEST_MILTER_SAMPLE_H

#include "engine/routing_policy.h"
#include "fake_milter.h"
#include "sample.h"

extern struct sample milter_sample;

/* Domains a, a2, b, dns, drop, no and later.example.com, for all actions; a and b are pools. */
extern const char milter_sample_config[];
extern const char milter_sample_no_pools[];
extern const char milter_sample_by_sender[];
/* example.com on three hosts, b.example.com on another pool. */
extern const char milter_sample_three[];
/* a, b (three hosts), c (a pool in place) and drop.example.com. */
extern const char milter_sample_sendmail[];

/* table_pool_key("route:c.example.com") */
#define TOKEN_C "_49477e23d397407d"

#define TO_A "insert 0 X-Nexthop-Route=smtp:[a.example]; delete X-Nexthop-Route 1; "
#define TO_B "insert 0 X-Nexthop-Route=relay:[192.0.2.1]:26; delete X-Nexthop-Route 1; "

/* The door, with that configuration. */
void milter_sample_open_with(
	const char *text, const char *socket, const struct routing_policy *policy);

/* With milter_sample_config, negotiated. */
void milter_sample_open(void);

/* Checks that no session and no message is left. */
void milter_sample_close(void);

#endif
