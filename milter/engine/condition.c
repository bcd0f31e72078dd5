/* condition: whether all is well: ok, degraded or failed, and why
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/condition.h"
#include "engine/engine_learn.h"
#include "engine/engine_view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * How much has to happen before silence means something: messages that were routed, lines that were
 * read, and the time that deliveries may take.
 */
enum {
	ROUTED_MIN = 20,
	LINES_MIN = 50,
	SILENCE_MS = 300000,
};

static const char *const names[] = {
	[CONDITION_OK] = "ok",
	[CONDITION_DEGRADED] = "degraded",
	[CONDITION_FAILED] = "failed",
};

const char *condition_name(enum condition_level level)
{
	return names[level];
}

void condition_add(struct condition *condition, enum condition_level level, const char *about,
	const char *format, ...)
{
	struct condition_reason *reason;
	int at = condition->count;
	va_list arguments;

	if (level > condition->level)
		condition->level = level;
	if (condition->count == CONDITION_REASONS_MAX) {
		condition->unlisted++;
		/* A failure is never hidden by what is only degraded. */
		if (level <= condition->reasons[--at].level)
			return;
	} else {
		condition->count++;
	}
	while (at > 0 && condition->reasons[at - 1].level < level) {
		condition->reasons[at] = condition->reasons[at - 1];
		at--;
	}
	reason = &condition->reasons[at];
	reason->level = level;
	snprintf(reason->about, sizeof(reason->about), "%s", about);
	va_start(arguments, format);
	vsnprintf(reason->text, sizeof(reason->text), format, arguments);
	va_end(arguments);
}

/* ---- the MTA's log */

void condition_note(struct condition_history *history, struct engine *engine,
	const struct view_log *log, int64_t now)
{
	int64_t routed = engine_counted(engine, ENGINE_ROUTED);
	/* Fewer: another log is followed. */
	bool is_new = !history->has_begun || log->lines < history->lines;

	if (is_new || log->lines != history->lines || routed == history->routed_at_line) {
		history->grown_at = now;
		history->routed_at_line = routed;
	}
	if (is_new || log->seen != history->seen) {
		history->lines_at_seen = log->lines;
		history->routed_at_seen = routed;
	}
	history->lines = log->lines;
	history->seen = log->seen;
	history->has_begun = true;
}

static void judge_log(struct condition *condition, struct engine *engine,
	const struct condition_history *history, const struct condition_input *input, int64_t now)
{
	const struct view_log *log = &input->log;
	int64_t routed = engine_counted(engine, ENGINE_ROUTED);
	bool is_watched = history->has_begun;

	if (!log->is_on)
		return;
	if (!log->is_readable) {
		condition_add(condition, CONDITION_DEGRADED, "log",
			"health.log = \"%.200s\": %.200s: hosts that fail are not noticed; see "
			"\"log\" in routes.cfg(5)",
			log->source, log->error[0] == '\0' ? "it cannot be read" : log->error);
		return;
	}
	if (log->strange[0] != '\0')
		condition_add(condition, CONDITION_DEGRADED, "log",
			"health.log = \"%.200s\": the form of its lines is not known, hosts that "
			"fail are not noticed: \"%s\"; see \"The MTA's log\" in routes.cfg(5)",
			log->source, log->strange);
	else if (is_watched && routed - history->routed_at_line >= ROUTED_MIN &&
		 now - history->grown_at >= SILENCE_MS)
		condition_add(condition, CONDITION_DEGRADED, "log",
			"health.log = \"%.200s\": no line for %" PRId64 " min while %" PRId64
			" messages were routed: it is not the log that the MTA writes",
			log->source, (now - history->grown_at) / 60000,
			routed - history->routed_at_line);
	/* What was seen since the last note counts as well. */
	else if (is_watched && log->seen == history->seen &&
		 log->lines - history->lines_at_seen >= LINES_MIN &&
		 routed - history->routed_at_seen >= ROUTED_MIN)
		condition_add(condition, CONDITION_DEGRADED, "log",
			"health.log = \"%.200s\": the last %" PRIu64
			" lines show no delivery, while %" PRId64
			" messages were routed: see what is in it with milterctl parse-log",
			log->source, log->lines - history->lines_at_seen,
			routed - history->routed_at_seen);
}

/* ---- the daemon itself */

static void judge_daemon(struct condition *condition, const struct condition_input *input)
{
	const struct view_milter *milter = &input->milter;

	if (input->is_stopping)
		condition_add(condition, CONDITION_FAILED, "stopping", "the daemon is stopping");
	if (milter->silent_since != 0)
		condition_add(condition, CONDITION_FAILED, "milter",
			"milter_socket %.200s: no answer, so the MTA gets none either: see the "
			"daemon's log; a restart helps for a while",
			input->milter_socket);
	if (milter->has_few_descriptors)
		condition_add(condition, CONDITION_DEGRADED, "descriptors",
			"%" PRId64 " of %" PRId64 " descriptors are open, with none left no mail "
			"is accepted: raise LimitNOFILE in the systemd unit, or ulimit -n",
			milter->descriptors, milter->descriptors_max);
	if (input->state_error != 0)
		condition_add(condition, CONDITION_DEGRADED, "state",
			"state_file %.200s: cannot be written to its disk: %s: a reboot would lose "
			"drains; free space, or replace the disk",
			input->state_file, strerror(input->state_error));
}

/* ---- the map, the configuration */

static void judge_map(
	struct condition *condition, struct engine *engine, const struct condition_input *input)
{
	int64_t routed = engine_counted(engine, ENGINE_ROUTED);

	if (!input->has_map || input->map.requests > 0 || routed < ROUTED_MIN)
		return;
	condition_add(condition, CONDITION_DEGRADED, "map",
		"map_socket: the MTA has never queried the map while %" PRId64
		" messages were routed: %s",
		routed,
		input->is_sendmail ? "FEATURE(`nexthop') is missing in sendmail.mc"
				   : "transport_maps in main.cf does not name it");
}

static void judge_wiring(struct condition *condition, struct engine *engine)
{
	char text[WIRING_TEXT_MAX];

	if (engine_learn_elsewhere(engine, text))
		condition_add(condition, CONDITION_DEGRADED, "wiring", "%s", text);
}

static void judge_reload(struct condition *condition, const struct condition_input *input)
{
	if (!input->reload_ok)
		condition_add(condition, CONDITION_DEGRADED, "reload",
			"the last reload of %.200s failed, the "
			"configuration before it is in force: %.300s",
			input->config, input->reload_error == NULL ? "?" : input->reload_error);
}

/* ---- pools */

static void judge_pool(struct condition *condition, const struct engine_use *use)
{
	bool is_put_off = use->all_deferred == ALL_DEFERRED_TEMPFAIL;

	if (use->up > 0 && use->best_tier_up > 0)
		return;
	if (use->up > 0)
		condition_add(condition, CONDITION_DEGRADED, "pool",
			"pool %s: no host of its best priority is up, backups have its mail: "
			"milterctl hosts shows why",
			use->pool);
	else if (use->has_fallback)
		condition_add(condition, CONDITION_DEGRADED, "pool",
			"pool %s: no host is up, its fallback has its mail: milterctl hosts shows "
			"why",
			use->pool);
	else if (use->spent > 0)
		condition_add(condition, CONDITION_DEGRADED, "pool",
			"pool %s: no host is up, and %d with a spent quota have its mail: "
			"milterctl hosts shows until when",
			use->pool, use->spent);
	else if (use->deferred == 0)
		condition_add(condition, CONDITION_DEGRADED, "pool",
			"pool %s: all %d hosts are drained, and used all the same: milterctl "
			"enable",
			use->pool, use->drained);
	else
		condition_add(condition, CONDITION_FAILED, "pool",
			"pool %s: no host is up, %d deferred, %d drained, %s: milterctl hosts shows "
			"why",
			use->pool, use->deferred, use->drained,
			is_put_off ? "clients get 451" : "its mail waits in the queue");
}

/* Of several pools the first: it is one thing that is wrong. */
static void judge_flush(struct condition *condition, const struct engine_use *use,
	const struct condition_input *input, bool *is_told)
{
	if (use->on_recovery != ON_RECOVERY_FLUSH || input->is_flush_followed || *is_told)
		return;
	*is_told = true;
	condition_add(condition, CONDITION_DEGRADED, "flush",
		"pool %s: on_recovery = \"flush\", but milterctl flush --follow does not run: "
		"systemctl enable --now nexthop-milter-flush, see routes.cfg(5)",
		use->pool);
}

static void count_hosts(struct condition *condition, struct engine *engine)
{
	struct view_host host;

	condition->hosts = engine_host_count(engine);
	for (size_t i = 0; i < condition->hosts; i++) {
		engine_view_host(engine, i, &host);
		if (host.health.state < HEALTH_STATE_COUNT)
			condition->states[host.health.state]++;
	}
}

void condition_judge(struct condition *condition, struct engine *engine,
	const struct condition_history *history, const struct condition_input *input, int64_t now)
{
	struct engine_use use;
	bool is_flush_told = false;

	memset(condition, 0, sizeof(*condition));
	judge_daemon(condition, input);
	count_hosts(condition, engine);
	for (size_t pool = 0; pool < engine_pool_count(engine); pool++) {
		engine_view_pool_use(engine, pool, &use);
		judge_pool(condition, &use);
		judge_flush(condition, &use, input, &is_flush_told);
	}
	judge_log(condition, engine, history, input, now);
	judge_map(condition, engine, input);
	judge_wiring(condition, engine);
	judge_reload(condition, input);
}
