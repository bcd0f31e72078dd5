/* engine_disk: the engine's state file, kept whole
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine_disk.h"
#include "engine/engine_self.h"
#include "engine/log.h"
#include "engine/state_map.h"
#include "engine/state_slots.h"

enum { COMPLAINT_MS = 60000 };

void engine_disk_mend(struct engine *engine, int64_t now)
{
	static struct log_limit limit;
	struct state_report report = {.set_aside = false};
	struct state *state = engine->state;
	size_t whole;
	unsigned suppressed;
	int result;

	if (!state_map_is_hurt(state))
		return;
	if (state_map_regrow(state, &whole, &report) == -1) {
		if (log_may_repeat(&limit, now, COMPLAINT_MS, &suppressed))
			log_error("state file %s; it has become shorter while it is in use: what "
				  "happens now is lost at the next start suppressed=%u",
				report.text, suppressed);
		return;
	}
	engine_self_lock(engine);
	result = state_map_restore(state, whole);
	if (result == 0 && engine->roster != NULL) {
		state_slots_claim(state, engine->roster->keys, engine->roster->key_count, now);
		roster_seat(engine->roster);
	}
	engine_self_unlock(engine);
	if (result == -1)
		log_error("state file %s: cannot map it again", state->path);
	else
		log_error("state file %s: somebody has shortened it, or its disk has failed: of "
			  "slots=%zu whole=%zu are kept; the other pools and hosts begin anew, "
			  "drained ones are up",
			state->path, state_slot_count(state), whole);
}
