/* flush: has the MTA try again what waits for a pool
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_FLUSH_H
#define CTL_FLUSH_H

#include "ctl/verbs.h"

/*
 * The daemon says which messages wait; the MTA's own command is run for each, one after the other and
 * paced, as the user who calls. No shell is run, and what is no queue id becomes no argument. Gives the
 * exit status.
 *
 * Limits: a command that succeeds has handed the message to the MTA, which may put it off once more.
 */
int flush_run(const struct verb_call *call);

/* For those who flush again and again: by this the daemon knows that they are there. */
#define FLUSH_FOLLOWER "flush"

enum { FLUSH_TEXT_MAX = 400 };

struct flush_outcome {
	bool has_begun; /* false: all that there is to say is on standard error */
	size_t waiting;
	size_t tried;
	size_t failed;
	char error[FLUSH_TEXT_MAX]; /* of the last one that failed; "": none did */
	char why[FLUSH_TEXT_MAX];   /* it has stopped; "": it has not */
};

/* As flush_run() for that pool, with nothing printed on standard output. Gives the exit status. */
int flush_pool(const struct verb_call *call, const char *pool, struct flush_outcome *outcome);

#endif
