/* probe_talk: one probe, from the name of a host to what was found
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/probe_talk.h"
#include "core/address.h"
#include "core/endpoint.h"
#include "engine/clock.h"
#include "engine/log.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

enum {
	READ_MAX = 16384, /* what is read at once, and held */
	SHORTAGE_MS = 60000,
	DELAY_CONNECT = 2, /* of an observation */
	DELAY_TALK = 3,
};

struct address_slot {
	struct sockaddr_storage address;
	socklen_t length;
};

struct probe_talk {
	const struct probe_talk_services *services;
	struct probe_target target;
	struct probe probe;
	struct event *timer; /* the next of: begin, give up an address, deadline, end */
	struct probe_lookup *lookup;
	struct bufferevent *connection;
	struct address_slot addresses[PROBE_TALK_ADDRESSES];
	int address_count;
	int address_next;
	int address_shown;	       /* the one that the result is of, + 1; 0: none yet */
	enum observation_what failure; /* of the addresses so far; OBSERVATION_REPLY: none */
	int failure_errno;
	int64_t begun; /* 0: not yet */
	int64_t connected;
	int64_t deadline;
	bool is_reported;
	bool is_over;
};

/* ---- the end */

static void arm(struct probe_talk *talk, int64_t ms)
{
	const struct timeval wait = {
		.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000) * 1000};

	evtimer_add(talk->timer, &wait);
}

static void hang_up(struct probe_talk *talk)
{
	if (talk->lookup != NULL)
		probe_names_forget(talk->lookup);
	talk->lookup = NULL;
	if (talk->connection != NULL)
		bufferevent_free(talk->connection);
	talk->connection = NULL;
}

/* The owner hears of it from the loop, so that nobody is freed in the middle of something. */
static void end(struct probe_talk *talk)
{
	hang_up(talk);
	talk->is_over = true;
	arm(talk, 0);
}

static void set_address(const struct probe_talk *talk, struct observation *result)
{
	const struct address_slot *slot;

	if (talk->address_shown == 0 || endpoint_is_unix(talk->target.name))
		return;
	slot = &talk->addresses[talk->address_shown - 1];
	if (getnameinfo((const struct sockaddr *)&slot->address, slot->length, result->address,
		    sizeof(result->address), NULL, 0, NI_NUMERICHOST) != 0)
		result->address[0] = '\0';
}

static void tell_shortage(const struct observation *result)
{
	static struct log_limit limit;
	unsigned suppressed;

	if (log_may_repeat(&limit, result->at, SHORTAGE_MS, &suppressed))
		log_warning("probe: host=%s port=%d cannot be probed: %s (suppressed=%u)",
			result->host, result->port, result->text, suppressed);
}

static void report(struct probe_talk *talk)
{
	struct observation *result = &talk->probe.result;
	int64_t now = clock_steady();

	if (talk->is_reported || !talk->probe.is_decided)
		return;
	talk->is_reported = true;
	result->at = clock_now();
	result->port = talk->target.port;
	memcpy(result->host, talk->target.name, sizeof(result->host));
	if (!endpoint_is_unix(result->host))
		address_fold(result->host, result->host, strlen(result->host));
	set_address(talk, result);
	result->delays[DELAY_CONNECT] =
		(int32_t)((talk->connected == 0 ? now : talk->connected) - talk->begun);
	if (talk->connected != 0)
		result->delays[DELAY_TALK] = (int32_t)(now - talk->connected);
	if (result->what == OBSERVATION_OURS)
		tell_shortage(result);
	talk->services->result(talk->services->context, talk, result);
}

static void fail(struct probe_talk *talk, enum observation_what what, const char *text)
{
	probe_fail(&talk->probe, what, text);
	report(talk);
	end(talk);
}

/* ---- the conversation */

static void take_step(struct probe_talk *talk, enum probe_step step)
{
	report(talk);
	if (step == PROBE_DONE)
		end(talk);
	else if (step == PROBE_WRITE &&
		 bufferevent_write(talk->connection, talk->probe.out, talk->probe.out_length) == -1)
		fail(talk, OBSERVATION_OURS, strerror(ENOMEM));
}

static void on_read(struct bufferevent *connection, void *context)
{
	struct probe_talk *talk = context;
	struct evbuffer *input = bufferevent_get_input(connection);
	char bytes[4096];
	int length;

	while (talk->connection != NULL &&
		(length = evbuffer_remove(input, bytes, sizeof(bytes))) > 0)
		take_step(talk, probe_feed(&talk->probe, bytes, (size_t)length));
}

/* ---- the connection */

static enum observation_what what_of_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ENOENT: /* of a Unix socket */
		return OBSERVATION_REFUSED;
	case ETIMEDOUT:
		return OBSERVATION_TIMEOUT;
	case ECONNRESET:
		return OBSERVATION_LOST;
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return OBSERVATION_UNREACHABLE;
	case ENETUNREACH:
	case ENETDOWN:
		return OBSERVATION_NO_NETWORK;
	default:
		return OBSERVATION_OURS;
	}
}

/* How much a failure says about the host. */
static int weight_of(enum observation_what what)
{
	static const enum observation_what order[] = {OBSERVATION_REPLY, OBSERVATION_OURS,
		OBSERVATION_NO_NETWORK, OBSERVATION_UNREACHABLE, OBSERVATION_TIMEOUT,
		OBSERVATION_LOST, OBSERVATION_REFUSED};
	int weight = 0;

	while (order[weight] != what)
		weight++;
	return weight;
}

/* Whatever another address would give, this machine can connect to none now. */
static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

static void note_failure(struct probe_talk *talk, int error)
{
	enum observation_what what = what_of_errno(error);

	if (!is_shortage(error) && weight_of(what) <= weight_of(talk->failure))
		return;
	talk->failure = what;
	talk->failure_errno = error;
	talk->address_shown = talk->address_next;
	if (is_shortage(error))
		talk->address_count = talk->address_next;
}

static void on_event(struct bufferevent *connection, short what, void *context);

/* Gives 0 if the connection is on its way, or an errno. */
static int begin_connection(struct probe_talk *talk, const struct address_slot *slot)
{
	int fd = socket(slot->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return errno;
	if (connect(fd, (const struct sockaddr *)&slot->address, slot->length) == -1 &&
		errno != EINPROGRESS) {
		int error = errno;

		close(fd);
		return error;
	}
	talk->connection = bufferevent_socket_new(talk->services->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (talk->connection == NULL) {
		close(fd);
		return ENOMEM;
	}
	bufferevent_setcb(talk->connection, on_read, NULL, on_event, talk);
	bufferevent_setwatermark(talk->connection, EV_READ, 0, READ_MAX);
	/* Without an address: it is connecting already. */
	if (bufferevent_socket_connect(talk->connection, NULL, 0) == 0)
		return 0;
	hang_up(talk);
	return ENOMEM;
}

/* Each address has an equal share of the time that is left. */
static void try_next(struct probe_talk *talk)
{
	while (talk->address_next < talk->address_count) {
		int64_t left = talk->deadline - clock_steady();
		int count = talk->address_count - talk->address_next;
		int error = begin_connection(talk, &talk->addresses[talk->address_next++]);

		if (error == 0) {
			arm(talk, left <= 0 ? 0 : left / count);
			return;
		}
		note_failure(talk, error);
	}
	fail(talk, talk->failure, strerror(talk->failure_errno));
}

static void lose_address(struct probe_talk *talk, int error)
{
	hang_up(talk);
	note_failure(talk, error);
	try_next(talk);
}

static void on_event(struct bufferevent *connection, short what, void *context)
{
	struct probe_talk *talk = context;
	int error = EVUTIL_SOCKET_ERROR();

	if (what & BEV_EVENT_CONNECTED) {
		int64_t now = clock_steady();

		talk->connected = now;
		talk->address_shown = talk->address_next;
		arm(talk, talk->deadline > now ? talk->deadline - now : 0);
		bufferevent_enable(connection, EV_READ);
		take_step(talk, probe_connected(&talk->probe));
		return;
	}
	if (talk->connected == 0) {
		lose_address(talk, error);
		return;
	}
	fail(talk, OBSERVATION_LOST, what & BEV_EVENT_EOF ? "connection closed" : strerror(error));
}

/* ---- names */

static void on_names(void *context, int error, const struct evutil_addrinfo *addresses)
{
	struct probe_talk *talk = context;

	talk->lookup = NULL;
	if (error == EVUTIL_EAI_MEMORY) {
		fail(talk, OBSERVATION_OURS, strerror(ENOMEM));
		return;
	}
	for (; addresses != NULL && talk->address_count < PROBE_TALK_ADDRESSES;
		addresses = addresses->ai_next) {
		struct address_slot *slot = &talk->addresses[talk->address_count];

		if ((size_t)addresses->ai_addrlen > sizeof(slot->address))
			continue;
		memcpy(&slot->address, addresses->ai_addr, (size_t)addresses->ai_addrlen);
		slot->length = (socklen_t)addresses->ai_addrlen;
		talk->address_count++;
	}
	if (error != 0 || talk->address_count == 0)
		fail(talk, OBSERVATION_NO_ADDRESS,
			evutil_gai_strerror(error == 0 ? EVUTIL_EAI_NODATA : error));
	else
		try_next(talk);
}

/* ---- Unix sockets */

static void connect_unix(struct probe_talk *talk)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = talk->target.name + strlen("unix:");
	struct address_slot *slot = &talk->addresses[0];

	if (strlen(path) >= sizeof(address.sun_path)) {
		fail(talk, OBSERVATION_OURS, strerror(ENAMETOOLONG));
		return;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	memcpy(&slot->address, &address, sizeof(address));
	slot->length = sizeof(address);
	talk->address_count = 1;
	try_next(talk);
}

/* ---- life */

static void begin(struct probe_talk *talk)
{
	talk->begun = clock_steady();
	talk->deadline = talk->begun + talk->target.timeout_ms;
	arm(talk, talk->target.timeout_ms);
	if (endpoint_is_unix(talk->target.name)) {
		connect_unix(talk);
		return;
	}
	/* An answer that is there at once leaves no lookup; then the talk has gone on already. */
	talk->lookup = probe_names_ask(
		talk->services->names, talk->target.name, talk->target.port, on_names, talk);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct probe_talk *talk = context;

	(void)fd;
	(void)what;
	if (talk->is_over)
		talk->services->end(talk->services->context, talk);
	else if (talk->begun == 0)
		begin(talk);
	else if (talk->lookup != NULL)
		fail(talk, OBSERVATION_NO_ADDRESS, "no answer from DNS in time");
	else if (talk->connected == 0)
		lose_address(talk, ETIMEDOUT);
	else
		fail(talk, OBSERVATION_TIMEOUT, "no answer in time");
}

struct probe_talk *probe_talk_new(
	const struct probe_talk_services *services, const struct probe_target *target)
{
	struct probe_talk *talk = calloc(1, sizeof(*talk));

	if (talk == NULL)
		return NULL;
	talk->services = services;
	talk->target = *target;
	probe_init(&talk->probe, &target->plan);
	talk->timer = evtimer_new(services->base, on_timer, talk);
	if (talk->timer == NULL) {
		probe_talk_free(talk);
		return NULL;
	}
	arm(talk, 0);
	return talk;
}

const struct probe_target *probe_talk_target(const struct probe_talk *talk)
{
	return &talk->target;
}

void probe_talk_free(struct probe_talk *talk)
{
	if (talk == NULL)
		return;
	hang_up(talk);
	if (talk->timer != NULL)
		event_free(talk->timer);
	free(talk);
}
