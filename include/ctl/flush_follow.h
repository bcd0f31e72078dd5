/* flush_follow: has the MTA try again what waits for the pools whose hosts are back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_FLUSH_FOLLOW_H
#define CTL_FLUSH_FOLLOW_H

#include "ctl/verbs.h"

/*
 * For pools with on_recovery = "flush", as long as it is let run: the daemon itself may run nothing. It
 * follows the daemon's events. When a host is up again, its pools' mail is flushed after some seconds
 * (several recoveries in them are one), a pool at a time, as flush.h does it by hand: paced, and no
 * further once no host of the pool is up. Each flush is one line on standard output. Gives the exit
 * status; it returns only on an error.
 *
 * Limits: what comes back before it runs is not noticed.
 */
int flush_follow_run(const struct verb_call *call);

#endif
