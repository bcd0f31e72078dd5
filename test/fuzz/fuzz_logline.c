/* fuzz_logline: any octets as a line of a log
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/logline.h"
#include "replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct logline line;

	replay_reached += logline_parse(&line, text, size, CORPUS_NOW, 3600);
	return 0;
}
