/* reload: a new configuration, built aside and put in force whole
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "reload.h"
#include "core/rules.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "policy.h"
#include "readiness.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOGGED_MAX = 20, ERROR_MAX = 1024 };

struct waiter {
	struct waiter *next;
	reload_end *end;
	void *context;
};

/* What is taken from the configuration at start only, beside what the facts have. */
struct fixed {
	char *pid_file; /* NULL: none */
	char *socket_group;
	unsigned socket_mode;
	int log_to;
};

struct reload {
	struct reload_settings settings;
	struct fixed fixed;
	struct event *built_event;
	pthread_t thread;
	bool is_running;
	bool is_wanted_again;
	struct waiter *now;   /* of the reload that runs */
	struct waiter *later; /* of the next one */
	/* The thread's, until it makes built_event active: */
	struct conf *built;
	struct fault_list faults;
};

void reload_log_faults(const struct fault_list *faults)
{
	char line[ERROR_MAX];
	size_t shown = faults->count < LOGGED_MAX ? faults->count : LOGGED_MAX;
	size_t rest = faults->count - shown + faults->unlisted;

	for (size_t i = 0; i < shown; i++) {
		fault_format(line, sizeof(line), &faults->faults[i]);
		if (faults->faults[i].warning)
			log_warning("%s", line);
		else
			log_error("%s", line);
	}
	if (rest > 0)
		log_error("%zu more faults: nexthop-milter -t shows them", rest);
}

/* ---- what takes effect only at the next start */

static bool same_text(const char *a, const char *b)
{
	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static void warn_unless(struct reload *reload, bool is_same, const char *key)
{
	if (!is_same)
		fault_warn(&reload->faults, reload->settings.path, 0,
			"%s has changed: it takes effect at the next start", key);
}

static void warn_of_changes(struct reload *reload)
{
	const struct http_facts *facts = reload->settings.facts;
	const struct fixed *fixed = &reload->fixed;
	const struct conf *new = reload->built;

	warn_unless(
		reload, same_text(facts->milter_socket, new->milter_socket.text), "milter_socket");
	warn_unless(reload, same_text(facts->map_socket, new->map_socket.text), "map_socket");
	warn_unless(reload, same_text(facts->control_socket, new->control_socket.text),
		"control_socket");
	warn_unless(
		reload, same_text(facts->status_listen, new->status_listen.text), "status_listen");
	warn_unless(reload, fixed->socket_mode == new->socket_mode, "socket_mode");
	warn_unless(reload, same_text(fixed->socket_group, new->socket_group), "socket_group");
	warn_unless(reload, same_text(facts->state_file, new->state_file), "state_file");
	warn_unless(reload, same_text(fixed->pid_file, new->pid_file), "pid_file");
	warn_unless(reload, fixed->log_to == new->log_to, "log_to");
}

/* ---- the end of a reload, on the main thread */

static void tell(struct reload *reload, const char *error)
{
	struct waiter *waiter = reload->now;

	reload->now = NULL;
	while (waiter != NULL) {
		struct waiter *next = waiter->next;

		if (waiter->end != NULL)
			waiter->end(waiter->context, error, &reload->faults);
		free(waiter);
		waiter = next;
	}
}

static void note_success(struct reload *reload)
{
	struct reload_settings *settings = &reload->settings;
	char text[HEALTH_TEXT_MAX];

	snprintf(text, sizeof(text), "pools=%zu hosts=%zu routes=%zu rules=%zu",
		engine_pool_count(settings->engine), engine_host_count(settings->engine),
		engine_route_count(settings->engine), engine_rule_count(settings->engine));
	settings->facts->reload_ok = true;
	settings->facts->reload_count++;
	engine_note(settings->engine, EVENT_RELOAD, text);
	log_info("reloaded config=%s %s", settings->path, text);
}

static void note_failure(struct reload *reload, const char *error)
{
	struct reload_settings *settings = &reload->settings;

	settings->facts->reload_ok = false;
	engine_note(settings->engine, EVENT_RELOAD_FAILED, error);
	log_error("reload failed config=%s: the configuration before it stays in force: %s",
		settings->path, error);
}

/* The first fault that is no warning, and how many there are. */
static void describe(const struct fault_list *faults, char error[ERROR_MAX])
{
	size_t first = 0;

	while (first < faults->count && faults->faults[first].warning)
		first++;
	if (first == faults->count)
		snprintf(error, ERROR_MAX, "%zu faults", faults->errors);
	else
		fault_format(error, ERROR_MAX, &faults->faults[first]);
	if (faults->errors > 1 && strlen(error) < ERROR_MAX - 64)
		snprintf(error + strlen(error), 64, " (and %zu more)", faults->errors - 1);
}

static bool has_dns_rule(const struct conf *conf)
{
	return conf->table.rules != NULL && rules_have(conf->table.rules, ACTION_DNS);
}

/* Puts what was built in force. Gives -1 with the reason in ERROR if there is nothing to. */
static int commit(struct reload *reload, char error[ERROR_MAX])
{
	struct state_report report = {.set_aside = false};
	struct conf *before = reload->settings.conf;

	if (reload->built == NULL) {
		describe(&reload->faults, error);
		return -1;
	}
	/* Next hops, replies to the map and the milter's changes are all in the MTA's own form. */
	if (reload->built->mta != before->mta) {
		snprintf(error, ERROR_MAX, "mta has changed: that takes a restart");
		conf_free(reload->built);
		return -1;
	}
	/* As conf.c says of map_socket; but the map is that of the start. */
	if (has_dns_rule(reload->built) && reload->settings.facts->map_socket != NULL &&
		reload->built->table.mta == TABLE_POSTFIX) {
		snprintf(error, ERROR_MAX,
			"a rule has action = \"dns\", and there is still a map: that takes a "
			"restart");
		conf_free(reload->built);
		return -1;
	}
	if (engine_swap(reload->settings.engine, &reload->built->table, &report) == -1) {
		snprintf(error, ERROR_MAX, "%s", report.text);
		conf_free(reload->built);
		return -1;
	}
	policy_put_in_force(reload->built, reload->settings.facts);
	watch_reload(reload->settings.watch, reload->built);
	warn_of_changes(reload);
	reload->settings.conf = reload->built;
	conf_free(before);
	return 0;
}

static int start(struct reload *reload);

static void on_built(evutil_socket_t unused_fd, short unused_what, void *context)
{
	struct reload *reload = context;
	char error[ERROR_MAX];
	int failed;

	(void)unused_fd;
	(void)unused_what;
	pthread_join(reload->thread, NULL);
	reload->is_running = false;
	failed = commit(reload, error);
	reload->built = NULL;
	reload->settings.facts->reloaded = clock_now();
	reload_log_faults(&reload->faults);
	if (failed == 0)
		note_success(reload);
	else
		note_failure(reload, error);
	readiness_ready();
	tell(reload, failed == 0 ? NULL : error);
	fault_list_free(&reload->faults);
	if (!reload->is_wanted_again)
		return;
	reload->is_wanted_again = false;
	reload->now = reload->later;
	reload->later = NULL;
	if (start(reload) == -1) {
		fault_list_init(&reload->faults);
		tell(reload, "cannot start a thread");
	}
}

/* ---- the beginning */

static void *build(void *context)
{
	struct reload *reload = context;

	reload->built = conf_load(reload->settings.path, &reload->faults);
	event_active(reload->built_event, EV_WRITE, 0);
	return NULL;
}

static int start(struct reload *reload)
{
	fault_list_init(&reload->faults);
	if (pthread_create(&reload->thread, NULL, build, reload) != 0) {
		log_error("reload: cannot start a thread");
		return -1;
	}
	reload->is_running = true;
	readiness_reloading();
	return 0;
}

int reload_begin(struct reload *reload, reload_end *end, void *context)
{
	struct waiter *waiter = malloc(sizeof(*waiter));
	struct waiter **list = reload->is_running ? &reload->later : &reload->now;

	if (waiter == NULL)
		return -1;
	*waiter = (struct waiter){.next = *list, .end = end, .context = context};
	*list = waiter;
	if (reload->is_running) {
		reload->is_wanted_again = true;
		return 0;
	}
	if (start(reload) == 0)
		return 0;
	*list = waiter->next;
	free(waiter);
	return -1;
}

/* False without memory; what was copied until then is the caller's to free. */
static bool copy_fixed(struct fixed *fixed, const struct conf *conf)
{
	fixed->socket_mode = conf->socket_mode;
	fixed->log_to = conf->log_to;
	fixed->pid_file = conf->pid_file == NULL ? NULL : strdup(conf->pid_file);
	fixed->socket_group = conf->socket_group == NULL ? NULL : strdup(conf->socket_group);
	return (fixed->pid_file == NULL) == (conf->pid_file == NULL) &&
	       (fixed->socket_group == NULL) == (conf->socket_group == NULL);
}

static void free_reload(struct reload *reload)
{
	if (reload->built_event != NULL)
		event_free(reload->built_event);
	free(reload->fixed.pid_file);
	free(reload->fixed.socket_group);
	free(reload);
}

struct reload *reload_new(const struct reload_settings *settings)
{
	struct reload *reload = calloc(1, sizeof(*reload));

	if (reload == NULL)
		return NULL;
	reload->settings = *settings;
	reload->built_event = event_new(settings->base, -1, 0, on_built, reload);
	if (!copy_fixed(&reload->fixed, settings->conf) || reload->built_event == NULL) {
		free_reload(reload);
		return NULL;
	}
	return reload;
}

void reload_free(struct reload *reload)
{
	if (reload == NULL)
		return;
	if (reload->is_running) {
		pthread_join(reload->thread, NULL);
		conf_free(reload->built);
		tell(reload, "the daemon stops");
		reload->now = reload->later;
		tell(reload, "the daemon stops");
		fault_list_free(&reload->faults);
	}
	free_reload(reload);
}
