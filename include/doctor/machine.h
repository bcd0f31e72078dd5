/* machine: what doctor looks at: configuration, daemon, MTA and log as they stand
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_MACHINE_H
#define DOCTOR_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "conf/conf.h"
#include "doctor/log_facts.h"
#include "doctor/postfix_facts.h"
#include "doctor/sendmail_facts.h"
#include "start/privilege.h"

/*
 * Facts alone: what is wrong with them is for judge_*.h to say, which need nothing but these. Nothing is
 * changed by looking.
 */

struct machine_settings {
	const char *config;	     /* routes.cfg */
	const char *user;	     /* the daemon's, or NULL: that of the unit */
	const char *postfix_config;  /* folder of main.cf; NULL: Postfix's own */
	const char *sendmail_config; /* sendmail.cf; NULL: Sendmail's own */
	const char *version;	     /* of this tool */
};

enum { MACHINE_REASONS_MAX = 16, MACHINE_TEXT_MAX = 640, MACHINE_UNRESOLVED_MAX = 64 };

/* A host of a pool whose name has no address. */
struct machine_unresolved {
	char name[DOMAIN_MAX + 1];
	char why[128];
};

/* What the running daemon answers; the caller asks it. */
struct machine_daemon {
	bool was_refused; /* this user may not ask */
	bool answers;
	char version[64];
	char config[PATH_MAX];
	time_t read_at;		   /* when it has read its configuration; 0: not known */
	int64_t descriptors_limit; /* 0: none, or not known */
	int reason_count;	   /* of its own judgement (milterctl status) */
	char reasons[MACHINE_REASONS_MAX][MACHINE_TEXT_MAX];
};

struct machine {
	const struct machine_settings *settings;
	const char *config;
	struct conf *conf;	       /* NULL: it has faults */
	struct fault_list faults;      /* of the file, and of what its settings meet here */
	char user[PRIVILEGE_NAME_MAX]; /* the daemon's */
	bool has_user;		       /* there is one of that name */
	bool is_root;
	bool has_systemd;
	bool has_unit;
	char unit_state[64];	      /* "active", "failed", … */
	char header_checks[PATH_MAX]; /* the file that comes along; "": it is not there */
	time_t config_changed_at;     /* the newest of its files; 0: not known */
	int somaxconn;		      /* of the kernel; 0: not known */
	struct machine_unresolved unresolved[MACHINE_UNRESOLVED_MAX];
	int unresolved_count;
	struct log_facts log;
	struct machine_daemon daemon;
	struct postfix_facts postfix;	/* mta = "postfix" */
	struct sendmail_facts sendmail; /* mta = "sendmail" */
};

/* Loads the configuration; with it the caller knows where the daemon listens. */
void machine_open(struct machine *machine, const struct machine_settings *settings);

/* All else; the caller has filled in `daemon`. */
void machine_gather(struct machine *machine);

void machine_close(struct machine *machine);

#endif
