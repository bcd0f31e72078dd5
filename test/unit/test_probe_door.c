/* test_probe_door: who is probed, how often, how many at once, and that nothing is left over
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/probe_door.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "suite.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/listener.h>

enum { HOSTS_MAX = 32, WAIT_MS = 60000, STEP_MS = 2, PASS_MS = 5, LONG_MS = 1000000 };

static struct event_base *base;
static struct event *step;
static struct probe_door *door;
static struct evconnlistener *listener;
static int port;
static bool is_silent; /* the host says nothing; else it greets and takes all */
static int open_now;
static int open_most;
static int accepted;

/* What the door is told: hosts are 127.0.0.1, .2, …, all on one port. */
static size_t host_count;
static bool is_hidden;
static const char *only_name; /* NULL: as above */
static struct probe_target common;
static int results[HOSTS_MAX];
static int result_count;
static struct observation last;

/* ---- the hosts */

static void on_host_event(struct bufferevent *connection, short what, void *context)
{
	(void)what;
	(void)context;
	open_now--;
	bufferevent_free(connection);
}

static void on_host_read(struct bufferevent *connection, void *context)
{
	char line[512];

	(void)context;
	while (bufferevent_read(connection, line, sizeof(line)) > 0)
		if (!is_silent)
			bufferevent_write(connection, "250 Ok\r\n", 8);
}

static void on_accept(struct evconnlistener *from, evutil_socket_t fd, struct sockaddr *address,
	int length, void *context)
{
	struct bufferevent *connection = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);

	(void)from;
	(void)address;
	(void)length;
	(void)context;
	accepted++;
	open_now++;
	if (open_now > open_most)
		open_most = open_now;
	bufferevent_setcb(connection, on_host_read, NULL, on_host_event, NULL);
	bufferevent_enable(connection, EV_READ | EV_WRITE);
	if (!is_silent)
		bufferevent_write(connection, "220 hi\r\n", 8);
}

/* ---- the door's services */

static size_t count(void *context)
{
	ck_assert_ptr_eq(context, &common);
	return host_count;
}

static bool target(void *context, size_t host, struct probe_target *target)
{
	ck_assert_ptr_eq(context, &common);
	ck_assert_uint_lt(host, host_count);
	*target = common;
	if (only_name != NULL)
		snprintf(target->name, sizeof(target->name), "%s", only_name);
	else
		snprintf(target->name, sizeof(target->name), "127.0.0.%zu", host + 1);
	target->port = port;
	target->key = table_host_key(target->name, port);
	return !is_hidden;
}

static void result(
	void *context, const struct probe_target *target, const struct observation *observation)
{
	const char *number = strrchr(target->name, '.');

	ck_assert_ptr_eq(context, &common);
	ck_assert(observation->is_probe);
	if (number != NULL && atoi(number + 1) > 0)
		results[atoi(number + 1) - 1]++;
	result_count++;
	last = *observation;
}

/* ---- life */

static void nothing(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

static void setup(void)
{
	const struct timeval wait = {.tv_usec = STEP_MS * 1000};
	struct sockaddr_in any = {.sin_family = AF_INET};
	socklen_t length = sizeof(any);

	log_open(LOG_TO_STDERR, false);
	base = event_base_new();
	step = event_new(base, -1, EV_PERSIST, nothing, NULL);
	ck_assert_int_eq(event_add(step, &wait), 0);
	any.sin_addr.s_addr = htonl(INADDR_ANY);
	listener = evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE, 64,
		(struct sockaddr *)&any, (int)length);
	ck_assert_ptr_nonnull(listener);
	ck_assert_int_eq(
		getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&any, &length), 0);
	port = ntohs(any.sin_port);
	common = (struct probe_target){
		.plan = {.depth = PROBE_DEPTH_MAIL, .helo = "probe.example"},
		.is_up = true,
		.interval_ms = 1,
		.timeout_ms = WAIT_MS,
	};
}

static void open_door(size_t hosts, int limit, int pass_ms, const char *resolv_conf)
{
	struct probe_door_services services = {
		.base = base,
		.context = &common,
		.count = count,
		.target = target,
		.result = result,
		.limit = limit,
		.pass_ms = pass_ms,
		.resolv_conf = resolv_conf,
	};

	host_count = hosts;
	door = probe_door_new(&services);
	ck_assert_ptr_nonnull(door);
}

static void close_door(void)
{
	probe_door_free(door);
	door = NULL;
}

static void run_until(bool (*is_so)(void))
{
	int64_t end = clock_steady() + WAIT_MS;

	while (!is_so()) {
		ck_assert_msg(clock_steady() < end, "waited in vain");
		event_base_loop(base, EVLOOP_ONCE);
	}
}

static void run_for(int64_t ms)
{
	int64_t end = clock_steady() + ms;

	while (clock_steady() < end)
		event_base_loop(base, EVLOOP_ONCE);
}

static bool none_is_open(void)
{
	return open_now == 0;
}

/* Nothing is left over: without our own events the loop ends by itself. */
static void teardown(void)
{
	close_door();
	run_until(none_is_open);
	event_free(step);
	evconnlistener_free(listener);
	ck_assert_int_ne(event_base_dispatch(base), -1);
	event_base_free(base);
}

/* ---- how many, how often */

static bool three_results(void)
{
	return result_count >= 3;
}

START_TEST(a_host_is_never_probed_twice_at_once)
{
	only_name = "127.0.0.9";
	is_silent = true;
	common.timeout_ms = 50;
	open_door(3, 0, PASS_MS, NULL);
	run_until(three_results);
	ck_assert_int_eq(open_most, 1);
	ck_assert_int_eq(last.what, OBSERVATION_TIMEOUT);
	ck_assert_int_eq(last.stage, OBSERVATION_STAGE_GREETING);
}
END_TEST

static bool all_have_two(void)
{
	for (int i = 0; i < 20; i++)
		if (results[i] < 2)
			return false;
	return true;
}

/* Hosts that hang take their turns as others do; nobody is left out. */
START_TEST(the_limit_leaves_nobody_out)
{
	is_silent = _i == 0;
	common.timeout_ms = 20;
	open_door(20, 3, PASS_MS, NULL);
	run_until(all_have_two);
	/* The host may see the end of one after the beginning of the next. */
	ck_assert_int_ge(open_most, 3);
	ck_assert_int_le(open_most, 6);
	for (int i = 0; i < 20; i++)
		ck_assert_msg(results[i] <= 4, "%d: %d results", i, results[i]);
}
END_TEST

START_TEST(faster_while_not_up)
{
	common.interval_ms = LONG_MS;
	common.fast_interval_ms = 1;
	common.is_up = false;
	open_door(1, 0, PASS_MS, NULL);
	run_until(three_results);
	ck_assert_int_eq(last.outcome, OBSERVATION_SENT);
	common.is_up = true;
	run_for(5 * PASS_MS);
	result_count = 0;
	run_for(20 * PASS_MS);
	ck_assert_int_eq(result_count, 0);
	common.is_up = false;
	run_until(three_results);
}
END_TEST

/* ---- hosts that leave */

static bool one_is_open(void)
{
	return open_now == 1;
}

START_TEST(a_host_that_leaves_is_dropped)
{
	is_silent = true;
	open_door(1, 0, PASS_MS, NULL);
	run_until(one_is_open);
	ck_assert_int_eq(probe_door_in_flight(door), 1);
	if (_i == 0)
		host_count = 0;
	else
		is_hidden = true;
	run_until(none_is_open);
	ck_assert_int_eq(probe_door_in_flight(door), 0);
	ck_assert_int_eq(result_count, 0);
}
END_TEST

static bool none_in_flight(void)
{
	return accepted > 0 && probe_door_in_flight(door) == 0;
}

/* Before the next look at the configuration. */
START_TEST(a_late_result_is_dropped)
{
	is_silent = true;
	common.timeout_ms = 50;
	open_door(1, 0, LONG_MS, NULL);
	run_until(one_is_open);
	if (_i == 0)
		host_count = 0;
	else if (_i == 1)
		is_hidden = true;
	else
		only_name = "127.0.0.3";
	run_until(none_in_flight);
	ck_assert_int_eq(result_count, 0);
}
END_TEST

static bool five_are_open(void)
{
	return open_now == 5;
}

START_TEST(free_closes_everything)
{
	is_silent = true;
	open_door(5, 0, PASS_MS, NULL);
	run_until(five_are_open);
	close_door();
	run_until(none_is_open);
	ck_assert_int_eq(result_count, 0);
}
END_TEST

START_TEST(what_cannot_be_said_is_not)
{
	strcpy(common.plan.sender, "a>\r\nDATA");
	open_door(1, 0, PASS_MS, NULL);
	run_for(10 * PASS_MS);
	ck_assert_int_eq(accepted, 0);
	ck_assert_int_eq(result_count, 0);
}
END_TEST

/* ---- names */

static int servers[2];
static char resolv_conf[64];

static void open_servers(void)
{
	int fd;

	for (int i = 0; i < 2; i++) {
		struct sockaddr_in address = {.sin_family = AF_INET};

		servers[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		ck_assert_int_eq(bind(servers[i], (struct sockaddr *)&address, sizeof(address)), 0);
	}
	strcpy(resolv_conf, "/tmp/test_probe_door.XXXXXX");
	fd = mkstemp(resolv_conf);
	ck_assert_int_ne(fd, -1);
	close(fd);
}

static void close_servers(void)
{
	unlink(resolv_conf);
	close(servers[0]);
	close(servers[1]);
}

static void use_server(int which)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	char next[80];
	FILE *file;

	getsockname(servers[which], (struct sockaddr *)&address, &length);
	snprintf(next, sizeof(next), "%s.new", resolv_conf);
	file = fopen(next, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "nameserver 127.0.0.1:%d\n", ntohs(address.sin_port));
	fclose(file);
	ck_assert_int_eq(rename(next, resolv_conf), 0);
}

static bool first_is_asked(void)
{
	char packet[512];

	return recv(servers[0], packet, sizeof(packet), 0) > 0;
}

static bool second_is_asked(void)
{
	char packet[512];

	return recv(servers[1], packet, sizeof(packet), 0) > 0;
}

/* With lookups under way, too, which nobody answers. */
START_TEST(a_new_resolv_conf_is_read)
{
	open_servers();
	use_server(0);
	only_name = "nobody.example";
	common.timeout_ms = 100;
	open_door(1, 0, PASS_MS, resolv_conf);
	run_until(first_is_asked);
	use_server(1);
	run_until(second_is_asked);
	run_until(three_results);
	ck_assert_int_eq(last.what, OBSERVATION_NO_ADDRESS);
	ck_assert_int_eq(last.stage, OBSERVATION_STAGE_CONNECT);
	ck_assert_str_eq(last.text, "no answer from DNS in time");
	close_servers();
}
END_TEST

START_TEST(free_ends_lookups)
{
	open_servers();
	use_server(0);
	only_name = "nobody.example";
	open_door(1, 0, PASS_MS, resolv_conf);
	run_until(first_is_asked);
	ck_assert_int_eq(probe_door_in_flight(door), 1);
	close_door();
	close_servers();
	ck_assert_int_eq(result_count, 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{a_host_is_never_probed_twice_at_once, 1},
		{the_limit_leaves_nobody_out, 2}, {faster_while_not_up, 1},
		{a_host_that_leaves_is_dropped, 2}, {a_late_result_is_dropped, 3},
		{free_closes_everything, 1}, {what_cannot_be_said_is_not, 1},
		{a_new_resolv_conf_is_read, 1}, {free_ends_lookups, 1}};

	return suite_run_with("probe_door", tests, COUNT(tests), setup, teardown);
}
