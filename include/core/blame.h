/* blame: whose fault an observation is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_BLAME_H
#define CORE_BLAME_H

#include <stddef.h>

#include "core/health.h"
#include "core/observation.h"

/*
 * One table, first match wins. Rules of the configuration (health.classify) stand before it, so
 * that an odd server's answers can be put right.
 *
 * A host must not lose mail for what a recipient or a sender has done: words and status codes that
 * speak of those clear it, whatever another host says. What speaks of the host's own system
 * convicts it. All other 4xx does neither, and is to be compared.
 *
 * Limits: the words are English, as servers say them. Only those within the first HEALTH_TEXT_MAX
 * octets of a reply are seen.
 */

enum blame_class {
	BLAME_NONE = 0,		/* says nothing */
	BLAME_HOST_AT_ONCE = 1, /* defers the host by itself */
	BLAME_HOST = 2,		/* counts towards its deferral */
	BLAME_RECIPIENT = 3,
	BLAME_SENDER = 4, /* or the message */
	BLAME_OURS = 5,
	BLAME_COMPARED = 6, /* no word clears or convicts the host: only another host's answer to
			     * the same message, in the same attempt, can tell */
	BLAME_SESSION = 7,  /* the host's limit of one session; it goes on taking others */
	BLAME_SPENT = 8,    /* the host has had what it may be given for a while; by rules alone */
	BLAME_SUCCESS = 9,
	BLAME_CLASS_COUNT = 10,
};

/* What a rule leaves out fits everything. */
struct blame_rule {
	unsigned stages;      /* a bit for each enum observation_stage; 0: any */
	int code;	      /* 452, or 4 for all 4xx; 0: any, also none */
	const char *enhanced; /* "4.3.1", or its beginning "4.3"; NULL: any */
	const char *text;     /* a part of the reply, in any case; NULL: any */
	enum blame_class class;
};

struct blame {
	enum blame_class class;
	enum health_reason reason;
};

/* RULES may be NULL if COUNT is 0. They see replies only: what is no reply has no code. */
struct blame blame_find(
	const struct blame_rule *rules, size_t count, const struct observation *observation);

/* "host_at_once" and so on. */
const char *blame_class_name(enum blame_class class);

#endif
