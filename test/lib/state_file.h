/* state_file: a state file in a folder of its own, for tests
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_STATE_FILE_H
#define TEST_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/state.h"

enum { STATE_FILE_NOW = 1000000 };

extern char state_file_folder[64];
extern char state_file_path[96];
extern char state_file_bad[96]; /* where it is set aside */
extern struct state_report state_file_report;

/* Before and after each test. */
void state_file_make(void);
void state_file_remove(void);

/* Opens it, which must succeed. */
struct state *state_file_open(void);

/* Claims one slot; gives its index. */
size_t state_file_claim(
	struct state *state, uint32_t type, const char *name, int port, int64_t now);

/* True if there is a slot of that name. */
bool state_file_has(struct state *state, uint32_t type, const char *name, int port);

#endif
