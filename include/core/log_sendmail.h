/* log_sendmail: what a line of Sendmail's log shows of a host
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_LOG_SENDMAIL_H
#define CORE_LOG_SENDMAIL_H

#include <stdbool.h>

#include "core/logline.h"
#include "core/observation.h"

/*
 * Sendmail 8.9 and later, under any tag ("sendmail", "sm-mta", …). Fields are found by their names.
 * What is not Sendmail's own, recipients and replies, is read as in log_postfix.h. A list of
 * recipients that is too long is parted, or cut, within quotes too: a line that then begins with
 * what a sender wrote has two sets of fields, and says nothing.
 *
 * A delivery has one line for its recipients, with the host that had them last, and one for each
 * recipient that a host refused before. Of `delays` Sendmail knows two: before this attempt, and
 * the attempt, in the places of the first and the last.
 *
 * Limits: what an earlier host of a list did to the whole message is not logged: with the usual
 * LogLevel (9) only that it did not answer in time, or that the TLS handshake failed; from 14 on
 * that there was no connection; never a 4xx reply to the greeting, EHLO, MAIL or DATA. The stage is
 * seldom said; a greeting that does not come in time is told as a connection that does not. A
 * failure is always OBSERVATION_DEFERRED where Sendmail says so, although another host may have the
 * recipient in the next line.
 */

/* False if the line says nothing about a host; then OBSERVATION is not to be used. */
bool log_sendmail_parse(const struct logline *line, struct observation *observation);

#endif
