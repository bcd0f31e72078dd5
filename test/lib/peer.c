/* peer: a client of the map door, on the same event loop
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "peer.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

enum { WAIT_MS = 60000, STEP_MS = 2 };

struct event_base *peer_base;
struct map_door *peer_door;

static struct event *step;
static struct sockaddr_in place;

/* ---- the loop, and the door */

static void on_step(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

void peer_set_up(void)
{
	const struct timeval often = {.tv_usec = STEP_MS * 1000};

	log_open(LOG_TO_STDERR, false);
	peer_base = event_base_new();
	step = event_new(peer_base, -1, EV_PERSIST, on_step, NULL);
	event_add(step, &often);
}

void peer_tear_down(void)
{
	map_door_free(peer_door);
	event_free(step);
	event_base_free(peer_base);
}

void peer_open_door(struct map_door_services *services)
{
	socklen_t length = sizeof(place);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	place = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&place, sizeof(place)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&place, &length), 0);
	ck_assert_int_eq(listen(fd, 100), 0);
	services->base = peer_base;
	peer_door = map_door_new(services, fd);
	ck_assert_ptr_nonnull(peer_door);
}

/* ---- clients */

struct peer peer_come(void)
{
	struct peer peer = {.fd = socket(AF_INET, SOCK_STREAM, 0)};

	ck_assert_int_eq(connect(peer.fd, (struct sockaddr *)&place, sizeof(place)), 0);
	fcntl(peer.fd, F_SETFL, O_NONBLOCK);
	return peer;
}

static void take(struct peer *peer)
{
	char octets[65536];
	ssize_t count;

	while (!peer->is_deaf && !peer->is_closed) {
		count = recv(peer->fd, octets, sizeof(octets), 0);
		if (count == -1 && errno == EAGAIN)
			return;
		peer->is_closed = count <= 0;
		for (ssize_t i = 0; i < count; i++, peer->octets++)
			if (peer->length < sizeof(peer->got) - 1)
				peer->got[peer->length++] = octets[i];
	}
}

void peer_turn(struct peer *peer)
{
	event_base_loop(peer_base, EVLOOP_ONCE);
	take(peer);
}

void peer_say_octets(struct peer *peer, const char *octets, size_t length)
{
	int64_t end = clock_steady() + WAIT_MS;

	while (length > 0 && clock_steady() < end) {
		ssize_t count = send(peer->fd, octets, length, MSG_NOSIGNAL);

		if (count == -1 && errno != EAGAIN)
			return;
		if (count > 0) {
			octets += count;
			length -= (size_t)count;
		}
		peer_turn(peer);
	}
}

void peer_say(struct peer *peer, const char *text)
{
	peer_say_octets(peer, text, strlen(text));
}

void peer_expect_octets(struct peer *peer, size_t count)
{
	int64_t end = clock_steady() + WAIT_MS;

	while (peer->octets < count && !peer->is_closed && clock_steady() < end)
		peer_turn(peer);
	ck_assert_uint_eq(peer->octets, count);
}

void peer_expect(struct peer *peer, const char *text)
{
	peer_expect_octets(peer, strlen(text));
	peer->got[peer->length] = '\0';
	ck_assert_str_eq(peer->got, text);
}

void peer_expect_end(struct peer *peer)
{
	int64_t end = clock_steady() + WAIT_MS;

	peer->is_deaf = false;
	while (!peer->is_closed && clock_steady() < end)
		peer_turn(peer);
	ck_assert_msg(peer->is_closed, "it is still open");
}

void peer_turn_for(struct peer *peer, int ms)
{
	int64_t end = clock_steady() + ms;

	while (clock_steady() < end)
		peer_turn(peer);
}
