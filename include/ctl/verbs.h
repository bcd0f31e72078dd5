/* verbs: what milterctl can do
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_VERBS_H
#define CTL_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ctl/client.h"
#include "ctl/facts.h"

/* One table of verbs: usage, help and the man page (test/structure/man_verbs.sh) follow it. */

/* The command line, taken apart. Strings are NULL where nothing was said. */
struct verb_call {
	struct client *client;
	const char *socket;
	bool has_socket;	      /* it was given: by --socket or the environment */
	const char *version;	      /* of this program */
	const char *const *arguments; /* of the verb: as many as it takes */
	int argument_count;
	bool is_json;
	int options; /* VERB_: those that were given */
	struct facts facts;
	const char *message;   /* --message */
	const char *mbox;      /* --mbox */
	const char *recipient; /* --recipient */
	const char *span;      /* --for */
	const char *until;     /* --until */
	const char *at;	       /* --at */
	const char *reason;
	const char *mta;	     /* --mta */
	const char *config;	     /* --config */
	const char *user;	     /* --user */
	const char *postfix_config;  /* --postfix-config */
	const char *sendmail_config; /* --sendmail-config */
	const char *output;	     /* --output */
	const char *command;	     /* --exec */
	const char *rate;
	const char *interval; /* --interval */
};

/* Options that only some verbs take. */
enum {
	VERB_SENDER = 1,
	VERB_FOR = 2,
	VERB_REASON = 4,
	VERB_FOLLOW = 8,
	VERB_MTA = 16,
	VERB_CONFIG = 32,
	VERB_FACTS = 64, /* of a message, but for its sender */
	VERB_MESSAGE = 128,
	VERB_MBOX = 256,
	VERB_RECIPIENT = 512,
	VERB_USER = 1024,
	VERB_FORCE = 2048,
	VERB_WIDE = 4096,
	VERB_FIX = 8192,
	VERB_YES = 16384,
	VERB_POSTFIX_CONFIG = 32768,
	VERB_SENDMAIL_CONFIG = 65536,
	VERB_OUTPUT = 131072,
	VERB_RUNNING = 262144,
	VERB_EXEC = 524288,
	VERB_RATE = 1048576,
	VERB_DRY_RUN = 2097152,
	VERB_INTERVAL = 4194304,
	VERB_UNTIL = 8388608,
	VERB_AT = 16777216,
};

struct verb {
	const char *name;
	const char *synopsis; /* of what stands after the name */
	const char *purpose;  /* one line */
	int least;	      /* arguments */
	int most;
	int options;
	bool needs_daemon;
	int (*run)(const struct verb_call *call); /* gives the exit status */
};

/* NULL if there is none of that name, or past the last. */
const struct verb *verbs_find(const char *name);
const struct verb *verbs_at(size_t index);

/* One line. */
void verbs_print_usage(const struct verb *verb, FILE *to);

/* The exit status of a call that is wrong. */
int verbs_usage_status(const struct verb *verb);

/* Prints the usage to standard error. Gives the exit status. */
int verbs_refuse(const struct verb *verb);

#endif
