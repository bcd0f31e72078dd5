/* test_map_door: clients that ask, too much, too slowly, and do not listen
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/map_door.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 60000, STEP_MS = 2, SHORT_MS = 60, LONG_MS = 1000000, BIG = 16000, MANY = 1000 };

static struct event_base *base;
static struct event *step;
static struct map_door *door;
static struct map_door_services services;
static struct sockaddr_in place;
static int answered;

/* A client. What it has been told is counted, and kept as far as it fits. */
struct peer {
	int fd;
	char got[4096];
	size_t length;
	size_t octets;
	bool is_closed;
	bool is_deaf;
};

static enum map_reply_kind reply(void *context, struct span request, char *out)
{
	(void)context;
	answered++;
	if (span_is(request, "big")) {
		memset(out, 'x', BIG);
		out[BIG] = '\0';
		return MAP_REPLY_FOUND;
	}
	if (span_is(request, "none")) {
		strcpy(out, "NOTFOUND ");
		return MAP_REPLY_NOT_FOUND;
	}
	memcpy(out, "OK ", 3);
	memcpy(out + 3, request.at, request.length);
	out[3 + request.length] = '\0';
	return MAP_REPLY_FOUND;
}

/* ---- the world */

static void on_step(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

static void set_up(void)
{
	const struct timeval often = {.tv_usec = STEP_MS * 1000};

	log_open(LOG_TO_STDERR, false);
	base = event_base_new();
	step = event_new(base, -1, EV_PERSIST, on_step, NULL);
	event_add(step, &often);
	services = (struct map_door_services){.base = base,
		.answer = reply,
		.request_ms = LONG_MS,
		.stall_ms = LONG_MS,
		.idle_ms = LONG_MS};
}

static void tear_down(void)
{
	map_door_free(door);
	event_free(step);
	event_base_free(base);
}

static void open_door(void)
{
	socklen_t length = sizeof(place);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	place = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&place, sizeof(place)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&place, &length), 0);
	ck_assert_int_eq(listen(fd, 100), 0);
	door = map_door_new(&services, fd);
	ck_assert_ptr_nonnull(door);
}

static struct view_map view(void)
{
	struct view_map seen;

	map_door_view(door, &seen);
	return seen;
}

static struct peer come(void)
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

static void turn(struct peer *peer)
{
	event_base_loop(base, EVLOOP_ONCE);
	take(peer);
}

static void say_octets(struct peer *peer, const char *octets, size_t length)
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
		turn(peer);
	}
}

static void say(struct peer *peer, const char *text)
{
	say_octets(peer, text, strlen(text));
}

/* Until it has been told TEXT in all. */
static void expect(struct peer *peer, const char *text)
{
	int64_t end = clock_steady() + WAIT_MS;

	while (peer->octets < strlen(text) && !peer->is_closed && clock_steady() < end)
		turn(peer);
	peer->got[peer->length] = '\0';
	ck_assert_str_eq(peer->got, text);
}

static void expect_end(struct peer *peer)
{
	int64_t end = clock_steady() + WAIT_MS;

	peer->is_deaf = false;
	while (!peer->is_closed && clock_steady() < end)
		turn(peer);
	ck_assert_msg(peer->is_closed, "it is still open");
}

static void run_for(struct peer *peer, int ms)
{
	int64_t end = clock_steady() + ms;

	while (clock_steady() < end)
		turn(peer);
}

/* ---- who asks as it is meant */

START_TEST(in_their_order)
{
	struct peer peer;

	open_door();
	peer = come();
	say(&peer, "1:a,2:bc,4:none,1:d,");
	expect(&peer, "4:OK a,5:OK bc,9:NOTFOUND ,4:OK d,");
	ck_assert_uint_eq(view().clients, 1);
	ck_assert_uint_eq(view().requests, 4);
	ck_assert_uint_eq(view().found, 3);
	ck_assert_uint_eq(view().not_found, 1);
	ck_assert_uint_eq(view().refused, 0);
	close(peer.fd);
}
END_TEST

START_TEST(octet_by_octet)
{
	const char *text = "1:a,10:0123456789,0:,";
	struct peer peer;

	open_door();
	peer = come();
	for (const char *p = text; *p != '\0'; p++)
		say_octets(&peer, p, 1);
	expect(&peer, "4:OK a,13:OK 0123456789,3:OK ,");
	close(peer.fd);
}
END_TEST

START_TEST(its_side_is_closed)
{
	struct peer peer;

	open_door();
	peer = come();
	say(&peer, "1:a,1:b,1:c");
	shutdown(peer.fd, SHUT_WR);
	expect(&peer, "4:OK a,4:OK b,");
	expect_end(&peer);
	ck_assert_uint_eq(view().clients, 0);
	ck_assert_uint_eq(view().refused, 0);
	close(peer.fd);
}
END_TEST

static void ask_big(struct peer *peer, int count)
{
	for (int i = 0; i < count; i++)
		say(peer, "3:big,");
}

/* What it is not told yet is not even thought of, and none is lost. */
START_TEST(it_reads_late)
{
	const size_t each = 6 + BIG + 1;
	struct peer peer;

	open_door();
	peer = come();
	peer.is_deaf = true;
	ask_big(&peer, MANY);
	run_for(&peer, SHORT_MS);
	ck_assert_msg(answered < MANY / 2, "%d replies wait", answered);
	if (_i == 1)
		shutdown(peer.fd, SHUT_WR);
	peer.is_deaf = false;
	for (int64_t end = clock_steady() + WAIT_MS;
		peer.octets < MANY * each && clock_steady() < end;)
		turn(&peer);
	ck_assert_uint_eq(peer.octets, MANY * each);
	ck_assert_int_eq(answered, MANY);
	if (_i == 1)
		expect_end(&peer);
	close(peer.fd);
}
END_TEST

/* ---- who does not */

static const struct junk_row {
	const char *said;
	const char *told;
} junk[] = {
	{"hello", ""},
	{"01:a,", ""},
	{"1:a;", ""},
	{"1:a,1:b;1:c,", "4:OK a,"},
	{"1:a,4097:", "4:OK a,"},
	{"99999999999999999999:", ""},
};

START_TEST(no_netstring)
{
	struct peer peer, other;

	open_door();
	peer = come();
	other = come();
	say(&peer, junk[_i].said);
	expect_end(&peer);
	expect(&peer, junk[_i].told);
	ck_assert_uint_eq(view().refused, 1);
	say(&other, "1:a,");
	expect(&other, "4:OK a,");
	ck_assert_uint_eq(view().clients, 1);
	close(peer.fd);
	close(other.fd);
}
END_TEST

START_TEST(the_longest_request)
{
	static char text[5 + MAP_REQUEST_MAX + 1] = "4096:";
	struct peer peer;

	open_door();
	peer = come();
	memset(text + 5, 'x', MAP_REQUEST_MAX);
	text[5 + MAP_REQUEST_MAX] = ',';
	say_octets(&peer, text, sizeof(text));
	for (int64_t end = clock_steady() + WAIT_MS;
		peer.octets < 5 + 3 + MAP_REQUEST_MAX + 1 && clock_steady() < end;)
		turn(&peer);
	ck_assert_uint_eq(peer.octets, 5 + 3 + MAP_REQUEST_MAX + 1);
	ck_assert(!peer.is_closed);
	close(peer.fd);
}
END_TEST

/* However it goes on: by what it sends it gains no time. */
START_TEST(a_request_does_not_end)
{
	struct peer peer, idle;

	services.request_ms = SHORT_MS;
	open_door();
	peer = come();
	idle = come();
	say(&idle, "1:a,");
	say(&peer, "1:a,1000:");
	for (int i = 0; i < WAIT_MS / STEP_MS && !peer.is_closed; i++)
		say(&peer, "x");
	expect_end(&peer);
	expect(&peer, "4:OK a,");
	run_for(&idle, 2 * SHORT_MS);
	ck_assert(!idle.is_closed);
	close(peer.fd);
	close(idle.fd);
}
END_TEST

/* Each request has the whole time for itself. */
START_TEST(requests_that_take_their_time)
{
	struct peer peer;

	services.request_ms = 2000;
	open_door();
	peer = come();
	say(&peer, "1:");
	run_for(&peer, services.request_ms * 6 / 10);
	say(&peer, "a,1:");
	run_for(&peer, services.request_ms * 6 / 10);
	say(&peer, "b,");
	expect(&peer, "4:OK a,4:OK b,");
	close(peer.fd);
}
END_TEST

START_TEST(it_does_not_read)
{
	struct peer peer, other;

	services.stall_ms = SHORT_MS;
	open_door();
	peer = come();
	other = come();
	peer.is_deaf = true;
	ask_big(&peer, MANY);
	for (int64_t end = clock_steady() + WAIT_MS; view().clients > 1 && clock_steady() < end;) {
		say(&other, "1:a,");
		turn(&other);
	}
	ck_assert_uint_eq(view().clients, 1);
	ck_assert(other.octets > 0 && !other.is_closed);
	expect_end(&peer);
	close(peer.fd);
	close(other.fd);
}
END_TEST

START_TEST(it_asks_nothing)
{
	struct peer peer;

	services.idle_ms = SHORT_MS;
	open_door();
	peer = come();
	say(&peer, "1:a,");
	expect_end(&peer);
	expect(&peer, "4:OK a,");
	close(peer.fd);
}
END_TEST

/* ---- too many */

START_TEST(the_idlest_goes)
{
	struct peer peers[4];

	services.clients = 3;
	open_door();
	for (int i = 0; i < 3; i++) {
		peers[i] = come();
		say(&peers[i], "1:a,");
		expect(&peers[i], "4:OK a,");
	}
	say(&peers[0], "1:b,");
	expect(&peers[0], "4:OK a,4:OK b,");
	peers[3] = come();
	say(&peers[3], "1:a,");
	expect(&peers[3], "4:OK a,");
	expect_end(&peers[1]);
	for (int i = 0; i < 4; i++) {
		take(&peers[i]);
		ck_assert_msg(peers[i].is_closed == (i == 1), "client %d", i);
		close(peers[i].fd);
	}
	ck_assert_uint_eq(view().clients, 3);
}
END_TEST

/* No descriptor can be had any more: those below the highest are used up, too. */
static void limit_descriptors(void)
{
	struct rlimit limit;
	int highest = dup(STDERR_FILENO);

	ck_assert_int_ne(highest, -1);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)highest + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (dup(STDERR_FILENO) != -1)
		continue;
}

START_TEST(no_descriptor_is_left)
{
	struct rlimit before;
	struct peer peer;
	clock_t begin;

	getrlimit(RLIMIT_NOFILE, &before);
	open_door();
	peer = come();
	limit_descriptors();
	begin = clock();
	run_for(&peer, 500);
	ck_assert_msg(clock() - begin < CLOCKS_PER_SEC / 4, "it spins");
	ck_assert_uint_eq(view().clients, 0);
	setrlimit(RLIMIT_NOFILE, &before);
	say(&peer, "1:a,");
	expect(&peer, "4:OK a,");
	close(peer.fd);
}
END_TEST

START_TEST(the_idlest_gives_its_descriptor)
{
	struct peer first, second;

	open_door();
	first = come();
	say(&first, "1:a,");
	expect(&first, "4:OK a,");
	second = come();
	limit_descriptors();
	say(&second, "1:b,");
	expect(&second, "4:OK b,");
	expect_end(&first);
	close(first.fd);
	close(second.fd);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{in_their_order, 1}, {octet_by_octet, 1},
		{its_side_is_closed, 1}, {it_reads_late, 2}, {no_netstring, COUNT(junk)},
		{the_longest_request, 1}, {a_request_does_not_end, 1},
		{requests_that_take_their_time, 1}, {it_does_not_read, 1}, {it_asks_nothing, 1},
		{the_idlest_goes, 1}, {no_descriptor_is_left, 1},
		{the_idlest_gives_its_descriptor, 1}};

	return suite_run_with("map_door", tests, COUNT(tests), set_up, tear_down);
}
