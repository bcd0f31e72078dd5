/* state_file: a state file in a folder of its own, for tests
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "state_file.h"
#include "engine/state_slots.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char state_file_folder[64];
char state_file_path[96];
char state_file_bad[96];
struct state_report state_file_report;

void state_file_make(void)
{
	snprintf(state_file_folder, sizeof(state_file_folder), "/tmp/nexthop-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state_file_folder));
	snprintf(state_file_path, sizeof(state_file_path), "%s/state", state_file_folder);
	snprintf(state_file_bad, sizeof(state_file_bad), "%s/state.bad", state_file_folder);
}

void state_file_remove(void)
{
	unlink(state_file_path);
	unlink(state_file_bad);
	rmdir(state_file_path);
	ck_assert_int_eq(rmdir(state_file_folder), 0);
}

struct state *state_file_open(void)
{
	struct state *state = state_open(state_file_path, &state_file_report);

	ck_assert_msg(state != NULL, "%s", state_file_report.text);
	return state;
}

size_t state_file_claim(struct state *state, uint32_t type, const char *name, int port, int64_t now)
{
	struct state_key key = {.type = type, .key = name, .port = port};

	ck_assert_int_eq(state_slots_reserve(state, &key, 1, now, &state_file_report), 0);
	state_slots_claim(state, &key, 1, now);
	return key.slot;
}

bool state_file_has(struct state *state, uint32_t type, const char *name, int port)
{
	for (size_t i = 0; i < state_slot_count(state); i++) {
		const struct state_slot *slot = state_slot(state, i);

		if (slot->type == type && slot->port == port && strcmp(slot->key, name) == 0)
			return true;
	}
	return false;
}
