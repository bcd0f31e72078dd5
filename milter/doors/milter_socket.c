/* milter_socket: where libmilter listens
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_socket.h"
#include "engine/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

/* The number that the next descriptor will have, or -1. */
static int next_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd != -1)
		close(fd);
	return fd;
}

/*
 * At the end of a message libmilter writes several small packets, and the MTA answers only the last:
 * TCP would hold the second back until the first is acknowledged, which is delayed by 40 ms. Linux
 * gives accepted sockets the setting of the one that listens, which libmilter does not show.
 */
static void send_at_once(int fd)
{
	int listens = 0;
	int on = 1;
	socklen_t size = sizeof(listens);

	if (fd == -1 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == -1 ||
		listens == 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
		log_warning("cannot set TCP_NODELAY on the milter socket: each message takes 40 ms "
			    "longer");
}

/* Of the socket that listens; family 0: it is not known. */
static struct sockaddr_storage bound;
static socklen_t bound_length;

static void keep_address(int fd)
{
	int listens = 0;
	socklen_t size = sizeof(listens);

	bound_length = sizeof(bound);
	if (fd == -1 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == -1 ||
		listens == 0 || getsockname(fd, (struct sockaddr *)&bound, &bound_length) == -1)
		bound.ss_family = AF_UNSPEC;
}

int milter_socket_address(struct sockaddr_storage *address, socklen_t *length)
{
	*address = bound;
	*length = bound_length;
	errno = ENOTSOCK;
	return bound.ss_family == AF_UNSPEC ? -1 : 0;
}

int milter_socket_open(const char *name, bool is_tcp, char *error, size_t size)
{
	int fd;

	if (smfi_setconn((char *)name) == MI_FAILURE || smfi_setbacklog(SOMAXCONN) == MI_FAILURE) {
		snprintf(error, size, "milter_socket %s: libmilter refuses it", name);
		return -1;
	}
	fd = next_descriptor();
	errno = 0;
	if (smfi_opensocket(false) == MI_FAILURE) {
		snprintf(error, size, "milter_socket %s: cannot listen: %s", name,
			errno == 0 ? "see the mail log" : strerror(errno));
		return -1;
	}
	keep_address(fd);
	if (is_tcp)
		send_at_once(fd);
	return 0;
}
