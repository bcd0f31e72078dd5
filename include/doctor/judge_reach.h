/* judge_reach: whether the daemon runs, and the MTA reaches its sockets
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_JUDGE_REACH_H
#define DOCTOR_JUDGE_REACH_H

#include "doctor/finding.h"
#include "doctor/machine.h"

/*
 * What was tried from Postfix's side says more than modes: a chroot, folders on the way, groups and ACLs
 * are all in it. The machine has a configuration.
 */
void judge_reach(struct finding_list *list, const struct machine *machine);

/* True if the folder of a Unix socket is not there. */
bool judge_reach_lacks_folder(const struct conf_socket *socket);

/* True if Postfix was seen to reach milter and map: it may be set to use them. */
bool judge_reach_is_good(const struct machine *machine);

#endif
