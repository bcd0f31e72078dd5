/* probe_names: the addresses of the hosts to be probed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/probe_names.h"
#include "core/printable.h"
#include "engine/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <event2/dns.h>

enum {
	CLOSING_STEP_MS = 10,
	FILES = 2,
};

/* One reading of the files. It outlives them for as long as evdns has callbacks to make. */
struct resolver {
	struct evdns_base *dns;
	struct event *closing;
	int pending; /* lookups */
};

struct probe_names {
	struct event_base *base;
	struct resolver *resolver;
	const char *paths[FILES]; /* the first is resolv.conf */
	struct stat stats[FILES]; /* as they were read; zero: no such file */
};

struct probe_lookup {
	struct resolver *resolver;
	struct evdns_getaddrinfo_request *request;
	probe_names_answer *answer; /* NULL: nobody waits */
	void *context;
};

/* That a server does not answer is no news to a person: the probe's result says it. */
static void on_dns_log(int is_warning, const char *text)
{
	char masked[512];

	if (is_warning)
		log_debug("probe: evdns: %s", printable_copy(masked, sizeof(masked), text));
}

/* ---- resolvers */

static void resolver_free(struct resolver *resolver)
{
	if (resolver == NULL)
		return;
	if (resolver->dns != NULL)
		evdns_base_free(resolver->dns, 0);
	if (resolver->closing != NULL)
		event_free(resolver->closing);
	free(resolver);
}

/*
 * evdns makes its callbacks from the loop, also those of lookups that were cancelled, and they use
 * its base: that has to be there until they are made.
 */
static void on_closing(evutil_socket_t fd, short what, void *context)
{
	const struct timeval step = {.tv_usec = CLOSING_STEP_MS * 1000L};
	struct resolver *resolver = context;

	(void)fd;
	if (what != 0 && resolver->pending == 0)
		resolver_free(resolver);
	else
		evtimer_add(resolver->closing, &step);
}

static struct resolver *resolver_new(struct event_base *base, const char *resolv_conf)
{
	const int options = DNS_OPTION_NAMESERVERS | DNS_OPTION_MISC | DNS_OPTION_HOSTSFILE;
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (resolver == NULL)
		return NULL;
	resolver->closing = evtimer_new(base, on_closing, resolver);
	resolver->dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (resolver->closing == NULL || resolver->dns == NULL) {
		resolver_free(resolver);
		return NULL;
	}
	/* How long an answer of one kind (A, AAAA) waits for the other: 3 s by default. */
	evdns_base_set_option(resolver->dns, "getaddrinfo-allow-skew", "1");
	/* With no file, or none in it, the server is 127.0.0.1 (resolv.conf(5)). */
	evdns_base_resolv_conf_parse(resolver->dns, options, resolv_conf);
	return resolver;
}

/* ---- files */

/* Gives true if one of the files is not as it was read. */
static bool look_at_files(struct probe_names *names)
{
	bool changed = false;

	for (int i = 0; i < FILES; i++) {
		struct stat *was = &names->stats[i];
		struct stat is;

		if (stat(names->paths[i], &is) == -1)
			memset(&is, 0, sizeof(is));
		if (is.st_ino != was->st_ino || is.st_size != was->st_size ||
			is.st_mtim.tv_sec != was->st_mtim.tv_sec ||
			is.st_mtim.tv_nsec != was->st_mtim.tv_nsec)
			changed = true;
		*was = is;
	}
	return changed;
}

void probe_names_refresh(struct probe_names *names)
{
	struct resolver *resolver;

	if (!look_at_files(names))
		return;
	resolver = resolver_new(names->base, names->paths[0]);
	if (resolver == NULL)
		return;
	on_closing(-1, 0, names->resolver);
	names->resolver = resolver;
}

/* ---- lookups */

static void on_answer(int error, struct evutil_addrinfo *addresses, void *context)
{
	struct probe_lookup *lookup = context;

	lookup->resolver->pending--;
	if (lookup->answer != NULL)
		lookup->answer(lookup->context, error, addresses);
	free(lookup);
	if (addresses != NULL)
		evutil_freeaddrinfo(addresses);
}

struct probe_lookup *probe_names_ask(struct probe_names *names, const char *name, int port,
	probe_names_answer *answer, void *context)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
	struct probe_lookup *lookup = calloc(1, sizeof(*lookup));
	struct evdns_getaddrinfo_request *request;
	char service[16];

	if (lookup == NULL) {
		answer(context, EVUTIL_EAI_MEMORY, NULL);
		return NULL;
	}
	*lookup = (struct probe_lookup){
		.resolver = names->resolver, .answer = answer, .context = context};
	lookup->resolver->pending++;
	snprintf(service, sizeof(service), "%d", port);
	request =
		evdns_getaddrinfo(lookup->resolver->dns, name, service, &hints, on_answer, lookup);
	/* Without a request on_answer() has been called, and the lookup is gone. */
	if (request == NULL)
		return NULL;
	lookup->request = request;
	return lookup;
}

void probe_names_forget(struct probe_lookup *lookup)
{
	lookup->answer = NULL;
	evdns_getaddrinfo_cancel(lookup->request);
}

/* ---- life */

struct probe_names *probe_names_new(struct event_base *base, const char *resolv_conf)
{
	struct probe_names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return NULL;
	evdns_set_log_fn(on_dns_log);
	names->base = base;
	names->paths[0] = resolv_conf == NULL ? "/etc/resolv.conf" : resolv_conf;
	names->paths[1] = "/etc/hosts";
	look_at_files(names);
	names->resolver = resolver_new(base, names->paths[0]);
	if (names->resolver == NULL) {
		free(names);
		return NULL;
	}
	return names;
}

void probe_names_free(struct probe_names *names)
{
	if (names == NULL)
		return;
	on_closing(-1, 0, names->resolver);
	free(names);
}
