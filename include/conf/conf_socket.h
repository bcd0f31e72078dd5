/* conf_socket: unix:/path and inet:PORT@ADDRESS, taken apart
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_SOCKET_H
#define CONF_CONF_SOCKET_H

#include <stdbool.h>

#include "conf/conf.h"

/* struct sockaddr_un has room for one octet more, but libmilter does not use it. */
enum { CONF_SOCKET_PATH_MAX = 106 };

/*
 * TEXT must live as long as the socket, which points into it. NULL gives a socket that is not
 * configured. Gives 0, or -1 if it is none of the two forms.
 */
int conf_socket_parse(struct conf_socket *socket, const char *text);

/* True if both are configured and the same. */
bool conf_socket_equal(const struct conf_socket *a, const struct conf_socket *b);

#endif
