/* map: what an answer of the map costs, beside a server that sends back what it is sent
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * Each row is a process that serves a Unix socket by the same event loop: one that gives back each
 * netstring as it is, and the map with few and with many routes, three hosts in each pool. One
 * client on one connection asks for 4096 addresses in turn: 64 requests at once, then one by one as
 * an MTA does. Rows are taken in turns, five times; medians count. "server ns" is the processor
 * time that the server takes for a request, whatever else the machine does.
 *
 * Then what is kept of recipients for the map, when there is no room for one more.
 */

#include "conf/conf.h"
#include "core/netstring.h"
#include "doors/map_answer.h"
#include "doors/map_door.h"
#include "engine/engine.h"
#include "engine/log.h"
#include "engine/replay.h"
#include "text/idn.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

enum {
	ROUNDS = 5,
	ADDRESSES = 4096,
	AT_ONCE = 64,
	PIPELINED = 131072,
	ONE_BY_ONE = 8192,
	REQUEST_ROOM = 96,
	BATCH_ROOM = 65536,
};

static char folder[] = "/tmp/nexthop-bench.XXXXXX";

/* One server. Without routes it is the one that gives back what it gets. */
struct setting {
	const char *name;
	int routes;
	char path[sizeof(folder) + 16];
	pid_t process;
	clockid_t clock;
	int fd;
	char requests[ADDRESSES][REQUEST_ROOM];
	double rate[ROUNDS];
	double cost[ROUNDS];
	double single[ROUNDS];
};

static void check(bool is_good, const char *what)
{
	if (is_good)
		return;
	perror(what);
	exit(EXIT_FAILURE);
}

static double clock_ns(clockid_t clock)
{
	struct timespec now;

	check(clock_gettime(clock, &now) == 0, "clock_gettime");
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static struct sockaddr_un address_of(const struct setting *setting)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, setting->path);
	return address;
}

/* ---- the server that gives back what it gets */

static void on_read(struct bufferevent *connection, void *unused)
{
	struct evbuffer *input = bufferevent_get_input(connection);
	size_t before = evbuffer_get_length(input);
	struct span span = span_make((const char *)evbuffer_pullup(input, -1), before);
	struct span request;
	char reply[MAP_REQUEST_MAX + NETSTRING_FRAME];

	(void)unused;
	while (netstring_take(&span, MAP_REQUEST_MAX, &request) == NETSTRING_WHOLE)
		bufferevent_write(connection, reply, netstring_put(reply, sizeof(reply), request));
	evbuffer_drain(input, before - span.length);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
	int length, void *unused)
{
	struct bufferevent *connection =
		bufferevent_socket_new(evconnlistener_get_base(listener), fd, 0);

	(void)peer;
	(void)length;
	(void)unused;
	bufferevent_setcb(connection, on_read, NULL, NULL, NULL);
	bufferevent_enable(connection, EV_READ | EV_WRITE);
}

/* ---- the map */

static void write_config(const char *path, int routes)
{
	FILE *file = fopen(path, "w");

	check(file != NULL, path);
	fprintf(file, "health = { log = \"none\"; };\npools = {");
	for (int i = 0; i < 10; i++)
		fprintf(file,
			" p%d = { hosts = ( { host = \"192.0.2.%d\"; }, { host = \"192.0.2.%d\"; "
			"},\n { host = \"192.0.2.%d\"; } ); };\n",
			i, i + 1, i + 101, i + 201);
	fprintf(file, "};\nroutes = (");
	for (int i = 0; i < routes; i++)
		fprintf(file, "%s { match = \"d%d.example.com\"; pool = \"p%d\"; }\n",
			i == 0 ? "" : ",", i, i % 10);
	fprintf(file, ");\n");
	check(fclose(file) == 0, path);
}

static struct engine *make_engine(int routes)
{
	char config[sizeof(folder) + 16], file[sizeof(folder) + 16];
	struct fault_list faults;
	struct state_report report;
	struct engine *engine;
	struct state *state;
	struct conf *conf;

	snprintf(config, sizeof(config), "%s/routes%d", folder, routes);
	snprintf(file, sizeof(file), "%s/state%d", folder, routes);
	write_config(config, routes);
	fault_list_init(&faults);
	conf = conf_load(config, &faults);
	check(conf != NULL, config);
	state = state_open(file, &report);
	check(state != NULL, report.text);
	engine = engine_new(state);
	check(engine != NULL && engine_swap(engine, &conf->table, &report) == 0, "engine");
	unlink(config);
	unlink(file);
	return engine;
}

/* ---- servers */

static void serve(const struct setting *setting, int fd)
{
	struct event_base *base = event_base_new();
	const struct map_door_services services = {
		.base = base,
		.context = setting->routes == 0 ? NULL : make_engine(setting->routes),
		.answer = map_answer_write,
	};

	if (setting->routes == 0)
		check(evconnlistener_new(base, on_accept, NULL, 0, 0, fd) != NULL, "listener");
	else
		check(map_door_new(&services, fd) != NULL, "map_door");
	check(listen(fd, 1) == 0, "listen");
	event_base_dispatch(base);
	_exit(EXIT_FAILURE);
}

static void start(struct setting *setting)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(setting->path, sizeof(setting->path), "%s/socket%d", folder, setting->routes);
	address = address_of(setting);
	check(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, setting->path);
	check(listen(fd, 1) == 0, "listen");
	setting->process = fork();
	check(setting->process != -1, "fork");
	if (setting->process == 0)
		serve(setting, fd);
	close(fd);
	check(clock_getcpuclockid(setting->process, &setting->clock) == 0, "its clock");
	setting->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	check(connect(setting->fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
}

static void stop(struct setting *setting)
{
	kill(setting->process, SIGTERM);
	waitpid(setting->process, NULL, 0);
	close(setting->fd);
	unlink(setting->path);
}

/* ---- the client */

/* For addresses that have a route, in domains all over the table. */
static void make_requests(struct setting *setting)
{
	const int routes = setting->routes == 0 ? 10 : setting->routes;

	for (int i = 0; i < ADDRESSES; i++) {
		char text[REQUEST_ROOM / 2];
		char *request = setting->requests[i];
		int length = snprintf(text, sizeof(text), "transport user%d@d%d.example.com", i,
			i * 7919 % routes);

		request[netstring_put(request, REQUEST_ROOM, span_make(text, (size_t)length))] =
			'\0';
	}
}

/* Reads until COUNT replies have come. */
static void take_replies(int fd, int count)
{
	static char octets[BATCH_ROOM];
	size_t used = 0;

	while (count > 0) {
		ssize_t length = read(fd, octets + used, sizeof(octets) - used);
		struct span span, reply;

		check(length > 0, "read");
		used += (size_t)length;
		span = span_make(octets, used);
		while (netstring_take(&span, BATCH_ROOM, &reply) == NETSTRING_WHOLE)
			count--;
		memmove(octets, span.at, span.length);
		used = span.length;
	}
}

/* COUNT requests, so many at once. */
static void ask(const struct setting *setting, int count, int at_once)
{
	static char batch[BATCH_ROOM];

	for (int i = 0; i < count;) {
		size_t used = 0;

		for (int j = 0; j < at_once; j++, i++) {
			const char *request = setting->requests[i % ADDRESSES];
			size_t length = strlen(request);

			memcpy(batch + used, request, length);
			used += length;
		}
		check(write(setting->fd, batch, used) == (ssize_t)used, "write");
		take_replies(setting->fd, at_once);
	}
}

static void measure(struct setting *setting, int round)
{
	double began = clock_ns(CLOCK_MONOTONIC);
	double used = clock_ns(setting->clock);

	ask(setting, PIPELINED, AT_ONCE);
	setting->cost[round] = (clock_ns(setting->clock) - used) / PIPELINED;
	setting->rate[round] = PIPELINED / (clock_ns(CLOCK_MONOTONIC) - began) * 1e9;
	began = clock_ns(CLOCK_MONOTONIC);
	ask(setting, ONE_BY_ONE, 1);
	setting->single[round] = ONE_BY_ONE / (clock_ns(CLOCK_MONOTONIC) - began) * 1e9;
}

/* ---- results */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double values[ROUNDS])
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

static void print(struct setting *setting, struct setting *baseline)
{
	printf("%-28s %10.0f %6.2f %10.0f %6.2f %10.0f %6.2f\n", setting->name,
		median(setting->rate), median(setting->rate) / median(baseline->rate),
		median(setting->cost), median(setting->cost) / median(baseline->cost),
		median(setting->single), median(setting->single) / median(baseline->single));
}

/* ---- memory */

static long resident_kb(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, resident;

	check(file != NULL && fscanf(file, "%ld %ld", &size, &resident) == 2, "/proc/self/statm");
	fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void print_memory(void)
{
	struct engine *engine = make_engine(10);
	struct engine_choice choice = {.host = 1, .at = 1};
	long before = resident_kb();

	/* Sets are found by the lowest bits. */
	for (uint64_t i = 0; i < (uint64_t)REPLAY_SETS * REPLAY_WAYS; i++)
		engine_remember(engine, i + 1, &choice);
	printf("%d recipients kept for the map: %ld kB more than none (%ld kB)\n",
		REPLAY_SETS * REPLAY_WAYS, resident_kb() - before, before);
}

int main(void)
{
	static struct setting settings[] = {
		{.name = "gives back what it gets"},
		{.name = "map, 10 routes", .routes = 10},
		{.name = "map, 100000 routes", .routes = 100000},
	};
	const int count = sizeof(settings) / sizeof(settings[0]);

	check(mkdtemp(folder) != NULL, folder);
	log_open(LOG_TO_STDERR, false);
	for (int i = 0; i < count; i++) {
		make_requests(&settings[i]);
		start(&settings[i]);
	}
	/* The first round warms up, and waits until all have begun. */
	for (int i = 0; i < count; i++)
		measure(&settings[i], 0);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < count; i++)
			measure(&settings[i], round);
	printf("%-28s %10s %6s %10s %6s %10s %6s\n", "requests to the map", "64 at once", "ratio",
		"server ns", "ratio", "1 by 1", "ratio");
	for (int i = 0; i < count; i++)
		print(&settings[i], &settings[0]);
	for (int i = 0; i < count; i++)
		stop(&settings[i]);
	print_memory();
	rmdir(folder);
	return EXIT_SUCCESS;
}
