/* judge_reach: whether the daemon runs, and the MTA reaches its sockets
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/judge_reach.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	const char *key; /* "milter_socket" */
	const struct conf_socket *socket;
	enum postfix_socket number;
};

static void restart(struct finding *finding, const struct machine *machine)
{
	if (machine->has_unit)
		FINDING_COMMAND(finding, "systemctl", "restart", "nexthop-milter");
}

static void find_folder(const char *path, char out[PATH_MAX])
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(out, PATH_MAX, "%s", dirname(copy));
}

/* Made for the sockets alone: its mode is no other's. */
static bool is_own_folder(const char *folder)
{
	const char *name = strrchr(folder, '/');

	return name != NULL && strstr(name, "nexthop") != NULL;
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return length > 0 && strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* ---- the folder */

/* One in RUNSTATEDIR is made when the unit starts. */
static bool is_made_by_unit(const struct machine *machine, const char *folder)
{
	return machine->has_unit && strcmp(folder, RUNSTATEDIR "/nexthop-milter") == 0;
}

bool judge_reach_lacks_folder(const struct conf_socket *socket)
{
	char folder[PATH_MAX];

	if (socket->path == NULL)
		return false;
	find_folder(socket->path, folder);
	return access(folder, F_OK) == -1 && errno == ENOENT;
}

/* Both sockets may be in the same folder. */
static bool was_told(const struct finding_list *list, enum finding_kind kind, const char *source)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->findings[i]->kind == kind &&
			strcmp(list->findings[i]->source, source) == 0)
			return true;
	return false;
}

/* False: it is not there. */
static bool judge_folder(
	struct finding_list *list, const struct machine *machine, const struct place *place)
{
	struct finding *finding;
	char folder[PATH_MAX];

	if (!judge_reach_lacks_folder(place->socket))
		return true;
	find_folder(place->socket->path, folder);
	if (is_made_by_unit(machine, folder) || was_told(list, FINDING_SOCKET_FOLDER, folder))
		return false;
	finding = finding_add(list, FINDING_SOCKET_FOLDER, folder,
		"%s = \"%s\": there is no folder %s", place->key, place->socket->text, folder);
	if (machine->has_user && machine->postfix.group[0] == '\0')
		FINDING_COMMAND(
			finding, "install", "-d", "-o", machine->user, "-m", "0755", folder);
	else if (machine->has_user)
		FINDING_COMMAND(finding, "install", "-d", "-o", machine->user, "-g",
			machine->postfix.group, "-m", "2750", folder);
	else
		finding_by_hand(finding,
			"there is no user %s: useradd --system --no-create-home %s", machine->user,
			machine->user);
	restart(finding, machine);
	return false;
}

/* ---- what the MTA meets */

static void judge_unseen(
	struct finding_list *list, const struct machine *machine, const struct place *place)
{
	const char *queue = postfix_settings_get(machine->postfix.settings, "queue_directory");
	const char *name = place->number == POSTFIX_MILTER ? "milter" : "map";

	finding_by_hand(finding_add(list, FINDING_SOCKET_UNSEEN, place->key,
				"%s = \"%s\" is outside %s, where %s is chrooted", place->key,
				place->socket->text, queue,
				place->number == POSTFIX_MILTER ? "smtpd" : "trivial-rewrite"),
		"in routes.cfg: %s = \"unix:%s/nexthop-milter/%s.sock\"; socket_group = \"%s\"; "
		"then run doctor again",
		place->key, queue, name, machine->postfix.group);
}

/* It is there, and may not be connected to. */
static void judge_refused(struct finding_list *list, const struct machine *machine,
	const struct place *place, const struct reach *reach, const char *where)
{
	const char *path = place->socket->path;
	const char *group = machine->postfix.group;
	struct finding *finding;
	char folder[PATH_MAX];

	find_folder(path, folder);
	if (was_told(list, FINDING_SOCKET_REFUSED, where))
		return;
	if (strcmp(where, path) == 0) {
		finding = finding_add(list, FINDING_SOCKET_REFUSED, where,
			"%s: the user of Postfix may not connect: %s", path,
			strerror(reach->error));
		FINDING_COMMAND(finding, "chgrp", group, path);
		FINDING_COMMAND(finding, "chmod", "g+rw", path);
		if (machine->conf->socket_group == NULL)
			finding_advise(finding,
				"socket_group = \"%s\" in routes.cfg has it so after a restart, "
				"too",
				group);
		return;
	}
	finding = finding_add(list, FINDING_SOCKET_REFUSED, where,
		"%s: the user of Postfix may not go into the folder %s: %s", path, where,
		strerror(reach->error));
	if (strcmp(where, folder) != 0 || !is_own_folder(folder)) {
		finding_by_hand(finding,
			"give %s a mode that lets the group %s in, or the sockets a folder of "
			"their own",
			where, group);
		return;
	}
	FINDING_COMMAND(finding, "chgrp", group, folder);
	FINDING_COMMAND(finding, "chmod", "2750", folder);
	/* Sockets get their group from the folder when they are made. */
	FINDING_COMMAND(finding, "chgrp", group, path);
}

/* Relative to the queue directory, and to the chroot, is how Postfix says it. */
static void find_absolute(
	const struct machine *machine, const struct reach *reach, char out[PATH_MAX + PATH_MAX])
{
	const char *queue = postfix_settings_get(machine->postfix.settings, "queue_directory");

	if (reach->where[0] == '/')
		snprintf(out, PATH_MAX + PATH_MAX, "%s", reach->where);
	else
		snprintf(out, PATH_MAX + PATH_MAX, "%s/%s", queue, reach->where);
}

static void judge_socket(struct finding_list *list, const struct machine *machine,
	const struct place *place, const struct reach *reach, bool is_chrooted)
{
	const char *queue = postfix_settings_get(machine->postfix.settings, "queue_directory");
	char where[PATH_MAX + PATH_MAX];

	if (!reach->was_tried || reach->error == 0)
		return;
	find_absolute(machine, reach, where);
	if (place->socket->path != NULL && is_chrooted && !is_below(place->socket->path, queue))
		judge_unseen(list, machine, place);
	else if (place->socket->path != NULL && (reach->error == EACCES || reach->error == EPERM))
		judge_refused(list, machine, place, reach, where);
	else if (machine->daemon.answers)
		finding_by_hand(finding_add(list, FINDING_SOCKET_REFUSED, place->key,
					"%s = \"%s\": Postfix cannot connect: %s", place->key,
					place->socket->text, strerror(reach->error)),
			"the daemon runs: has it this configuration? milterctl status");
}

static void judge_sockets(struct finding_list *list, const struct machine *machine)
{
	const struct conf *conf = machine->conf;
	const struct place places[] = {
		{"milter_socket", &conf->milter_socket, POSTFIX_MILTER},
		{"map_socket", &conf->map_socket, POSTFIX_MAP},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct place *place = &places[i];
		size_t before = list->count;

		if (place->socket->text == NULL ||
			(place->socket->path != NULL && !judge_folder(list, machine, place)))
			continue;
		for (int is_chrooted = 1; is_chrooted >= 0 && list->count == before; is_chrooted--)
			judge_socket(list, machine, place,
				&machine->postfix.reaches[place->number][is_chrooted], is_chrooted);
	}
}

/* ---- the daemon */

static void judge_daemon_runs(struct finding_list *list, const struct machine *machine)
{
	struct finding *finding;

	if (machine->daemon.answers || machine->daemon.was_refused)
		return;
	finding = finding_add(list, FINDING_DAEMON_DOWN, "control_socket",
		"no daemon answers at %s%s%s", machine->conf->control_socket.text,
		machine->has_unit ? ": nexthop-milter.service is " : "",
		machine->has_unit ? machine->unit_state : "");
	if (machine->has_unit && strcmp(machine->unit_state, "active") == 0)
		FINDING_COMMAND(finding, "systemctl", "restart", "nexthop-milter");
	else if (machine->has_unit)
		FINDING_COMMAND(finding, "systemctl", "enable", "--now", "nexthop-milter");
	else
		finding_by_hand(finding, "start it: nexthop-milter -c %s --user %s",
			machine->config, machine->user);
}

void judge_reach(struct finding_list *list, const struct machine *machine)
{
	judge_sockets(list, machine);
	judge_daemon_runs(list, machine);
	if (!machine->is_root)
		finding_add(list, FINDING_NOT_ROOT, "milterctl", "doctor is not run by root");
}

bool judge_reach_is_good(const struct machine *machine)
{
	bool was_tried = false;

	for (int socket = 0; socket < POSTFIX_SOCKET_COUNT; socket++)
		for (int is_chrooted = 0; is_chrooted < 2; is_chrooted++) {
			const struct reach *reach = &machine->postfix.reaches[socket][is_chrooted];

			if (reach->was_tried && reach->error != 0)
				return false;
			was_tried = was_tried || (reach->was_tried && socket == POSTFIX_MILTER);
		}
	return was_tried;
}
