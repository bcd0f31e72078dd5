/* sockets: where the daemon can be reached: sockets made, permitted and removed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "sockets.h"
#include "doors/milter_door.h"
#include "engine/log.h"
#include "readiness.h"
#include "start/place.h"
#include "start/privilege.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- one socket: 0 or a descriptor, or -1 with the reason in ERROR of SIZE octets */

static int fail(const char *name, const char *what, char *error, size_t size)
{
	snprintf(error, size, "%s: %s: %s", name, what, strerror(errno));
	return -1;
}

static void set_path(struct sockaddr_un *address, const char *path)
{
	size_t length = strlen(path);

	assert(length < sizeof(address->sun_path));
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
}

/*
 * Makes the path of a Unix socket free: a socket that nobody listens on is left from a daemon that
 * was killed, and removed. One that is in use, or a file of another kind, is an error.
 */
static int clear_path(const char *path, char *error, size_t size)
{
	struct stat status;
	pid_t listener;

	if (lstat(path, &status) == -1 && errno == ENOENT)
		return 0;
	switch (place_find_socket(path, &listener, error, size)) {
	case PLACE_GOOD:
		return unlink(path) == 0
			       ? 0
			       : fail(path, "cannot remove the stale socket", error, size);
	case PLACE_IN_USE:
		snprintf(error, size, "%s: another process listens on it", path);
		return -1;
	default:
		return -1;
	}
}

static int listen_on(const char *name, const struct sockaddr *address, socklen_t length,
	char *error, size_t size)
{
	int on = 1;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return fail(name, "cannot make a socket", error, size);
	if (address->sa_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address, length) == -1 || listen(fd, SOMAXCONN) == -1) {
		fail(name, "cannot listen", error, size);
		close(fd);
		return -1;
	}
	return fd;
}

/* Non-blocking sockets that listen. The path must be free. */
static int listen_unix(const char *path, char *error, size_t size)
{
	struct sockaddr_un address;

	set_path(&address, path);
	return listen_on(path, (struct sockaddr *)&address, sizeof(address), error, size);
}

static int listen_tcp(const char *host, int port, char *error, size_t size)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
		return listen_on(host, (struct sockaddr *)&four, sizeof(four), error, size);
	if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
		return listen_on(host, (struct sockaddr *)&six, sizeof(six), error, size);
	snprintf(error, size, "%s: not an IP address", host);
	return -1;
}

/*
 * Says who may connect to a Unix socket that was just made: by its descriptor, whatever has become
 * of its name. GID -1: the group stays the one that it was made with.
 */
static int set_rights(const char *path, mode_t mode, gid_t gid, char *error, size_t size)
{
	struct stat status;
	char by_descriptor[64];
	int result = -1;
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	/* What has the name now may be another's: then nothing is done to it. */
	if (fd == -1 || fstat(fd, &status) == -1 || !S_ISSOCK(status.st_mode) ||
		status.st_uid != geteuid()) {
		snprintf(error, size, "%s: is not the socket that was made there", path);
		goto out;
	}
	snprintf(by_descriptor, sizeof(by_descriptor), "/proc/self/fd/%d", fd);
	if (gid != (gid_t)-1 && status.st_gid != gid &&
		fchownat(fd, "", (uid_t)-1, gid, AT_EMPTY_PATH) == -1)
		fail(path, "cannot set its group", error, size);
	/* Made with that mode already, unless the folder has default ACLs. */
	else if ((status.st_mode & 0777) != mode && chmod(by_descriptor, mode) == -1)
		fail(path, "cannot set its mode", error, size);
	else
		result = 0;
out:
	if (fd != -1)
		close(fd);
	return result;
}

/* ---- all of them */

enum { NAME_LENGTH = 256 }; /* of a socket, as libmilter takes it */

/* What a Unix socket is to be like. */
struct rights {
	mode_t mode;
	const char *group; /* as configured; NULL: it is not */
	gid_t gid;	   /* -1: whatever the folder gives it */
};

struct opening {
	struct listeners *listeners;
	const struct conf *conf;
	char *error;
	size_t size;
};

/* Remembers what was made, to be removed. Paths outlive the configuration. */
static int made(struct opening *opening, const char *path, char **kept)
{
	*kept = strdup(path);
	if (*kept != NULL)
		return 0;
	snprintf(opening->error, opening->size, "out of memory");
	unlink(path);
	return -1;
}

static int permit(struct opening *opening, const char *path, const struct rights *rights)
{
	if (set_rights(path, rights->mode, rights->gid, opening->error, opening->size) == 0)
		return 0;
	if (rights->group != NULL && !privilege_has_group(rights->gid))
		privilege_explain_group(rights->group, path, opening->error, opening->size);
	return -1;
}

/* Sockets are made with their mode: nobody can connect before it is set. */
static void use_mode(mode_t mode)
{
	umask(0777 & ~mode);
}

static void use_own_mode(void)
{
	umask(077);
}

static int open_milter(struct opening *opening, const struct rights *rights)
{
	const struct conf_socket *socket = &opening->conf->milter_socket;
	char name[NAME_LENGTH];
	struct milter_door_settings settings = {
		.socket = name,
		.is_tcp = socket->path == NULL,
	};
	int result;

	if (settings.is_tcp)
		snprintf(name, sizeof(name), "%s:%d@%s",
			strchr(socket->host, ':') == NULL ? "inet" : "inet6", socket->port,
			socket->host);
	else
		snprintf(name, sizeof(name), "unix:%s", socket->path);
	if (!settings.is_tcp && clear_path(socket->path, opening->error, opening->size) == -1)
		return -1;
	use_mode(rights->mode);
	result = milter_door_open(&settings, opening->error, opening->size);
	use_own_mode();
	if (result == -1 || settings.is_tcp)
		return result;
	if (made(opening, socket->path, &opening->listeners->milter_path) == -1)
		return -1;
	return permit(opening, socket->path, rights);
}

static int open_unix(struct opening *opening, const char *path, const struct rights *rights,
	int *fd, char **kept)
{
	if (clear_path(path, opening->error, opening->size) == -1)
		return -1;
	use_mode(rights->mode);
	*fd = listen_unix(path, opening->error, opening->size);
	use_own_mode();
	if (*fd == -1 || made(opening, path, kept) == -1)
		return -1;
	return permit(opening, path, rights);
}

static int open_tcp(struct opening *opening, const struct conf_socket *socket, int *fd)
{
	*fd = listen_tcp(socket->host, socket->port, opening->error, opening->size);
	return *fd == -1 ? -1 : 0;
}

static int open_map(struct opening *opening, const struct rights *rights)
{
	const struct conf_socket *socket = &opening->conf->map_socket;
	struct listeners *listeners = opening->listeners;

	if (socket->text == NULL)
		return 0;
	if (socket->path == NULL)
		return open_tcp(opening, socket, &listeners->map_fd);
	return open_unix(opening, socket->path, rights, &listeners->map_fd, &listeners->map_path);
}

/* Whatever socket_mode says: those who may connect may have the passwords. */
static int open_secret(struct opening *opening, const struct rights *mta)
{
	const char *path = opening->conf->secret_socket.path;
	struct rights rights = {.mode = 0660, .group = mta->group, .gid = mta->gid};

	return path == NULL ? 0
			    : open_unix(opening, path, &rights, &opening->listeners->secret_fd,
				      &opening->listeners->secret_path);
}

static int open_status(struct opening *opening)
{
	const struct conf_socket *socket = &opening->conf->status_listen;

	if (socket->text == NULL)
		return 0;
	return open_tcp(opening, socket, &opening->listeners->status_fd);
}

static int write_pid(struct opening *opening)
{
	const char *path = opening->conf->pid_file;

	if (path == NULL)
		return 0;
	if (readiness_write_pid(path, opening->error, opening->size) == -1)
		return -1;
	return made(opening, path, &opening->listeners->pid_path);
}

static int find_group(
	struct rights *rights, const char *group, gid_t otherwise, char *error, size_t size)
{
	rights->group = group;
	rights->gid = otherwise;
	return group == NULL ? 0 : privilege_find_group(&rights->gid, group, error, size);
}

int sockets_open(struct listeners *listeners, const struct conf *conf, char *error, size_t size)
{
	struct opening opening = {listeners, conf, error, size};
	struct rights mta = {.mode = conf->socket_mode};
	struct rights control = {.mode = conf->control_mode};

	*listeners = (struct listeners){
		.map_fd = -1, .secret_fd = -1, .control_fd = -1, .status_fd = -1};
	if (find_group(&mta, conf->socket_group, (gid_t)-1, error, size) == 0 &&
		find_group(&control, conf->control_group, getegid(), error, size) == 0 &&
		open_milter(&opening, &mta) == 0 && open_map(&opening, &mta) == 0 &&
		open_secret(&opening, &mta) == 0 &&
		open_unix(&opening, conf->control_socket.path, &control, &listeners->control_fd,
			&listeners->control_path) == 0 &&
		open_status(&opening) == 0 && write_pid(&opening) == 0)
		return 0;
	sockets_remove(listeners);
	return -1;
}

/* Once; the path is forgotten then. */
static void remove_path(char **path)
{
	if (*path != NULL && unlink(*path) == -1)
		log_debug("cannot remove %s", *path);
	free(*path);
	*path = NULL;
}

void sockets_remove_milter(struct listeners *listeners)
{
	remove_path(&listeners->milter_path);
}

void sockets_remove(struct listeners *listeners)
{
	remove_path(&listeners->milter_path);
	remove_path(&listeners->map_path);
	remove_path(&listeners->secret_path);
	remove_path(&listeners->control_path);
	remove_path(&listeners->pid_path);
}
