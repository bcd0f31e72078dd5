/* conf: a configuration file as settings and a route table
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "conf/fault.h"
#include "core/table.h"

struct arena;
struct regex_set;

/*
 * A struct conf is built whole from one file (and what it includes), never changes, and is freed
 * whole: everything in it lives in its own arena, but for its regular expressions. The keys, their
 * types, ranges and defaults stand in one table, schema.c.
 */

enum conf_mta { CONF_MTA_POSTFIX = 0, CONF_MTA_SENDMAIL = 1 };
enum conf_on_error { CONF_ON_ERROR_TEMPFAIL = 0, CONF_ON_ERROR_ACCEPT = 1 };
/* Recipients of different routes in one message: the map routes each, or the client splits it. */
enum conf_mixed { CONF_MIXED_MAP = 0, CONF_MIXED_SPLIT = 1 };
/* How Postfix hears of a pool: FILTER for the message, or the map for each recipient. */
enum conf_delivery { CONF_DELIVERY_FILTER = 0, CONF_DELIVERY_MAP = 1 };
enum conf_log_to { CONF_LOG_TO_STDERR = 0, CONF_LOG_TO_SYSLOG = 1 };
/* "unix:/path" or "inet:PORT@HOST", taken apart. */
struct conf_socket {
	const char *text; /* as configured; NULL: not configured */
	const char *path; /* Unix: the path; TCP: NULL */
	const char *host; /* TCP: an IP address, canonical */
	int port;
};

struct conf {
	struct arena *arena;	   /* all of it, this struct too */
	struct regex_set *regexes; /* NULL: none */
	atomic_int references;	   /* who has it: see conf_free() */
	const char *path;	   /* of the file */
	int mta;		   /* enum conf_mta */
	int on_error;		   /* enum conf_on_error */
	int log_to;		   /* enum conf_log_to */
	int mixed;		   /* enum conf_mixed; Postfix only, like the next */
	int delivery;		   /* enum conf_delivery */
	struct conf_socket milter_socket;
	struct conf_socket map_socket;
	struct conf_socket control_socket;
	struct conf_socket status_listen;
	unsigned socket_mode;
	const char *socket_group; /* NULL: the group that the daemon runs as */
	const char *state_file;
	const char *pid_file; /* NULL: none */
	const char *log;      /* of the MTA: a file, "journal", "journal:PATH", or "none" */
	struct table table;
};

/*
 * Reads and checks PATH. Every fault goes to FAULTS, warnings too. Gives the configuration, or
 * NULL if there was a fault that is not a warning.
 */
struct conf *conf_load(const char *path, struct fault_list *faults);

/*
 * Gives up what conf_load() gave. It is freed when all that took it by the table's keeper have
 * given it back, too. Any thread.
 */
void conf_free(struct conf *conf);

#endif
