/* fields: the members of the API's objects, as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/fields.h"
#include "core/printable.h"

#include <inttypes.h>
#include <stdbool.h>
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

long long fields_percent(const json_t *host)
{
	const json_t *percent = json_object_get(host, "weight_percent");

	return json_is_integer(percent) ? json_integer_value(percent) : 100;
}

const char *fields_clean(const json_t *value)
{
	static char out[FIELDS_SHOWN_MAX];
	const char *text = json_string_value(value);

	return printable_copy(out, sizeof(out), text == NULL || *text == '\0' ? "-" : text);
}

const char *fields_shown(const json_t *object, const char *name)
{
	return fields_clean(json_object_get(object, name));
}

const char *fields_endpoint(const json_t *object, char out[ENDPOINT_TEXT_MAX])
{
	char name[DOMAIN_MAX + 1];
	const char *text = fields_text(object, "host");
	const json_t *port = json_object_get(object, "port");

	printable_copy(name, sizeof(name), text == NULL || *text == '\0' ? "-" : text);
	return endpoint_format(out, name, json_is_integer(port) ? json_integer_value(port) : -1);
}

/* False if it is no time. */
static bool read_time(const json_t *object, const char *name, time_t *seconds)
{
	const char *text = fields_text(object, name);
	struct tm utc = {.tm_isdst = 0};

	if (text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc) == NULL)
		return false;
	*seconds = timegm(&utc);
	return true;
}

char *fields_time(const json_t *object, const char *name, char out[FIELDS_TIME_MAX])
{
	time_t seconds;
	struct tm local;

	out[0] = '\0';
	if (read_time(object, name, &seconds) && localtime_r(&seconds, &local) != NULL)
		strftime(out, FIELDS_TIME_MAX, "%Y-%m-%d %H:%M:%S %z", &local);
	return out;
}

/* With its two largest units. */
static void write_span(int64_t seconds, char out[FIELDS_TIME_MAX])
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
	const int count = sizeof(units) / sizeof(units[0]);
	int i = 0;
	int used;

	seconds = seconds < 0 ? 0 : seconds;
	while (i < count - 1 && seconds < units[i].seconds)
		i++;
	used = snprintf(
		out, FIELDS_TIME_MAX, "%" PRId64 " %s", seconds / units[i].seconds, units[i].name);
	seconds %= units[i].seconds;
	if (i + 1 < count && seconds >= units[i + 1].seconds)
		snprintf(out + used, (size_t)(FIELDS_TIME_MAX - used), " %" PRId64 " %s",
			seconds / units[i + 1].seconds, units[i + 1].name);
}

char *fields_ago(const json_t *object, const char *name, char out[FIELDS_TIME_MAX])
{
	time_t seconds;

	out[0] = '\0';
	if (read_time(object, name, &seconds))
		write_span((int64_t)(time(NULL) - seconds), out);
	return out;
}

char *fields_left(const json_t *object, const char *name, char out[FIELDS_TIME_MAX])
{
	time_t seconds;

	out[0] = '\0';
	if (read_time(object, name, &seconds))
		write_span((int64_t)(seconds - time(NULL)), out);
	return out;
}

void fields_warn(const char *text)
{
	char out[FIELDS_SHOWN_MAX];

	fprintf(stderr, "milterctl: warning: %s\n",
		printable_copy(out, sizeof(out), text == NULL ? "-" : text));
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
	char text[ENDPOINT_TEXT_MAX];
	bool has_host = fields_text(object, "host") != NULL;

	columns_add(columns, has_host ? fields_endpoint(object, text) : NULL);
}

/* The API's UTC as local time: "2026-01-31 12:00:00". */
const char *fields_shown_time(const json_t *object, const char *name)
{
	static char out[FIELDS_TIME_MAX];

	return *fields_time(object, name, out) == '\0' ? fields_shown(object, name) : out;
}

void fields_add_time(struct columns *columns, const json_t *object, const char *name)
{
	char out[FIELDS_TIME_MAX];

	if (*fields_time(object, name, out) == '\0')
		fields_add_text(columns, object, name);
	else
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
	columns_print(columns, indent, columns_screen_width(), stdout);
	columns_free(columns);
}
