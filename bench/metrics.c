/* metrics: what a scrape costs, and what counting costs a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * A scrape is /metrics as it is written for the HTTP door, with hosts that have delivered, failed and
 * changed their state in several ways. The least processor time of 25; the ratio is that of the time for one
 * host to the first row's.
 *
 * Counting on the way of a message is two looks at the clock and a histogram. Beside it stands the
 * least that a message costs: as many round trips over a Unix socket as the milter protocol has for
 * it, and the engine's part. The limit is 1 percent.
 *
 * Then choices in one thread while another scrapes without a pause: what they lose, for a scrape every
 * 15 seconds. Exit status 1 if a limit is passed.
 */

#include "conf/conf.h"
#include "doors/http_metrics.h"
#include "engine/clock.h"
#include "engine/engine.h"
#include "engine/engine_learn.h"
#include "engine/engine_metrics.h"
#include "engine/log.h"
#include "text/idn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	HOSTS_IN_POOL = 50,
	SCRAPES = 25,
	COUNTINGS = 2000000,
	MESSAGES = 20000,
	ROUND_TRIPS = 8, /* connect, helo, mail, rcpt, data, headers, body, end */
	CHOICES = 200000,
	SCRAPE_EVERY_S = 15,
};

static const double routes_limit = 1.3;	 /* 100,000 routes beside 10 */
static const double hosts_limit = 2;	 /* for one host, of 1,000 beside 10 */
static const double message_limit = 1.0; /* percent */

static char folder[] = "/tmp/nexthop-bench.XXXXXX";
static struct http_profile profile = {.version = "bench", .mta = "postfix", .reload_ok = true};
static bool is_over;

static void check(bool is_good, const char *what)
{
	if (is_good)
		return;
	perror(what);
	exit(EXIT_FAILURE);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Processor time of this thread, whatever else the machine does. */
static double own_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double least(const double *values, int count)
{
	double found = values[0];

	for (int i = 1; i < count; i++)
		if (values[i] < found)
			found = values[i];
	return found;
}

static void judge(const char *what, double value, double limit)
{
	if (value <= limit)
		return;
	printf("%s: %.2f is over the limit, %.2f\n", what, value, limit);
	is_over = true;
}

/* ---- a daemon's engine */

struct setting {
	const char *name;
	int hosts;
	int routes;
	int in_place; /* so many routes more, each with a pool of its own */
	const char *match;
	double ns;
	size_t octets;
};

static void write_config(const char *path, const struct setting *setting)
{
	FILE *file = fopen(path, "w");
	int pools = (setting->hosts + HOSTS_IN_POOL - 1) / HOSTS_IN_POOL;

	check(file != NULL, path);
	fprintf(file, "health = { log = \"none\"; };\npools = {");
	for (int i = 0; i < setting->hosts; i++) {
		if (i % HOSTS_IN_POOL == 0)
			fprintf(file, "%s p%d = { hosts = (", i == 0 ? "" : "); };",
				i / HOSTS_IN_POOL);
		fprintf(file, "%s { host = \"mx%d.relay.example.com\"; }\n",
			i % HOSTS_IN_POOL == 0 ? "" : ",", i);
	}
	fprintf(file, "); }; };\nroutes = (");
	for (int i = 0; i < setting->routes; i++)
		fprintf(file, "%s { match = \"d%d.example.com\"; pool = \"p%d\"; }\n",
			i == 0 ? "" : ",", i, i % pools);
	for (int i = 0; i < setting->in_place; i++)
		fprintf(file,
			", { match = \"u%d%s\"; hosts = ( { host = "
			"\"mx%d.relay.example.com\"; } ); }\n",
			i, setting->match, i % setting->hosts);
	fprintf(file, ");\n");
	check(fclose(file) == 0, path);
}

static struct engine *make_engine(const struct setting *setting)
{
	char config[sizeof(folder) + 16], file[sizeof(folder) + 16];
	struct state_report report;
	struct fault_list faults;
	struct conf *conf;
	struct state *state;
	struct engine *engine;

	snprintf(config, sizeof(config), "%s/routes.cfg", folder);
	snprintf(file, sizeof(file), "%s/state", folder);
	write_config(config, setting);
	fault_list_init(&faults);
	conf = conf_load(config, &faults);
	check(conf != NULL, "conf_load");
	state = state_open(file, &report);
	check(state != NULL, "state_open");
	engine = engine_new(state);
	check(engine != NULL && engine_swap(engine, &conf->table, &report) == 0, "engine_swap");
	unlink(config);
	unlink(file);
	return engine; /* and what it is made of, until the process ends */
}

/* What a host has gone through in a long life. */
static void live(struct engine *engine, int host)
{
	static const struct {
		enum observation_stage stage;
		int code;
		enum observation_outcome outcome;
	} lines[] = {
		{OBSERVATION_STAGE_END, 250, OBSERVATION_SENT},
		{OBSERVATION_STAGE_MAIL, 452, OBSERVATION_PASSED_ON},
		{OBSERVATION_STAGE_RCPT, 450, OBSERVATION_DEFERRED},
		{OBSERVATION_STAGE_RCPT, 550, OBSERVATION_BOUNCED},
		{OBSERVATION_STAGE_GREETING, 421, OBSERVATION_PASSED_ON},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct observation seen;

		observation_init(&seen);
		seen.at = clock_now();
		seen.what = OBSERVATION_REPLY;
		seen.stage = lines[i].stage;
		seen.code = lines[i].code;
		seen.outcome = lines[i].outcome;
		seen.delays[2] = 20;
		seen.delays[3] = 80;
		snprintf(seen.host, sizeof(seen.host), "mx%d.relay.example.com", host);
		snprintf(seen.queue_id, sizeof(seen.queue_id), "4A%dx%zu", host, i);
		engine_learn_line(engine, &seen);
	}
}

/* ---- scrapes */

static size_t scrape(struct engine *engine)
{
	struct http_call call = {.engine = engine, .profile = &profile, .path = HTTP_METRICS_PATH};
	struct evbuffer *body = evbuffer_new();
	size_t octets;

	check(body != NULL && http_metrics_write(&call, EXPOSITION_OPENMETRICS, body) == 0,
		"http_metrics_write");
	octets = evbuffer_get_length(body);
	evbuffer_free(body);
	return octets;
}

static struct engine *measure(struct setting *setting)
{
	struct engine *engine = make_engine(setting);
	double times[SCRAPES];

	for (int i = 0; i < setting->hosts; i++)
		live(engine, i);
	setting->octets = scrape(engine);
	for (int i = 0; i < SCRAPES; i++) {
		double begun = own_ns();

		scrape(engine);
		times[i] = own_ns() - begun;
	}
	setting->ns = least(times, SCRAPES);
	return engine;
}

static double for_a_host(const struct setting *setting)
{
	return setting->ns / setting->hosts;
}

static void print(const struct setting *setting, const struct setting *first)
{
	printf("%-36s %8.2f %9zu %9.2f %6.2f\n", setting->name, setting->ns / 1e6, setting->octets,
		for_a_host(setting) / 1e3, for_a_host(setting) / for_a_host(first));
}

/* ---- a message */

static double counting_ns(struct engine *engine)
{
	double begun = own_ns();

	for (int i = 0; i < COUNTINGS; i++) {
		int64_t from = clock_steady_us();

		engine_metrics_decided(engine, clock_steady_us() - from);
	}
	return (own_ns() - begun) / COUNTINGS;
}

static void choose(struct engine *engine, int number)
{
	struct engine_message message = {.queue_id = "4AbCdEfGh"};
	struct engine_choice choice;
	struct view_route route;
	struct address address;
	char text[64];

	snprintf(text, sizeof(text), "u%d@d%d.example.com", number, number % 10);
	address_parse(&address, text);
	idn_fold_address(&address);
	engine_route(engine, &address, &route);
	message.pool = route.pool;
	message.recipient_hash = address.hash;
	check(engine_choose(engine, &message, &choice) == 0, "engine_choose");
	engine_remember(engine, address.hash, &choice);
}

static void *answer(void *context)
{
	int fd = *(int *)context;
	char octets[64];

	while (read(fd, octets, sizeof(octets)) > 0)
		if (write(fd, octets, 5) != 5)
			break;
	return NULL;
}

static double message_ns(struct engine *engine)
{
	int pair[2];
	char octets[64] = "";
	pthread_t thread;
	double begun;

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	check(pthread_create(&thread, NULL, answer, &pair[1]) == 0, "pthread_create");
	begun = now_ns();
	for (int i = 0; i < MESSAGES; i++) {
		for (int trip = 0; trip < ROUND_TRIPS; trip++)
			check(write(pair[0], octets, 40) == 40 &&
					read(pair[0], octets, sizeof(octets)) == 5,
				"socket");
		choose(engine, i);
	}
	begun = now_ns() - begun;
	close(pair[0]);
	pthread_join(thread, NULL);
	close(pair[1]);
	return begun / MESSAGES;
}

static void measure_message(struct engine *engine)
{
	double counting = counting_ns(engine);
	double message = message_ns(engine);
	double percent = 100 * counting / message;

	printf("counting, for a message: %.0f ns, %.2f %% of the least that it costs (%.1f us)\n",
		counting, percent, message / 1e3);
	judge("counting, percent of a message", percent, message_limit);
}

/* ---- choices while somebody scrapes */

struct chooser {
	struct engine *engine;
	double ns;
	atomic_bool has_ended;
};

static void *choose_many(void *context)
{
	struct chooser *chooser = context;
	double begun = now_ns();

	for (int i = 0; i < CHOICES; i++)
		choose(chooser->engine, i);
	chooser->ns = (now_ns() - begun) / CHOICES;
	atomic_store(&chooser->has_ended, true);
	return NULL;
}

static double choose_beside(struct engine *engine, bool is_scraped, double *scrape_ns)
{
	struct chooser chooser = {.engine = engine};
	double begun = now_ns();
	int scrapes = 0;
	pthread_t thread;

	check(pthread_create(&thread, NULL, choose_many, &chooser) == 0, "pthread_create");
	for (; is_scraped && !atomic_load(&chooser.has_ended); scrapes++)
		scrape(engine);
	*scrape_ns = (now_ns() - begun) / (scrapes == 0 ? 1 : scrapes);
	pthread_join(thread, NULL);
	return chooser.ns;
}

static void measure_lock(struct engine *engine)
{
	double scrape_ns;
	double alone = choose_beside(engine, false, &scrape_ns);
	double beside = choose_beside(engine, true, &scrape_ns);
	double busy = scrape_ns / (SCRAPE_EVERY_S * 1e9); /* part of the time */
	double percent = 100 * (beside / alone - 1) * busy;

	printf("choices beside scrapes without a pause: %.2f us, alone %.2f us, ratio %.2f; with "
	       "one "
	       "every %d s: %.3f %%\n",
		beside / 1e3, alone / 1e3, beside / alone, SCRAPE_EVERY_S,
		percent < 0 ? 0 : percent);
	judge("scrapes, percent of a choice", percent, message_limit);
}

int main(void)
{
	struct setting settings[] = {
		{.name = "10 hosts, 10 routes", .hosts = 10, .routes = 10},
		{.name = "10 hosts, 100,000 routes", .hosts = 10, .routes = 100000},
		{.name = "10 hosts, 30,000 addresses in place",
			.hosts = 10,
			.routes = 10,
			.in_place = 30000,
			.match = "@example.net"},
		{.name = "10 hosts, 1,000 domains in place",
			.hosts = 10,
			.routes = 10,
			.in_place = 1000,
			.match = ".example.net"},
		{.name = "10 hosts, 30,000 domains in place",
			.hosts = 10,
			.routes = 10,
			.in_place = 30000,
			.match = ".example.net"},
		{.name = "1,000 hosts, 10 routes", .hosts = 1000, .routes = 10},
		{.name = "1,000 hosts, 100,000 routes", .hosts = 1000, .routes = 100000},
	};
	const int count = sizeof(settings) / sizeof(settings[0]);
	struct engine *engine = NULL;

	check(mkdtemp(folder) != NULL, folder);
	log_open(LOG_TO_STDERR, false);
	check(freopen("/dev/null", "w", stderr) != NULL, "/dev/null"); /* changes of state */
	for (int i = 0; i < count; i++)
		engine = measure(&settings[i]);
	printf("%-36s %8s %9s %9s %6s\n", "a scrape", "ms", "octets", "us a host", "ratio");
	for (int i = 0; i < count; i++)
		print(&settings[i], &settings[0]);
	judge("100,000 routes beside 10", settings[1].ns / settings[0].ns, routes_limit);
	judge("30,000 addresses in place beside none", settings[2].ns / settings[0].ns,
		routes_limit);
	judge("30,000 domains in place beside 1,000", settings[4].ns / settings[3].ns,
		routes_limit);
	judge("1,000 hosts: 100,000 routes beside 10", settings[6].ns / settings[5].ns,
		routes_limit);
	judge("a host of 1,000 beside one of 10",
		for_a_host(&settings[5]) / for_a_host(&settings[0]), hosts_limit);
	measure_message(engine);
	measure_lock(engine);
	rmdir(folder);
	return is_over ? EXIT_FAILURE : EXIT_SUCCESS;
}
