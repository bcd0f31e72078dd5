/* sockets: the listening sockets, made before privileges are dropped
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <stddef.h>
#include <sys/types.h>

/* Functions give 0 or a descriptor, or -1 with the reason in ERROR of SIZE octets. */

/*
 * Makes the path of a Unix socket free: a socket that nobody listens on is left from a daemon that
 * was killed, and removed. One that is in use, or a file of another kind, is an error.
 */
int sockets_clear(const char *path, char *error, size_t size);

/* Non-blocking sockets that listen. The path must be free. */
int sockets_listen_unix(const char *path, char *error, size_t size);
int sockets_listen_tcp(const char *host, int port, char *error, size_t size);

/* Says who may connect to a Unix socket. */
int sockets_permit(const char *path, mode_t mode, uid_t uid, gid_t gid, char *error, size_t size);

#endif
