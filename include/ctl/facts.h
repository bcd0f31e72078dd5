/* facts: what is said of a message on the command line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_FACTS_H
#define CTL_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/client.h"
#include "ctl/message.h"

/* An option of the command line; its parameter is /v1/explain's. */
struct facts_option {
	const char *option; /* without the dashes */
	const char *parameter;
	const char *fixed;  /* the value of an option that has none; NULL: it has one */
	const char *wanted; /* what its value has to be, for a message; NULL: anything */
	bool (*is_good)(const char *value);
	const char *value; /* what stands for it in the help; NULL: it has none */
	const char *text;  /* what it means */
};

/* NULL past the last. */
const struct facts_option *facts_option_at(size_t index);

struct facts_given {
	const struct facts_option *option;
	const char *value;
};

struct facts {
	size_t count;
	struct facts_given *given; /* the caller's, with room for all options that there may be */
};

/* VALUE must live as long as FACTS. False: it is not what OPTION wants. */
bool facts_add(struct facts *facts, const struct facts_option *option, const char *value);

/* Adds the parameters to the request that was begun. */
void facts_send(const struct facts *facts, struct client *client);

/*
 * The same, and what the message says: all its headers, its size and its sender. What was said of
 * these on the command line goes before; a header there is one more.
 */
void facts_send_message(
	const struct facts *facts, struct client *client, const struct message *message);

#endif
