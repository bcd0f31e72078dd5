/* fuzz_probe: a host that says anything, in any pieces
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/probe.h"
#include "replay.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/*
 * The first octet says how deep the probe goes, the second how long the pieces are. In the rest a
 * "$" stands for the end of a line, which a line of the corpus cannot hold.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe_plan plan = {.helo = "probe.example", .recipient = "postmaster"};
	struct probe probe;
	enum probe_step step;

	if (size < 2)
		return 0;
	plan.depth = (enum probe_depth)((uint8_t)(data[0] - (uint8_t)'0') % PROBE_DEPTH_COUNT);
	probe_init(&probe, &plan);
	step = probe_connected(&probe);
	for (size_t i = 2, piece; i < size && step != PROBE_DONE; i += piece) {
		char octets[16];

		piece = size - i < 1 + data[1] % 16u ? size - i : 1 + data[1] % 16u;
		for (size_t k = 0; k < piece; k++)
			octets[k] = data[i + k] == '$' ? '\n' : (char)data[i + k];
		step = probe_feed(&probe, octets, piece);
		assert(probe.octets > 0);
	}
	if (step != PROBE_DONE)
		probe_fail(&probe, OBSERVATION_LOST, NULL);
	assert(probe.is_decided && strlen(probe.result.text) < sizeof(probe.result.text));
	replay_reached += probe.result.outcome == OBSERVATION_SENT;
	return 0;
}
