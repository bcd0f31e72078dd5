/* queue_id: the name that an MTA gives a message in its queue
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_QUEUE_ID_H
#define CORE_QUEUE_ID_H

#include <stdbool.h>

/*
 * It comes from a log and may become an argument of a command: so it is letters and digits, and no
 * longer than MTAs make it. Postfix: 23, with enable_long_queue_ids; Sendmail: 20.
 */

enum { QUEUE_ID_MAX = 23 };

bool queue_id_is_valid(const char *text);

/* OUT: "" if it is not valid, or NULL. */
void queue_id_copy(char out[QUEUE_ID_MAX + 1], const char *text);

#endif
