/* observation: what one line of the MTA's log, or one probe, says about a host
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_OBSERVATION_H
#define CORE_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/health.h"

/*
 * Facts only: whose fault they are is for blame.h to say. The words are those of milterctl
 * parse-log, of health.classify in the configuration, and of the log.
 */

enum {
	OBSERVATION_QUEUE_ID_MAX = 63,
	OBSERVATION_ADDRESS_MAX = 107, /* an IP address, or the path of a Unix socket (LMTP) */
	OBSERVATION_ENHANCED_MAX = 15,
	OBSERVATION_DELAYS = 4,
};

/* Where in the conversation (RFC 5321) it was seen. */
enum observation_stage {
	OBSERVATION_STAGE_NONE = 0, /* the line does not say */
	OBSERVATION_STAGE_CONNECT = 1,
	OBSERVATION_STAGE_GREETING = 2,
	OBSERVATION_STAGE_EHLO = 3, /* or HELO, LHLO */
	OBSERVATION_STAGE_TLS = 4,  /* STARTTLS and the handshake */
	OBSERVATION_STAGE_AUTH = 5,
	OBSERVATION_STAGE_MAIL = 6,
	OBSERVATION_STAGE_RCPT = 7,
	OBSERVATION_STAGE_DATA = 8, /* the DATA command and its reply */
	OBSERVATION_STAGE_END = 9,  /* the message, and the reply to its end */
	OBSERVATION_STAGE_COUNT = 10,
};

enum observation_what {
	OBSERVATION_REPLY = 0,	     /* the host answered, with `code` */
	OBSERVATION_REFUSED = 1,     /* connection refused */
	OBSERVATION_UNREACHABLE = 2, /* no route to it, or it is down */
	OBSERVATION_TIMEOUT = 3,     /* no connection, or no answer at that stage, in time */
	OBSERVATION_LOST = 4,	     /* the host closed or reset the connection */
	OBSERVATION_TLS_FAILED = 5,
	OBSERVATION_NO_ADDRESS = 6,  /* DNS gave no answer, or no address */
	OBSERVATION_OURS = 7,	     /* our own machine ran out of something */
	OBSERVATION_SUSPENDED = 8,   /* not tried at all, for what was seen before */
	OBSERVATION_OTHER = 9,	     /* a failure of another kind */
	OBSERVATION_NO_SMTP = 10,    /* a probe's: what the host says has no place in SMTP there */
	OBSERVATION_NO_NETWORK = 11, /* our own machine has no route at all, or none for IPv6 */
	OBSERVATION_WHAT_COUNT = 12,
};

/* What became of the recipient, or of the message, with it. */
enum observation_outcome {
	OBSERVATION_PASSED_ON = 0, /* nothing yet: the next host is tried */
	OBSERVATION_SENT = 1,
	OBSERVATION_DEFERRED = 2,
	OBSERVATION_BOUNCED = 3,
	OBSERVATION_OUTCOME_COUNT = 4,
};

struct observation {
	int64_t at; /* ms since 1970 */
	enum observation_what what;
	enum observation_stage stage;
	enum observation_outcome outcome;
	bool is_probe;	   /* it comes from a probe of ours */
	bool is_repeat;	   /* another line has said it already */
	bool is_rewritten; /* of a recipient that the MTA has put in place of another */
	uint32_t pid;	   /* of the MTA's process; 0: not known */
	int code;	   /* of the reply, "452"; 0: there was none */
	int port;	   /* 0: not given */
	int32_t delays[OBSERVATION_DELAYS]; /* ms; Postfix: before the queue manager, in it,
					     * connecting, transmitting; -1: not given */
	char queue_id[OBSERVATION_QUEUE_ID_MAX + 1]; /* empty: the line has none */
	char host[DOMAIN_MAX + 1];		     /* as the MTA calls it, in lower case; a name
						      * or an IP address without brackets */
	char address[OBSERVATION_ADDRESS_MAX + 1];   /* empty: there is none */
	char enhanced[OBSERVATION_ENHANCED_MAX + 1]; /* "4.3.1" (RFC 3463); empty: none */
	char text[HEALTH_TEXT_MAX]; /* the reply or reason, printable, cut to fit */
};

/* Of nothing yet: all empty, delays not given. */
void observation_init(struct observation *observation);

/* Puts LENGTH octets at TEXT, which may be any, into `text`: printable, cut to fit. */
void observation_set_text(struct observation *observation, const char *text, size_t length);

/* The words. */
const char *observation_stage_name(enum observation_stage stage);
const char *observation_what_name(enum observation_what what);
const char *observation_outcome_name(enum observation_outcome outcome);

#endif
