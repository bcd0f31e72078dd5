/* postfix_facts: what is so of the Postfix of this machine
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_POSTFIX_FACTS_H
#define DOCTOR_POSTFIX_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "doctor/postfix_settings.h"
#include "doctor/reach.h"

/*
 * Gathered by postconf(1), postmap(1) and by trying: nothing is changed. Postfix's own
 * programs read master.cf and tables, so all of their syntax is theirs to know.
 */

enum { POSTFIX_FACTS_KEYS_MAX = 16, POSTFIX_FACTS_ANSWER_MAX = 1024 };

/* The text that a table of policies or passwords is made of. */
struct postfix_keys {
	bool is_password;
	char *table; /* as Postfix has it: "hash:/etc/postfix/tls_policy" */
	char *text;
};

enum postfix_socket { POSTFIX_MILTER = 0, POSTFIX_MAP = 1, POSTFIX_SOCKET_COUNT = 2 };

struct postfix_facts {
	const char *directory;		   /* of main.cf, if it is not Postfix's own; or NULL */
	struct postfix_settings *settings; /* NULL: there is no Postfix */
	char version[64];
	char why[512];	 /* why there is none */
	char group[256]; /* of the user that Postfix's processes are */
	bool is_running;
	/* As seen by the services that use it: [1] from the chroot. Not tried: no service is like that. */
	struct reach reaches[POSTFIX_SOCKET_COUNT][2];
	struct postfix_keys keys[POSTFIX_FACTS_KEYS_MAX];
	int key_count;
	/* What TABLE has for KEY goes to ANSWER. False: nothing, or it cannot be asked. */
	bool (*ask)(const struct postfix_facts *facts, const char *table, const char *key,
		char answer[POSTFIX_FACTS_ANSWER_MAX]);
};

/* CONF may be NULL: then no socket is tried. */
void postfix_facts_gather(
	struct postfix_facts *facts, const char *directory, const struct conf *conf);
void postfix_facts_free(struct postfix_facts *facts);

/*
 * The element of the list VALUE that is our milter, or our map (also one within "pipemap:{…}"); its place
 * from 0 in *INDEX. An empty span: there is none.
 */
struct span postfix_facts_find_milter(
	const struct postfix_facts *facts, const struct conf *conf, const char *value, int *index);
struct span postfix_facts_find_map(
	const struct postfix_facts *facts, const struct conf *conf, const char *value, int *index);

#endif
