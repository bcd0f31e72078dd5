/* observers: what is learned of hosts, from the MTA's log and from probes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "observers.h"
#include "core/health.h"
#include "doors/follow_door.h"
#include "doors/probe_door.h"
#include "engine/clock.h"
#include "engine/engine_learn.h"
#include "engine/engine_view.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FASTER = 4, /* a host that is not up is probed so many times as often */
	FASTEST_MS = 1000,
};

struct observers {
	struct engine *engine;
	struct follow_door *follow;
	struct probe_door *probe;
	char helo[DOMAIN_MAX + 1]; /* the machine's own name */
};

/* ---- probes */

static size_t count(void *context)
{
	const struct observers *observers = context;

	return engine_host_count(observers->engine);
}

static void copy(char *to, size_t size, const char *from, const char *otherwise)
{
	view_copy_text(to, size, from == NULL ? otherwise : from);
}

static bool target(void *context, size_t host, struct probe_target *target)
{
	struct observers *observers = context;
	struct engine_probe from;
	int64_t fast;

	if (host >= engine_host_count(observers->engine) ||
		!engine_view_probe(observers->engine, host, &from))
		return false;
	/* The operator knows how a drained host is. */
	if (from.host.health.state == HEALTH_DRAINED)
		return false;
	fast = from.probe.interval / FASTER;
	memset(target, 0, sizeof(*target));
	view_copy_text(target->name, sizeof(target->name), from.host.name);
	target->port = from.host.port;
	target->key = table_host_key(from.host.name, from.host.port);
	target->plan.depth = from.probe.depth;
	target->plan.protocol = from.protocol;
	copy(target->plan.helo, sizeof(target->plan.helo), from.probe.helo, observers->helo);
	copy(target->plan.sender, sizeof(target->plan.sender), from.probe.sender, "");
	copy(target->plan.recipient, sizeof(target->plan.recipient), from.probe.recipient, "");
	target->is_up =
		from.host.health.state == HEALTH_UP || from.host.health.state == HEALTH_SPENT;
	target->interval_ms = (int32_t)from.probe.interval;
	target->fast_interval_ms = fast < FASTEST_MS ? FASTEST_MS : (int32_t)fast;
	target->timeout_ms = (int32_t)from.probe.timeout;
	target->jitter = from.jitter;
	return true;
}

static void result(
	void *context, const struct probe_target *target, const struct observation *observation)
{
	struct observers *observers = context;
	struct observation seen = *observation;

	seen.at = clock_now();
	seen.is_probe = true;
	seen.port = target->port;
	view_copy_text(seen.host, sizeof(seen.host), target->name);
	engine_learn_line(observers->engine, &seen);
}

/* ---- life */

static void find_own_name(struct observers *observers)
{
	if (gethostname(observers->helo, sizeof(observers->helo) - 1) == -1 ||
		observers->helo[0] == '\0')
		strcpy(observers->helo, "localhost");
}

static void open_log(const struct observers *observers, const struct conf *conf)
{
	const struct follow_door_log log = {
		.source = conf->log,
		.units = conf->journal_units,
		.users = conf->journal_users,
	};

	follow_door_open(observers->follow, &log);
}

struct observers *observers_new(struct event_base *base, struct engine *engine, struct state *state,
	const struct conf *conf)
{
	struct observers *observers = calloc(1, sizeof(*observers));
	struct follow_door_settings follow = {
		.base = base,
		.engine = engine,
		.place = state_log_place(state),
		.dialect = conf->mta == CONF_MTA_SENDMAIL ? FOLLOW_SENDMAIL : FOLLOW_POSTFIX,
	};
	struct probe_door_services probe = {
		.base = base,
		.context = observers,
		.count = count,
		.target = target,
		.result = result,
	};

	if (observers == NULL)
		return NULL;
	observers->engine = engine;
	find_own_name(observers);
	observers->follow = follow_door_new(&follow);
	observers->probe = probe_door_new(&probe);
	if (observers->follow == NULL || observers->probe == NULL) {
		observers_free(observers);
		return NULL;
	}
	open_log(observers, conf);
	return observers;
}

void observers_reload(struct observers *observers, const struct conf *conf)
{
	open_log(observers, conf);
}

void observers_log(void *observers, struct view_log *view)
{
	follow_door_status(((const struct observers *)observers)->follow, view);
}

void observers_free(struct observers *observers)
{
	if (observers == NULL)
		return;
	follow_door_free(observers->follow);
	probe_door_free(observers->probe);
	free(observers);
}
