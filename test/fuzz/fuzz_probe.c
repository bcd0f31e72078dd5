/* fuzz_probe: a host that says anything, in any pieces
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/probe.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first octet says how deep the probe goes, the second how long the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe_plan plan = {.helo = "probe.example", .recipient = "postmaster"};
	struct probe probe;
	enum probe_step step;

	if (size < 2)
		return 0;
	plan.depth = (enum probe_depth)(data[0] % PROBE_DEPTH_COUNT);
	probe_init(&probe, &plan);
	step = probe_connected(&probe);
	for (size_t i = 2, piece; i < size && step != PROBE_DONE; i += piece) {
		piece = data[1] % 16 == 0 || data[1] % 16 > size - i ? size - i : data[1] % 16;
		step = probe_feed(&probe, (const char *)data + i, piece);
		assert(probe.octets > 0);
	}
	if (step != PROBE_DONE)
		probe_fail(&probe, OBSERVATION_LOST, NULL);
	assert(probe.is_decided && strlen(probe.result.text) < sizeof(probe.result.text));
	return 0;
}
