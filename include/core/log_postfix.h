/* log_postfix: what a line of Postfix's log says about a host
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_LOG_POSTFIX_H
#define CORE_LOG_POSTFIX_H

#include <stdbool.h>

#include "core/logline.h"
#include "core/observation.h"

/*
 * Postfix 3.4 and later: its SMTP and LMTP clients, under any syslog_name, what tlsproxy(8) says of
 * a handshake for them, and the lines in which the queue manager and error(8) put off what they did
 * not try. Fields are found by their names; new ones do no harm.
 *
 * Two kinds of text in a line are not Postfix's own: the recipient's address, and the host's
 * reply. Neither can pass for a host, a status or another field: an address ends where its domain
 * does, and the reply is the last thing in a line.
 *
 * A host that is not the last of its list is reported as it is passed by (OBSERVATION_PASSED_ON):
 * once for the message, or once for each recipient that it refused. The last one has a line with a
 * status for each recipient. Two things have a line of their own, without a queue id, whichever
 * host it is: a connection that fails, and a TLS handshake that fails; if it was the last host, the
 * same is said again with the status.
 *
 * Limits: "refused to talk to me" is said of the greeting, of EHLO and of HELO alike: the stage is
 * always the greeting. AUTH is part of the EHLO handshake when it gets no answer. A host of a list
 * whose name has no address leaves no line at all, unless it is the last one. A program's name that
 * has no slash must be "smtp" or "lmtp", or begin with "postfix"; then all programs' lines are
 * looked at: so rsyslog writes it in the format of RFC 5424, where it cuts "postfix/smtp" at the
 * slash.
 * With Postfix 3.4, or info_log_address_format = internal, a client that may use sender-specified
 * routing ("a@b"@c) can write an address that ends early.
 */

/* False if the line says nothing about a host; then OBSERVATION is not to be used. */
bool log_postfix_parse(const struct logline *line, struct observation *observation);

#endif
