/* fields: the members of the API's objects, as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_FIELDS_H
#define CTL_FIELDS_H

#include <jansson.h>

#include "core/endpoint.h"
#include "core/map_reply.h"
#include "ctl/columns.h"

/*
 * Members that are missing, null or of another type are shown as "-". Whoever answers may be no
 * daemon of ours: nothing of it goes to a terminal but by these functions or by columns.h.
 */

enum { FIELDS_SHOWN_MAX = MAP_REPLY_MAX }; /* the longest that there is */

/* NULL if it is no text. */
const char *fields_text(const json_t *object, const char *name);

/* 0 if it is no number. */
long long fields_number(const json_t *object, const char *name);

/* Of a host: which part of its weight the operator has set, in percent; 100 if none is. */
long long fields_percent(const json_t *host);

/* Foreign text, fit for a terminal. Valid until the next call. */
const char *fields_shown(const json_t *object, const char *name);

/* The same of a text that is no member; "-" for what is none. */
const char *fields_clean(const json_t *text);

/* "host:port" of an object that has both. */
const char *fields_endpoint(const json_t *object, char out[ENDPOINT_TEXT_MAX]);

/*
 * One clock for people: local time with its offset, "2026-01-31 12:00:00 +0100". FIELDS_AGO is the
 * time since then, FIELDS_LEFT that until then, "12 s" or "2 h 5 min"; both are empty if there is no
 * such time. Gives OUT.
 */
enum { FIELDS_TIME_MAX = 64 };
char *fields_time(const json_t *object, const char *name, char out[FIELDS_TIME_MAX]);
char *fields_ago(const json_t *object, const char *name, char out[FIELDS_TIME_MAX]);
char *fields_left(const json_t *object, const char *name, char out[FIELDS_TIME_MAX]);

/* That time, or the text that is there instead. Valid until the next call. */
const char *fields_shown_time(const json_t *object, const char *name);

/* Foreign text, on standard error. */
void fields_warn(const char *text);

/* One more cell. */
void fields_add_text(struct columns *columns, const json_t *object, const char *name);
void fields_add_number(struct columns *columns, const json_t *object, const char *name);
void fields_add_endpoint(struct columns *columns, const json_t *object);
void fields_add_time(struct columns *columns, const json_t *object, const char *name);
void fields_add_share(struct columns *columns, double share);

/* Prints the columns and frees them. */
void fields_print(struct columns *columns, const char *indent);

#endif
