/* sample: a configuration and an engine for tests, made in a folder of their own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_SAMPLE_H
#define TEST_SAMPLE_H

#include <stddef.h>

#include "conf/conf.h"
#include "core/address.h"
#include "engine/engine.h"
#include "engine/engine_plan.h"
#include "engine/state.h"

/* Everything here fails the test that calls it if it cannot be done. */

struct sample {
	char folder[64];
	char config[96];
	char state_path[96];
	struct conf *conf;
	struct state *state;
	struct engine *engine;
};

/* A folder, TEXT as its configuration, and an engine with an empty state file. */
void sample_open(struct sample *sample, const char *text);

/* Loads TEXT in the place of the configuration and swaps it in. */
void sample_reload(struct sample *sample, const char *text);

/* Closes engine and state file as a kill would, and opens them again. */
void sample_restart(struct sample *sample);

/* The same, with another configuration. */
void sample_restart_with(struct sample *sample, const char *text);

/* Frees and removes everything. */
void sample_close(struct sample *sample);

/* An address as the door makes it. */
struct address sample_address(const char *text);

/* What the next message to that recipient would get, by its route. */
void sample_plan(struct sample *sample, const struct address *recipient, struct engine_plan *plan);

/* How messages to it would spread, by its route. */
void sample_simulate(
	struct sample *sample, const struct address *recipient, struct simulation *simulation);

/* Three equal hosts "a", "b" and "c" for example.com, pool "three". */
extern const char sample_three[];

#endif
