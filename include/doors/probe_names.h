/* probe_names: the addresses of the hosts to be probed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_PROBE_NAMES_H
#define DOORS_PROBE_NAMES_H

#include <event2/event.h>
#include <event2/util.h>

/*
 * Asks DNS without waiting (libevent's evdns), and both for IPv4 and IPv6. IP addresses and the
 * names in /etc/hosts are answered at once. Names are looked up as they are: the search list of
 * resolv.conf has no part in it, as it has none in Postfix.
 *
 * Limits: nothing is cached; the time that evdns waits for a server is resolv.conf's.
 */

struct probe_names;
struct probe_lookup;

/* ERROR is 0 or one of EVUTIL_EAI_*; ADDRESSES are gone after the call. */
typedef void probe_names_answer(void *context, int error, const struct evutil_addrinfo *addresses);

/* RESOLV_CONF, a path that outlives the result; NULL: /etc/resolv.conf. NULL: out of memory. */
struct probe_names *probe_names_new(struct event_base *base, const char *resolv_conf);

/* Reads resolv.conf and /etc/hosts anew if they have changed. */
void probe_names_refresh(struct probe_names *names);

/*
 * Has ANSWER called once: later, and the lookup is given; or before this returns, and NULL is
 * given.
 */
struct probe_lookup *probe_names_ask(struct probe_names *names, const char *name, int port,
	probe_names_answer *answer, void *context);

/* The answer is not wanted any more. */
void probe_names_forget(struct probe_lookup *lookup);

/*
 * No lookup may be wanted any more. evdns has to end by itself what it has begun: the last memory
 * is freed by the loop, a few ms later, if that still runs.
 */
void probe_names_free(struct probe_names *names);

#endif
