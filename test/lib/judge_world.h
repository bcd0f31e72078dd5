/* judge_world: a pool of hosts with hidden truth, and what the engine makes of it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_JUDGE_WORLD_H
#define TEST_JUDGE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "judge_hosts.h"

/*
 * A world is made of its seed alone, and always runs in the same way: traffic, an MTA that walks its
 * lists (judge_postfix.h), hosts of which some are sick for a while. The engine gets what it gets from
 * a real MTA: messages to choose for, and the lines of the log, of which some are lost or late. It runs
 * with the default settings. Time passes in ms, without waiting.
 */

enum {
	JUDGE_HOSTS_MAX = 8,
	JUDGE_PROCESSES = 100,
	JUDGE_LISTS_MAX = 4096,
	JUDGE_LINES_LATE = 65536, /* so many at most */
	JUDGE_GREY = 8192,
};

struct judge_message {
	int64_t came;
	int64_t size;
	uint64_t sender;
	uint64_t recipients[JUDGE_RCPT_MAX];
	int next;	  /* waits for the same list after this one; -1 */
	uint16_t list;	  /* of hosts */
	uint8_t count;	  /* of recipients */
	uint8_t open;	  /* bits of those that have no result yet */
	uint8_t unknown;  /* bits of those that every host refuses with 5xx */
	bool is_unwanted; /* every host refuses it with 4xx, in words that tell nothing */
};

/* A queue of the MTA: one for each distinct list. */
struct judge_list {
	char nexthop[JUDGE_HOSTS_MAX * 20];
	int hosts[JUDGE_HOSTS_MAX];
	int count;
	int head, tail; /* messages; -1 */
	int active, window;
};

struct judge_process {
	bool is_busy;
	uint32_t pid;
	int uses;
	int message;
	int place;     /* in the list */
	uint8_t left;  /* bits of recipients that no host has taken yet */
	uint8_t taken; /* in this session */
	uint8_t said;  /* refused with 4xx in this session */
	int64_t began;
	int64_t met; /* when this session began */
	unsigned turn;
	struct judge_session session;
};

/* What was seen of one host. */
struct judge_result {
	bool is_measured; /* it was given messages in its episode, while another host was well */
	bool is_avoided;
	int given;	   /* first, in the episode, until it was avoided */
	int wasted;	   /* in the whole episode */
	int64_t avoided;   /* ms after the begin */
	bool is_back;	   /* used again after its end; else the world ended before */
	int64_t back;	   /* ms after the end */
	int firsts;	   /* messages given to it first */
	int wronged;	   /* how often it was deferred although it had never been sick */
	int late;	   /* and although it was well again */
	int64_t deferred;  /* the longest such time, until it was on trial */
	int64_t out;	   /* the longest such time, until it was up again */
	int64_t late_span; /* of those that were late, until it was on trial */
	int64_t well_ms;
	int64_t silent_ms; /* of these, it was silent */
	int64_t calm_ms;   /* of the silent ones, nobody had been sick */
};

struct judge_event {
	int64_t at;
	uint64_t serial;
	int kind;
	int ref;
	unsigned turn;
};

struct judge_world {
	uint64_t seed;	     /* it was made of */
	uint64_t chance;     /* what happens */
	int64_t began, ends; /* clock */
	double rate;	     /* messages a second */
	int host_count;
	struct judge_host hosts[JUDGE_HOSTS_MAX];
	int priority[JUDGE_HOSTS_MAX];
	int weight[JUDGE_HOSTS_MAX];
	int balance;	/* enum balance */
	double loss;	/* of lines */
	bool is_coarse; /* stamps of whole seconds */
	int64_t late_from, late_until;
	bool has_well; /* one host of the first tier is never sick */
	uint64_t lines;
	struct judge_result results[JUDGE_HOSTS_MAX];

	/* The MTA. */
	int message_count, message_room;
	struct judge_message *messages;
	int list_count;
	struct judge_list *lists;
	struct judge_process processes[JUDGE_PROCESSES];
	int64_t grey[JUDGE_HOSTS_MAX][JUDGE_GREY];
	int event_count, event_room;
	struct judge_event *events; /* a heap */
	uint64_t event_serial;

	/* The daemon. */
	struct engine *engine;
	struct state *state;
	struct conf *conf;
	char folder[32];
	uint64_t pool;
	int late_count;
	char **late_lines;
	uint32_t states[JUDGE_HOSTS_MAX];
	bool is_silent[JUDGE_HOSTS_MAX];
	bool is_wrong[JUDGE_HOSTS_MAX];	      /* it is deferred for no reason */
	int64_t state_since[JUDGE_HOSTS_MAX]; /* DEFERRED, or not up */
	int64_t out_since[JUDGE_HOSTS_MAX];
};

/* What there is at most: messages a second, of 100, and seconds, of 600. */
struct judge_limits {
	double rate;
	double seconds;
};

/* Makes and runs the world of that seed; then only its results are left. */
void judge_world_run(struct judge_world *world, uint64_t seed, const struct judge_limits *limits);

/*
 * How unevenly those hosts share the messages that are always well, have no limit and are equal in a
 * pool that goes by turn: the most less the least, in 1/1000 of their mean. -1: too few of them.
 */
int judge_world_unevenness(const struct judge_world *world);

/* ---- for judge_postfix.c */

/* Something happens at that time. */
enum judge_event_kind {
	JUDGE_EVENT_MESSAGE = 0,
	JUDGE_EVENT_ACTIVE = 1,	 /* ref: message */
	JUDGE_EVENT_SESSION = 2, /* ref: process; turn: as in it */
	JUDGE_EVENT_HOST = 3,	 /* ref: host: another truth begins */
	JUDGE_EVENT_TICK = 4,
	JUDGE_EVENT_LATE = 5, /* the log's lines come at last */
};

void judge_world_at(
	struct judge_world *world, int64_t at, enum judge_event_kind kind, int ref, unsigned turn);

/* A line of the log. */
void judge_world_log(struct judge_world *world, const char *program, uint32_t pid,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* ms since the world began. */
int64_t judge_world_age(const struct judge_world *world);

#endif
