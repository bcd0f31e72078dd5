/* conf_socket: unix:/path and inet:PORT@ADDRESS, taken apart
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_socket.h"
#include "core/decimal.h"

#include <arpa/inet.h>
#include <string.h>

static int parse_unix(struct conf_socket *socket, const char *path)
{
	size_t length = strlen(path);

	if (*path != '/' || length > CONF_SOCKET_PATH_MAX || path[length - 1] == '/')
		return -1;
	socket->path = path;
	return 0;
}

static int parse_inet(struct conf_socket *socket, const char *text)
{
	const char *at = strchr(text, '@');
	char port[6];
	unsigned char octets[sizeof(struct in6_addr)];

	if (at == NULL || (size_t)(at - text) >= sizeof(port))
		return -1;
	memcpy(port, text, (size_t)(at - text));
	port[at - text] = '\0';
	socket->port = (int)decimal_parse(port, 1, 65535);
	socket->host = strcmp(at + 1, "localhost") == 0 ? "127.0.0.1" : at + 1;
	if (socket->port == -1)
		return -1;
	return inet_pton(AF_INET, socket->host, octets) == 1 ||
			       inet_pton(AF_INET6, socket->host, octets) == 1
		       ? 0
		       : -1;
}

int conf_socket_parse(struct conf_socket *socket, const char *text)
{
	*socket = (struct conf_socket){.text = text};
	if (text == NULL)
		return 0;
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(socket, text + 5);
	if (strncmp(text, "inet:", 5) == 0)
		return parse_inet(socket, text + 5);
	return -1;
}

bool conf_socket_equal(const struct conf_socket *a, const struct conf_socket *b)
{
	if (a->text == NULL || b->text == NULL || (a->path == NULL) != (b->path == NULL))
		return false;
	if (a->path != NULL)
		return strcmp(a->path, b->path) == 0;
	return a->port == b->port && strcmp(a->host, b->host) == 0;
}
