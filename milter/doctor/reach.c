/* reach: whether a socket can be connected to, as the user who has to
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECT_MS = 2000 };

static int connect_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error = 0;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1 && errno != EAGAIN)
		error = errno;
	close(fd);
	return error;
}

static int finish_connect(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	if (poll(&ready, 1, CONNECT_MS) != 1)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1 ? errno : error;
}

static int connect_tcp(const char *host, int port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char service[16];
	int error = EHOSTUNREACH;

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return error;
	for (const struct addrinfo *at = found; at != NULL && error != 0; at = at->ai_next) {
		int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (fd == -1) {
			error = errno;
			continue;
		}
		error = connect(fd, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
		if (error == EINPROGRESS)
			error = finish_connect(fd);
		close(fd);
	}
	freeaddrinfo(found);
	return error;
}

/* The first part of the way that is missing, or may not be gone through; else the socket. */
static void find_where(const char *path, int error, char where[PATH_MAX])
{
	int how = error == ENOENT ? F_OK : X_OK;

	for (size_t at = 1; path[at] != '\0'; at++) {
		if (path[at] != '/')
			continue;
		snprintf(where, PATH_MAX, "%.*s", (int)at, path);
		if (faccessat(AT_FDCWD, where, how, AT_EACCESS) == -1)
			return;
	}
	snprintf(where, PATH_MAX, "%s", path);
}

static void try(void *context, FILE *out)
{
	const struct reach_target *target = context;
	char where[PATH_MAX] = "";
	int error = *target->path != '\0' ? connect_unix(target->path)
					  : connect_tcp(target->host, target->port);

	if (*target->path != '\0' && error != 0)
		find_where(target->path, error, where);
	fprintf(out, "%d %s", error, where);
}

void reach_try(struct reach *reach, const struct aside *as, const struct reach_target *target)
{
	char text[PATH_MAX + 16];
	char *rest;

	*reach = (struct reach){.error = 0};
	reach->was_tried = aside_run(as, try, (void *)target, text, sizeof(text));
	if (!reach->was_tried) {
		snprintf(reach->why, sizeof(reach->why), "%.250s", text);
		return;
	}
	reach->error = (int)strtol(text, &rest, 10);
	snprintf(reach->where, sizeof(reach->where), "%s", *rest == ' ' ? rest + 1 : rest);
}
