/* policy: what a configuration says of messages, put in force
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>

#include "conf/conf.h"

/* For messages that begin from now on. HAS_MAP: the map's socket is open since the start. */
void policy_put_in_force(const struct conf *conf, bool has_map);

#endif
