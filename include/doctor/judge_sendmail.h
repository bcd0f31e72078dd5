/* judge_sendmail: whether sendmail.cf has Sendmail query the daemon, and heed it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_JUDGE_SENDMAIL_H
#define DOCTOR_JUDGE_SENDMAIL_H

#include "doctor/finding.h"
#include "doctor/machine.h"

/*
 * Read is sendmail.cf, which Sendmail reads; what is to be changed is sendmail.mc, of which it is made:
 * so all is shown, nothing run. The machine has a configuration.
 */
void judge_sendmail(struct finding_list *list, const struct machine *machine);

#endif
