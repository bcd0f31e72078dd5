/* fields: the members of the API's objects, as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_FIELDS_H
#define CTL_FIELDS_H

#include <jansson.h>

#include "core/map_reply.h"
#include "ctl/columns.h"

/* Members that are missing, null or of another type are shown as "-". */

enum { FIELDS_SHOWN_MAX = MAP_REPLY_MAX }; /* the longest that there is */

/* NULL if it is no text. */
const char *fields_text(const json_t *object, const char *name);

/* 0 if it is no number. */
long long fields_number(const json_t *object, const char *name);

/* Foreign text, fit for a terminal. Valid until the next call. */
const char *fields_shown(const json_t *object, const char *name);

/* One more cell. */
void fields_add_text(struct columns *columns, const json_t *object, const char *name);
void fields_add_number(struct columns *columns, const json_t *object, const char *name);
void fields_add_endpoint(struct columns *columns, const json_t *object);
void fields_add_time(struct columns *columns, const json_t *object, const char *name);
void fields_add_share(struct columns *columns, double share);

/* Prints the columns and frees them. */
void fields_print(struct columns *columns, const char *indent);

#endif
