/* judge_tls: whether Postfix goes by the TLS policies of routes.cfg, and can
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_JUDGE_TLS_H
#define DOCTOR_JUDGE_TLS_H

#include "doctor/finding.h"
#include "doctor/machine.h"

/* For each transport of a pool whose hosts have "tls": its own settings, and the files it has to open. */
void judge_tls(struct finding_list *list, const struct machine *machine);

#endif
