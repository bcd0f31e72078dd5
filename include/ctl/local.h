/* local: what milterctl does without a daemon
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_LOCAL_H
#define CTL_LOCAL_H

#include <jansson.h>

#include "conf/conf.h"

/* The last two give milterctl's exit status (client.h) and, but for 3, *ANSWER as a new reference. */

/* Loads a configuration. NULL: it has faults, all of which are printed to standard error. */
struct conf *local_load(const char *path);

/* Checks a configuration (preflight.h): {"ok", "user", "verdict", "faults"}. USER may be NULL. */
int local_check(const char *path, const char *user, json_t **answer);

/*
 * Reads a state file, with or without a daemon at work on it: {"pools", "hosts"}, where "left" says
 * since when the configuration no longer has it. Without a readable file *ANSWER is NULL, after a
 * message.
 */
int local_state(const char *path, json_t **answer);

#endif
