/* log_postfix: what a line of Postfix's log shows of a host
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
 * Postfix 3.5 and later: its SMTP and LMTP clients, under any syslog_name, what tlsproxy(8) says of
 * a handshake for them, and the lines in which the queue manager and error(8) put off what they did
 * not try. Fields are found by their names; new ones do no harm.
 *
 * Two kinds of text in a line are not Postfix's own: the recipient's address, and the host's
 * reply. Neither can pass for a host, a status or another field: lines are read from the left, an
 * address is plain or has its local part in quotes that close, and the reply is the last thing in a
 * line. A line that was cut says nothing: neither one of LOG_POSTFIX_TEXT_MAX octets, nor one that
 * has lost the end that its kind has.
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
 * Postfix 3.4, or any with info_log_address_format = internal, writes a local part without its
 * quotes: then a client that may use sender-specified routing ("a@b"@c) can write an address that
 * ends early. Where the syslog daemon cuts lines below Postfix's own limit, a recipient that the
 * host repeats without its quotes can pass for the command that the host replied to.
 */

enum { LOG_POSTFIX_TEXT_MAX = 2000 }; /* where Postfix cuts what is after the tag */

/* False if the line says nothing about a host; then OBSERVATION is not to be used. */
bool log_postfix_parse(const struct logline *line, struct observation *observation);

/* What the queue manager, or postsuper(1), says of a message. */
struct log_postfix_queue {
	char id[OBSERVATION_QUEUE_ID_MAX + 1];
	bool is_active;	 /* it is taken up; false: it has left the queue under that id: delivered,
			 * bounced, deleted or given another id by "postsuper -r" */
	bool is_deleted; /* by a person, with postsuper(1); or it has another id now */
	int64_t size;	 /* of one that is active, octets; 0: not given */
};

/* False if the line says neither. */
bool log_postfix_queue(const struct logline *line, struct log_postfix_queue *queue);

#endif
