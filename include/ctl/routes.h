/* routes: the routes of the daemon, page by page
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_ROUTES_H
#define CTL_ROUTES_H

#include <stdbool.h>

#include "ctl/client.h"

/*
 * Prints all routes, or those whose match contains PATTERN (NULL: all), as they come: memory does not
 * grow with them. Gives milterctl's exit status (client.h): 1, too, if the configuration is reloaded
 * meanwhile; then what was printed is not the whole.
 */
int routes_run(struct client *client, const char *pattern, bool is_json);

#endif
