/* probe_door: asks hosts how they are, before mail has to find out
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/probe_door.h"
#include "doors/probe_agenda.h"
#include "doors/probe_names.h"
#include "engine/clock.h"
#include "engine/log.h"

#include <stdlib.h>

enum { COMPLAIN_MS = 60000 };

struct probe_door {
	struct probe_door_services services;
	struct probe_talk_services talk_services;
	struct probe_names *names;
	struct probe_agenda *agenda;
	struct event *tick;
	size_t cursor; /* the next host of this pass */
	bool is_passing;
	uint32_t pass;
	int in_flight;
};

static void complain(const struct probe_target *target, const char *why)
{
	static struct log_limit limit;
	unsigned suppressed;

	if (log_may_repeat(&limit, clock_now(), COMPLAIN_MS, &suppressed))
		log_warning("probe: host=%s port=%d cannot be probed: %s (suppressed=%u)",
			target->name, target->port, why, suppressed);
}

/* ---- passes */

/* Also when there is no talk, for want of memory: it is tried again when it is due again. */
static void begin(struct probe_door *door, struct probe_entry *entry,
	const struct probe_target *target, int64_t now)
{
	struct probe_talk *talk = NULL;

	if (!probe_plan_valid(&target->plan))
		complain(target, "its names cannot be sent in SMTP");
	else if ((talk = probe_talk_new(&door->talk_services, target)) == NULL)
		complain(target, "out of memory");
	else
		door->in_flight++;
	probe_agenda_begin(entry, talk, now);
}

/* Gives false if the host has to wait until another probe has ended. */
static bool visit(struct probe_door *door, size_t host, int64_t now)
{
	struct probe_target target = {.port = 0};
	struct probe_entry *entry;

	if (!door->services.target(door->services.context, host, &target))
		return true;
	entry = probe_agenda_enter(door->agenda, target.key, now);
	if (entry == NULL) {
		complain(&target, "out of memory");
		return true;
	}
	entry->pass = door->pass;
	entry->host = host;
	if (!probe_agenda_is_due(entry, &target, now))
		return true;
	if (door->in_flight >= door->services.limit)
		return false;
	begin(door, entry, &target, now);
	return true;
}

static void go_on(struct probe_door *door)
{
	size_t count = door->services.count(door->services.context);
	int64_t now = clock_steady();

	for (; door->cursor < count; door->cursor++)
		if (!visit(door, door->cursor, now))
			return;
	door->is_passing = false;
}

/* The talk of a host that is not there any more. */
static void drop(void *context, struct probe_talk *talk)
{
	struct probe_door *door = context;

	door->in_flight--;
	probe_talk_free(talk);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct probe_door *door = context;

	(void)fd;
	(void)what;
	probe_names_refresh(door->names);
	/* A pass that waits for probes to end goes on when they do. */
	if (door->is_passing)
		return;
	/* A reload may move a host past the cursor: only the second pass without it counts. */
	if (door->pass > 0)
		probe_agenda_sweep(door->agenda, door->pass - 1, drop, door);
	door->pass++;
	door->cursor = 0;
	door->is_passing = true;
	go_on(door);
}

/* ---- probes */

/* The host is still to be probed, and under the same number. */
static bool is_wanted(struct probe_door *door, const struct probe_entry *entry)
{
	struct probe_target target = {.port = 0};

	return entry != NULL && entry->host < door->services.count(door->services.context) &&
	       door->services.target(door->services.context, entry->host, &target) &&
	       target.key == entry->key;
}

static void on_result(
	void *context, const struct probe_talk *talk, const struct observation *result)
{
	struct probe_door *door = context;
	const struct probe_target *target = probe_talk_target(talk);

	if (is_wanted(door, probe_agenda_find(door->agenda, target->key)))
		door->services.result(door->services.context, target, result);
}

static void on_end(void *context, struct probe_talk *talk)
{
	struct probe_door *door = context;
	struct probe_entry *entry = probe_agenda_find(door->agenda, probe_talk_target(talk)->key);

	if (entry != NULL)
		entry->talk = NULL;
	drop(door, talk);
	if (door->is_passing)
		go_on(door);
}

/* ---- life */

static int set_up(struct probe_door *door)
{
	struct event_base *base = door->services.base;
	int ms = door->services.pass_ms;
	const struct timeval pass = {
		.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

	door->names = probe_names_new(base, door->services.resolv_conf);
	door->agenda = probe_agenda_new();
	door->tick = event_new(base, -1, EV_PERSIST, on_tick, door);
	if (door->names == NULL || door->agenda == NULL || door->tick == NULL)
		return -1;
	door->talk_services = (struct probe_talk_services){
		.base = base,
		.names = door->names,
		.context = door,
		.result = on_result,
		.end = on_end,
	};
	if (event_add(door->tick, &pass) == -1)
		return -1;
	event_active(door->tick, EV_TIMEOUT, 0);
	return 0;
}

struct probe_door *probe_door_new(const struct probe_door_services *services)
{
	struct probe_door *door = calloc(1, sizeof(*door));

	if (door == NULL)
		return NULL;
	door->services = *services;
	if (door->services.limit == 0)
		door->services.limit = PROBE_DOOR_LIMIT;
	if (door->services.pass_ms == 0)
		door->services.pass_ms = PROBE_DOOR_PASS_MS;
	if (set_up(door) == 0)
		return door;
	probe_door_free(door);
	return NULL;
}

int probe_door_in_flight(const struct probe_door *door)
{
	return door->in_flight;
}

void probe_door_free(struct probe_door *door)
{
	if (door == NULL)
		return;
	/* All of them are older than the last pass that there can be. */
	if (door->agenda != NULL)
		probe_agenda_sweep(door->agenda, UINT32_MAX, drop, door);
	probe_agenda_free(door->agenda);
	probe_names_free(door->names);
	if (door->tick != NULL)
		event_free(door->tick);
	free(door);
}
