/* condition: whether all is well: ok, degraded or failed, and why
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_CONDITION_H
#define ENGINE_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/view.h"

/*
 * The one judgement, for GET /healthz, milterctl status and milterctl check-health.
 *
 *   failed    mail does not get where the configuration sends it: a pool has no host that is up, and
 *             no fallback; the daemon is stopping
 *   degraded  mail flows, but somebody has to look: the MTA's log tells nothing, the last reload
 *             failed, a pool is down to its backup tier or its fallback, …
 *   ok        all else. One sick host among others that are up is the program's daily work.
 *
 * Each reason names the setting or the pool, what is wrong with it, and the remedy.
 */

enum condition_level { CONDITION_OK = 0, CONDITION_DEGRADED = 1, CONDITION_FAILED = 2 };

enum {
	CONDITION_REASONS_MAX = 20,
	CONDITION_ABOUT_MAX = 16,
	CONDITION_TEXT_MAX = 700,
};

struct condition_reason {
	enum condition_level level;
	char about[CONDITION_ABOUT_MAX]; /* one word for scripts: "log", "pool", "reload", … */
	char text[CONDITION_TEXT_MAX];
};

struct condition {
	enum condition_level level; /* of the worst reason */
	int count;
	int unlisted; /* reasons that there was no room for */
	struct condition_reason reasons[CONDITION_REASONS_MAX]; /* the worst first */
	size_t hosts;
	size_t states[HEALTH_STATE_COUNT]; /* of them, so many are in each */
};

/* What the engine does not know itself. Strings are the caller's. */
struct condition_input {
	struct view_log log;
	bool has_map;
	struct view_map map;
	struct view_milter milter;
	const char *milter_socket;
	const char *state_file;
	int state_error; /* errno of the last time that it was to be put on its disk */
	bool is_sendmail;
	bool is_stopping;
	bool is_flush_followed; /* "milterctl flush --follow" runs, as far as is known */
	bool reload_ok;
	const char *reload_error; /* of the last reload, if it failed */
	const char *config;
};

/* What was seen from second to second. Zeroed at the start. */
struct condition_history {
	bool has_begun;
	/* The log as it was when it last grew, or last said something about a host. */
	uint64_t lines, lines_at_seen, seen;
	int64_t grown_at;			/* steady ms */
	int64_t routed_at_line, routed_at_seen; /* messages */
};

/* To be called every second; NOW is clock_steady(). */
void condition_note(struct condition_history *history, struct engine *engine,
	const struct view_log *log, int64_t now);

/* For the main thread. NOW is clock_steady(). */
void condition_judge(struct condition *condition, struct engine *engine,
	const struct condition_history *history, const struct condition_input *input, int64_t now);

/* One more reason. */
void condition_add(struct condition *condition, enum condition_level level, const char *about,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "ok", "degraded" or "failed". */
const char *condition_name(enum condition_level level);

#endif
