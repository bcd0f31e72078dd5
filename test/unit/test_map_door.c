/* test_map_door: clients that ask, too much, too slowly, and do not listen
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/map_door.h"
#include "engine/clock.h"
#include "peer.h"
#include "suite.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 60000, STEP_MS = 2, SHORT_MS = 60, LONG_MS = 1000000, BIG = 16000, MANY = 1000 };

static struct map_door_services services;
static int answered;

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

static void set_up(void)
{
	peer_set_up();
	services = (struct map_door_services){
		.answer = reply, .request_ms = LONG_MS, .stall_ms = LONG_MS, .idle_ms = LONG_MS};
}

static void open_door(void)
{
	peer_open_door(&services);
}

static struct view_map view(void)
{
	struct view_map seen;

	map_door_view(peer_door, &seen);
	return seen;
}

/* ---- who asks as it is meant */

START_TEST(in_their_order)
{
	struct peer peer;

	open_door();
	peer = peer_come();
	peer_say(&peer, "1:a,2:bc,4:none,1:d,");
	peer_expect(&peer, "4:OK a,5:OK bc,9:NOTFOUND ,4:OK d,");
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
	peer = peer_come();
	for (const char *p = text; *p != '\0'; p++)
		peer_say_octets(&peer, p, 1);
	peer_expect(&peer, "4:OK a,13:OK 0123456789,3:OK ,");
	close(peer.fd);
}
END_TEST

START_TEST(its_side_is_closed)
{
	struct peer peer;

	open_door();
	peer = peer_come();
	peer_say(&peer, "1:a,1:b,1:c");
	shutdown(peer.fd, SHUT_WR);
	peer_expect(&peer, "4:OK a,4:OK b,");
	peer_expect_end(&peer);
	ck_assert_uint_eq(view().clients, 0);
	ck_assert_uint_eq(view().refused, 0);
	close(peer.fd);
}
END_TEST

static void ask_big(struct peer *peer, int count)
{
	for (int i = 0; i < count; i++)
		peer_say(peer, "3:big,");
}

/* What it is not told yet is not even thought of, and none is lost. */
START_TEST(it_reads_late)
{
	const size_t each = 6 + BIG + 1;
	struct peer peer;

	open_door();
	peer = peer_come();
	peer.is_deaf = true;
	ask_big(&peer, MANY);
	peer_turn_for(&peer, SHORT_MS);
	ck_assert_msg(answered < MANY / 2, "%d replies wait", answered);
	if (_i == 1)
		shutdown(peer.fd, SHUT_WR);
	peer.is_deaf = false;
	peer_expect_octets(&peer, MANY * each);
	ck_assert_int_eq(answered, MANY);
	if (_i == 1)
		peer_expect_end(&peer);
	close(peer.fd);
}
END_TEST

/* Nor are its requests read: they wait in the kernel, which has room for some millions. */
START_TEST(it_asks_on_and_on)
{
	enum { REQUESTS = 65536, OCTETS_MAX = 64000000 };
	static char requests[REQUESTS];
	int64_t end = clock_steady() + 1000;
	size_t sent = 0;
	struct peer peer;

	memset(requests, 'x', sizeof(requests));
	for (size_t i = 0; i + 6 <= sizeof(requests); i += 6)
		memcpy(requests + i, "3:big,", 6);
	open_door();
	peer = peer_come();
	peer.is_deaf = true;
	while (sent < OCTETS_MAX && clock_steady() < end) {
		ssize_t count = send(peer.fd, requests, REQUESTS / 6 * 6, MSG_NOSIGNAL);

		sent += count > 0 ? (size_t)count : 0;
		peer_turn(&peer);
	}
	ck_assert_msg(sent < OCTETS_MAX, "all is read");
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
	peer = peer_come();
	other = peer_come();
	peer_say(&peer, junk[_i].said);
	peer_expect_end(&peer);
	peer_expect(&peer, junk[_i].told);
	ck_assert_uint_eq(view().refused, 1);
	peer_say(&other, "1:a,");
	peer_expect(&other, "4:OK a,");
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
	peer = peer_come();
	memset(text + 5, 'x', MAP_REQUEST_MAX);
	text[5 + MAP_REQUEST_MAX] = ',';
	peer_say_octets(&peer, text, sizeof(text));
	peer_expect_octets(&peer, 5 + 3 + MAP_REQUEST_MAX + 1);
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
	peer = peer_come();
	idle = peer_come();
	peer_say(&idle, "1:a,");
	peer_say(&peer, "1:a,4096:");
	for (int i = 0; i < MAP_REQUEST_MAX && !peer.is_closed; i++) {
		peer_say(&peer, "x");
		peer_turn_for(&peer, STEP_MS);
	}
	ck_assert(peer.is_closed);
	peer_expect(&peer, "4:OK a,");
	ck_assert_uint_eq(view().refused, 0);
	peer_turn_for(&idle, 2 * SHORT_MS);
	ck_assert(!idle.is_closed);
	close(peer.fd);
	close(idle.fd);
}
END_TEST

/* Each request has the whole time for itself, and between them there is no haste. */
START_TEST(requests_that_take_their_time)
{
	struct peer peer;

	services.request_ms = 1500;
	open_door();
	peer = peer_come();
	peer_say(&peer, "1:");
	peer_turn_for(&peer, services.request_ms * 6 / 10);
	peer_say(&peer, "a,1:");
	peer_turn_for(&peer, services.request_ms * 6 / 10);
	peer_say(&peer, "b,");
	peer_turn_for(&peer, services.request_ms * 12 / 10);
	peer_say(&peer, "1:c,");
	peer_expect(&peer, "4:OK a,4:OK b,4:OK c,");
	close(peer.fd);
}
END_TEST

START_TEST(it_does_not_read)
{
	struct peer peer, other;

	services.stall_ms = SHORT_MS;
	open_door();
	peer = peer_come();
	other = peer_come();
	peer.is_deaf = true;
	for (size_t i = 1; i <= 20; i++) {
		ask_big(&peer, MANY / 20);
		peer_say(&other, "1:a,");
		peer_expect_octets(&other, i * strlen("4:OK a,"));
	}
	for (int64_t end = clock_steady() + WAIT_MS; view().clients > 1 && clock_steady() < end;)
		peer_turn(&other);
	ck_assert_uint_eq(view().clients, 1);
	peer_expect_end(&peer);
	close(peer.fd);
	close(other.fd);
}
END_TEST

START_TEST(it_asks_nothing)
{
	struct peer peer;

	services.idle_ms = SHORT_MS;
	open_door();
	peer = peer_come();
	peer_say(&peer, "1:a,");
	peer_expect_end(&peer);
	peer_expect(&peer, "4:OK a,");
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
		peers[i] = peer_come();
		peer_say(&peers[i], "1:a,");
		peer_expect(&peers[i], "4:OK a,");
	}
	peer_say(&peers[0], "1:b,");
	peer_expect(&peers[0], "4:OK a,4:OK b,");
	peers[3] = peer_come();
	peer_say(&peers[3], "1:a,");
	peer_expect(&peers[3], "4:OK a,");
	peer_expect_end(&peers[1]);
	for (int i = 0; i < 4; i++) {
		peer_turn(&peers[i]);
		ck_assert_msg(peers[i].is_closed == (i == 1), "client %d", i);
	}
	ck_assert_uint_eq(view().clients, 3);
	for (int i = 0; i < 4; i++)
		close(peers[i].fd);
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
	peer = peer_come();
	limit_descriptors();
	begin = clock();
	peer_turn_for(&peer, 500);
	ck_assert_msg(clock() - begin < CLOCKS_PER_SEC / 4, "it spins");
	ck_assert_uint_eq(view().clients, 0);
	setrlimit(RLIMIT_NOFILE, &before);
	peer_say(&peer, "1:a,");
	peer_expect(&peer, "4:OK a,");
	close(peer.fd);
}
END_TEST

START_TEST(the_idlest_gives_its_descriptor)
{
	struct peer first, second;

	open_door();
	first = peer_come();
	peer_say(&first, "1:a,");
	peer_expect(&first, "4:OK a,");
	second = peer_come();
	limit_descriptors();
	peer_say(&second, "1:b,");
	peer_expect(&second, "4:OK b,");
	peer_expect_end(&first);
	close(first.fd);
	close(second.fd);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{in_their_order, 1}, {octet_by_octet, 1},
		{its_side_is_closed, 1}, {it_reads_late, 2}, {it_asks_on_and_on, 1},
		{no_netstring, COUNT(junk)}, {the_longest_request, 1}, {a_request_does_not_end, 1},
		{requests_that_take_their_time, 1}, {it_does_not_read, 1}, {it_asks_nothing, 1},
		{the_idlest_goes, 1}, {no_descriptor_is_left, 1},
		{the_idlest_gives_its_descriptor, 1}};

	return suite_run_with("map_door", tests, COUNT(tests), set_up, peer_tear_down);
}
