/* show: the API's answers as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <stdio.h>

#include <jansson.h>

/* Each prints one answer to standard output. What is missing in it is shown as "-". */

void show_status(const json_t *answer);
void show_debug(const json_t *answer);
void show_simulation(const json_t *answer);
void show_events(const json_t *answer);

/* What an event says after its time; one line without its end. */
void show_event(const json_t *event, FILE *to);

void show_state(const json_t *answer);

/* The faults of a configuration, to TO. */
void show_faults(const json_t *answer, FILE *to);

#endif
