/* setting_list: a list that a setting of Postfix holds: its elements, and one more
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_SETTING_LIST_H
#define DOCTOR_SETTING_LIST_H

#include <stdbool.h>

#include "core/span.h"

/*
 * postconf(5): elements are parted by commas and white space; what is in braces is one element, such
 * as "{ unix:/path, default_action=tempfail }".
 */

/* Takes the next element of REST, which begins as the whole value. False: there is none. */
bool setting_list_next(struct span *rest, struct span *element);

/* The element of that index; an empty span if there are not so many. */
struct span setting_list_at(const char *value, int index);

/* What is in the braces of an element, or the element: without spaces around it. */
struct span setting_list_inside(struct span element);

/* True if one element is WORD. Case is ignored. */
bool setting_list_has(const char *value, const char *word);

/*
 * VALUE with ELEMENT before all others, or after all others; it stands as it is otherwise. The
 * caller frees it; NULL: out of memory.
 */
char *setting_list_with_first(const char *value, const char *element);
char *setting_list_with_last(const char *value, const char *element);

/* VALUE with TEXT in the place of ELEMENT, a piece of it. As above. */
char *setting_list_with_instead(const char *value, struct span element, const char *text);

/* VALUE without white space, as postconf -P wants it: commas alone part its elements. As above. */
char *setting_list_compact(const char *value);

#endif
