/* negotiation: what is requested of the MTA, so that messages can be routed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_NEGOTIATION_H
#define ENGINE_NEGOTIATION_H

#include <stdbool.h>

#include "core/rules.h"
#include "engine/engine.h"

/*
 * Only those steps and macros that the table in force needs: each step costs a packet or more. Over TCP
 * the answer to DATA is requested all the same: the macros that Postfix sends for DATA, also when that
 * step is left out, would make what it sends next wait for a delayed acknowledgement, 40 ms. Sendmail
 * is to send MAIL, and is answered: it tells a milter that a message was given up (RSET) only if that
 * one has answered its MAIL. Postfix is to send the body where a rule is about sizes: of a message
 * whose size was declared it sends the first piece and is told to leave out the rest.
 */

enum negotiation_step {
	NEGOTIATION_CONNECT = 0,
	NEGOTIATION_HELO = 1,
	NEGOTIATION_MAIL = 2,
	NEGOTIATION_RCPT = 3,
	NEGOTIATION_DATA = 4,
	NEGOTIATION_HEADER = 5,
	NEGOTIATION_BODY = 6,
	NEGOTIATION_END = 7,
	NEGOTIATION_STEP_COUNT = 8,
};

bool negotiation_has_step(enum negotiation_step step, bool is_tcp, struct engine_needs needs);

/* The word for people. */
const char *negotiation_step_name(enum negotiation_step step);

/*
 * An MTA that cannot be asked for macros gives its own choice of them with each step: those of the
 * listener at the beginning of a connection, those of TLS with HELO.
 */
struct engine_needs negotiation_without_macros(struct engine_needs needs);

/*
 * The macros that are requested with MAIL, RCPT and END, names parted by spaces. The facts of a session
 * come with MAIL, what is not known then once more with the end. RULES may be NULL. Gives OUT.
 */
char *negotiation_macros(char out[ENGINE_MACROS_MAX], enum negotiation_step step,
	struct engine_needs needs, const struct rules *rules);

/*
 * Sendmail (8.17) heeds the list for the end of the message only if there is one for the end of the
 * headers; that step itself need not be asked for.
 */
bool negotiation_needs_header_end(struct engine_needs needs);

/* All of them, each once. */
void negotiation_all_macros(
	char out[ENGINE_MACROS_MAX], struct engine_needs needs, const struct rules *rules);

#endif
