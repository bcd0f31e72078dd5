/* fields: the members of the API's objects, as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/fields.h"
#include "core/endpoint.h"
#include "core/printable.h"

#include <stdio.h>
#include <time.h>

const char *fields_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

long long fields_number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* Foreign text, or "-". Valid until the next call. */
const char *fields_shown(const json_t *object, const char *name)
{
	static char out[FIELDS_SHOWN_MAX];
	const char *text = fields_text(object, name);

	return printable_copy(out, sizeof(out), text == NULL || *text == '\0' ? "-" : text);
}

void fields_add_text(struct columns *columns, const json_t *object, const char *name)
{
	columns_add(columns, fields_text(object, name));
}

void fields_add_number(struct columns *columns, const json_t *object, const char *name)
{
	const json_t *number = json_object_get(object, name);

	if (json_is_integer(number))
		columns_add_number(columns, json_integer_value(number));
	else
		columns_add(columns, NULL);
}

void fields_add_endpoint(struct columns *columns, const json_t *object)
{
	const char *host = fields_text(object, "host");
	char text[ENDPOINT_TEXT_MAX];

	columns_add(columns,
		host == NULL ? NULL
			     : endpoint_format(text, host, (int)fields_number(object, "port")));
}

/* The API's UTC as local time: "2026-01-31 12:00:00". */
void fields_add_time(struct columns *columns, const json_t *object, const char *name)
{
	const char *text = fields_text(object, name);
	struct tm utc = {.tm_isdst = 0};
	struct tm local;
	time_t seconds;
	char out[64];

	if (text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc) == NULL) {
		columns_add(columns, text);
		return;
	}
	seconds = timegm(&utc);
	localtime_r(&seconds, &local);
	strftime(out, sizeof(out), "%Y-%m-%d %H:%M:%S", &local);
	columns_add(columns, out);
}

void fields_add_share(struct columns *columns, double share)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f%%", 100 * share);
	columns_add(columns, text);
}

void fields_print(struct columns *columns, const char *indent)
{
	columns_print(columns, indent, stdout);
	columns_free(columns);
}
