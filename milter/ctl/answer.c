/* answer: what the daemon answers, sent for and printed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void answer_print(const json_t *answer, size_t flags)
{
	size_t ascii = isatty(STDOUT_FILENO) == 1 ? JSON_ENSURE_ASCII : 0;
	char *text = json_dumps(answer, flags | ascii | JSON_REAL_PRECISION(6));

	if (text != NULL)
		printf("%s\n", text);
	free(text);
}

int answer_show(
	const struct verb_call *call, enum client_method method, void (*show)(const json_t *answer))
{
	json_t *answer;
	int result = client_send(call->client, method, &answer);

	if (answer != NULL && call->is_json)
		answer_print(answer, JSON_INDENT(2));
	else if (answer != NULL)
		show(answer);
	json_decref(answer);
	return result;
}

int answer_get(const struct verb_call *call, const char *path, void (*show)(const json_t *answer))
{
	client_begin(call->client, path);
	return answer_show(call, CLIENT_GET, show);
}

int answer_usage(const char *text, const char *value)
{
	fprintf(stderr, "milterctl: \"%s\" is not %s\n", value, text);
	return CLIENT_USAGE;
}
