/* log_postfix_reason: why a delivery failed, in the words of Postfix's SMTP client
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_LOG_POSTFIX_REASON_H
#define CORE_LOG_POSTFIX_REASON_H

#include <stdbool.h>

#include "core/observation.h"
#include "core/span.h"

/*
 * The same words stand in a line of their own, when the next host is tried, and in the brackets
 * after "status=deferred". What the host itself said comes last in them, so they are read from
 * the front, and the command that it answered to from the end.
 */

/*
 * Sets what, stage, code, enhanced, text, and host, address and port if the reason names a host.
 * False if it is none of the known ones; then OBSERVATION is not to be used. It must be one of
 * nothing yet.
 */
bool log_postfix_reason_parse(struct span reason, struct observation *observation);

#endif
