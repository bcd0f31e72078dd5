/* judge_wiring: whether main.cf and master.cf have Postfix query the daemon, and heed it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_JUDGE_WIRING_H
#define DOCTOR_JUDGE_WIRING_H

#include "doctor/finding.h"
#include "doctor/machine.h"

/*
 * What is there stays: among milters ours becomes the last, among tables the first. What an
 * administrator has said on purpose (no milters for a service, a table before ours) is only shown.
 */

/* The machine has a configuration, and Postfix its settings. */
void judge_wiring(struct finding_list *list, const struct machine *machine);

/* A command of Postfix's, with "-c FOLDER" if it is not its own. */
void judge_wiring_postconf(struct finding *finding, const struct machine *machine,
	const char *option, const char *name, const char *value);

#endif
