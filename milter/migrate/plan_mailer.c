/* plan_mailer: what Sendmail can have of a pool
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/plan_mailer.h"
#include "core/endpoint.h"
#include "core/nexthop.h"

#include <stdio.h>
#include <string.h>

enum { SMTP_PORT = 25, TRANSPORT_MAX = 63 };

/* Of the host that is tried first: a name without a dot, with its port unless that is 25. */
static const char *mailer_of(struct plan *plan, struct plan_place place, const char *transport,
	const struct plan_host *first)
{
	const char *base = transport == NULL ? "esmtp" : transport;
	int port = plan_host_port(first);
	char name[TRANSPORT_MAX + 1];
	char suffix[12] = "";
	struct span shown;

	if (nexthop_is_smtp_mailer(base) && port == SMTP_PORT)
		return transport;
	if (port != SMTP_PORT)
		snprintf(suffix, sizeof(suffix), "%d", port);
	snprintf(name, sizeof(name), "%.*s%s", (int)(TRANSPORT_MAX - strlen(suffix)),
		nexthop_is_smtp_mailer(base) ? "esmtp" : base, suffix);
	for (char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot, '.'))
		*dot = '-';
	shown = span_make(name, strlen(name));
	if (first->port == 0)
		plan_note(plan, place, shown,
			"sendmail.mc must define that mailer; if its port is another than 25, give "
			"it to the hosts");
	else
		plan_note(plan, place, shown,
			"sendmail.mc must define that mailer, for port %d: see docs/sendmail, "
			"Hosts on another port",
			port);
	return plan_keep(plan, shown);
}

void plan_mailer_fit(struct plan *plan, struct plan_place place, const struct plan_pool *pool,
	struct plan_pool *fitted)
{
	const struct plan_host *first = &pool->hosts[0];
	char text[ENDPOINT_TEXT_MAX];

	for (int i = 1; i < pool->host_count; i++)
		if (pool->hosts[i].priority < first->priority)
			first = &pool->hosts[i];
	*fitted = (struct plan_pool){
		.transport = mailer_of(plan, place, pool->transport, first),
	};
	for (int i = 0; i < pool->host_count; i++) {
		const struct plan_host *host = &pool->hosts[i];

		if (plan_host_port(host) == plan_host_port(first)) {
			fitted->hosts[fitted->host_count++] = *host;
			continue;
		}
		snprintf(text, sizeof(text), "%s:%d", host->name, plan_host_port(host));
		plan_leave(plan, place, span_make(text, strlen(text)),
			"a mailer of Sendmail has one port, and host %s of this pool has port %d",
			first->name, plan_host_port(first));
	}
}
