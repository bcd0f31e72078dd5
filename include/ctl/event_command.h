/* event_command: a command that is run for an event
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_EVENT_COMMAND_H
#define CTL_EVENT_COMMAND_H

#include <jansson.h>

/* Seconds that a command for an event may run. */
enum { EVENT_COMMAND_SECONDS = 60 };

/*
 * Has /bin/sh run COMMAND, and waits for its end. Its standard input is empty. Each member of EVENT is
 * in its environment, by its name in capitals: NEXTHOP_HOST for "host"; what is null is empty.
 * NEXTHOP_JSON is the event whole, in one line. What hosts have said is there only: never in the
 * command itself, which a shell reads.
 *
 * After SECONDS it is killed, with all that it has started. Gives 0; or -1, with a message on standard
 * error, if it did not succeed.
 */
int event_command_run(const char *command, const json_t *event, int seconds);

#endif
