/* sockets: the listening sockets, made before privileges are dropped
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "sockets.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

/* 1: somebody listens; 0: nobody; -1: it cannot be told. */
static int is_in_use(const char *path)
{
	struct sockaddr_un address;
	int result;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	set_path(&address, path);
	/* A full backlog (EAGAIN) has a listener, too. */
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN)
		result = 1;
	else
		result = errno == ECONNREFUSED ? 0 : -1;
	close(fd);
	return result;
}

int sockets_clear(const char *path, char *error, size_t size)
{
	struct stat status;

	if (lstat(path, &status) == -1) {
		if (errno == ENOENT)
			return 0;
		return fail(path, "cannot look at it", error, size);
	}
	if (!S_ISSOCK(status.st_mode)) {
		snprintf(error, size, "%s: is there and is not a socket", path);
		return -1;
	}
	switch (is_in_use(path)) {
	case 0:
		if (unlink(path) == -1)
			return fail(path, "cannot remove the stale socket", error, size);
		return 0;
	case 1:
		snprintf(error, size, "%s: another process listens on it", path);
		return -1;
	default:
		return fail(path, "cannot tell whether it is in use", error, size);
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

int sockets_listen_unix(const char *path, char *error, size_t size)
{
	struct sockaddr_un address;

	set_path(&address, path);
	return listen_on(path, (struct sockaddr *)&address, sizeof(address), error, size);
}

int sockets_listen_tcp(const char *host, int port, char *error, size_t size)
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

int sockets_permit(const char *path, mode_t mode, uid_t uid, gid_t gid, char *error, size_t size)
{
	if (chown(path, uid, gid) == -1)
		return fail(path, "cannot give it to its user and group", error, size);
	if (chmod(path, mode) == -1)
		return fail(path, "cannot set its mode", error, size);
	return 0;
}
