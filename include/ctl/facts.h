/* facts: what the command line, and a message, say for a question to the daemon
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_FACTS_H
#define CTL_FACTS_H

#include "ctl/client.h"
#include "ctl/message.h"

/* Parameters of /v1/explain. Strings must live as long as the facts. */

enum { FACTS_MAX = 1000 };

struct facts {
	int count;
	struct {
		const char *name; /* as an option: "client-name" */
		const char *value;
	} list[FACTS_MAX];
};

/* One more. Gives 0, or -1 if there is no room. */
int facts_add(struct facts *facts, const char *name, const char *value);

/* NULL: it is not said. */
const char *facts_find(const struct facts *facts, const char *name);

/* Adds them to the request that was begun. */
void facts_send(const struct facts *facts, struct client *client);

/*
 * Adds what the message says: its headers, which are all that there are, and what FACTS do not say of
 * its size and sender.
 */
void facts_send_message(
	const struct facts *facts, const struct message *message, struct client *client);

#endif
