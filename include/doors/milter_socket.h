/* milter_socket: where libmilter listens
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_SOCKET_H
#define DOORS_MILTER_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/*
 * Opens the socket by libmilter; nothing is read from it. NAME is as smfi_setconn() wants it; a Unix
 * socket's path must be free. Gives 0, or -1 with the reason in ERROR of SIZE octets.
 */
int milter_socket_open(const char *name, bool is_tcp, char *error, size_t size);

/* Where a connection to it goes. Gives 0, or -1 with errno if it is not known. */
int milter_socket_address(struct sockaddr_storage *address, socklen_t *length);

#endif
