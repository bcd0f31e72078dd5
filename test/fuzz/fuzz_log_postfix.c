/* fuzz_log_postfix: any octets as a line of Postfix's log
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/blame.h"
#include "core/log_postfix.h"
#include "replay.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct observation observation;
	struct logline line;

	if (logline_parse(&line, text, size, CORPUS_NOW, 0) &&
		log_postfix_parse(&line, &observation)) {
		replay_reached++;
		if (blame_find(NULL, 0, &observation).class >= BLAME_CLASS_COUNT)
			abort();
	}
	return 0;
}
