/* nexthop-milter: the daemon
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf.h"
#include "config.h"
#include "core/rules.h"
#include "doors/http_condition.h"
#include "doors/http_door.h"
#include "doors/http_metrics_table.h"
#include "doors/map_answer.h"
#include "doors/map_door.h"
#include "doors/milter_check.h"
#include "doors/milter_door.h"
#include "doors/secret_answer.h"
#include "engine/clock.h"
#include "engine/engine.h"
#include "engine/log.h"
#include "observers.h"
#include "options.h"
#include "readiness.h"
#include "reload.h"
#include "saver.h"
#include "sockets.h"
#include "start/preflight.h"
#include "start/privilege.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/thread.h>

enum {
	ERROR_MAX = 1024,
	SIGNAL_COUNT = 3,
	DRAIN_MS = 10000, /* how long a stop waits for messages in flight */
	DRAIN_STEP_MS = 50,
	BEGIN_MS = 20000, /* how long a start waits for libmilter */
	LINGER_STEPS = 5, /* then libmilter has sent its last answers */
};

static const int signals[SIGNAL_COUNT] = {SIGHUP, SIGTERM, SIGINT};

/* Both live until the process ends: libmilter's threads may use them until then. */
static struct http_profile profile;
static int64_t flush_seen;
static struct daemon_state {
	struct listeners listeners;
	struct state *state;
	struct engine *engine;
	struct event_base *base;
	struct map_door *map;
	struct map_door *secret;
	struct milter_check *check;
	struct http_door *http;
	struct reload *reload;
	struct saver *saver;
	struct observers *observers;
	struct event *signal_events[SIGNAL_COUNT];
	struct event *tick;
	struct event *drain_step;
	struct event *milter_ended;
	int64_t begin_end; /* by the steady clock; 0: it has begun */
	int64_t drain_end; /* by the steady clock; 0: it does not stop */
	int quiet_steps;
	int status;
} self;

/* ---- configuration */

static void print_faults(const struct fault_list *faults)
{
	char line[ERROR_MAX];

	for (size_t i = 0; i < faults->count; i++)
		fprintf(stderr, "%s\n", fault_format(line, sizeof(line), &faults->faults[i]));
	if (faults->unlisted > 0)
		fprintf(stderr, "%zu more faults\n", faults->unlisted);
}

static int check_only(const struct options *options)
{
	char verdict[ERROR_MAX];
	char who[PRIVILEGE_NAME_MAX];
	struct fault_list faults;
	struct conf *conf;
	int status;

	fault_list_init(&faults);
	conf = preflight_file(options->config, options->user, &faults, who);
	status = conf == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
	print_faults(&faults);
	fprintf(conf == NULL ? stderr : stdout, "%s\n",
		preflight_verdict(verdict, sizeof(verdict), options->config, who, conf, &faults));
	conf_free(conf);
	fault_list_free(&faults);
	return status;
}

static struct conf *load(const char *path)
{
	struct fault_list faults;
	struct conf *conf;

	fault_list_init(&faults);
	conf = conf_load(path, &faults);
	reload_log_faults(&faults);
	fault_list_free(&faults);
	return conf;
}

/* A copy that outlives the configuration. */
static char *keep(const char *text)
{
	char *copy = text == NULL ? NULL : strdup(text);

	if (text != NULL && copy == NULL) {
		log_error("out of memory");
		exit(EXIT_FAILURE);
	}
	return copy;
}

static void keep_profile(const struct conf *conf, const char *path)
{
	profile = (struct http_profile){
		.version = PACKAGE_VERSION,
		.config = path,
		.mta = conf->mta == CONF_MTA_SENDMAIL ? "sendmail" : "postfix",
		.state_file = keep(conf->state_file),
		.milter_socket = keep(conf->milter_socket.text),
		.map_socket = keep(conf->map_socket.text),
		.secret_socket = keep(conf->secret_socket.text),
		.control_socket = keep(conf->control_socket.text),
		.status_listen = keep(conf->status_listen.text),
		.status_hosts = keep(conf->status_hosts),
		.flush_seen = &flush_seen,
		.milter_is_tcp = conf->milter_socket.path == NULL,
		.started = clock_now(),
		.reload_ok = true,
	};
	profile.loaded = profile.started;
}

/* ---- start */

static int open_engine(const struct conf *conf, char *error)
{
	struct state_report report;

	self.state = state_open(conf->state_file, &report);
	if (report.set_aside)
		log_warning("state file %s", report.text);
	for (unsigned i = 0; i < report.repair_count && i < STATE_REPAIRS_MAX; i++)
		log_warning("state file %s: %s", conf->state_file, report.repairs[i]);
	if (report.repair_count > STATE_REPAIRS_MAX)
		log_warning("state file %s: %u more repairs", conf->state_file,
			report.repair_count - STATE_REPAIRS_MAX);
	if (self.state == NULL) {
		snprintf(error, ERROR_MAX, "state file %s", report.text);
		return -1;
	}
	self.engine = engine_new(self.state);
	if (self.engine == NULL) {
		snprintf(error, ERROR_MAX, "out of memory");
		return -1;
	}
	if (engine_swap(self.engine, &conf->table, &report) == -1) {
		snprintf(error, ERROR_MAX, "state file %s", report.text);
		return -1;
	}
	return 0;
}

/* ---- stop */

static void on_drain_step(evutil_socket_t fd, short what, void *context)
{
	int64_t in_flight = engine_counted(self.engine, ENGINE_IN_FLIGHT);

	(void)fd;
	(void)what;
	(void)context;
	self.quiet_steps = in_flight == 0 ? self.quiet_steps + 1 : 0;
	if (self.quiet_steps < LINGER_STEPS && clock_steady() < self.drain_end)
		return;
	if (in_flight > 0)
		log_warning("stopping with messages=%lld in flight: the MTA keeps them",
			(long long)in_flight);
	event_base_loopbreak(self.base);
}

/* The socket goes: nobody answers any more. */
static void stop_check(void)
{
	profile.check = NULL;
	milter_check_free(self.check);
	self.check = NULL;
}

static void begin_stop(const char *why)
{
	const struct timeval step = {.tv_usec = (suseconds_t)DRAIN_STEP_MS * 1000};

	if (self.drain_end != 0)
		return;
	self.drain_end = clock_steady() + DRAIN_MS;
	profile.is_stopping = true;
	readiness_stopping();
	log_info("stopping reason=%s in_flight=%lld", why,
		(long long)engine_counted(self.engine, ENGINE_IN_FLIGHT));
	milter_door_drain();
	stop_check();
	sockets_remove_milter(&self.listeners);
	event_add(self.drain_step, &step);
}

static void on_milter_ended(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	log_error("%s; see the mail log",
		self.begin_end != 0 ? "cannot start: libmilter does not begin to serve"
				    : "libmilter has stopped serving");
	self.status = EXIT_FAILURE;
	event_base_loopbreak(self.base);
}

/* On libmilter's thread. */
static void tell_milter_ended(void)
{
	event_active(self.milter_ended, EV_WRITE, 0);
}

/* ---- the loop */

static void on_signal(evutil_socket_t number, short what, void *context)
{
	(void)what;
	(void)context;
	if (number != SIGHUP)
		begin_stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
	else if (reload_begin(self.reload, "", false, NULL, NULL) == -1)
		log_error("reload: cannot be begun now");
}

/* Not before libmilter has: it begins in a thread of its own, and may fail there. */
static void on_begin(void)
{
	self.begin_end = 0;
	log_info("started version=%s config=%s pools=%zu hosts=%zu routes=%zu rules=%zu",
		PACKAGE_VERSION, profile.config, engine_pool_count(self.engine),
		engine_host_count(self.engine), engine_route_count(self.engine),
		engine_rule_count(self.engine));
	engine_note(self.engine, EVENT_START, PACKAGE_VERSION);
	readiness_begun();
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	if (self.begin_end != 0 && clock_steady() >= self.begin_end && self.drain_end == 0) {
		log_error("cannot start: the milter socket does not answer within %d s; see the "
			  "mail log",
			BEGIN_MS / 1000);
		self.status = EXIT_FAILURE;
		event_base_loopbreak(self.base);
	}
	engine_tick(self.engine, clock_now());
	http_condition_tick(self.engine, &profile);
	log_tick(clock_steady());
}

static int reload_for_http(const char *by, bool is_forced, http_door_reload_end *end, void *context)
{
	return reload_begin(self.reload, by, is_forced, end, context);
}

static int save_for_http(http_door_save_end *end, void *context)
{
	return saver_begin(self.saver, end, context);
}

static int add_events(void)
{
	const struct timeval second = {.tv_sec = 1};

	for (int i = 0; i < SIGNAL_COUNT; i++) {
		self.signal_events[i] = evsignal_new(self.base, signals[i], on_signal, NULL);
		if (self.signal_events[i] == NULL || event_add(self.signal_events[i], NULL) == -1)
			return -1;
	}
	self.tick = event_new(self.base, -1, EV_PERSIST, on_tick, NULL);
	self.drain_step = event_new(self.base, -1, EV_PERSIST, on_drain_step, NULL);
	self.milter_ended = event_new(self.base, -1, 0, on_milter_ended, NULL);
	if (self.tick == NULL || self.drain_step == NULL || self.milter_ended == NULL)
		return -1;
	return event_add(self.tick, &second);
}

/* Nothing, if there is to be no map. */
static int open_map(void)
{
	struct map_door_services services = {
		.base = self.base,
		.context = self.engine,
		.answer = map_answer_write,
	};

	if (self.listeners.map_fd == -1)
		return 0;
	self.map = map_door_new(&services, self.listeners.map_fd);
	profile.map = map_door_view;
	profile.map_context = self.map;
	return self.map == NULL ? -1 : 0;
}

/* The same. */
static int open_secret(void)
{
	struct map_door_services services = {
		.base = self.base,
		.context = self.engine,
		.answer = secret_answer_write,
		.is_secret = true,
	};

	if (self.listeners.secret_fd == -1)
		return 0;
	self.secret = map_door_new(&services, self.listeners.secret_fd);
	return self.secret == NULL ? -1 : 0;
}

static int open_loop(struct conf *conf, const char *path, bool gives_groups)
{
	if (evthread_use_pthreads() == -1 || (self.base = event_base_new()) == NULL)
		return -1;

	struct http_door_services services = {
		.base = self.base,
		.engine = self.engine,
		.profile = &profile,
		.reload = reload_for_http,
		.save = save_for_http,
	};
	struct reload_settings reload = {
		.base = self.base,
		.engine = self.engine,
		.path = path,
		.profile = &profile,
		.conf = conf,
		.gives_groups = gives_groups,
	};

	self.observers = observers_new(self.base, self.engine, self.state, conf);
	reload.observers = self.observers;
	profile.log = observers_log;
	profile.log_context = self.observers;
	self.reload = reload_new(&reload);
	self.saver = saver_new(self.base, self.state);
	self.http = http_door_new(&services);
	profile.saved = saver_error;
	profile.saved_context = self.saver;
	if (self.observers == NULL || self.reload == NULL || self.saver == NULL ||
		self.http == NULL || add_events() == -1)
		return -1;
	if (open_map() == -1 || open_secret() == -1 ||
		http_door_listen(self.http, self.listeners.control_fd, false) == -1)
		return -1;
	return self.listeners.status_fd == -1
		       ? 0
		       : http_door_listen(self.http, self.listeners.status_fd, true);
}

static void close_loop(void)
{
	reload_free(self.reload);
	saver_free(self.saver);
	http_door_free(self.http);
	map_door_free(self.map);
	map_door_free(self.secret);
	observers_free(self.observers);
	stop_check();
	for (int i = 0; i < SIGNAL_COUNT; i++)
		event_free(self.signal_events[i]);
	event_free(self.tick);
	event_free(self.drain_step);
	sockets_remove(&self.listeners);
}

/* ---- start */

/* The daemon has a descriptor for each connection of the MTA: as many as it may. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_warning("cannot raise the limit of open files");
}

/* All threads but this one keep the signals blocked, libmilter's too. */
static void mask_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < SIGNAL_COUNT; i++)
		sigaddset(&set, signals[i]);
	pthread_sigmask(how, &set, NULL);
}

/*
 * In the place of the C library's, for libmilter alone: nobody else in this process calls it.
 * libmilter keeps a thread in it, and takes SIGHUP, SIGTERM and SIGINT there as orders to stop. The
 * kernel prefers the main thread, which has them unblocked; but while that one is in its handler
 * for one signal, the next goes to the thread that waits. Ours never has one.
 */
int sigwait(const sigset_t *set, int *number)
{
	(void)set;
	(void)number;
	for (;;)
		pause();
}

/* Says everything that would keep the daemon from starting, not only the first. */
static int look_ahead(const struct conf *conf, char *error)
{
	const struct preflight preflight = {.purpose = PREFLIGHT_START};
	char who[PRIVILEGE_NAME_MAX];
	struct fault_list faults;
	size_t errors;

	fault_list_init(&faults);
	preflight_check(&preflight, conf, &faults);
	reload_log_faults(&faults);
	errors = faults.errors;
	fault_list_free(&faults);
	if (errors == 0)
		return 0;
	snprintf(error, ERROR_MAX, "cannot start as user %s: %zu fault%s", privilege_name(who),
		errors, errors == 1 ? "" : "s");
	return -1;
}

static int become_user(const struct conf *conf, const char *user, char *error)
{
	if (preflight_become(conf, user, error, ERROR_MAX) == -1)
		return -1;
	if (geteuid() == 0)
		log_warning("running as root: --user USER[:GROUP] gives that up");
	return 0;
}

/* Nothing is made before root is given up. */
static int start(struct conf *conf, const struct options *options, char *error)
{
	bool gives_groups = options->user != NULL && geteuid() == 0;

	raise_limits();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (become_user(conf, options->user, error) == -1 || look_ahead(conf, error) == -1 ||
		sockets_open(&self.listeners, conf, error, ERROR_MAX) == -1 ||
		open_engine(conf, error) == -1)
		return -1;
	if (open_loop(conf, options->config, gives_groups) == -1) {
		snprintf(error, ERROR_MAX, "cannot set up the event loop");
		return -1;
	}
	self.begin_end = clock_steady() + BEGIN_MS;
	self.check = milter_check_new(self.base, on_begin);
	if (self.check == NULL) {
		snprintf(error, ERROR_MAX, "out of memory");
		return -1;
	}
	profile.check = milter_check_view;
	profile.check_context = self.check;
	reload_put_in_force(conf, &profile);
	/* The last that may fail: until then no other thread has the table, or writes to the log. */
	log_open(
		conf->log_to == CONF_LOG_TO_SYSLOG ? LOG_TO_SYSLOG : LOG_TO_STDERR, options->debug);
	if (milter_door_start(self.engine, tell_milter_ended, error, ERROR_MAX) == -1) {
		log_open(LOG_TO_STDERR, options->debug);
		return -1;
	}
	mask_signals(SIG_UNBLOCK);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options;
	char error[ERROR_MAX];
	struct conf *conf;
	int status;

	if (options_parse(&options, argc, argv, &status) == -1)
		return status;
	if (options.lists_metrics) {
		http_metrics_table_print(stdout);
		return EXIT_SUCCESS;
	}
	if (options.check_only)
		return check_only(&options);
	log_open(LOG_TO_STDERR, options.debug);
	/* From here on: whoever wants a reload while a large table is read gets one after it. */
	mask_signals(SIG_BLOCK);
	conf = load(options.config);
	if (conf == NULL)
		return EXIT_FAILURE;
	keep_profile(conf, options.config);
	if (start(conf, &options, error) == -1) {
		log_error("%s", error);
		sockets_remove(&self.listeners);
		conf_free(conf);
		return EXIT_FAILURE;
	}
	event_base_dispatch(self.base);
	close_loop();
	log_info("stopped");
	return self.status;
}
