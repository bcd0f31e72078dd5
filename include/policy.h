/* policy: what a configuration says of messages, put in force
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef POLICY_H
#define POLICY_H

#include "conf/conf.h"
#include "doors/http_api.h"

/* For messages that begin from now on; FACTS are told. The map is that of the start. */
void policy_put_in_force(const struct conf *conf, struct http_facts *facts);

#endif
