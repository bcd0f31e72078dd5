/* log_reply: an SMTP reply as MTAs log it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_reply.h"
#include "core/enhanced.h"

#include <string.h>

static void keep_enhanced(struct span code, struct observation *observation)
{
	memcpy(observation->enhanced, code.at, code.length);
	observation->enhanced[code.length] = '\0';
}

bool log_reply_take_enhanced(struct span *rest, struct observation *observation)
{
	size_t length = enhanced_length(*rest);

	if (length == 0)
		return false;
	keep_enhanced(span_make(rest->at, length), observation);
	span_skip(rest, length);
	return true;
}

/* Takes "452" and the space or hyphen after it, or the end. */
static bool take_code(struct span *rest, int *code, bool *is_last)
{
	struct span after = *rest;

	if (!span_take_number(&after, 3, code) || after.at != rest->at + 3 || *code < 200 ||
		*code > 599 || (after.length > 0 && *after.at != ' ' && *after.at != '-'))
		return false;
	*is_last = after.length == 0 || *after.at == ' ';
	if (after.length > 0)
		span_skip(&after, 1);
	*rest = after;
	return true;
}

bool log_reply_parse(struct span reply, struct observation *observation)
{
	struct span rest = reply;
	struct span found;
	char last[] = " 000 ";
	const char *at;
	bool is_last;
	int code;

	if (!take_code(&rest, &code, &is_last))
		return false;
	observation->code = code;
	if (enhanced_find(rest, &found)) {
		keep_enhanced(found, observation);
		return true;
	}
	/* Of several lines often only the last has one. */
	memcpy(last + 1, reply.at, 3);
	at = is_last ? NULL : span_find_last(rest, last);
	if (at != NULL && enhanced_find(span_from(rest, at + strlen(last)), &found))
		keep_enhanced(found, observation);
	return true;
}

bool log_reply_parse_greeting(struct span reply, struct observation *observation)
{
	struct span word;

	if (log_reply_parse(reply, observation))
		return true;
	while (span_take_until(&reply, " ", &word))
		if (reply.length > 3 && (*reply.at == '4' || *reply.at == '5') &&
			log_reply_parse(reply, observation))
			return true;
	return false;
}
