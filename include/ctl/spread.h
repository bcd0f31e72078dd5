/* spread: how the messages of a mailbox would spread over rules, routes, pools and hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_SPREAD_H
#define CTL_SPREAD_H

#include <jansson.h>

#include "ctl/client.h"
#include "ctl/facts.h"

struct spread_settings {
	struct client *client;
	const struct facts *facts; /* of all messages */
	const char *path;
	const char *recipient; /* of those that name none; NULL: they are skipped */
};

/*
 * Asks the daemon about each message. Gives milterctl's exit status (client.h), and *ANSWER as a new
 * reference: {"messages", "skipped", "rules": [{"rule", "action", "pool", "messages", "recipients",
 * "share"}], "pools": [{"pool", "messages", "hosts": [{"host", "port", "first", "share"}]}]}; NULL
 * where it could not come to its end.
 *
 * A message with recipients of several routes is counted in each of their rows, so the shares, which
 * are of the messages, may add up to more than 1.
 */
int spread_run(const struct spread_settings *settings, json_t **answer);

#endif
