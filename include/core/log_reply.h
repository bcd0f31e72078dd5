/* log_reply: an SMTP reply as MTAs log it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_LOG_REPLY_H
#define CORE_LOG_REPLY_H

#include <stdbool.h>

#include "core/observation.h"
#include "core/span.h"

/*
 * "452 4.3.1 text", or of several lines, which Postfix joins with spaces: "452-4.3.1 text 452 4.3.1
 * text". All of it is what the host likes to say: nothing in it is believed but its own code.
 */

/* Sets `code` and `enhanced`. False, and OBSERVATION unchanged, if no code stands in front. */
bool log_reply_parse(struct span reply, struct observation *observation);

/* The same of a greeting: of several lines the first may have lost its code ("mx1 ESMTP 554 No"). */
bool log_reply_parse_greeting(struct span reply, struct observation *observation);

/* Takes "4.3.1" (RFC 3463) from the front, if a space or the end is after it, into `enhanced`. */
bool log_reply_take_enhanced(struct span *rest, struct observation *observation);

#endif
