/* listeners: where the daemon can be reached, opened before it gives up root
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "listeners.h"
#include "doors/milter_door.h"
#include "engine/log.h"
#include "pid_file.h"
#include "privilege.h"
#include "sockets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_LENGTH = 256 }; /* of a socket, as libmilter takes it */

static int find_owner(const struct conf *conf, const struct privilege *privilege, gid_t *gid,
	char *error, size_t size)
{
	*gid = privilege->gid;
	if (conf->socket_group == NULL)
		return 0;
	return privilege_find_group(gid, conf->socket_group, error, size);
}

static int open_milter(const struct conf *conf, const struct privilege *privilege, gid_t gid,
	char *error, size_t size)
{
	const struct conf_socket *socket = &conf->milter_socket;
	char name[NAME_LENGTH];
	struct milter_door_settings settings = {
		.socket = name,
		.is_tcp = socket->path == NULL,
	};

	if (settings.is_tcp)
		snprintf(name, sizeof(name), "%s:%d@%s",
			strchr(socket->host, ':') == NULL ? "inet" : "inet6", socket->port,
			socket->host);
	else
		snprintf(name, sizeof(name), "unix:%s", socket->path);
	if (!settings.is_tcp && sockets_clear(socket->path, error, size) == -1)
		return -1;
	if (milter_door_open(&settings, error, size) == -1)
		return -1;
	if (settings.is_tcp)
		return 0;
	return sockets_permit(socket->path, conf->socket_mode, privilege->uid, gid, error, size);
}

static int open_map(struct listeners *listeners, const struct conf *conf,
	const struct privilege *privilege, gid_t gid, char *error, size_t size)
{
	const struct conf_socket *socket = &conf->map_socket;

	if (socket->text == NULL)
		return 0;
	if (socket->path == NULL) {
		listeners->map_fd = sockets_listen_tcp(socket->host, socket->port, error, size);
		return listeners->map_fd == -1 ? -1 : 0;
	}
	if (sockets_clear(socket->path, error, size) == -1)
		return -1;
	listeners->map_fd = sockets_listen_unix(socket->path, error, size);
	if (listeners->map_fd == -1)
		return -1;
	return sockets_permit(socket->path, conf->socket_mode, privilege->uid, gid, error, size);
}

static int open_control(struct listeners *listeners, const struct conf *conf,
	const struct privilege *privilege, gid_t gid, char *error, size_t size)
{
	const char *path = conf->control_socket.path;

	if (sockets_clear(path, error, size) == -1)
		return -1;
	listeners->control_fd = sockets_listen_unix(path, error, size);
	if (listeners->control_fd == -1)
		return -1;
	return sockets_permit(path, conf->socket_mode, privilege->uid, gid, error, size);
}

static int open_status(
	struct listeners *listeners, const struct conf *conf, char *error, size_t size)
{
	const struct conf_socket *socket = &conf->status_listen;

	if (socket->text == NULL)
		return 0;
	listeners->status_fd = sockets_listen_tcp(socket->host, socket->port, error, size);
	return listeners->status_fd == -1 ? -1 : 0;
}

/* Paths outlive the configuration. */
static int keep_paths(
	struct listeners *listeners, const struct conf *conf, char *error, size_t size)
{
	const char *const paths[] = {
		conf->milter_socket.path,
		conf->map_socket.path,
		conf->control_socket.path,
		conf->pid_file,
	};
	char **const copies[] = {
		&listeners->milter_path,
		&listeners->map_path,
		&listeners->control_path,
		&listeners->pid_path,
	};

	for (int i = 0; i < 4; i++) {
		*copies[i] = paths[i] == NULL ? NULL : strdup(paths[i]);
		if (paths[i] != NULL && *copies[i] == NULL) {
			snprintf(error, size, "out of memory");
			return -1;
		}
	}
	return 0;
}

int listeners_open(struct listeners *listeners, const struct conf *conf, const char *user,
	char *error, size_t size)
{
	struct privilege privilege;
	gid_t gid;
	int result = -1;

	*listeners = (struct listeners){.map_fd = -1, .control_fd = -1, .status_fd = -1};
	if (keep_paths(listeners, conf, error, size) == -1)
		return -1;
	if (privilege_find(&privilege, user, error, size) == 0 &&
		find_owner(conf, &privilege, &gid, error, size) == 0 &&
		open_milter(conf, &privilege, gid, error, size) == 0 &&
		open_map(listeners, conf, &privilege, gid, error, size) == 0 &&
		open_control(listeners, conf, &privilege, gid, error, size) == 0 &&
		open_status(listeners, conf, error, size) == 0 &&
		(conf->pid_file == NULL || pid_file_write(conf->pid_file, error, size) == 0))
		result = privilege_drop(&privilege, error, size);
	privilege_free(&privilege);
	if (result == 0 && geteuid() == 0)
		log_warning("running as root: --user USER[:GROUP] gives that up");
	return result;
}

/* Once; the path is forgotten then. */
static void remove_path(char **path)
{
	if (*path != NULL && unlink(*path) == -1)
		log_debug("cannot remove %s", *path);
	free(*path);
	*path = NULL;
}

void listeners_remove_milter(struct listeners *listeners)
{
	remove_path(&listeners->milter_path);
}

void listeners_remove(struct listeners *listeners)
{
	remove_path(&listeners->milter_path);
	remove_path(&listeners->map_path);
	remove_path(&listeners->control_path);
	remove_path(&listeners->pid_path);
}
