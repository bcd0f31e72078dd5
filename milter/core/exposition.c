/* exposition: metrics as text, in Prometheus' format and in that of OpenMetrics
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/exposition.h"
#include "core/decimal.h"
#include "core/printable.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { MICRO = 1000000, MICRO_DIGITS = 6, QUALITY_WHOLE = 1000 };

static const char total[] = "_total";
static const char info[] = "_info";
static const char seconds[] = "_seconds";

/* ---- octets: a line always has room, see begin_line() */

static void put(struct exposition *out, const char *octets, size_t length)
{
	memcpy(out->buffer + out->length, octets, length);
	out->length += length;
}

static void put_text(struct exposition *out, const char *text)
{
	put(out, text, strlen(text));
}

static void put_octet(struct exposition *out, char octet)
{
	out->buffer[out->length++] = octet;
}

static void put_number(struct exposition *out, int64_t number)
{
	char *at = out->buffer + out->length;

	out->length += (size_t)(decimal_put(at, number) - at);
}

static void begin_line(struct exposition *out)
{
	if (out->size - out->length >= EXPOSITION_LINE_MAX)
		return;
	out->flush(out->context, out->buffer, out->length);
	out->length = 0;
}

/* A decimal fraction without zeros at its end; IS_FLOAT: with at least one digit after the point. */
static void put_millionths(struct exposition *out, int64_t value, bool is_float)
{
	int64_t rest = value % MICRO;
	char digits[MICRO_DIGITS];
	int count = MICRO_DIGITS;

	put_number(out, value / MICRO);
	for (int i = MICRO_DIGITS - 1; i >= 0; i--, rest /= 10)
		digits[i] = (char)('0' + rest % 10);
	while (count > 0 && digits[count - 1] == '0')
		count--;
	if (count == 0 && !is_float)
		return;
	put_octet(out, '.');
	put(out, digits, count == 0 ? 1 : (size_t)count);
}

/* ---- families */

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name);
	size_t of_end = strlen(end);

	return length > of_end && strcmp(name + length - of_end, end) == 0;
}

/* OpenMetrics calls a family by its name without the ending that its type gives to samples. */
static size_t family_length(const struct exposition *out)
{
	const struct exposition_family *family = out->family;
	const char *ending = family->type == EXPOSITION_COUNTER ? total : info;
	size_t length = strlen(family->name);

	if (out->format == EXPOSITION_PROMETHEUS || !ends_with(family->name, ending))
		return length;
	return length - strlen(ending);
}

static void begin_head(struct exposition *out, const char *word)
{
	begin_line(out);
	put_text(out, "# ");
	put_text(out, word);
	put_octet(out, ' ');
	put(out, out->family->name, family_length(out));
	put_octet(out, ' ');
}

static const char *type_word(const struct exposition *out)
{
	if (out->family->type == EXPOSITION_INFO && out->format == EXPOSITION_PROMETHEUS)
		return "gauge";
	return exposition_type_name(out->family->type);
}

static bool has_seconds(const struct exposition *out)
{
	const size_t length = family_length(out);
	const size_t of_end = sizeof(seconds) - 1;

	return length > of_end && memcmp(out->family->name + length - of_end, seconds, of_end) == 0;
}

void exposition_family(struct exposition *out, const struct exposition_family *family)
{
	out->family = family;
	begin_head(out, "HELP");
	for (const char *at = family->help; *at != '\0'; at++) {
		if (*at == '\\' || (*at == '"' && out->format == EXPOSITION_OPENMETRICS))
			put_octet(out, '\\');
		put_octet(out, *at);
	}
	put_octet(out, '\n');
	begin_head(out, "TYPE");
	put_text(out, type_word(out));
	put_octet(out, '\n');
	if (out->format == EXPOSITION_OPENMETRICS && has_seconds(out)) {
		begin_head(out, "UNIT");
		put_text(out, "seconds\n");
	}
}

/* ---- samples */

static void begin_sample(struct exposition *out, const char *suffix)
{
	begin_line(out);
	put_text(out, out->family->name);
	put_text(out, suffix);
	out->separator = '{';
}

void exposition_begin(struct exposition *out)
{
	begin_sample(out, "");
}

static void begin_label(struct exposition *out, const char *name)
{
	put_octet(out, out->separator);
	out->separator = ',';
	put_text(out, name);
	put_text(out, "=\"");
}

/* So many octets at its beginning stay as they are. */
static size_t plain_length(const char *value)
{
	size_t length = 0;

	while (length < EXPOSITION_LABEL_MAX && value[length] >= ' ' && value[length] < 0x7f &&
		value[length] != '"' && value[length] != '\\')
		length++;
	return length;
}

void exposition_label(struct exposition *out, const char *name, const char *value)
{
	char clean[EXPOSITION_LABEL_MAX + 1];
	size_t length = plain_length(value);

	begin_label(out, name);
	/* Nearly all of them. */
	if (value[length] == '\0') {
		put(out, value, length);
		put_octet(out, '"');
		return;
	}
	printable_copy(clean, sizeof(clean), value);
	for (const char *at = clean; *at != '\0'; at++) {
		if (*at == '\\' || *at == '"')
			put_octet(out, '\\');
		put_octet(out, *at);
	}
	put_octet(out, '"');
}

void exposition_label_number(struct exposition *out, const char *name, int64_t value)
{
	begin_label(out, name);
	put_number(out, value);
	put_octet(out, '"');
}

static void end_labels(struct exposition *out)
{
	if (out->separator == ',')
		put_octet(out, '}');
	put_octet(out, ' ');
}

void exposition_count(struct exposition *out, uint64_t value)
{
	end_labels(out);
	put_number(out, value > INT64_MAX ? INT64_MAX : (int64_t)value);
	put_octet(out, '\n');
}

void exposition_millionths(struct exposition *out, int64_t value)
{
	end_labels(out);
	if (value < 0)
		put_octet(out, '-');
	put_millionths(out, value < 0 ? -value : value, false);
	put_octet(out, '\n');
}

/* ---- histograms */

struct labels {
	const char *const *names;
	const char *const *values;
	int count;
};

static void begin_part(struct exposition *out, const char *suffix, const struct labels *labels)
{
	begin_sample(out, suffix);
	for (int i = 0; i < labels->count; i++)
		exposition_label(out, labels->names[i], labels->values[i]);
}

void exposition_histogram(struct exposition *out, const struct histogram *histogram,
	const struct histogram_bounds *bounds, const char *const *names, const char *const *values,
	int labels)
{
	const struct labels all = {names, values, labels};
	struct histogram_view view;

	histogram_read(histogram, bounds, &view);
	for (int i = 0; i < bounds->count; i++) {
		begin_part(out, "_bucket", &all);
		begin_label(out, "le");
		put_millionths(out, bounds->us[i], true);
		put_octet(out, '"');
		exposition_count(out, view.upto[i]);
	}
	begin_part(out, "_bucket", &all);
	begin_label(out, "le");
	put_text(out, "+Inf\"");
	exposition_count(out, view.count);
	begin_part(out, "_sum", &all);
	exposition_millionths(out, (int64_t)view.sum);
	begin_part(out, "_count", &all);
	exposition_count(out, view.count);
}

void exposition_end(struct exposition *out)
{
	begin_line(out);
	if (out->format == EXPOSITION_OPENMETRICS)
		put_text(out, "# EOF\n");
	out->flush(out->context, out->buffer, out->length);
	out->length = 0;
}

/* ---- which format */

/* A word of a header, up to one of the octets in ENDS; *AT is moved there. */
static size_t word_at(const char **at, const char *ends, const char **word)
{
	size_t length;

	*at += strspn(*at, " \t");
	*word = *at;
	length = strcspn(*at, ends);
	*at += length;
	while (length > 0 && ((*word)[length - 1] == ' ' || (*word)[length - 1] == '\t'))
		length--;
	return length;
}

static bool is_word(const char *word, size_t length, const char *wanted)
{
	return length == strlen(wanted) && strncasecmp(word, wanted, length) == 0;
}

/* "0.75" in thousandths (RFC 9110, 12.4.2); what is none is 0. */
static int quality_of(const char *text, size_t length)
{
	int quality = 0;
	int unit = QUALITY_WHOLE;

	for (size_t i = 0; i < length && unit > 0; i++) {
		if (i == 1 && text[i] == '.')
			continue;
		if (text[i] < '0' || text[i] > '9')
			return 0;
		quality += (text[i] - '0') * unit;
		unit /= 10;
	}
	return quality > QUALITY_WHOLE ? QUALITY_WHOLE : quality;
}

/* The quality of the media range that *AT is in; *AT is moved to the next one. */
static int rest_of_range(const char **at)
{
	int quality = QUALITY_WHOLE;
	const char *word;

	while (**at == ';') {
		++*at;

		size_t length = word_at(at, ";,", &word);

		if (length > 2 && strncasecmp(word, "q=", 2) == 0)
			quality = quality_of(word + 2, length - 2);
	}
	if (**at == ',')
		++*at;
	return quality;
}

static void keep_greater(int *quality, int other)
{
	if (other > *quality)
		*quality = other;
}

enum exposition_format exposition_accepted(const char *accept)
{
	int open = 0, plain = 0;

	while (accept != NULL && *accept != '\0') {
		const char *word;
		size_t length = word_at(&accept, ";,", &word);
		int quality = rest_of_range(&accept);

		if (is_word(word, length, "application/openmetrics-text"))
			keep_greater(&open, quality);
		else if (is_word(word, length, "text/plain"))
			keep_greater(&plain, quality);
	}
	return open > 0 && open >= plain ? EXPOSITION_OPENMETRICS : EXPOSITION_PROMETHEUS;
}

const char *exposition_content_type(enum exposition_format format)
{
	return format == EXPOSITION_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

const char *exposition_type_name(enum exposition_type type)
{
	static const char *const names[] = {
		[EXPOSITION_COUNTER] = "counter",
		[EXPOSITION_GAUGE] = "gauge",
		[EXPOSITION_HISTOGRAM] = "histogram",
		[EXPOSITION_INFO] = "info",
	};

	return names[type];
}
