/* preflight: would a daemon start with this configuration, as this user
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "start/preflight.h"
#include "conf/conf_address.h"
#include "conf/conf_text.h"
#include "core/rules.h"
#include "follow/follow_access.h"
#include "start/place.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 1024 };

/* Whom the installed unit starts. */
static const char unit_user[] = "nexthop-milter";

struct judge {
	const struct preflight *preflight;
	const struct conf *conf;
	struct fault_list *faults;
	char user[PRIVILEGE_NAME_MAX];
	pid_t running; /* of a check: the daemon whose place this is; 0: there is none */
};

static void complain(const struct judge *judge, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(const struct judge *judge, const char *key, const char *format, ...)
{
	struct conf_place at = conf_place(judge->conf, key);
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fault_add(judge->faults, at.file, at.line, "%s: %s", key, text);
}

static void warn(const struct judge *judge, const char *key, const char *text)
{
	struct conf_place at = conf_place(judge->conf, key);

	fault_warn(judge->faults, at.file, at.line, "%s: %s", key, text);
}

/* ---- folders, files and sockets */

/*
 * What is made when a unit starts is not there while none runs: that is not a fault of what is only
 * looked at.
 */
static bool is_made_by_unit(const struct judge *judge, const char *folder)
{
	return judge->preflight->purpose == PREFLIGHT_CHECK &&
	       access("/run/systemd/system", F_OK) == 0 &&
	       (strcmp(folder, RUNSTATEDIR "/nexthop-milter") == 0 ||
		       strcmp(folder, LOCALSTATEDIR "/lib/nexthop-milter") == 0);
}

/* Gives whether files can be made in the folder of PATH. */
static bool check_folder(const struct judge *judge, const char *key, const char *path)
{
	char folder[PLACE_PATH_MAX];
	char why[PLACE_PATH_MAX + TEXT_MAX];

	switch (place_find_folder(path, judge->user, folder, why, sizeof(why))) {
	case PLACE_GOOD:
		return true;
	case PLACE_MISSING:
		if (is_made_by_unit(judge, folder)) {
			snprintf(why, sizeof(why),
				"%s is not there yet: nexthop-milter.service makes it", folder);
			warn(judge, key, why);
			return false;
		}
		/* fall through */
	default:
		complain(judge, key, "%s", why);
		return false;
	}
}

/* The daemon's that asks: that path, or that port on whichever address. */
static bool is_own(const struct judge *judge, const struct conf_socket *socket)
{
	for (size_t i = 0; i < judge->preflight->own_count; i++) {
		struct conf_socket own;

		if (conf_address_socket(&own, judge->preflight->own[i]) == -1 || own.text == NULL ||
			(own.path == NULL) != (socket->path == NULL))
			continue;
		if (own.path == NULL ? own.port == socket->port
				     : strcmp(own.path, socket->path) == 0)
			return true;
	}
	return false;
}

static void check_unix(const struct judge *judge, const char *key, const struct conf_socket *socket)
{
	const char *path = socket->path;
	char why[TEXT_MAX];
	pid_t listener;

	if (!check_folder(judge, key, path) || is_own(judge, socket))
		return;
	switch (place_find_socket(path, &listener, why, sizeof(why))) {
	case PLACE_GOOD:
		break;
	case PLACE_IN_USE:
		if (judge->running == 0 || judge->running != listener)
			complain(judge, key, "%s: another process listens on it (pid %ld)", path,
				(long)listener);
		break;
	default:
		complain(judge, key, "%s", why);
	}
}

static void check_tcp(const struct judge *judge, const char *key, const struct conf_socket *socket)
{
	char why[TEXT_MAX];
	enum place place = place_find_address(socket->host, socket->port, why, sizeof(why));
	bool is_expected = judge->running != 0 || is_own(judge, socket);

	if (place != PLACE_GOOD && (place != PLACE_IN_USE || !is_expected))
		complain(judge, key, "%s: %s", socket->text, why);
}

static void check_socket(
	const struct judge *judge, const char *key, const struct conf_socket *socket)
{
	if (socket->text == NULL)
		return;
	if (socket->path != NULL)
		check_unix(judge, key, socket);
	else
		check_tcp(judge, key, socket);
}

static void check_file(const struct judge *judge, const char *key, const char *path, bool is_kept)
{
	char why[TEXT_MAX];

	if (path == NULL)
		return;
	switch (place_find_file(path, is_kept, judge->user, why, sizeof(why))) {
	case PLACE_GOOD:
		break;
	case PLACE_MISSING:
		check_folder(judge, key, path);
		break;
	default:
		complain(judge, key, "%s", why);
	}
}

/* ---- groups */

/* Whether the next start's user would have that group. */
static bool will_have_group(const struct judge *judge, gid_t gid)
{
	if (privilege_has_group(gid) || judge->preflight->gives_groups)
		return true;
	/* A process goes on without the groups that its user has got since. */
	return judge->preflight->purpose != PREFLIGHT_START &&
	       privilege_is_member(judge->user, gid);
}

static void check_group(const struct judge *judge, const char *key, const char *group,
	const struct conf_socket *const *sockets, int count)
{
	char why[TEXT_MAX];
	gid_t gid;

	if (group == NULL)
		return;
	if (privilege_find_group(&gid, group, why, sizeof(why)) == -1) {
		complain(judge, key, "%s", why);
		return;
	}
	for (int i = 0; i < count && !will_have_group(judge, gid); i++) {
		const char *path = sockets[i]->path;

		if (path == NULL || place_gives_group(path, gid))
			continue;
		privilege_explain_group(group, path, why, sizeof(why));
		complain(judge, key, "%s", why);
		return;
	}
}

static void check_groups(const struct judge *judge)
{
	const struct conf *conf = judge->conf;
	const struct conf_socket *mta[] = {
		&conf->milter_socket, &conf->map_socket, &conf->secret_socket};
	const struct conf_socket *control[] = {&conf->control_socket};

	check_group(judge, "socket_group", conf->socket_group, mta, 3);
	check_group(judge, "control_group", conf->control_group, control, 1);
}

/* ---- files of matches */

/* A reload reads them as the daemon's user, whoever has read them now. */
static void check_match_files(const struct judge *judge)
{
	const struct conf *conf = judge->conf;

	for (size_t i = 0; i < conf->match_file_count; i++) {
		const struct conf_place *at = &conf->match_files[i];

		if (access(at->name, R_OK) == -1)
			fault_add(judge->faults, at->file, at->line,
				"match_file: %s cannot be read by user %s: %s", at->name,
				judge->user, strerror(errno));
	}
}

/* ---- files of passwords */

static void check_password_file(const struct judge *judge, const struct table_auth *auth)
{
	const char *path = auth->password_file;

	if (access(path, R_OK) == -1)
		fault_add(judge->faults, auth->file, auth->line,
			"password_file %s cannot be read by user %s, as a reload would: %s: chown "
			"root:%s and chmod 0640 it",
			path, judge->user, strerror(errno), judge->user);
}

static void check_password_files(const struct judge *judge)
{
	const struct table *table = &judge->conf->table;
	const struct table_auth *last = NULL;

	for (size_t i = 0; table->logins.count > 0 && i < table->pool_count; i++)
		for (int k = 0; k < table->pools[i].host_count; k++) {
			const struct table_auth *auth = table->pools[i].hosts[k].auth;

			if (auth != NULL && auth != last)
				check_password_file(judge, auth);
			last = auth == NULL ? last : auth;
		}
}

/* ---- the MTA's log */

static void check_log(const struct judge *judge)
{
	const char *log = judge->conf->log;
	char why[TEXT_MAX / 2];
	char help[TEXT_MAX / 2];
	char text[TEXT_MAX];

	switch (follow_access_find(log, why, sizeof(why))) {
	case FOLLOW_ACCESS_GOOD:
		break;
	case FOLLOW_ACCESS_MISSING:
		snprintf(text, sizeof(text),
			"%s yet: until it comes, nothing is learned of hosts from it. Without a "
			"syslog daemon that writes it: log = \"journal\"",
			why);
		warn(judge, "log", *log == '/' ? text : why);
		break;
	case FOLLOW_ACCESS_REFUSED:
		place_explain_access(log, judge->user, help, sizeof(help));
		complain(judge, "log", "%s%s%s", why, *help == '\0' ? "" : ": ", help);
		break;
	}
}

/* ---- all of it */

void preflight_check(
	const struct preflight *preflight, const struct conf *conf, struct fault_list *faults)
{
	struct judge judge = {.preflight = preflight, .conf = conf, .faults = faults};
	char why[TEXT_MAX];

	privilege_name(judge.user);
	if (preflight->purpose == PREFLIGHT_CHECK)
		place_find_socket(conf->control_socket.path, &judge.running, why, sizeof(why));
	conf_text_check(conf->path, faults);
	check_match_files(&judge);
	check_password_files(&judge);
	check_socket(&judge, "milter_socket", &conf->milter_socket);
	check_socket(&judge, "map_socket", &conf->map_socket);
	check_socket(&judge, "secret_socket", &conf->secret_socket);
	check_socket(&judge, "control_socket", &conf->control_socket);
	check_socket(&judge, "status_listen", &conf->status_listen);
	check_groups(&judge);
	check_file(&judge, "state_file", conf->state_file, true);
	check_file(&judge, "pid_file", conf->pid_file, false);
	check_log(&judge);
	fault_list_sort(faults);
}

/* ---- those who only want to know */

int preflight_become(const struct conf *conf, const char *user, char *error, size_t size)
{
	const char *const groups[PRIVILEGE_MORE_MAX] = {conf->socket_group, conf->control_group};
	struct privilege privilege;
	char unknown[TEXT_MAX];
	int result = privilege_find(&privilege, user, error, size);

	/* One that is not there is found by the check that follows. */
	for (int i = 0; i < PRIVILEGE_MORE_MAX; i++)
		if (groups[i] != NULL && privilege_find_group(&privilege.more[privilege.more_count],
						 groups[i], unknown, sizeof(unknown)) == 0)
			privilege.more_count++;
	if (result == 0)
		result = privilege_drop(&privilege, error, size);
	privilege_free(&privilege);
	return result;
}

/*
 * As the installed unit does, with the user's own groups alone. Without USER it is the unit's; if
 * there is none of that name, the process stays who it is.
 */
static int become(const char *user, char *error, size_t size)
{
	struct privilege privilege;
	int result;

	if (user == NULL && geteuid() != 0)
		return 0;
	result = privilege_find(&privilege, user == NULL ? unit_user : user, error, size);
	if (result == 0)
		result = privilege_drop(&privilege, error, size);
	else if (user == NULL)
		result = 0;
	privilege_free(&privilege);
	return result;
}

struct conf *preflight_file(
	const char *path, const char *user, struct fault_list *faults, char who[PRIVILEGE_NAME_MAX])
{
	const struct preflight preflight = {.purpose = PREFLIGHT_CHECK};
	struct conf *conf = conf_load(path, faults);
	size_t errors = faults->errors;
	char error[TEXT_MAX];

	who[0] = '\0';
	if (conf != NULL) {
		if (become(user, error, sizeof(error)) == -1)
			fault_add(faults, path, 0, "%s", error);
		else
			preflight_check(&preflight, conf, faults);
		privilege_name(who);
	}
	if (faults->errors == errors)
		return conf;
	conf_free(conf);
	return NULL;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

char *preflight_verdict(char *out, size_t size, const char *path, const char *who,
	const struct conf *conf, const struct fault_list *faults)
{
	size_t warnings = faults->count + faults->unlisted - faults->errors;
	char word[64] = "good";

	if (conf == NULL) {
		snprintf(out, size, "%s: %zu fault%s%s%s", path, faults->errors,
			plural(faults->errors), *who == '\0' ? "" : ", as user ", who);
		return out;
	}

	const struct table *table = &conf->table;
	size_t rules = table->rules == NULL ? 0 : table->rules->count;

	if (warnings > 0)
		snprintf(word, sizeof(word), "no fault, but %zu warning%s", warnings,
			plural(warnings));
	snprintf(out, size, "%s: %s, as user %s: %zu pool%s, %zu route%s, %zu rule%s", path, word,
		who, table->pool_count, plural(table->pool_count), table->route_count,
		plural(table->route_count), rules, plural(rules));
	return out;
}
