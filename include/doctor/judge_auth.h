/* judge_auth: whether Postfix logs in to the hosts that have a password, and not in the clear
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_JUDGE_AUTH_H
#define DOCTOR_JUDGE_AUTH_H

#include "doctor/finding.h"
#include "doctor/machine.h"

/*
 * For each transport of a pool whose hosts have "auth": its own settings, which are those of smtp or
 * lmtp, and what master.cf overrides.
 *
 * Limits: a TLS policy is asked for by the host's text, as Postfix does, of tables that postmap(1) can
 * ask.
 */
void judge_auth(struct finding_list *list, const struct machine *machine);

#endif
