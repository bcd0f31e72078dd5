/* watch_model: what milterctl watch shows, from the API's answers to rows
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_WATCH_MODEL_H
#define CTL_WATCH_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/endpoint.h"
#include "ctl/fields.h"

/*
 * No terminal is needed here. All texts are fit for one (core/printable.h), and cut to the room that
 * they have here. What gives false had no memory: the model is as it was.
 */

enum {
	WATCH_MODEL_POOL_MAX = 128,
	WATCH_MODEL_TEXT_MAX = 512,
	WATCH_MODEL_FILTER_MAX = 64,
	WATCH_MODEL_BAR = 8, /* characters */
	WATCH_MODEL_EVENTS = 64,
};

/* What a colour stands for, and the order of BY_STATE: what is wrong comes first. */
enum watch_model_tone {
	WATCH_MODEL_DEFERRED = 0,
	WATCH_MODEL_TRIAL = 1,
	WATCH_MODEL_DRAINED = 2,
	WATCH_MODEL_SPENT = 3,
	WATCH_MODEL_UNKNOWN = 4,
	WATCH_MODEL_UP = 5,
};

enum watch_model_order {
	WATCH_MODEL_BY_POOL = 0, /* each pool with its hosts, as configured */
	WATCH_MODEL_BY_STATE = 1,
	WATCH_MODEL_BY_HOST = 2,
};

/* A pool, or a host as a member of one. */
struct watch_model_row {
	bool is_pool; /* it has but POOL and TEXT */
	char pool[WATCH_MODEL_POOL_MAX];
	char host[ENDPOINT_TEXT_MAX]; /* "name:port", as milterctl drain is given it */
	char state[16];
	enum watch_model_tone tone;
	char since[FIELDS_TIME_MAX]; /* how long it has been so */
	char waiting[24];
	char usual[24];
	char text[WATCH_MODEL_TEXT_MAX]; /* how long still, and why */
	/*
	 * Choices of late: each look counts a tenth less at the next one. BAR has the host's part of its
	 * pool's in "#", with a "|" at the part that it has by its weight, of the hosts of its priority.
	 * PERCENT is -1, and BAR without "#", if there were none.
	 */
	int percent;
	char bar[WATCH_MODEL_BAR + 1];
	long long first; /* messages that were to try it first, when last seen */
	double recent;
};

struct watch_model {
	/* Of the daemon. */
	bool has_answer;
	enum watch_model_tone tone; /* UP: all is well */
	char condition[WATCH_MODEL_TEXT_MAX];
	char version[32];

	/* All rows, by pool, and those that are shown: their places in it. */
	struct watch_model_row *rows;
	size_t row_count;
	size_t *shown;
	size_t shown_count;
	size_t selected; /* in SHOWN; a pool's row only where there is no host */

	enum watch_model_order order;
	char filter[WATCH_MODEL_FILTER_MAX];

	/* The last ones, the newest last: "01-31 12:00:00  drain  host=…". */
	char events[WATCH_MODEL_EVENTS][WATCH_MODEL_TEXT_MAX];
	size_t event_count;
	long long last_event; /* ask for those since then */
};

void watch_model_init(struct watch_model *model);
void watch_model_clear(struct watch_model *model);

/* The answers of /v1/status, /v1/pools and /v1/hosts. The host that is selected stays so. */
bool watch_model_take(
	struct watch_model *model, const json_t *status, const json_t *pools, const json_t *hosts);

/* That of /v1/events?since=. A daemon that has begun to count anew is asked from the start next time. */
void watch_model_take_events(struct watch_model *model, const json_t *answer);

/* Both keep the host that is selected, if it is still shown. FILTER: any text of a row, or its part. */
void watch_model_sort(struct watch_model *model, enum watch_model_order order);
void watch_model_filter(struct watch_model *model, const char *filter);

/* Moves the selection by so many hosts, down or up, as far as there are any. */
void watch_model_move(struct watch_model *model, int steps);

/* NULL if there is none, or past the last. */
const struct watch_model_row *watch_model_row(const struct watch_model *model, size_t at);
const struct watch_model_row *watch_model_selected(const struct watch_model *model);

#endif
