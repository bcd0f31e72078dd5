/* conf_pattern: one value of a condition, as a pattern
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_pattern.h"
#include "conf/conf_name.h"
#include "core/decimal.h"
#include "text/regex_glob.h"

#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535, PORT_TEXT_MAX = 6 };

static bool is_regex(const char *text, size_t length)
{
	return length >= 2 && text[0] == '/' && text[length - 1] == '/';
}

static bool is_glob(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' && text[1] != '\0')
			text++;
		else if (*text == '*' || *text == '?')
			return true;
	}
	return false;
}

static int keep(struct schema_reader *reader, enum pattern_kind kind, const char *text,
	size_t length, struct pattern *pattern)
{
	*pattern = (struct pattern){
		.kind = kind,
		.text = schema_keep(reader, text, length),
		.length = length,
	};
	return pattern->text == NULL ? -1 : 0;
}

/* In lower case; in an exact text a backslash only says that the next octet is itself. */
static int keep_lower(struct schema_reader *reader, enum pattern_kind kind, const char *text,
	struct pattern *pattern)
{
	char *lower = arena_copy(reader->arena, text, strlen(text));
	size_t length = 0;

	if (lower == NULL) {
		reader->no_memory = true;
		return -1;
	}
	for (; *text != '\0'; text++) {
		if (kind == PATTERN_EXACT && *text == '\\' && text[1] != '\0')
			text++;
		address_fold(lower + length++, text, 1);
	}
	lower[length] = '\0';
	*pattern = (struct pattern){.kind = kind, .text = lower, .length = length};
	return 0;
}

/* ---- kinds of values */

/* A glob for all that the expression matches. */
static int keep_glob(
	struct schema_reader *reader, size_t regex, const char *expression, struct pattern *pattern)
{
	char *glob = arena_take(reader->arena, regex_glob_room(strlen(expression)), 1);

	if (glob == NULL) {
		reader->no_memory = true;
		return -1;
	}
	*pattern = (struct pattern){.kind = PATTERN_REGEX, .text = glob, .regex = regex};
	pattern->length = regex_glob(expression, glob);
	return 0;
}

static int read_regex(struct conf_patterns *patterns, const config_setting_t *setting,
	const char *text, size_t length, struct pattern *pattern)
{
	struct schema_reader *reader = patterns->reader;
	const char *expression = schema_keep(reader, text + 1, length - 2);
	char error[REGEX_ERROR_MAX];
	size_t offset = 0;
	int regex;

	if (expression == NULL)
		return -1;
	if (patterns->regexes == NULL)
		patterns->regexes = regex_set_new();
	if (patterns->regexes == NULL) {
		reader->no_memory = true;
		return -1;
	}
	regex = regex_set_add(patterns->regexes, expression, error, &offset);
	if (regex == -1) {
		schema_fault(
			reader, setting, "pattern \"%s\": %s at octet %zu", text, error, offset);
		return -1;
	}
	return keep_glob(reader, (size_t)regex, expression, pattern);
}

/* ".example.com", in A-labels. */
static int read_parent(struct schema_reader *reader, const char *text, struct pattern *pattern)
{
	char domain[1 + DOMAIN_MAX + 1] = ".";

	if (conf_name_domain(text + 1, domain + 1) == -1)
		return -1;
	return keep(reader, PATTERN_PARENT, domain, strlen(domain), pattern);
}

static int read_domain(struct schema_reader *reader, const char *text, struct pattern *pattern)
{
	char domain[DOMAIN_MAX + 1];

	if (*text == '.')
		return read_parent(reader, text, pattern);
	if (conf_name_mail_domain(text, domain) == -1)
		return -1;
	return keep(reader, PATTERN_DOMAIN, domain, strlen(domain), pattern);
}

static int read_address(struct schema_reader *reader, enum rules_fact fact,
	const config_setting_t *setting, const char *text, struct pattern *pattern)
{
	const char *name = rules_fact_name(fact);
	struct address address;
	const char *wrong;

	/* The sender of bounces. */
	if (*text == '\0')
		return keep(reader, PATTERN_EXACT, text, 0, pattern);
	if (strcasecmp(text, "ALL") == 0) {
		schema_fault(reader, setting, "%s \"%s\": for every address say \"*\"", name, text);
		return -1;
	}
	if (strchr(text, '@') == NULL && *text != '"') {
		if (read_domain(reader, text, pattern) == 0)
			return 0;
		schema_fault(reader, setting,
			"%s \"%s\" is not an address, a domain, a .domain or a pattern", name,
			text);
		return -1;
	}
	wrong = conf_name_address(text, &address);
	if (wrong == NULL)
		return keep(reader, PATTERN_EXACT, address.text, address.length, pattern);
	schema_fault(reader, setting, "%s \"%s\" %s", name, text, wrong);
	return -1;
}

/* The name of a host. */
static int read_name(struct schema_reader *reader, enum rules_fact fact,
	const config_setting_t *setting, const char *text, struct pattern *pattern)
{
	if (*text != '.')
		return keep_lower(reader, PATTERN_EXACT, text, pattern);
	if (read_parent(reader, text, pattern) == 0)
		return 0;
	schema_fault(reader, setting, "%s \"%s\" is not a .domain", rules_fact_name(fact), text);
	return -1;
}

static int read_port(struct schema_reader *reader, const config_setting_t *setting,
	const char *text, struct pattern *pattern)
{
	int64_t port = decimal_parse(text, 1, PORT_MAX);
	char digits[PORT_TEXT_MAX];

	if (port == -1) {
		schema_fault(reader, setting, "listener_port \"%s\" is not a number of 1 to %d",
			text, PORT_MAX);
		return -1;
	}
	return keep(reader, PATTERN_EXACT, digits, (size_t)(decimal_put(digits, port) - digits),
		pattern);
}

/* Of these "" says that there is none. */
static bool may_be_empty(enum rules_fact fact)
{
	return fact == RULES_SENDER || fact == RULES_AUTH_USER || fact == RULES_TLS ||
	       fact == RULES_HEADER || fact == RULES_MACRO;
}

int conf_pattern_read(struct conf_patterns *patterns, enum rules_fact fact,
	const config_setting_t *setting, const char *text, struct pattern *pattern)
{
	struct schema_reader *reader = patterns->reader;
	size_t length = strlen(text);

	if (length == 0 && !may_be_empty(fact)) {
		schema_fault(reader, setting, "%s is never \"\"", rules_fact_name(fact));
		return -1;
	}
	if (is_regex(text, length))
		return read_regex(patterns, setting, text, length, pattern);
	if (is_glob(text))
		return keep_lower(reader, PATTERN_GLOB, text, pattern);
	switch (fact) {
	case RULES_SENDER:
	case RULES_RECIPIENT:
	case RULES_ALL_RECIPIENTS:
		return read_address(reader, fact, setting, text, pattern);
	case RULES_CLIENT_NAME:
	case RULES_HELO:
		return read_name(reader, fact, setting, text, pattern);
	case RULES_LISTENER_PORT:
		return read_port(reader, setting, text, pattern);
	default:
		return keep_lower(reader, PATTERN_EXACT, text, pattern);
	}
}
