/* milter_macros: which macros the milter asks the MTA for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_MACROS_H
#define DOORS_MILTER_MACROS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rules.h"
#include "engine/engine.h"

/*
 * Only those that are looked at. The facts of a session come with MAIL, what is not known then once
 * more with the end of the message. A list is names parted by spaces, as smfi_setsymlist() takes it.
 */

enum { MILTER_MACROS_MAX = 4096 };

enum milter_macros_stage { MILTER_MACROS_MAIL = 0, MILTER_MACROS_RCPT = 1, MILTER_MACROS_END = 2 };

/* RULES may be NULL. Gives OUT. */
char *milter_macros_list(char out[MILTER_MACROS_MAX], enum milter_macros_stage stage,
	struct engine_needs needs, const struct rules *rules);

/*
 * Sendmail (8.17) heeds the list for the end of the message only if there is one for the end of the
 * headers; that step itself need not be asked for.
 */
bool milter_macros_need_header_end(struct engine_needs needs);

/* All of them, each once. */
void milter_macros_all(
	char out[MILTER_MACROS_MAX], struct engine_needs needs, const struct rules *rules);

/* Tells one choice of macros by name from another. RULES may be NULL. */
uint64_t milter_macros_hash(const struct rules *rules);

#endif
