/* judge_hosts: what is the matter with a simulated host, and what it does in a session
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_JUDGE_HOSTS_H
#define TEST_JUDGE_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/observation.h"

/* The truth about a host, which the judge has to find. Times are in ms. */

enum judge_truth {
	JUDGE_WELL = 0,
	JUDGE_DUAL_STACK = 1,	      /* one address of its name is dead */
	JUDGE_GREYLISTS = 2,	      /* in words: the first try of each sender and recipient */
	JUDGE_LIMITS_SESSIONS = 3,    /* 421 after so many messages */
	JUDGE_LIMITS_CONNECTIONS = 4, /* 421 for more than so many at a time */
	/* Those are well. */
	JUDGE_REFUSES = 5, /* connections */
	JUDGE_CONNECT_TIMEOUT = 6,
	JUDGE_GREETS_4XX = 7,
	JUDGE_SILENT = 8, /* at one stage */
	JUDGE_SLOW = 9,	  /* 2 s for each reply */
	JUDGE_SYSTEM_4XX = 10,
	JUDGE_UNCLEAR_4XX = 11, /* at RCPT; no word tells whose fault it is */
	JUDGE_IN_PART = 12,	/* some sessions only */
	JUDGE_FLAPS = 13,	/* refuses connections for 20 s, is well for 20 s */
	JUDGE_TRUTH_COUNT = 14,
};

/* What becomes of the sessions of a silent host when it is well again. */
enum judge_wake { JUDGE_WAKE_ANSWERS = 0, JUDGE_WAKE_LOSES = 1, JUDGE_WAKE_HANGS = 2 };

enum { JUDGE_SLOW_MS = 2000, JUDGE_FLAP_MS = 20000, JUDGE_GREY_MS = 30000, JUDGE_RCPT_MAX = 3 };

struct judge_host {
	enum judge_truth base; /* one of those that are well */
	enum judge_truth sick; /* in its episode */
	int64_t from, until;   /* of the episode; until 0: it has none */
	enum observation_stage stage;
	bool is_unclear; /* IN_PART: no word tells */
	int percent;
	int limit;
	enum judge_wake wake;
	int64_t median; /* of a delivery */
	int taken;	/* LIMITS_SESSIONS */
	int sessions;	/* now */
};

/* What happens in a session, as far as one host is concerned. */
enum judge_end {
	JUDGE_TAKES = 0, /* each recipient by its own reply */
	JUDGE_NO_CONNECTION = 1,
	JUDGE_NO_GREETING = 2, /* a 4xx one */
	JUDGE_SAYS_4XX = 3,    /* to MAIL or the end: the whole message */
	JUDGE_TIMES_OUT = 4,
	JUDGE_LOST = 5,
};

struct judge_session {
	enum judge_end end;
	enum observation_stage stage;
	const char *text;     /* the reply, or why there is no connection */
	const char *rcpt_4xx; /* JUDGE_TAKES: the reply to each recipient; NULL: 250 */
	bool is_dual;	      /* its other address was tried before */
	int64_t setup;	      /* ms until MAIL */
	int64_t span;	      /* ms until the end */
};

/* A number that looks random; from 0 to 1; one of BELOW; around MEDIAN, with a long tail. */
uint64_t judge_random(uint64_t *seed);
double judge_random_part(uint64_t *seed);
int judge_random_below(uint64_t *seed, int below);
int64_t judge_random_span(uint64_t *seed, int64_t median);

/* What the host does at NOW; what FLAPS is told as JUDGE_REFUSES or JUDGE_WELL. */
enum judge_truth judge_hosts_truth(const struct judge_host *host, int64_t now);
bool judge_hosts_is_sick(const struct judge_host *host, int64_t now);

const char *judge_hosts_name(enum judge_truth truth);
const char *judge_hosts_phase(enum observation_stage stage);
const char *judge_hosts_command(enum observation_stage stage);

/* A session that begins now, of a message of SIZE octets and so many recipients. */
void judge_hosts_meet(struct judge_host *host, uint64_t *seed, int64_t now, int64_t size,
	int recipients, struct judge_session *session);

/* It would have gone well, but the host falls silent, or ends. */
void judge_hosts_fall(const struct judge_host *host, int64_t now, struct judge_session *session);

/* A sick host of random kind, with its episode somewhere in LENGTH. */
void judge_hosts_make(struct judge_host *host, uint64_t *seed, int64_t length, bool may_be_sick);

#endif
