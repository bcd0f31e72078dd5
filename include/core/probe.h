/* probe: the client's side of an SMTP conversation that asks how a host is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_PROBE_H
#define CORE_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/address.h"
#include "core/observation.h"
#include "core/table.h"

/*
 * Connect, greeting, EHLO (LHLO in LMTP), MAIL, RCPT, as deep as asked; then RSET if a transaction is
 * open, and QUIT, so that the host has nothing to complain of. No message is ever sent. The machine is
 * fed what the host says and gives back what to do; how the host's octets are cut into pieces makes no
 * difference to what it says or finds.
 *
 * It judges as Postfix and Sendmail would at delivery: 2xx is yes, whatever its other digits; 5xx
 * to EHLO, not to LHLO, is followed by HELO; octets that come before they are asked for are taken for
 * the answer to the next command; lines may end without CR. 421 ends it at any stage.
 *
 * Limits: no TLS, no AUTH, no SMTPUTF8, no pipelining.
 */

enum {
	PROBE_OCTETS_MAX = 65536, /* that a host may say in one conversation */
	PROBE_LINES_MAX = 100,	  /* of one reply */
	PROBE_OUT_MAX = 1280,	  /* all commands together */
	PROBE_LINE_KEPT = HEALTH_TEXT_MAX + 3,
};

enum probe_step {
	PROBE_READ = 0,	 /* wait for what the host says */
	PROBE_WRITE = 1, /* send `out`, then wait */
	PROBE_DONE = 2,	 /* close the connection; last words in `out` may be dropped */
};

struct probe_plan {
	enum probe_depth depth;
	char helo[DOMAIN_MAX + 1];
	char sender[ADDRESS_MAX + 1];	 /* without <>; may be empty */
	char recipient[ADDRESS_MAX + 1]; /* without <>; of interest only to PROBE_DEPTH_RCPT */
	enum protocol protocol;
};

/* Where the conversation is: which reply is waited for. */
enum probe_state {
	PROBE_CONNECTING = 0,
	PROBE_GREETING = 1,
	PROBE_EHLO = 2,
	PROBE_HELO = 3,
	PROBE_MAIL = 4,
	PROBE_RCPT = 5,
	PROBE_RSET = 6,
	PROBE_QUIT = 7,
	PROBE_ENDED = 8,
};

/* The reply that is coming in. */
struct probe_reply {
	char line[PROBE_LINE_KEPT]; /* how the current line begins */
	size_t column;		    /* octets of the current line */
	int lines;		    /* that are complete */
	int code;		    /* of the last one */
	char enhanced[OBSERVATION_ENHANCED_MAX + 1];
	char text[PROBE_LINE_KEPT]; /* all lines, a space between, cut */
	size_t length;		    /* of text */
};

/*
 * Callers read the first four members; the rest is the machine's own.
 *
 * `result` is good once `is_decided`, which may be long before PROBE_DONE: what follows is only
 * courtesy. The machine leaves its time, host, port, address and delays to the caller. Its outcome
 * is OBSERVATION_SENT if the host passed as deep as was asked; `stage`, `code` and `text` are then
 * those of the last reply (of none, code 0, if only a connection was asked for). Otherwise it is
 * OBSERVATION_PASSED_ON: no message was kept waiting or returned. A reply that has no place there
 * (3xx, or no SMTP at all, or one too long) is OBSERVATION_NO_SMTP.
 */
struct probe {
	struct observation result;
	bool is_decided;
	size_t out_length;
	char out[PROBE_OUT_MAX];

	struct probe_plan plan;
	enum probe_state state;
	bool in_transaction; /* MAIL was taken, and not yet RSET */
	size_t octets;
	struct probe_reply reply;
};

/*
 * True if the plan can be spoken: printable ASCII only, no angle brackets in addresses, a name for
 * EHLO without spaces, a recipient if the depth takes one.
 */
bool probe_plan_valid(const struct probe_plan *plan);

/* PLAN, which must be valid, is copied. The probe waits for its connection. */
void probe_init(struct probe *probe, const struct probe_plan *plan);

/* The connection is there. */
enum probe_step probe_connected(struct probe *probe);

/* The host has said LENGTH octets; all are taken. `out` is written anew. */
enum probe_step probe_feed(struct probe *probe, const char *bytes, size_t length);

/*
 * Something happened that is no reply: OBSERVATION_REFUSED, _TIMEOUT, _LOST, …, at the stage where
 * the probe is. TEXT says why; NULL: the word for WHAT. The probe is done; what was decided before
 * stays.
 */
void probe_fail(struct probe *probe, enum observation_what what, const char *text);

/* The words: "connect", "greeting", "ehlo", "mail", "rcpt". */
const char *probe_depth_name(enum probe_depth depth);

#endif
