/* reload: a new configuration, built aside and put in force whole
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "reload.h"
#include "conf/vault.h"
#include "core/rules.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "engine/routing_policy.h"
#include "readiness.h"
#include "removal.h"
#include "start/preflight.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOGGED_MAX = 20,
	ERROR_MAX = 1024,
	MANY_ROUTES = 10, /* from so many on, half of them is a lot */
};

struct waiter {
	struct waiter *next;
	reload_end *end;
	void *context;
	char by[EVENT_BY_MAX];
	bool is_forced;
};

/* What is taken from the configuration at start only, beside what the profile has. */
struct fixed {
	char *pid_file; /* NULL: none */
	char *socket_group;
	char *control_group;
	unsigned socket_mode;
	unsigned control_mode;
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
	bool is_forced;
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
	const struct http_profile *profile = reload->settings.profile;
	const struct fixed *fixed = &reload->fixed;
	const struct conf *new = reload->built;

	warn_unless(reload, same_text(profile->milter_socket, new->milter_socket.text),
		"milter_socket");
	warn_unless(reload, same_text(profile->map_socket, new->map_socket.text), "map_socket");
	warn_unless(reload, same_text(profile->secret_socket, new->secret_socket.text),
		"secret_socket");
	warn_unless(reload, same_text(profile->control_socket, new->control_socket.text),
		"control_socket");
	warn_unless(reload, same_text(profile->status_listen, new->status_listen.text),
		"status_listen");
	warn_unless(reload, same_text(profile->status_hosts, new->status_hosts), "status_hosts");
	warn_unless(reload, fixed->socket_mode == new->socket_mode, "socket_mode");
	warn_unless(reload, same_text(fixed->socket_group, new->socket_group), "socket_group");
	warn_unless(reload, fixed->control_mode == new->control_mode, "control_mode");
	warn_unless(reload, same_text(fixed->control_group, new->control_group), "control_group");
	warn_unless(reload, same_text(profile->state_file, new->state_file), "state_file");
	warn_unless(reload, same_text(fixed->pid_file, new->pid_file), "pid_file");
	warn_unless(reload, fixed->log_to == new->log_to, "log_to");
}

/* ---- what it says of messages */

/* Whether a machine that swaps may write passwords to its disk. */
static void warn_of_memory(const struct conf *conf)
{
	int error = conf->vault == NULL ? 0 : vault_error(conf->vault);

	if (error != 0)
		log_warning("passwords may be swapped out: their memory cannot be locked: %s; "
			    "see the limit RLIMIT_MEMLOCK (LimitMEMLOCK= of the unit), and what a "
			    "container forbids (mlock)",
			strerror(error));
}

void reload_put_in_force(const struct conf *conf, const struct http_profile *profile)
{
	bool has_map = profile->map_socket != NULL;
	struct routing_policy policy = {
		.on_error = conf->on_error == CONF_ON_ERROR_ACCEPT ? ROUTING_POLICY_ACCEPT
								   : ROUTING_POLICY_TEMPFAIL,
		.envelope =
			{
				.mta = conf->table.mta,
				.mixed = conf->mixed == CONF_MIXED_SPLIT ? ENVELOPE_MIXED_SPLIT
									 : ENVELOPE_MIXED_MAP,
				.has_map = has_map,
				.is_only_map = has_map && conf->delivery == CONF_DELIVERY_MAP,
			},
	};

	routing_policy_set(&policy);
	warn_of_memory(conf);
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

/* Of several that share one reload the first that is known. */
static void find_asker(const struct reload *reload, char by[EVENT_BY_MAX])
{
	by[0] = '\0';
	for (const struct waiter *at = reload->now; at != NULL; at = at->next)
		if (at->by[0] != '\0')
			view_copy_text(by, EVENT_BY_MAX, at->by);
}

static void note_success(struct reload *reload, const char *by)
{
	struct reload_settings *settings = &reload->settings;
	char text[HEALTH_TEXT_MAX];

	snprintf(text, sizeof(text), "pools=%zu hosts=%zu routes=%zu rules=%zu",
		engine_pool_count(settings->engine), engine_host_count(settings->engine),
		engine_route_count(settings->engine), engine_rule_count(settings->engine));
	settings->profile->reload_ok = true;
	settings->profile->loaded = settings->profile->reloaded;
	settings->profile->reload_count++;
	engine_note(settings->engine, EVENT_RELOAD, text);
	log_info("reloaded config=%s %s%s%s", settings->path, text, *by == '\0' ? "" : " by ", by);
}

static void note_failure(struct reload *reload, const char *by, const char *error)
{
	struct reload_settings *settings = &reload->settings;

	settings->profile->reload_ok = false;
	snprintf(settings->profile->reload_error, sizeof(settings->profile->reload_error), "%s",
		error);
	engine_note(settings->engine, EVENT_RELOAD_FAILED, error);
	log_error("reload failed config=%s%s%s: the configuration before it stays in force: %s",
		settings->path, *by == '\0' ? "" : " by ", by, error);
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
		snprintf(error, ERROR_MAX, "mta has changed: that requires a restart");
		conf_free(reload->built);
		return -1;
	}
	/* As conf.c says of map_socket; but the map is that of the start. */
	if (has_dns_rule(reload->built) && reload->settings.profile->map_socket != NULL &&
		reload->built->table.mta == TABLE_POSTFIX) {
		snprintf(error, ERROR_MAX,
			"a rule has action = \"dns\", and there is still a map: that requires a "
			"restart");
		conf_free(reload->built);
		return -1;
	}
	removal_warn(reload->settings.engine, &reload->built->table, reload->settings.path,
		&reload->faults);
	if (engine_swap(reload->settings.engine, &reload->built->table, &report) == -1) {
		snprintf(error, ERROR_MAX, "%s", report.text);
		conf_free(reload->built);
		return -1;
	}
	reload_put_in_force(reload->built, reload->settings.profile);
	observers_reload(reload->settings.observers, reload->built);
	warn_of_changes(reload);
	reload->settings.conf = reload->built;
	conf_free(before);
	return 0;
}

static int start(struct reload *reload);

static void on_built(evutil_socket_t unused_fd, short unused_what, void *context)
{
	struct reload *reload = context;
	char by[EVENT_BY_MAX];
	char error[ERROR_MAX];
	int failed;

	(void)unused_fd;
	(void)unused_what;
	pthread_join(reload->thread, NULL);
	reload->is_running = false;
	find_asker(reload, by);
	failed = commit(reload, error);
	reload->built = NULL;
	reload->settings.profile->reloaded = clock_now();
	reload_log_faults(&reload->faults);
	engine_asked_by(reload->settings.engine, by);
	if (failed == 0)
		note_success(reload, by);
	else
		note_failure(reload, by, error);
	engine_asked_by(reload->settings.engine, "");
	readiness_reloaded();
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

/* By their matches: what becomes of a match that stays is the operator's affair. */
static void count_lost(struct reload *reload)
{
	const struct table *before = &reload->settings.conf->table;
	size_t lost = table_count_missing(before, &reload->built->table);
	bool is_all = lost > 0 && lost == before->route_count;
	bool is_much = before->route_count >= MANY_ROUTES && lost > before->route_count / 2;

	if (!reload->is_forced && (is_all || is_much))
		fault_add(&reload->faults, reload->settings.path, 0,
			"%zu of %zu routes would be removed: if "
			"that is what you want, milterctl reload --force",
			lost, before->route_count);
}

/* smtpd(8) keeps what the map has answered, error: and retry: among it, while its process lives. */
static void warn_of_kept_answers(struct reload *reload)
{
	const struct table *before = &reload->settings.conf->table;
	bool has_map = reload->settings.profile->map_socket != NULL;

	if (has_map && before->mta == TABLE_POSTFIX &&
		table_count_released(before, &reload->built->table) > 0)
		fault_warn(&reload->faults, reload->settings.path, 0,
			"mail that was refused no longer is, but Postfix's smtpd may go on "
			"refusing it: \"postfix reload\" makes it hold at once");
}

/* What would not start again is not put in force. */
static void look_ahead(struct reload *reload)
{
	const struct http_profile *profile = reload->settings.profile;
	const char *const own[] = {profile->milter_socket, profile->map_socket,
		profile->secret_socket, profile->control_socket, profile->status_listen};
	const struct preflight preflight = {
		.purpose = PREFLIGHT_RELOAD,
		.gives_groups = reload->settings.gives_groups,
		.own = own,
		.own_count = sizeof(own) / sizeof(own[0]),
	};

	preflight_check(&preflight, reload->built, &reload->faults);
	count_lost(reload);
	if (reload->faults.errors == 0) {
		warn_of_kept_answers(reload);
		return;
	}
	conf_free(reload->built);
	reload->built = NULL;
}

static void *build(void *context)
{
	struct reload *reload = context;

	reload->built = conf_load(reload->settings.path, &reload->faults);
	if (reload->built != NULL)
		look_ahead(reload);
	event_active(reload->built_event, EV_WRITE, 0);
	return NULL;
}

static int start(struct reload *reload)
{
	fault_list_init(&reload->faults);
	reload->is_forced = false;
	for (const struct waiter *at = reload->now; at != NULL; at = at->next)
		reload->is_forced |= at->is_forced;
	if (pthread_create(&reload->thread, NULL, build, reload) != 0) {
		log_error("reload: cannot start a thread");
		return -1;
	}
	reload->is_running = true;
	readiness_reloading();
	return 0;
}

int reload_begin(
	struct reload *reload, const char *by, bool is_forced, reload_end *end, void *context)
{
	struct waiter *waiter = malloc(sizeof(*waiter));
	struct waiter **list = reload->is_running ? &reload->later : &reload->now;

	if (waiter == NULL)
		return -1;
	*waiter = (struct waiter){
		.next = *list, .end = end, .context = context, .is_forced = is_forced};
	view_copy_text(waiter->by, sizeof(waiter->by), by);
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

static bool copy_text(char **copy, const char *text)
{
	*copy = text == NULL ? NULL : strdup(text);
	return (*copy == NULL) == (text == NULL);
}

/* False without memory; what was copied until then is the caller's to free. */
static bool copy_fixed(struct fixed *fixed, const struct conf *conf)
{
	fixed->socket_mode = conf->socket_mode;
	fixed->control_mode = conf->control_mode;
	fixed->log_to = conf->log_to;
	return copy_text(&fixed->pid_file, conf->pid_file) &&
	       copy_text(&fixed->socket_group, conf->socket_group) &&
	       copy_text(&fixed->control_group, conf->control_group);
}

static void free_reload(struct reload *reload)
{
	if (reload->built_event != NULL)
		event_free(reload->built_event);
	free(reload->fixed.pid_file);
	free(reload->fixed.socket_group);
	free(reload->fixed.control_group);
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
