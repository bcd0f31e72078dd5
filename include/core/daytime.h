/* daytime: hours of the day, on some days of the week
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_DAYTIME_H
#define CORE_DAYTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DAYTIME_DAY = 24 * 60,
	DAYTIME_WEEK = 7 * DAYTIME_DAY,
	DAYTIME_TEXT_MAX = 48,
};

struct daytime {
	uint8_t days; /* bit 0: Monday */
	int from;     /* minutes since midnight */
	int to;	      /* the first minute that is not in it; up to 24:00 */
};

/*
 * "08:00-18:00", "Mon-Fri 08:00-18:00", "Sat,Sun", "22:00-06:00". Hours that run past midnight belong
 * to the day on which they begin; 00:00-24:00 is the whole day. Days in any case. Gives 0, or -1 if
 * TEXT is no such thing.
 */
int daytime_parse(struct daytime *daytime, const char *text);

/* MINUTE is that of the week, 0: Monday, 00:00. */
bool daytime_has(const struct daytime *daytime, int minute);

/*
 * For how many minutes, with the present one, some of COUNT has the time on and on: what touches or
 * overlaps is one. 0: none has it; DAYTIME_WEEK: it never ends.
 */
int daytime_left(const struct daytime *list, size_t count, int minute);

/* An order, as strcmp() gives one; 0: they are the same. */
int daytime_compare(const struct daytime *a, const struct daytime *b);

/* "08:00-18:00" if it is every day, "Mon,Tue 08:00-18:00". Gives OUT. */
char *daytime_format(char out[DAYTIME_TEXT_MAX], const struct daytime *daytime);

#endif
