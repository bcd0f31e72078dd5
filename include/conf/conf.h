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
struct vault;

/*
 * A struct conf is built whole from one file (and what it includes), never changes, and is freed
 * whole: everything in it lives in its own arena, but for its regular expressions and passwords. The
 * keys, their types, ranges and defaults stand in one table, schema_keys.c.
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

/* Where a setting stands. */
struct conf_place {
	const char *name;
	const char *file;
	int line; /* 0: it is not set */
};

struct conf {
	struct arena *arena;	   /* all of it, this struct too */
	struct regex_set *regexes; /* NULL: none */
	struct vault *vault;	   /* the passwords; NULL: none */
	atomic_int references;	   /* who has it: see conf_free() */
	const char *path;	   /* of the file */
	int mta;		   /* enum conf_mta */
	int on_error;		   /* enum conf_on_error */
	int log_to;		   /* enum conf_log_to */
	int mixed;		   /* enum conf_mixed; Postfix only, like the next */
	int delivery;		   /* enum conf_delivery */
	struct conf_socket milter_socket;
	struct conf_socket map_socket;
	struct conf_socket secret_socket;
	struct conf_socket control_socket;
	struct conf_socket status_listen;
	const char *status_hosts;  /* parted by spaces; NULL: none */
	unsigned socket_mode;	   /* of the milter's and the map's socket */
	const char *socket_group;  /* NULL: the folder's, or that of the daemon */
	unsigned control_mode;	   /* of the control socket */
	const char *control_group; /* NULL: that of the daemon */
	const char *state_file;
	const char *pid_file;	   /* NULL: none */
	const char *log;	   /* of the MTA: a file, "journal", "journal:PATH", or "none" */
	const char *journal_units; /* of the MTA, parted by spaces; NULL: not given */
	const char *journal_users; /* the same */
	struct table table;
	const struct conf_place *places; /* of single values at the top of the file, and `log` */
	size_t place_count;
	const struct conf_place *match_files; /* path, and where a route names it */
	size_t match_file_count;
};

/*
 * Reads and checks PATH. Every fault goes to FAULTS, warnings too. Gives the configuration, or
 * NULL if there was a fault that is not a warning.
 */
struct conf *conf_load(const char *path, struct fault_list *faults);

/*
 * The same for people who only look, and may not have the right to read passwords: their files are
 * left alone.
 */
struct conf *conf_load_public(const char *path, struct fault_list *faults);

/* Where the setting of that name stands, one at the top of the file or "log". */
struct conf_place conf_place(const struct conf *conf, const char *name);

/*
 * Gives up what conf_load() gave. It is freed when all that took it by the table's keeper have
 * given it back, too. Any thread.
 */
void conf_free(struct conf *conf);

#endif
