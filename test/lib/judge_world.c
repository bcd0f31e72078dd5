/* judge_world: a pool of hosts with hidden truth, and what the engine makes of it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "judge_world.h"
#include "conf/conf.h"
#include "core/log_postfix.h"
#include "core/logline.h"
#include "engine/engine_learn.h"
#include "engine/engine_self.h"
#include "judge_clock.h"
#include "judge_postfix.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LINE_ROOM = 1024,
	TICK_MS = 1000,
	EVENTS_ROOM = 1024,
	SENDERS = 3000,
	RECIPIENTS = 2000,
};

/* 2026-11-29T00:00:00Z. */
static const int64_t day = INT64_C(1795910400000);

static void check(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "judge: %s\n", what);
	abort();
}

int64_t judge_world_age(const struct judge_world *world)
{
	return judge_clock_ms - world->began;
}

/* ---- what happens next: a heap, soonest first, in the order in which it was said */

static bool is_sooner(const struct judge_event *a, const struct judge_event *b)
{
	return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

void judge_world_at(
	struct judge_world *world, int64_t at, enum judge_event_kind kind, int ref, unsigned turn)
{
	struct judge_event event = {
		.at = at, .serial = world->event_serial++, .kind = kind, .ref = ref, .turn = turn};
	int i = world->event_count++;

	if (i == world->event_room) {
		world->event_room = world->event_room * 2 + EVENTS_ROOM;
		world->events =
			realloc(world->events, (size_t)world->event_room * sizeof(*world->events));
		check(world->events != NULL, "out of memory");
	}
	for (; i > 0 && is_sooner(&event, &world->events[(i - 1) / 2]); i = (i - 1) / 2)
		world->events[i] = world->events[(i - 1) / 2];
	world->events[i] = event;
}

static struct judge_event take_event(struct judge_world *world)
{
	struct judge_event first = world->events[0];
	struct judge_event last = world->events[--world->event_count];
	int i = 0;

	for (int child; (child = 2 * i + 1) < world->event_count; i = child) {
		if (child + 1 < world->event_count &&
			is_sooner(&world->events[child + 1], &world->events[child]))
			child++;
		if (!is_sooner(&world->events[child], &last))
			break;
		world->events[i] = world->events[child];
	}
	world->events[i] = last;
	return first;
}

/* ---- what the daemon makes of it */

static bool is_behind(const struct judge_world *world, int host)
{
	const struct roster_host *of = &world->engine->roster->hosts[host];

	return of->health->state != HEALTH_UP || lane_is_behind(of->lane, judge_clock_ms);
}

/* No other truth has touched it, or none that could still hang somewhere. */
static void note_deferral(struct judge_world *world, int host)
{
	const struct judge_host *truth = &world->hosts[host];
	struct judge_result *result = &world->results[host];
	int64_t age = judge_world_age(world);
	bool is_untouched = truth->until == 0 || age < truth->from;

	world->is_wrong[host] = !judge_hosts_is_sick(truth, age);
	result->wronged += is_untouched;
	result->late += !is_untouched && world->is_wrong[host];
}

static void note_span(struct judge_world *world, int host, int64_t *longest, int64_t since)
{
	int64_t span = judge_clock_ms - since;

	if (world->is_wrong[host] && span > *longest)
		*longest = span;
}

static void watch_state(struct judge_world *world, int host)
{
	const struct judge_host *truth = &world->hosts[host];
	struct judge_result *result = &world->results[host];
	uint32_t state = world->engine->roster->hosts[host].health->state;
	uint32_t before = world->states[host];
	bool is_untouched = truth->until == 0 || judge_world_age(world) < truth->from;

	if (state == before)
		return;
	world->states[host] = state;
	if (before == HEALTH_DEFERRED)
		note_span(world, host, is_untouched ? &result->deferred : &result->late_span,
			world->state_since[host]);
	if (state == HEALTH_UP && is_untouched)
		note_span(world, host, &result->out, world->out_since[host]);
	if (before == HEALTH_UP)
		world->out_since[host] = judge_clock_ms;
	if (state == HEALTH_DEFERRED) {
		world->state_since[host] = judge_clock_ms;
		note_deferral(world, host);
	}
}

/* It is no event of the daemon's. */
static void tell_silence(struct judge_world *world, int host)
{
	const struct lane *lane = world->engine->roster->hosts[host].lane;
	bool is_silent = lane->silent_since != 0;

	if (is_silent != world->is_silent[host] && judge_clock_is_told)
		printf("%lld ms: mx%d is %s: %u wait, needs %lld ms, usual %lld ms\n",
			(long long)judge_world_age(world), host,
			is_silent ? "silent" : "not silent", lane->waiting, (long long)lane->need,
			(long long)lane->usual);
	world->is_silent[host] = is_silent;
}

/* After all that the daemon has learned. */
static void watch(struct judge_world *world)
{
	int64_t age = judge_world_age(world);

	for (int i = 0; i < world->host_count; i++) {
		struct judge_result *result = &world->results[i];

		watch_state(world, i);
		tell_silence(world, i);
		if (judge_hosts_is_sick(&world->hosts[i], age) && !result->is_avoided &&
			is_behind(world, i)) {
			result->is_avoided = true;
			result->avoided = age - world->hosts[i].from;
		}
	}
}

static void note_choice(struct judge_world *world, int host)
{
	struct judge_result *result = &world->results[host];
	const struct judge_host *truth = &world->hosts[host];
	int64_t age = judge_world_age(world);

	result->firsts++;
	if (judge_hosts_is_sick(truth, age)) {
		result->is_measured = world->has_well;
		result->given += !result->is_avoided;
		result->wasted++;
	} else if (truth->until != 0 && age >= truth->until && !result->is_back &&
		   !is_behind(world, host)) {
		result->is_back = true;
		result->back = age - truth->until;
	}
}

/* ---- the log */

static void read_line(struct judge_world *world, const char *text)
{
	struct logline line;
	struct log_postfix_queue queue;
	struct observation observation;

	if (judge_clock_is_told)
		puts(text);
	check(logline_parse(&line, text, strlen(text), judge_clock_ms, 0), text);
	if (log_postfix_queue(&line, &queue)) {
		if (queue.is_active)
			engine_learn_active(world->engine, queue.id, queue.size, line.at);
		else
			engine_learn_left(world->engine, queue.id, queue.is_deleted, line.at);
		return;
	}
	check(log_postfix_parse(&line, &observation), text);
	engine_learn_line(world->engine, &observation);
	watch(world);
}

void judge_world_log(
	struct judge_world *world, const char *program, uint32_t pid, const char *format, ...)
{
	char line[LINE_ROOM];
	int64_t age = judge_world_age(world);
	int64_t ms = judge_clock_ms - day;
	int second = (int)(ms / 1000 % 60), minute = (int)(ms / 60000 % 60);
	int hour = (int)(ms / 3600000);
	va_list arguments;
	int length;

	if (world->loss > 0 && judge_random_part(&world->chance) < world->loss)
		return;
	if (world->is_coarse)
		length = snprintf(line, sizeof(line),
			"Nov 29 %02d:%02d:%02d mx postfix/%s[%u]: ", hour, minute, second, program,
			pid);
	else
		length = snprintf(line, sizeof(line),
			"2026-11-29T%02d:%02d:%02d.%03d+00:00 mx postfix/%s[%u]: ", hour, minute,
			second, (int)(ms % 1000), program, pid);
	va_start(arguments, format);
	vsnprintf(line + length, sizeof(line) - (size_t)length, format, arguments);
	va_end(arguments);
	world->lines++;
	if (age < world->late_from || age >= world->late_until) {
		read_line(world, line);
		return;
	}
	if (world->late_count == JUDGE_LINES_LATE)
		return;
	world->late_lines[world->late_count] = strdup(line);
	check(world->late_lines[world->late_count] != NULL, "out of memory");
	world->late_count++;
}

static void read_late(struct judge_world *world)
{
	for (int i = 0; i < world->late_count; i++) {
		read_line(world, world->late_lines[i]);
		free(world->late_lines[i]);
	}
	world->late_count = 0;
}

/* ---- messages */

static uint16_t list_named(struct judge_world *world, const char *nexthop)
{
	struct judge_list *list;
	const char *at = nexthop;
	int i = 0;

	while (i < world->list_count && strcmp(world->lists[i].nexthop, nexthop) != 0)
		i++;
	if (i < world->list_count)
		return (uint16_t)i;
	check(world->list_count < JUDGE_LISTS_MAX, "too many lists");
	list = &world->lists[world->list_count++];
	*list = (struct judge_list){.head = -1, .tail = -1, .window = 5};
	check(strlen(nexthop) < sizeof(list->nexthop), nexthop);
	strcpy(list->nexthop, nexthop);
	while ((at = strstr(at, "[mx")) != NULL) {
		at += strlen("[mx");
		list->hosts[list->count++] = atoi(at);
	}
	check(list->count == world->host_count, nexthop);
	return (uint16_t)i;
}

static int64_t any_size(uint64_t *chance)
{
	return judge_random_below(chance, 200) == 0 ? 1000000 + judge_random_below(chance, 30000000)
						    : judge_random_span(chance, 8000);
}

static struct judge_message *new_message(struct judge_world *world)
{
	struct judge_message *message;
	uint64_t *chance = &world->chance;

	if (world->message_count == world->message_room) {
		world->message_room = world->message_room * 2 + EVENTS_ROOM;
		world->messages = realloc(
			world->messages, (size_t)world->message_room * sizeof(*world->messages));
		check(world->messages != NULL, "out of memory");
	}
	message = &world->messages[world->message_count++];
	*message = (struct judge_message){
		.came = judge_clock_ms,
		.size = any_size(chance),
		.sender = (uint64_t)judge_random_below(chance, SENDERS),
		.next = -1,
		.count = (uint8_t)(1 + judge_random_below(chance, JUDGE_RCPT_MAX)),
		.is_unwanted = judge_random_below(chance, 50) == 0,
	};
	message->open = (uint8_t)((1 << message->count) - 1);
	for (int i = 0; i < message->count; i++) {
		message->recipients[i] = (uint64_t)judge_random_below(chance, RECIPIENTS);
		if (judge_random_below(chance, 40) == 0)
			message->unknown |= (uint8_t)(1 << i);
	}
	return message;
}

static void receive(struct judge_world *world)
{
	struct judge_message *message = new_message(world);
	int number = world->message_count - 1;
	struct engine_choice choice;
	char id[16];
	const struct engine_message asked = {
		.pool = world->pool,
		.recipient_hash = message->recipients[0] + 1,
		.sender_hash = message->sender + 1,
		.queue_id = id,
		.is_kept = true,
	};
	bool is_held = judge_random_below(&world->chance, 100) == 0;
	double wait = -log(1 - judge_random_part(&world->chance)) * 1000 / world->rate;

	snprintf(id, sizeof(id), "A%09X", (unsigned)number);
	check(engine_choose(world->engine, &asked, &choice) == 0, "no choice");
	message->list = list_named(world, choice.nexthop);
	note_choice(world, world->lists[message->list].hosts[0]);
	/* One that is held may never leave. */
	if (!is_held || judge_random_below(&world->chance, 2) == 0)
		judge_world_at(world,
			judge_clock_ms + 3 +
				judge_random_below(&world->chance, is_held ? 200000 : 30),
			JUDGE_EVENT_ACTIVE, number, 0);
	judge_world_at(world, judge_clock_ms + (int64_t)wait, JUDGE_EVENT_MESSAGE, 0, 0);
}

/* ---- time */

static void change_host(struct judge_world *world, int number)
{
	const struct judge_host *host = &world->hosts[number];
	int64_t age = judge_world_age(world);

	judge_postfix_changed(world, number);
	if (judge_hosts_is_sick(host, age))
		judge_world_at(world,
			host->sick == JUDGE_FLAPS && host->until - age > JUDGE_FLAP_MS
				? judge_clock_ms + JUDGE_FLAP_MS
			: host->until == INT64_MAX ? INT64_MAX
						   : world->began + host->until,
			JUDGE_EVENT_HOST, number, 0);
}

/* All hosts are well, and always were. */
static bool is_calm(const struct judge_world *world)
{
	for (int i = 0; i < world->host_count; i++)
		if (world->hosts[i].until != 0 && judge_world_age(world) >= world->hosts[i].from)
			return false;
	return true;
}

static void tick(struct judge_world *world)
{
	int64_t age = judge_world_age(world);

	engine_tick(world->engine, judge_clock_ms);
	watch(world);
	for (int i = 0; i < world->host_count; i++) {
		const struct judge_host *host = &world->hosts[i];
		if (host->until != 0 && age >= host->from)
			continue;
		world->results[i].well_ms += TICK_MS;
		world->results[i].silent_ms += world->is_silent[i] ? TICK_MS : 0;
		world->results[i].calm_ms += world->is_silent[i] && is_calm(world) ? TICK_MS : 0;
	}
	judge_world_at(world, judge_clock_ms + TICK_MS, JUDGE_EVENT_TICK, 0, 0);
}

static void happen(struct judge_world *world, const struct judge_event *event)
{
	switch (event->kind) {
	case JUDGE_EVENT_MESSAGE:
		receive(world);
		break;
	case JUDGE_EVENT_ACTIVE:
		judge_postfix_active(world, event->ref);
		break;
	case JUDGE_EVENT_SESSION:
		if (world->processes[event->ref].turn == event->turn)
			judge_postfix_session(world, event->ref);
		break;
	case JUDGE_EVENT_HOST:
		change_host(world, event->ref);
		break;
	case JUDGE_EVENT_TICK:
		tick(world);
		break;
	default:
		read_late(world);
	}
}

/* ---- a world's begin and end */

static double between(uint64_t *chance, double least, double most)
{
	return least * pow(most / least, judge_random_part(chance));
}

static void make(struct judge_world *world, const struct judge_limits *limits)
{
	uint64_t *chance = &world->chance;
	int64_t length = (int64_t)(between(chance, 60, limits->seconds) * 1000);
	bool has_tiers = judge_random_below(chance, 10) < 3;
	bool has_weights = judge_random_below(chance, 10) < 2;

	world->began = day + 3600000;
	world->ends = world->began + length;
	world->rate = between(chance, 1, limits->rate);
	world->host_count = 2 + judge_random_below(chance, JUDGE_HOSTS_MAX - 1);
	world->balance = judge_random_below(chance, 6);
	if (world->balance > BALANCE_LEAST_PENDING)
		world->balance = BALANCE_ROUND_ROBIN;
	world->loss = judge_random_below(chance, 4) == 0 ? 0.05 * judge_random_part(chance) : 0;
	world->is_coarse = judge_random_below(chance, 2) == 0;
	world->has_well = judge_random_below(chance, 10) != 0;
	if (judge_random_below(chance, 10) == 0) {
		world->late_from = judge_random_below(chance, (int)length);
		world->late_until = world->late_from + 2000 + judge_random_below(chance, 40000);
	}
	for (int i = 0; i < world->host_count; i++) {
		bool is_first = i == 0 || !has_tiers || judge_random_below(chance, 2) == 0;
		bool may_be_sick =
			!(world->has_well && i == 0) && judge_random_below(chance, 2) == 0;

		judge_hosts_make(&world->hosts[i], chance, length, may_be_sick);
		world->priority[i] = is_first ? 0 : 10;
		world->weight[i] = has_weights ? 1 + judge_random_below(chance, 3) : 1;
	}
}

static void write_configuration(const struct judge_world *world, const char *path)
{
	static const char *const balances[] = {"round-robin", "hash", "least-pending"};
	FILE *file = fopen(path, "w");

	check(file != NULL, path);
	fprintf(file, "pools = { p = { balance = \"%s\"; hosts = (", balances[world->balance]);
	/* As the roster has them: by rising priority. */
	for (int i = 0; i < world->host_count; i++)
		fprintf(file, "%s { host = \"mx%d.example\"; priority = %d; weight = %d; }",
			i == 0 ? "" : ",", i, world->priority[i], world->weight[i]);
	fprintf(file, " ); }; };\nroutes = ( { match = \"example.com\"; pool = \"p\"; } );\n");
	check(fclose(file) == 0, path);
}

/* The engine's indexes of hosts are by priority: so are ours. */
static void sort_hosts(struct judge_world *world)
{
	for (int i = 1; i < world->host_count; i++)
		for (int k = i; k > 0 && world->priority[k] < world->priority[k - 1]; k--) {
			struct judge_host host = world->hosts[k];
			int priority = world->priority[k];
			int weight = world->weight[k];

			world->hosts[k] = world->hosts[k - 1];
			world->priority[k] = world->priority[k - 1];
			world->weight[k] = world->weight[k - 1];
			world->hosts[k - 1] = host;
			world->priority[k - 1] = priority;
			world->weight[k - 1] = weight;
		}
}

static void open_engine(struct judge_world *world)
{
	char path[64];
	struct fault_list faults;
	struct state_report report;

	snprintf(world->folder, sizeof(world->folder), "/tmp/nexthop-judge.XXXXXX");
	check(mkdtemp(world->folder) != NULL, world->folder);
	snprintf(path, sizeof(path), "%s/routes.cfg", world->folder);
	write_configuration(world, path);
	fault_list_init(&faults);
	world->conf = conf_load(path, &faults);
	check(world->conf != NULL, path);
	fault_list_free(&faults);
	unlink(path);
	snprintf(path, sizeof(path), "%s/state", world->folder);
	world->state = state_open(path, &report);
	check(world->state != NULL, report.text);
	unlink(path);
	rmdir(world->folder);
	world->engine = engine_new(world->state);
	check(world->engine != NULL, "out of memory");
	check(engine_swap(world->engine, &world->conf->table, &report) == 0, report.text);
	world->pool = table_pool_key("p");
	for (int i = 0; i < world->host_count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "mx%d.example", i);
		check(strcmp(world->engine->roster->hosts[i].host->name, name) == 0, name);
	}
}

static void end(struct judge_world *world)
{
	for (int i = 0; i < world->host_count; i++) {
		struct judge_result *result = &world->results[i];
		const struct judge_host *truth = &world->hosts[i];

		/* What has not ended yet is as long as it is now. */
		if (world->states[i] == HEALTH_DEFERRED)
			note_span(world, i,
				truth->until == 0 || judge_world_age(world) < truth->from
					? &result->deferred
					: &result->late_span,
				world->state_since[i]);
	}
	for (int i = 0; i < world->late_count; i++)
		free(world->late_lines[i]);
	engine_free(world->engine);
	state_close(world->state);
	conf_free(world->conf);
	free(world->late_lines);
	free(world->messages);
	free(world->lists);
	free(world->events);
}

int judge_world_unevenness(const struct judge_world *world)
{
	int least = 0, most = 0, sum = 0, count = 0;
	bool is_by_turn = world->balance == BALANCE_ROUND_ROBIN;

	for (int i = 0; i < world->host_count; i++) {
		int firsts = world->results[i].firsts;

		if (!is_by_turn || world->priority[i] != 0 || world->weight[i] != 1 ||
			world->hosts[i].until != 0 || world->hosts[i].base != JUDGE_WELL)
			continue;
		least = count == 0 || firsts < least ? firsts : least;
		most = firsts > most ? firsts : most;
		sum += firsts;
		count++;
	}
	return count > 1 && sum >= 100 * count ? (most - least) * count * 1000 / sum : -1;
}

void judge_world_run(struct judge_world *world, uint64_t seed, const struct judge_limits *limits)
{
	struct judge_event event;

	memset(world, 0, sizeof(*world));
	world->seed = seed;
	world->chance = seed;
	make(world, limits);
	sort_hosts(world);
	judge_clock_ms = world->began;
	world->lists = calloc(JUDGE_LISTS_MAX, sizeof(*world->lists));
	world->late_lines = calloc(JUDGE_LINES_LATE, sizeof(*world->late_lines));
	check(world->lists != NULL && world->late_lines != NULL, "out of memory");
	open_engine(world);
	for (int i = 0; i < world->host_count; i++)
		if (world->hosts[i].until != 0)
			judge_world_at(
				world, world->began + world->hosts[i].from, JUDGE_EVENT_HOST, i, 0);
	if (world->late_until != 0)
		judge_world_at(world, world->began + world->late_until, JUDGE_EVENT_LATE, 0, 0);
	judge_world_at(world, world->began, JUDGE_EVENT_TICK, 0, 0);
	judge_world_at(world, world->began, JUDGE_EVENT_MESSAGE, 0, 0);
	while (event = take_event(world), event.at < world->ends) {
		judge_clock_ms = event.at;
		happen(world, &event);
	}
	end(world);
}
