/* http_deferrals: what hosts have replied to mail that they did not take, as the API has it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_deferrals.h"
#include "core/mask.h"
#include "doors/http_json.h"
#include "engine/engine_view.h"

#include <string.h>

enum { TEXT_MAX = 1024 };

static json_t *group_object(const struct deferral_group *group, bool is_for_control)
{
	return json_pack("{s:s, s:o, s:I, s:I, s:o, s:o, s:o}", "host", group->host, "text",
		http_json_text_or_null(group->text), "passed_on", (json_int_t)group->passed_on,
		"deferred", (json_int_t)group->deferred, "first", http_json_time(group->first),
		"last", http_json_time(group->last), "queue_id",
		http_json_text_or_null(is_for_control ? group->queue_id : NULL));
}

json_t *http_deferrals_object(const struct http_call *call)
{
	struct deferral_group groups[DEFERRAL_GROUPS];
	int count = engine_view_deferrals(call->engine, groups);
	json_t *list = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(list, group_object(&groups[i], !call->is_read_only));
	return json_pack(
		"{s:o, s:o}", "since", http_json_time(call->profile->started), "deferrals", list);
}

json_t *http_deferrals_answer(const struct http_call *call, int *status)
{
	(void)status;
	return http_deferrals_object(call);
}

void http_deferrals_mask(json_t *value)
{
	char masked[TEXT_MAX];
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach (value, i, member)
		http_deferrals_mask(member);
	json_object_foreach(value, key, member)
	{
		if (json_is_string(member) && strcmp(key, "text") == 0)
			json_string_set(member,
				mask_addresses(masked, sizeof(masked), json_string_value(member)));
		else
			http_deferrals_mask(member);
	}
}
