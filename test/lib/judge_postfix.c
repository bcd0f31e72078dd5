/* judge_postfix: a model of Postfix: queues, deliveries, and the lines about them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "judge_postfix.h"
#include "judge_clock.h"

#include <stdio.h>

enum {
	WINDOW_FIRST = 5,
	WINDOW_MOST = 20,
	RETRY_MS = 300000, /* minimal_backoff_time, and the time until the queue is scanned */
	USES_MAX = 100,	   /* max_use */
	QMGR_PID = 900,
	ID_ROOM = 16,
	WHY_ROOM = 256,
};

static struct judge_message *message_of(
	struct judge_world *world, const struct judge_process *process)
{
	return &world->messages[process->message];
}

static struct judge_list *list_of(struct judge_world *world, const struct judge_process *process)
{
	return &world->lists[message_of(world, process)->list];
}

static int host_of(struct judge_world *world, const struct judge_process *process)
{
	return list_of(world, process)->hosts[process->place];
}

static bool is_last(struct judge_world *world, const struct judge_process *process)
{
	return process->place + 1 == list_of(world, process)->count;
}

static const char *queue_id(char id[ID_ROOM], int message)
{
	snprintf(id, ID_ROOM, "A%09X", (unsigned)message);
	return id;
}

/* ---- sessions */

/* The first try of each pair has to wait. */
static bool is_greylisted(
	struct judge_world *world, int host, const struct judge_message *message, int recipient)
{
	uint64_t pair = message->sender * 7919 + message->recipients[recipient];
	int64_t *first = &world->grey[host][pair * UINT64_C(0x9e3779b97f4a7c15) >> 51];

	if (*first == 0)
		*first = judge_clock_ms;
	return judge_clock_ms - *first < JUDGE_GREY_MS;
}

static bool takes(struct judge_world *world, const struct judge_process *process, int recipient)
{
	const struct judge_message *message = message_of(world, process);
	int host = host_of(world, process);

	if (process->session.rcpt_4xx != NULL || message->is_unwanted)
		return false;
	return judge_hosts_truth(&world->hosts[host], judge_world_age(world)) != JUDGE_GREYLISTS ||
	       !is_greylisted(world, host, message, recipient);
}

static void await(struct judge_world *world, struct judge_process *process)
{
	judge_world_at(world, judge_clock_ms + process->session.span, JUDGE_EVENT_SESSION,
		(int)(process - world->processes), ++process->turn);
}

static void ask_recipients(struct judge_world *world, struct judge_process *process)
{
	const struct judge_message *message = message_of(world, process);

	process->taken = 0;
	process->said = 0;
	for (int i = 0; i < message->count; i++) {
		uint8_t bit = (uint8_t)(1 << i);

		if ((process->left & bit) == 0 || (message->unknown & bit) != 0)
			continue;
		if (takes(world, process, i))
			process->taken |= bit;
		else
			process->said |= bit;
	}
}

static void begin_session(struct judge_world *world, struct judge_process *process)
{
	struct judge_message *message = message_of(world, process);
	int number = host_of(world, process);
	struct judge_host *host = &world->hosts[number];
	struct judge_session *session = &process->session;

	host->sessions++;
	process->met = judge_clock_ms;
	judge_hosts_meet(host, &world->chance, judge_world_age(world), message->size,
		message->count, session);
	if (session->end == JUDGE_TAKES)
		ask_recipients(world, process);
	if (session->end == JUDGE_TAKES && process->taken == 0)
		session->span = session->setup + 1;
	if (session->is_dual && judge_random_below(&world->chance, 2) == 0)
		judge_world_log(world, "smtp", process->pid,
			"connect to mx%d.example[2001:db8::%d]:25: %s", number, number,
			host->limit % 2 == 0 ? "Network is unreachable" : "Connection refused");
	await(world, process);
}

/* ---- lines */

static void log_status(struct judge_world *world, const struct judge_process *process,
	int recipient, const char *status, const char *dsn, const char *why)
{
	const struct judge_message *message = message_of(world, process);
	int host = host_of(world, process);
	double now = (double)judge_clock_ms / 1000;
	double setup = (double)(process->met + process->session.setup) / 1000;
	char relay[64] = "none";
	char id[ID_ROOM];

	if (process->session.end != JUDGE_NO_CONNECTION)
		snprintf(relay, sizeof(relay), "mx%d.example[192.0.2.%d]:25", host, host);
	if (setup > now)
		setup = now;
	judge_world_log(world, "smtp", process->pid,
		"%s: to=<u%llu@example.com>, relay=%s, delay=%.2f, delays=0.01/%.2f/%.2f/%.2f, "
		"dsn=%s, status=%s (%s)",
		queue_id(id, process->message), (unsigned long long)message->recipients[recipient],
		relay, now - (double)message->came / 1000,
		(double)(process->began - message->came) / 1000,
		setup - (double)process->began / 1000, now - setup, dsn, status, why);
}

static void log_reply(struct judge_world *world, const struct judge_process *process, int recipient,
	const char *why)
{
	char id[ID_ROOM];

	if (is_last(world, process))
		log_status(world, process, recipient, "deferred", "4.0.0", why);
	else
		judge_world_log(
			world, "smtp", process->pid, "%s: %s", queue_id(id, process->message), why);
}

static void log_recipients(struct judge_world *world, struct judge_process *process)
{
	const struct judge_session *session = &process->session;
	int host = host_of(world, process);
	char why[WHY_ROOM];

	for (int i = 0; i < JUDGE_RCPT_MAX; i++) {
		bool is_grey =
			!message_of(world, process)->is_unwanted && session->rcpt_4xx == NULL;

		if ((process->said & 1 << i) == 0)
			continue;
		snprintf(why, sizeof(why),
			"host mx%d.example[192.0.2.%d] said: %s (in reply to RCPT TO command)",
			host, host,
			is_grey ? "450 4.2.0 Greylisted, see you in a minute"
			: session->rcpt_4xx != NULL
				? session->rcpt_4xx
				: "450 4.7.1 Recipient address rejected: not now");
		log_reply(world, process, i, why);
	}
	for (int i = 0; i < JUDGE_RCPT_MAX; i++) {
		if ((process->taken & 1 << i) != 0)
			log_status(world, process, i, "sent", "2.0.0", "250 2.0.0 Ok: queued as 1");
		if ((process->left & message_of(world, process)->unknown & 1 << i) == 0)
			continue;
		snprintf(why, sizeof(why),
			"host mx%d.example[192.0.2.%d] said: 550 5.1.1 User unknown (in reply to "
			"RCPT "
			"TO command)",
			host, host);
		log_status(world, process, i, "bounced", "5.1.1", why);
	}
}

/* What the whole message has met. */
static void log_failure(struct judge_world *world, struct judge_process *process)
{
	const struct judge_session *session = &process->session;
	int host = host_of(world, process);
	char why[WHY_ROOM];
	char peer[64];
	char id[ID_ROOM];

	snprintf(peer, sizeof(peer), "mx%d.example[192.0.2.%d]", host, host);
	switch (session->end) {
	case JUDGE_NO_CONNECTION:
		snprintf(why, sizeof(why), "connect to %s:25: %s", peer, session->text);
		judge_world_log(world, "smtp", process->pid, "%s", why);
		break;
	case JUDGE_NO_GREETING:
		snprintf(
			why, sizeof(why), "host %s refused to talk to me: %s", peer, session->text);
		break;
	case JUDGE_SAYS_4XX:
		snprintf(why, sizeof(why), "host %s said: %s (in reply to %s)", peer, session->text,
			judge_hosts_command(session->stage));
		break;
	case JUDGE_TIMES_OUT:
		snprintf(why, sizeof(why), "conversation with %s timed out while %s", peer,
			judge_hosts_phase(session->stage));
		break;
	default:
		snprintf(why, sizeof(why), "lost connection with %s while %s", peer,
			judge_hosts_phase(session->stage));
	}
	if (!is_last(world, process) && session->end != JUDGE_NO_CONNECTION)
		judge_world_log(
			world, "smtp", process->pid, "%s: %s", queue_id(id, process->message), why);
	for (int i = 0; i < JUDGE_RCPT_MAX && is_last(world, process); i++)
		if ((process->left & 1 << i) != 0)
			log_status(world, process, i, "deferred", "4.0.0", why);
}

/* ---- queues */

static struct judge_process *free_process(struct judge_world *world)
{
	for (int i = 0; i < JUDGE_PROCESSES; i++)
		if (!world->processes[i].is_busy)
			return &world->processes[i];
	return NULL;
}

static bool start_one(struct judge_world *world, struct judge_list *list)
{
	struct judge_process *process =
		list->head == -1 || list->active >= list->window ? NULL : free_process(world);
	unsigned turn;

	if (process == NULL)
		return false;
	turn = process->turn;
	if (process->pid == 0 || ++process->uses > USES_MAX) {
		process->uses = 1;
		process->pid = 1000 + (uint32_t)(process - world->processes) +
			       100 * (uint32_t)judge_random_below(&world->chance, 300);
	}
	process->is_busy = true;
	process->message = list->head;
	process->place = 0;
	process->turn = turn;
	process->began = judge_clock_ms;
	process->left = message_of(world, process)->open;
	list->head = message_of(world, process)->next;
	if (list->head == -1)
		list->tail = -1;
	list->active++;
	begin_session(world, process);
	return true;
}

static void end_delivery(struct judge_world *world, struct judge_process *process)
{
	struct judge_message *message = message_of(world, process);
	struct judge_list *list = list_of(world, process);
	char id[ID_ROOM];

	process->is_busy = false;
	process->turn++;
	list->active--;
	message->open = process->left;
	if (message->open == 0) {
		judge_world_log(
			world, "qmgr", QMGR_PID, "%s: removed", queue_id(id, process->message));
		if (list->window < WINDOW_MOST && list->window < list->active + 1 + WINDOW_FIRST)
			list->window++;
	} else {
		judge_world_at(world,
			judge_clock_ms + RETRY_MS + judge_random_below(&world->chance, 300000),
			JUDGE_EVENT_ACTIVE, process->message, 0);
	}
	if (start_one(world, list))
		return;
	for (int i = 0; i < world->list_count; i++)
		if (start_one(world, &world->lists[i]))
			return;
}

void judge_postfix_active(struct judge_world *world, int number)
{
	struct judge_message *message = &world->messages[number];
	struct judge_list *list = &world->lists[message->list];
	char id[ID_ROOM];

	judge_world_log(world, "qmgr", QMGR_PID,
		"%s: from=<s%llu@example.net>, size=%lld, nrcpt=%d (queue active)",
		queue_id(id, number), (unsigned long long)message->sender, (long long)message->size,
		message->count);
	message->next = -1;
	if (list->tail == -1)
		list->head = number;
	else
		world->messages[list->tail].next = number;
	list->tail = number;
	start_one(world, list);
}

void judge_postfix_session(struct judge_world *world, int number)
{
	struct judge_process *process = &world->processes[number];

	world->hosts[host_of(world, process)].sessions--;
	if (process->session.end == JUDGE_TAKES) {
		log_recipients(world, process);
		process->left &= process->said;
	} else {
		log_failure(world, process);
	}
	if (process->left == 0 || is_last(world, process)) {
		end_delivery(world, process);
		return;
	}
	process->place++;
	begin_session(world, process);
}

void judge_postfix_changed(struct judge_world *world, int number)
{
	struct judge_host *host = &world->hosts[number];
	int64_t age = judge_world_age(world);
	bool is_over = host->sick == JUDGE_SILENT && !judge_hosts_is_sick(host, age);

	for (int i = 0; i < JUDGE_PROCESSES; i++) {
		struct judge_process *process = &world->processes[i];
		struct judge_session *session = &process->session;
		bool is_stuck = session->end == JUDGE_TIMES_OUT;

		if (!process->is_busy || host_of(world, process) != number)
			continue;
		if (!is_over && session->end == JUDGE_TAKES) {
			enum judge_end end = session->end;

			judge_hosts_fall(host, age, session);
			if (session->end == end)
				continue;
		} else if (is_over && is_stuck && host->wake == JUDGE_WAKE_LOSES) {
			session->end = JUDGE_LOST;
			session->span = 1;
		} else if (is_over && is_stuck && host->wake == JUDGE_WAKE_ANSWERS) {
			session->end = JUDGE_TAKES;
			session->span = judge_random_span(&world->chance, host->median);
			ask_recipients(world, process);
		} else {
			continue;
		}
		await(world, process);
	}
}
