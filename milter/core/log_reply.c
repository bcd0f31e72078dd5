/* log_reply: an SMTP reply as MTAs log it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_reply.h"

#include <string.h>

bool log_reply_take_enhanced(struct span *rest, struct observation *observation)
{
	struct span after = *rest;
	int number;
	size_t length;

	if (after.length == 0 || strchr("245", *after.at) == NULL ||
		!span_take_number(&after, 1, &number) || !span_take(&after, ".") ||
		!span_take_number(&after, 3, &number) || !span_take(&after, ".") ||
		!span_take_number(&after, 3, &number) || (after.length > 0 && *after.at != ' '))
		return false;
	length = rest->length - after.length;
	memcpy(observation->enhanced, rest->at, length);
	observation->enhanced[length] = '\0';
	*rest = after;
	return true;
}

bool log_reply_parse(struct span reply, struct observation *observation)
{
	struct span rest = reply;
	char last[] = " 000 ";
	const char *at;
	int code;

	if (rest.length > 3)
		rest.length = 3;
	if (rest.length < 3 || !span_take_number(&rest, 3, &code) || rest.length > 0 ||
		code < 200 || code > 599)
		return false;
	rest = span_from(reply, reply.at + 3);
	if (rest.length > 0 && *rest.at != ' ' && *rest.at != '-')
		return false;
	observation->code = code;
	if (rest.length == 0)
		return true;
	span_skip(&rest, 1);
	if (log_reply_take_enhanced(&rest, observation))
		return true;
	/* Of several lines often only the last has one. */
	memcpy(last + 1, reply.at, 3);
	at = span_find_last(rest, last);
	if (at != NULL) {
		rest = span_from(rest, at + strlen(last));
		log_reply_take_enhanced(&rest, observation);
	}
	return true;
}
