/* check_health: one line and an exit status for monitoring systems
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_CHECK_HEALTH_H
#define CTL_CHECK_HEALTH_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "ctl/client.h"

/*
 * In the manner of monitoring plugins: "NEXTHOP OK - text | counters", with their exit status
 * instead of milterctl's.
 */
enum {
	CHECK_HEALTH_OK = 0,
	CHECK_HEALTH_WARNING = 1,  /* degraded */
	CHECK_HEALTH_CRITICAL = 2, /* failed, or no daemon answers */
	CHECK_HEALTH_UNKNOWN = 3,  /* it could not be found out */
};

/* Queries the daemon at SOCKET, prints the line, or the condition as JSON, and gives the exit status. */
int check_health_run(struct client *client, const char *socket, bool is_json);

/* The judgement's reasons, or how many hosts are up; one line without its end. Gives the status. */
int check_health_print_why(const json_t *condition, FILE *to);

/* "ok", or what is wrong: the line that milterctl status begins with, and the reasons below it. */
void check_health_show(const json_t *condition);

/* The reasons as warnings, on standard error. */
void check_health_warn(const json_t *condition);

/* False if somebody has to look. */
bool check_health_is_ok(const json_t *condition);

#endif
