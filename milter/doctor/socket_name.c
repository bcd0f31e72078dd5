/* socket_name: the daemon's sockets as Postfix and Sendmail write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/socket_name.h"
#include "core/decimal.h"

#include <stdio.h>
#include <string.h>

/* Of a path below FOLDER what comes after it and the slash; else NULL. */
static const char *below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length > 0 && folder[length - 1] == '/')
		length--;
	return length > 0 && strncmp(path, folder, length) == 0 && path[length] == '/'
		       ? path + length + 1
		       : NULL;
}

char *socket_name_for_postfix(
	char out[SOCKET_NAME_MAX], const struct conf_socket *socket, const char *queue)
{
	bool is_six = socket->path == NULL && strchr(socket->host, ':') != NULL;
	const char *inner = socket->path == NULL ? NULL : below(socket->path, queue);

	if (socket->path != NULL)
		snprintf(out, SOCKET_NAME_MAX, "unix:%s", inner == NULL ? socket->path : inner);
	else
		snprintf(out, SOCKET_NAME_MAX, "inet:%s%s%s:%d", is_six ? "[" : "", socket->host,
			is_six ? "]" : "", socket->port);
	return out;
}

char *socket_name_for_sendmail(char out[SOCKET_NAME_MAX], const struct conf_socket *socket)
{
	if (socket->path != NULL)
		snprintf(out, SOCKET_NAME_MAX, "local:%s", socket->path);
	else
		snprintf(out, SOCKET_NAME_MAX, "inet%s:%d@%s",
			strchr(socket->host, ':') == NULL ? "" : "6", socket->port, socket->host);
	return out;
}

/* ---- what a name leads to */

/* "HOST:PORT", or SWAPPED "PORT@HOST". */
static bool read_inet(struct reach_target *target, struct span name, bool swapped)
{
	const char *mark = span_find_last(name, swapped ? "@" : ":");
	struct span host, port;
	char digits[8];

	if (mark == NULL)
		return false;
	host = span_before(name, mark);
	port = span_from(name, mark + 1);
	if (swapped) {
		struct span kept = host;

		host = port;
		port = kept;
	}
	if (host.length >= 2 && host.at[0] == '[' && host.at[host.length - 1] == ']')
		host = span_make(host.at + 1, host.length - 2);
	if (!span_copy_folded(host, target->host, sizeof(target->host)) ||
		!span_copy_folded(port, digits, sizeof(digits)))
		return false;
	target->port = (int)decimal_parse(digits, 1, 65535);
	return target->port != -1 && host.length > 0;
}

static bool read_path(struct reach_target *target, struct span name)
{
	if (name.length == 0 || name.length >= sizeof(target->path))
		return false;
	memcpy(target->path, name.at, name.length);
	target->path[name.length] = '\0';
	return true;
}

bool socket_name_target(struct reach_target *target, struct span name)
{
	*target = (struct reach_target){.port = 0};
	if (span_take(&name, "unix:") || span_take(&name, "local:"))
		return read_path(target, name);
	return span_take(&name, "inet:") && read_inet(target, name, false);
}

static bool is_tcp(const struct reach_target *target, const struct conf_socket *socket)
{
	bool is_loopback =
		strncmp(socket->host, "127.", 4) == 0 || strcmp(socket->host, "::1") == 0;

	return target->port == socket->port &&
	       (strcmp(target->host, socket->host) == 0 ||
		       (is_loopback && strcmp(target->host, "localhost") == 0));
}

bool socket_name_is_postfix(struct span name, const struct conf_socket *socket, const char *queue)
{
	struct reach_target target;
	const char *inner;

	if (!socket_name_target(&target, name))
		return false;
	if (*target.path == '\0')
		return socket->path == NULL && is_tcp(&target, socket);
	if (socket->path == NULL)
		return false;
	inner = below(socket->path, queue);
	return strcmp(target.path, socket->path) == 0 ||
	       (inner != NULL && strcmp(target.path + (*target.path == '/'), inner) == 0);
}

bool socket_name_is_sendmail(struct span name, const struct conf_socket *socket)
{
	struct reach_target target = {.port = 0};

	if (span_take(&name, "local:") || span_take(&name, "unix:"))
		return socket->path != NULL && read_path(&target, name) &&
		       strcmp(target.path, socket->path) == 0;
	return (span_take(&name, "inet:") || span_take(&name, "inet6:")) && socket->path == NULL &&
	       read_inet(&target, name, true) && is_tcp(&target, socket);
}
