/* parse_log: what the lines of an MTA's log say of hosts, and whose fault it was
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_PARSE_LOG_H
#define CTL_PARSE_LOG_H

#include <stdbool.h>

struct parse_log_settings {
	const char *path; /* NULL: standard input */
	bool is_sendmail;
	const char *config; /* its health.classify goes before the table; NULL: none */
	bool is_json;
};

/*
 * Prints one line, or one JSON object, for each line of the log that says something of a host, as it
 * comes. Gives milterctl's exit status (client.h): 1 if the log or the configuration cannot be read.
 */
int parse_log_run(const struct parse_log_settings *settings);

#endif
