/* local: what milterctl does without a daemon
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/local.h"
#include "core/health.h"
#include "core/printable.h"
#include "core/table.h"
#include "ctl/client.h"
#include "engine/clock.h"
#include "engine/state.h"
#include "start/preflight.h"

#include <stdio.h>

enum { VERDICT_MAX = 1024 };

static json_t *clean(const char *text)
{
	char out[1024];

	return json_string(printable_copy(out, sizeof(out), text));
}

static json_t *text_or_null(const char *text)
{
	return *text == '\0' ? json_null() : clean(text);
}

static json_t *time_or_null(int64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	return ms == 0 ? json_null() : json_string(clock_format(text, ms));
}

struct conf *local_load(const char *path)
{
	struct fault_list faults;
	struct conf *conf;
	char line[VERDICT_MAX];
	char shown[VERDICT_MAX];

	fault_list_init(&faults);
	conf = conf_load_public(path, &faults);
	for (size_t i = 0; conf == NULL && i < faults.count; i++)
		if (!faults.faults[i].warning)
			fprintf(stderr, "%s\n",
				printable_copy(shown, sizeof(shown),
					fault_format(line, sizeof(line), &faults.faults[i])));
	if (conf == NULL && faults.unlisted > 0)
		fprintf(stderr, "milterctl: %zu more\n", faults.unlisted);
	fault_list_free(&faults);
	return conf;
}

/* ---- check */

int local_check(const char *path, const char *user, json_t **answer)
{
	char who[PRIVILEGE_NAME_MAX];
	char verdict[VERDICT_MAX];
	struct fault_list faults;
	json_t *list = json_array();
	struct conf *conf;
	int result;

	fault_list_init(&faults);
	conf = preflight_file(path, user, &faults, who);
	preflight_verdict(verdict, sizeof(verdict), path, who, conf, &faults);
	for (size_t i = 0; i < faults.count; i++) {
		const struct fault *fault = &faults.faults[i];

		json_array_append_new(
			list, json_pack("{s:o, s:i, s:b, s:o}", "file", clean(fault->file), "line",
				      fault->line, "warning", (int)fault->warning, "text",
				      clean(fault->text)));
	}
	result = conf == NULL ? CLIENT_NO : CLIENT_DONE;
	*answer = json_pack("{s:b, s:o, s:o, s:o}", "ok", conf != NULL, "user",
		*who == '\0' ? json_null() : clean(who), "verdict", clean(verdict), "faults", list);
	conf_free(conf);
	fault_list_free(&faults);
	return result;
}

/* ---- state */

/* The host that a member of a pool stands for; NULL if its slot was used again. */
static const struct state_slot *find_host(struct state *state, uint64_t key)
{
	for (size_t i = 0; i < state_slot_count(state); i++) {
		const struct state_slot *slot = state_slot(state, i);

		if (slot->type == STATE_HOST && table_host_key(slot->key, slot->port) == key)
			return slot;
	}
	return NULL;
}

static json_t *pool_object(struct state *state, const struct state_slot *slot)
{
	json_t *members = json_array();
	struct pick_rotation rotation;

	state_get_rotation(&slot->pool, &rotation);
	for (int i = 0; i < POOL_HOSTS_MAX; i++) {
		const struct state_member *member = &slot->pool.members[i];
		const struct state_slot *host = find_host(state, member->host);

		if (member->host == 0)
			continue;
		json_array_append_new(members,
			json_pack("{s:o, s:o, s:I, s:I, s:i}", "host",
				host == NULL ? json_null() : clean(host->key), "port",
				host == NULL ? json_null() : json_integer(host->port), "first",
				(json_int_t)member->first, "listed", (json_int_t)member->listed,
				"credit", (int)rotation.credit[i]));
	}
	return json_pack("{s:o, s:I, s:o, s:o}", "pool", clean(slot->key), "messages",
		(json_int_t)slot->pool.turn, "left", time_or_null(slot->left_at), "hosts", members);
}

static json_t *host_object(const struct state_slot *slot)
{
	const struct health *health = &slot->health;

	return json_pack("{s:o, s:i, s:s, s:o, s:o, s:s, s:o, s:o, s:I, s:o, s:i, s:o, s:o,"
			 " s:o, s:o, s:o, s:o}",
		"host", clean(slot->key), "port", (int)slot->port, "state",
		health_state_name(health->state), "since", time_or_null(health->since), "until",
		time_or_null(health->until), "reason", health_reason_name(health->reason), "text",
		clean(health->text), "down_since", time_or_null(health->outage.since), "outages",
		(json_int_t)health->outage.count, "left", time_or_null(slot->left_at),
		"weight_percent", 100 + (int)health->weight_change, "weight_until",
		time_or_null(health->weight_until), "weight_text",
		text_or_null(health->weight_text), "drain_at", time_or_null(health->drain_at),
		"waived_until", time_or_null(health->waived_until), "drain_until",
		time_or_null(health->drain_until), "drain_text", text_or_null(health->drain_text));
}

int local_state(const char *path, json_t **answer)
{
	struct state_report report;
	struct state *state = state_read(path, &report);
	json_t *pools, *hosts;

	*answer = NULL;
	if (state == NULL) {
		fprintf(stderr, "milterctl: %s\n", report.text);
		return CLIENT_NO;
	}
	for (unsigned i = 0; i < report.repair_count && i < STATE_REPAIRS_MAX; i++)
		fprintf(stderr, "milterctl: %s: %s\n", path, report.repairs[i]);
	pools = json_array();
	hosts = json_array();
	for (size_t i = 0; i < state_slot_count(state); i++) {
		const struct state_slot *slot = state_slot(state, i);

		if (slot->type == STATE_POOL)
			json_array_append_new(pools, pool_object(state, slot));
		else if (slot->type == STATE_HOST)
			json_array_append_new(hosts, host_object(slot));
	}
	state_close(state);
	*answer = json_pack("{s:o, s:o}", "pools", pools, "hosts", hosts);
	return CLIENT_DONE;
}
