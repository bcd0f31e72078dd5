/* endpoint: HOST and HOST:PORT as people write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_ENDPOINT_H
#define CORE_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/table.h"

/*
 * "mx1.example.com", "mx1.example.com:25", "192.0.2.1:25", "[2001:db8::1]:25", "2001:db8::1":
 * a lone colon parts host and port, several are an IPv6 address. "unix:private/lmtp" is a Unix socket
 * by its path, in its own case, and has no port. Whether the name is a valid one is not looked at.
 */
struct endpoint {
	char name[DOMAIN_MAX + 1]; /* without brackets, ASCII letters in lower case; "unix:PATH" */
	int port;		   /* 0: none given */
};

/* "[", the name, "]:", five digits, NUL */
enum { ENDPOINT_TEXT_MAX = DOMAIN_MAX + 9 };

/* Gives 0, or -1: no name, too long, or a port that is none; then ENDPOINT is not to be used. */
int endpoint_parse(struct endpoint *endpoint, const char *text);

/* Whether it is the name of a Unix socket: "unix:PATH". */
bool endpoint_is_unix(const char *name);

/*
 * Whether a path can be told from all else in the MTA's list and in its log: printable ASCII with a
 * slash, not at its end, and without blanks, commas, brackets, quotes, ";" and "=".
 */
bool endpoint_path_valid(const char *path);

/*
 * Writes "name:port", with brackets around a name that has colons; of a Unix socket its name alone.
 * Gives OUT. May be foreign: a name that is too long is cut, a port that is none becomes "?".
 */
char *endpoint_format(char out[ENDPOINT_TEXT_MAX], const char *name, int64_t port);

#endif
