/* postfix_settings: what postconf(1) prints of an instance of Postfix
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/postfix_settings.h"
#include "core/decimal.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "NAME = VALUE", each in a text of its own. */
struct assignments {
	char *text;
	struct assignment {
		const char *name;
		const char *value;
	} * entries;
	size_t count;
};

struct postfix_settings {
	struct assignments main, main_expanded, overrides, overrides_expanded;
	char *services_text;
	struct postfix_service *services;
	size_t service_count;
};

static void *checked(void *memory)
{
	if (memory == NULL) {
		fprintf(stderr, "milterctl: out of memory\n");
		exit(EXIT_FAILURE);
	}
	return memory;
}

static size_t count_lines(const char *text)
{
	size_t count = 1;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

/* Takes the next line off, with a NUL in the place of its end. NULL: there is none. */
static char *next_line(char **rest)
{
	return *rest == NULL || **rest == '\0' ? NULL : strsep(rest, "\n");
}

static char *without_spaces(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	for (length = strlen(text); length > 0 && strchr(" \t\r", text[length - 1]) != NULL;
		length--)
		text[length - 1] = '\0';
	return text;
}

static void read_assignments(struct assignments *assignments, const char *text)
{
	char *rest, *line;

	assignments->text = checked(strdup(text == NULL ? "" : text));
	assignments->entries =
		checked(calloc(count_lines(assignments->text), sizeof(*assignments->entries)));
	rest = assignments->text;
	while ((line = next_line(&rest)) != NULL) {
		char *equals = strchr(line, '=');

		if (equals == NULL)
			continue;
		*equals = '\0';
		assignments->entries[assignments->count++] =
			(struct assignment){without_spaces(line), without_spaces(equals + 1)};
	}
}

static void free_assignments(struct assignments *assignments)
{
	free(assignments->text);
	free(assignments->entries);
}

/* NULL: it is not there. Settings are few, and few of them are asked for. */
static const char *find(const struct assignments *assignments, const char *name)
{
	for (size_t i = 0; i < assignments->count; i++)
		if (strcmp(assignments->entries[i].name, name) == 0)
			return assignments->entries[i].value;
	return NULL;
}

/* ---- services: name type private unprivileged chroot wakeup maxproc command */

static bool read_service(struct postfix_service *service, char *line)
{
	enum { NAME = 0, TYPE = 1, CHROOT = 4, MAXPROC = 6, PROGRAM = 7, FIELDS = 8 };
	const char *fields[FIELDS];
	char *rest = NULL;
	char *field = strtok_r(line, " \t", &rest);
	int count = 0;

	for (; field != NULL && count < FIELDS; field = strtok_r(NULL, " \t", &rest))
		fields[count++] = field;
	if (count < FIELDS)
		return false;
	*service = (struct postfix_service){
		fields[NAME], fields[TYPE], fields[CHROOT], fields[MAXPROC], fields[PROGRAM]};
	return true;
}

static void read_services(struct postfix_settings *settings, const char *text)
{
	char *rest, *line;

	settings->services_text = checked(strdup(text == NULL ? "" : text));
	settings->services =
		checked(calloc(count_lines(settings->services_text), sizeof(*settings->services)));
	rest = settings->services_text;
	while ((line = next_line(&rest)) != NULL)
		if (read_service(&settings->services[settings->service_count], line))
			settings->service_count++;
}

struct postfix_settings *postfix_settings_new(const struct postfix_texts *texts)
{
	struct postfix_settings *settings = checked(calloc(1, sizeof(*settings)));

	read_assignments(&settings->main, texts->main);
	read_assignments(&settings->main_expanded, texts->main_expanded);
	read_assignments(&settings->overrides, texts->overrides);
	read_assignments(&settings->overrides_expanded, texts->overrides_expanded);
	read_services(settings, texts->services);
	return settings;
}

void postfix_settings_free(struct postfix_settings *settings)
{
	if (settings == NULL)
		return;
	free_assignments(&settings->main);
	free_assignments(&settings->main_expanded);
	free_assignments(&settings->overrides);
	free_assignments(&settings->overrides_expanded);
	free(settings->services_text);
	free(settings->services);
	free(settings);
}

const char *postfix_settings_get(const struct postfix_settings *settings, const char *name)
{
	const char *value = settings == NULL ? NULL : find(&settings->main_expanded, name);

	return value == NULL ? "" : value;
}

const char *postfix_settings_raw(const struct postfix_settings *settings, const char *name)
{
	const char *value = find(&settings->main, name);

	return value == NULL ? "" : value;
}

const struct postfix_service *postfix_settings_service(
	const struct postfix_settings *settings, size_t index)
{
	return index < settings->service_count ? &settings->services[index] : NULL;
}

const struct postfix_service *postfix_settings_transport(
	const struct postfix_settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->service_count; i++)
		if (strcmp(settings->services[i].name, name) == 0 &&
			strcmp(settings->services[i].type, "unix") == 0)
			return &settings->services[i];
	return NULL;
}

/* postconf -P has "smtp/inet/smtpd_milters = VALUE". */
static const char *find_override(const struct assignments *assignments,
	const struct postfix_service *service, const char *name)
{
	char key[512];

	snprintf(key, sizeof(key), "%s/%s/%s", service->name, service->type, name);
	return find(assignments, key);
}

const char *postfix_settings_override(const struct postfix_settings *settings,
	const struct postfix_service *service, const char *name)
{
	return find_override(&settings->overrides_expanded, service, name);
}

const char *postfix_settings_override_raw(const struct postfix_settings *settings,
	const struct postfix_service *service, const char *name)
{
	return find_override(&settings->overrides, service, name);
}

const char *postfix_settings_of(const struct postfix_settings *settings,
	const struct postfix_service *service, const char *name)
{
	const char *value = postfix_settings_override(settings, service, name);

	return value == NULL ? postfix_settings_get(settings, name) : value;
}

bool postfix_settings_is_chrooted(
	const struct postfix_settings *settings, const struct postfix_service *service)
{
	/* Since 3.0 the default is n, unless compatibility_level asks for the old one. */
	if (*service->chroot == '-')
		return strcmp(postfix_settings_get(settings, "compatibility_level"), "0") == 0;
	return *service->chroot == 'y';
}

int postfix_settings_seconds(const char *value, char default_unit)
{
	static const struct {
		int unit;
		int seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	char digits[16];
	size_t length = strspn(value, "0123456789");
	int unit = value[length] == '\0' ? default_unit : value[length];
	int64_t number;

	if (length == 0 || length >= sizeof(digits) ||
		(value[length] != '\0' && value[length + 1] != '\0'))
		return -1;
	snprintf(digits, sizeof(digits), "%.*s", (int)length, value);
	number = decimal_parse(digits, 0, INT_MAX);
	for (size_t i = 0; number != -1 && i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit == unit && number <= INT_MAX / units[i].seconds)
			return (int)number * units[i].seconds;
	return -1;
}

bool postfix_settings_is_version(const char *version, int major, int minor)
{
	int has_major, has_minor;

	if (sscanf(version, "%3d.%3d", &has_major, &has_minor) != 2)
		return true;
	return has_major > major || (has_major == major && has_minor >= minor);
}
