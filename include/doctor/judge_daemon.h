/* judge_daemon: configuration and daemon: what is wrong on this side
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_JUDGE_DAEMON_H
#define DOCTOR_JUDGE_DAEMON_H

#include "doctor/finding.h"
#include "doctor/machine.h"

/* What is wrong with the file, and what its settings meet on this machine (preflight.h). */
void judge_daemon_config(struct finding_list *list, const struct machine *machine);

/* The daemon that runs: its version, the file it has read, its own judgement. */
void judge_daemon(struct finding_list *list, const struct machine *machine);

/* The MTA's log, and what the machine has to have for as many connections as the MTA makes. */
void judge_daemon_surroundings(struct finding_list *list, const struct machine *machine);

#endif
