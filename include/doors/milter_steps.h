/* milter_steps: which steps of the protocol the milter asks the MTA for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_STEPS_H
#define DOORS_MILTER_STEPS_H

#include <stdbool.h>

#include "engine/engine.h"

/*
 * Only those that the table in force needs: each costs a packet or more. Over TCP the answer to
 * DATA is asked for all the same: the macros that Postfix sends for DATA, also when that step is
 * left out, would make what it sends next wait for a delayed acknowledgement, 40 ms. Sendmail is
 * asked for MAIL, and answered: it tells a milter that a message was given up (RSET) only if that
 * one has answered its MAIL. Postfix is asked for the body where a rule is about sizes: of a message
 * whose size was declared it sends the first piece and is told to leave out the rest.
 */

/* True if MAIL is asked for. */
bool milter_steps_has_mail(struct engine_needs needs);

/* The SMFIP_ flags of what is left out and of what gets no reply. */
unsigned long milter_steps_protocol(bool is_tcp, struct engine_needs needs);

/* The names of the steps, in their order: NULL after the last. */
const char *milter_steps_name(bool is_tcp, struct engine_needs needs, int index);

#endif
