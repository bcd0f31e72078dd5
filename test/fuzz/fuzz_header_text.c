/* fuzz_header_text: any octets as the value of a header
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "replay.h"
#include "text/header_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* "$" stands for a line end, which a line of the corpus cannot hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *value = malloc(size + 1);
	char *out = malloc(header_text_room(size));
	struct pattern_budget budget = {.left = 100000000};
	struct charset_converter converter = {.count = 0};
	size_t length;

	assert(value != NULL && out != NULL);
	for (size_t i = 0; i < size; i++)
		value[i] = data[i] == '$' ? '\n' : (char)data[i];
	/* Its end is the end of the memory. */
	value = realloc(value, size == 0 ? 1 : size);
	length = header_text_decode(value, size, out, &converter, &budget);
	charset_end(&converter);
	assert(length < header_text_room(size) && out[length] == '\0');

	bool is_same = length == size && memcmp(out, value, size) == 0;

	assert(is_same || !header_text_is_plain(value, size));
	replay_reached += !is_same && memmem(out, length, "=?", 2) == NULL;
	free(value);
	free(out);
	return 0;
}
