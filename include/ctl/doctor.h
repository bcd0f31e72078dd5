/* doctor: what is wrong with this machine's set-up, and what mends it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include "ctl/verbs.h"

/*
 * The verb. Gives the exit status: CLIENT_NO if there is an error or a warning; with --fix alone
 * CLIENT_DONE.
 */
int doctor_run(const struct verb_call *call);

#endif
