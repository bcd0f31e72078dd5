/* regex_glob: what every text has that a regular expression matches
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "text/regex_glob.h"
#include "core/span.h"

#include <stdbool.h>
#include <string.h>

/* What is read, and written. */
struct reading {
	const char *at;
	char *out;
	size_t length;
	size_t last; /* where the octet at hand begins in it, for a quantifier that makes it optional */
	bool last_is_behind_gap;
	bool has_last;	 /* what was read last is one octet */
	bool is_gap;	 /* what was written last is a "*" */
	bool is_obscure; /* there is something that only PCRE2 understands */
};

static bool is_alphanumeric(char octet)
{
	return (octet >= '0' && octet <= '9') || ((octet | 0x20) >= 'a' && (octet | 0x20) <= 'z');
}

/* Anything may stand here. */
static void write_gap(struct reading *reading)
{
	if (!reading->is_gap)
		reading->out[reading->length++] = '*';
	reading->is_gap = true;
	reading->has_last = false;
}

/*
 * Octets above 127 may have another case, or be part of a character that is optional. K and S also
 * match the Kelvin sign and the long s.
 */
static void write_literal(struct reading *reading, char octet)
{
	char lower = span_fold(octet);

	if ((unsigned char)octet > 127 || lower == 'k' || lower == 's') {
		write_gap(reading);
		return;
	}
	reading->last = reading->length;
	reading->last_is_behind_gap = reading->is_gap;
	reading->has_last = true;
	reading->is_gap = false;
	if (lower == '*' || lower == '?' || lower == '\\')
		reading->out[reading->length++] = '\\';
	reading->out[reading->length++] = lower;
}

static void skip_escape(struct reading *reading)
{
	static const char classes[] = "dDwWsSbBAzZhHvVRntrfea";
	char octet = reading->at[1];

	reading->is_obscure |=
		octet == '\0' || (is_alphanumeric(octet) && strchr(classes, octet) == NULL);
	reading->at += octet == '\0' ? 1 : 2;
}

/* From the bracket to the one that ends it. */
static void skip_class(struct reading *reading)
{
	reading->at++;
	if (*reading->at == '^')
		reading->at++;
	if (*reading->at == ']')
		reading->at++;
	while (*reading->at != ']' && *reading->at != '\0') {
		bool is_named = *reading->at == '[' && strchr(":.=", reading->at[1]) != NULL;

		if (*reading->at == '\\') {
			skip_escape(reading);
			continue;
		}
		/* "[:alpha:]", or only an octet: that takes more to tell. */
		reading->is_obscure |= is_named && reading->at[1] != '\0';
		reading->at++;
	}
	if (*reading->at == ']')
		reading->at++;
}

/* From the parenthesis to the one that ends it. */
static void skip_group(struct reading *reading)
{
	int depth = 0;

	while (*reading->at != '\0' && !reading->is_obscure) {
		char octet = *reading->at;

		if (octet == '\\') {
			skip_escape(reading);
			continue;
		}
		if (octet == '[') {
			skip_class(reading);
			continue;
		}
		/* Options, assertions, names; of these only "(?:" changes nothing for what is around. */
		if (octet == '(' &&
			(reading->at[1] == '*' || (reading->at[1] == '?' && reading->at[2] != ':')))
			reading->is_obscure = true;
		depth += (octet == '(') - (octet == ')');
		reading->at++;
		if (depth == 0)
			return;
	}
}

/* What was read last may be missing: "*", "?", "{0,3}". */
static void skip_quantifier(struct reading *reading)
{
	size_t digits;

	if (reading->has_last) {
		reading->length = reading->last;
		reading->is_gap = reading->last_is_behind_gap;
	}
	write_gap(reading);
	if (*reading->at++ != '{')
		return;
	/* From PCRE2 10.43 on there may be blanks. */
	digits = strspn(reading->at, " \t0123456789,");
	if (reading->at[digits] == '}')
		reading->at += digits + 1;
}

static void read_item(struct reading *reading)
{
	switch (*reading->at) {
	case '\\':
		if (reading->at[1] != '\0' && !is_alphanumeric(reading->at[1])) {
			write_literal(reading, reading->at[1]);
			reading->at += 2;
			return;
		}
		skip_escape(reading);
		write_gap(reading);
		return;
	case '[':
		skip_class(reading);
		write_gap(reading);
		return;
	case '(':
		skip_group(reading);
		write_gap(reading);
		return;
	case '*':
	case '?':
	case '{':
		skip_quantifier(reading);
		return;
	case '|':
		reading->is_obscure = true;
		return;
	case '+':
	case '.':
	case '^':
	case '$':
		write_gap(reading);
		break;
	default:
		write_literal(reading, *reading->at);
	}
	reading->at++;
}

size_t regex_glob_room(size_t length)
{
	return 2 * length + 3;
}

size_t regex_glob(const char *pattern, char *out)
{
	struct reading reading = {.at = pattern, .out = out, .length = 1, .is_gap = true};

	out[0] = '*';
	while (*reading.at != '\0' && !reading.is_obscure)
		read_item(&reading);
	if (reading.is_obscure)
		reading.length = 1;
	else
		write_gap(&reading);
	out[reading.length] = '\0';
	return reading.length;
}
