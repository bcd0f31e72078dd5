/* exposition: metrics as text, in Prometheus' format and in that of OpenMetrics
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_EXPOSITION_H
#define CORE_EXPOSITION_H

#include <stddef.h>
#include <stdint.h>

#include "core/histogram.h"

/*
 * Writes the formats "Prometheus text 0.0.4" and "OpenMetrics 1.0.0": for each family its head, then
 * its samples. The text goes to a buffer of the caller's, and from there to him whenever it is full.
 * A sample is begun, gets its labels, and ends with its value:
 *
 *   exposition_begin(out); exposition_label(out, "host", "mx1:25"); exposition_count(out, 7);
 *
 * Numbers are written without the C library's printf: of a large configuration there are tens of
 * thousands.
 *
 * Limits: a sample has less than EXPOSITION_LINE_MAX octets. A label's value is cut to
 * EXPOSITION_LABEL_MAX octets, so values that are to be distinguished have to be shorter; what is not
 * well-formed UTF-8, or a control character, is a "?" in it.
 */

enum {
	EXPOSITION_LABEL_MAX = 400,
	EXPOSITION_LABELS_MAX = 5,
	EXPOSITION_LINE_MAX = 8192, /* of a help, too */
};

enum exposition_format { EXPOSITION_PROMETHEUS = 0, EXPOSITION_OPENMETRICS = 1 };

enum exposition_type {
	EXPOSITION_COUNTER = 0, /* its family's name ends with "_total" */
	EXPOSITION_GAUGE = 1,
	EXPOSITION_HISTOGRAM = 2,
	EXPOSITION_INFO = 3, /* its name ends with "_info" */
};

struct exposition_family {
	const char *name;
	enum exposition_type type;
	const char *help; /* one line */
};

struct exposition {
	/* To be set by the caller: */
	enum exposition_format format;
	char *buffer;
	size_t size; /* at least 2 * EXPOSITION_LINE_MAX */
	void (*flush)(void *context, const char *octets, size_t length);
	void *context;
	/* Not: */
	size_t length;
	const struct exposition_family *family;
	char separator; /* before the next label */
};

/* Begins a family: its head. */
void exposition_family(struct exposition *out, const struct exposition_family *family);

/* Begins a sample of the family. */
void exposition_begin(struct exposition *out);

void exposition_label(struct exposition *out, const char *name, const char *value);
void exposition_label_number(struct exposition *out, const char *name, int64_t value);

/* End it. */
void exposition_count(struct exposition *out, uint64_t value);
void exposition_millionths(struct exposition *out, int64_t value); /* 1500000: "1.5" */

/*
 * All samples of one histogram with up to EXPOSITION_LABELS_MAX labels, NAMES and VALUES; "le" is put
 * behind them.
 */
void exposition_histogram(struct exposition *out, const struct histogram *histogram,
	const struct histogram_bounds *bounds, const char *const *names, const char *const *values,
	int labels);

/* The end of all: the rest of the buffer is flushed. */
void exposition_end(struct exposition *out);

/* The format for a request's Accept (NULL: it has none). */
enum exposition_format exposition_accepted(const char *accept);

/* "text/plain; …" */
const char *exposition_content_type(enum exposition_format format);

/* "counter", … as the manual has it. */
const char *exposition_type_name(enum exposition_type type);

#endif
