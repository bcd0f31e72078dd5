/* queue_id: the name that an MTA gives a message in its queue
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/queue_id.h"

#include <stddef.h>
#include <string.h>

/* Whatever the locale is. */
static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool queue_id_is_valid(const char *text)
{
	size_t length = 0;

	while (length <= QUEUE_ID_MAX && is_letter_or_digit(text[length]))
		length++;
	return length > 0 && length <= QUEUE_ID_MAX && text[length] == '\0';
}

void queue_id_copy(char out[QUEUE_ID_MAX + 1], const char *text)
{
	out[0] = '\0';
	if (text != NULL && queue_id_is_valid(text))
		memcpy(out, text, strlen(text) + 1);
}
