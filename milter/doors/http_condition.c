/* http_condition: whether all is well, as the API has it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_condition.h"
#include "doors/http_json.h"
#include "engine/clock.h"
#include "engine/routing_policy.h"

#include <string.h>

enum {
	UNAVAILABLE = 503,
	FIRST_LOOK_MS = 10000, /* after the daemon's start */
	FOLLOWED_MS = 600000,
};

static void view_log(const struct http_profile *profile, struct view_log *log)
{
	memset(log, 0, sizeof(*log));
	if (profile->log != NULL)
		profile->log(profile->log_context, log);
}

/* Whoever follows looks once a second; but then the MTA's command may be slow. */
static bool is_flush_followed(const struct http_profile *profile)
{
	if (profile->flush_seen != NULL && *profile->flush_seen != 0)
		return clock_steady() - *profile->flush_seen < FOLLOWED_MS;
	return clock_now() - profile->started < FIRST_LOOK_MS;
}

static void judge(const struct http_call *call, struct condition *condition)
{
	const struct http_profile *profile = call->profile;
	struct condition_input known = {
		.has_map = profile->map != NULL,
		.is_sendmail = routing_policy_get().envelope.mta == TABLE_SENDMAIL,
		.is_stopping = profile->is_stopping,
		.is_flush_followed = is_flush_followed(profile),
		.reload_ok = profile->reload_ok,
		.reload_error = profile->reload_error,
		.config = profile->config,
		.milter_socket = profile->milter_socket,
		.state_file = profile->state_file,
	};

	view_log(profile, &known.log);
	if (profile->map != NULL)
		profile->map(profile->map_context, &known.map);
	if (profile->check != NULL)
		profile->check(profile->check_context, &known.milter);
	if (profile->saved != NULL)
		known.state_error = profile->saved(profile->saved_context);
	condition_judge(condition, call->engine, &profile->history, &known, clock_steady());
}

static json_t *hosts_object(const struct condition *condition)
{
	json_t *hosts = json_pack("{s:I}", "total", (json_int_t)condition->hosts);

	for (uint32_t state = 0; state < HEALTH_STATE_COUNT; state++)
		json_object_set_new(hosts, health_state_name(state),
			json_integer((json_int_t)condition->states[state]));
	return hosts;
}

static json_t *object(const struct condition *condition)
{
	json_t *reasons = json_array();

	for (int i = 0; i < condition->count; i++) {
		const struct condition_reason *reason = &condition->reasons[i];

		json_array_append_new(
			reasons, json_pack("{s:s, s:s, s:o}", "level",
					 condition_name(reason->level), "about", reason->about,
					 "text", http_json_text_or_null(reason->text)));
	}
	return json_pack("{s:s, s:b, s:o, s:i, s:o}", "status", condition_name(condition->level),
		"ok", condition->level == CONDITION_OK, "reasons", reasons, "more",
		condition->unlisted, "hosts", hosts_object(condition));
}

json_t *http_condition_object(const struct http_call *call)
{
	struct condition condition;

	judge(call, &condition);
	return object(&condition);
}

json_t *http_condition_answer(const struct http_call *call, int *status)
{
	struct condition condition;

	judge(call, &condition);
	if (condition.level == CONDITION_FAILED)
		*status = UNAVAILABLE;
	return object(&condition);
}

void http_condition_tick(struct engine *engine, struct http_profile *profile)
{
	struct view_log log;

	view_log(profile, &log);
	condition_note(&profile->history, engine, &log, clock_steady());
}
