/* judge_hosts: whether Postfix can deliver to the hosts of the pools, and takes in their mail
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_JUDGE_HOSTS_H
#define DOCTOR_JUDGE_HOSTS_H

#include "doctor/finding.h"
#include "doctor/machine.h"

/* The machine has a configuration, and Postfix its settings. */

/* Transports, TLS policies and passwords, timeouts, what the log says of TLS. */
void judge_hosts(struct finding_list *list, const struct machine *machine);

/*
 * Domains that have a route and are not taken in, and how addresses are taken apart.
 *
 * Limits: of domains only the first JUDGE_HOSTS_DOMAINS_MAX are looked up; a list that is in a file is
 * believed to have them.
 */
enum { JUDGE_HOSTS_DOMAINS_MAX = 20 };
void judge_hosts_domains(struct finding_list *list, const struct machine *machine);

#endif
