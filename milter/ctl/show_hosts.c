/* show_hosts: pools and hosts as people read them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/show_hosts.h"
#include "core/duration.h"
#include "ctl/columns.h"
#include "ctl/fields.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* How long it has been so, or for how long it goes on: what the state has. */
static void add_span(struct columns *columns, const json_t *host)
{
	char span[FIELDS_TIME_MAX];
	char text[FIELDS_TIME_MAX + 8];

	if (*fields_left(host, "until", span) != '\0')
		snprintf(text, sizeof(text), "%s left", span);
	else if (*fields_ago(host, "since", span) != '\0')
		snprintf(text, sizeof(text), "for %s", span);
	else
		text[0] = '\0';
	columns_add(columns, text);
}

void show_hosts_add_weight(struct columns *columns, const json_t *host)
{
	char text[64];

	if (fields_percent(host) == 100) {
		fields_add_number(columns, host, "weight");
		return;
	}
	snprintf(text, sizeof(text), "%lld (%lld%%)", fields_number(host, "weight"),
		fields_percent(host));
	columns_add(columns, text);
}

/* ---- pools */

/* What happens to messages then. */
static void print_all_deferred(const json_t *pool)
{
	const char *does = fields_text(pool, "all_deferred");

	if (does != NULL && strcmp(does, "try") == 0)
		printf("if all hosts are deferred they are tried all the same");
	else if (does != NULL && strcmp(does, "tempfail") == 0)
		printf("if all hosts are deferred clients get 451");
	else
		printf("if all hosts are deferred: %s", fields_shown(pool, "all_deferred"));
}

static void show_pool(const json_t *pool)
{
	const json_t *hosts = json_object_get(pool, "hosts");
	long long messages = fields_number(pool, "messages");
	struct columns *columns =
		columns_new("HOST|>PRIORITY|>WEIGHT|STATE|TIME|>FIRST|>SHARE|>LISTED");
	const char *hash_on = fields_text(pool, "hash_on");
	const char *does = fields_text(pool, "on_recovery");
	size_t i;
	json_t *host;

	printf("%s", fields_shown(pool, "pool"));
	printf(": %s", fields_shown(pool, "transport"));
	printf(", %s", fields_shown(pool, "balance"));
	if (hash_on != NULL)
		printf(" on %s", fields_shown(pool, "hash_on"));
	printf(", %lld %s", messages, messages == 1 ? "message" : "messages");
	printf(" (%s)\n  ", fields_shown(pool, "source"));
	print_all_deferred(pool);
	if (does != NULL && strcmp(does, "flush") == 0)
		printf("; when one is back, what waits is tried again");
	printf("\n");
	json_array_foreach (hosts, i, host) {
		fields_add_endpoint(columns, host);
		fields_add_number(columns, host, "priority");
		show_hosts_add_weight(columns, host);
		fields_add_text(columns, host, "state");
		add_span(columns, host);
		fields_add_number(columns, host, "first");
		fields_add_share(columns,
			messages == 0 ? 0
				      : (double)fields_number(host, "first") / (double)messages);
		fields_add_number(columns, host, "listed");
	}
	fields_print(columns, "  ");
}

void show_hosts_pools(const json_t *answer)
{
	size_t i;
	json_t *pool;

	json_array_foreach (json_object_get(answer, "pools"), i, pool)
		show_pool(pool);
}

/* Names parted by commas. */
static void add_names(struct columns *columns, const json_t *names)
{
	char text[FIELDS_SHOWN_MAX] = "";
	size_t used = 0;
	size_t i;
	json_t *name;

	json_array_foreach (names, i, name) {
		const char *one = json_string_value(name);
		size_t left = sizeof(text) - used;
		int written = snprintf(
			text + used, left, "%s%s", i == 0 ? "" : ",", one == NULL ? "-" : one);

		if (written < 0 || (size_t)written >= left) {
			memcpy(text + sizeof(text) - 4, "...", 4);
			break;
		}
		used += (size_t)written;
	}
	columns_add(columns, text);
}

/* Of a host that is up: what moves it to the end of its tier all the same. */
static const char *present(const json_t *host, const char *text, char out[SHOW_HOSTS_WHY_MAX])
{
	char span[FIELDS_TIME_MAX];

	if (*fields_ago(host, "silent_since", span) != '\0') {
		snprintf(out, SHOW_HOSTS_WHY_MAX, "silent for %s", span);
		return out;
	}
	if (json_is_string(json_object_get(host, "busy_until")))
		return "busy: at a limit of its own";
	return text;
}

static void add_usual(struct columns *columns, const json_t *host)
{
	const json_t *usual = json_object_get(host, "usual");
	char text[32];

	snprintf(text, sizeof(text), "%.2f s", json_number_value(usual));
	columns_add(columns, json_is_number(usual) ? text : NULL);
}

/* Of a drained host whether it is out of use, with the operator's reason. */
static const char *drained(const json_t *host, const char *text, char out[SHOW_HOSTS_WHY_MAX])
{
	const json_t *pending = json_object_get(host, "pending");
	const char *reason = fields_text(host, "reason");
	char use[64] = "";

	if (reason != NULL && strcmp(reason, "maintenance") == 0)
		text = reason;
	if (json_is_true(json_object_get(host, "in_use")))
		snprintf(use, sizeof(use), "STILL IN USE");
	else if (json_integer_value(pending) > 0)
		snprintf(use, sizeof(use), "%" JSON_INTEGER_FORMAT " pending",
			json_integer_value(pending));
	else if (json_is_integer(pending))
		snprintf(use, sizeof(use), "out of use");
	snprintf(out, SHOW_HOSTS_WHY_MAX, "%s%s%s", use,
		*use == '\0' || text == NULL || *text == '\0' ? "" : "; ",
		text == NULL ? "" : text);
	return out;
}

/* Of others the last reply. */
static const char *why(const json_t *host, bool is_brief, char out[SHOW_HOSTS_WHY_MAX])
{
	const char *state = fields_text(host, "state");
	const char *text = fields_text(host, "text");

	if (state != NULL && strcmp(state, "up") == 0)
		return present(host, is_brief ? NULL : text, out);
	if (state != NULL && strcmp(state, "drained") == 0)
		return drained(host, text, out);
	return is_brief && (text == NULL || *text == '\0') ? fields_text(host, "reason") : text;
}

enum { PART_MAX = 512, SET_MAX = 2 * PART_MAX };

/* "50% of its weight, 2 h left: REASON", or "". */
static void write_part(const json_t *host, char out[PART_MAX])
{
	char left[FIELDS_TIME_MAX];
	const char *reason = fields_text(host, "weight_text");

	out[0] = '\0';
	if (fields_percent(host) == 100)
		return;
	fields_left(host, "weight_until", left);
	snprintf(out, PART_MAX, "%lld%% of its weight%s%s%s%s%.300s", fields_percent(host),
		*left == '\0' ? "" : ", ", left, *left == '\0' ? "" : " left",
		reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
}

/* "drain at TIME until TIME: REASON", or "". */
static void write_plan(const json_t *host, char out[PART_MAX])
{
	char at[FIELDS_TIME_MAX], until[FIELDS_TIME_MAX];
	const char *reason = fields_text(host, "drain_text");

	out[0] = '\0';
	if (*fields_time(host, "drain_at", at) == '\0')
		return;
	fields_time(host, "drain_until", until);
	snprintf(out, PART_MAX, "drain at %s%s%s%s%.300s", at, *until == '\0' ? "" : " until ",
		until, reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
}

/* What the operator has set for a while, or for later. */
static void write_set(const json_t *host, char out[SET_MAX])
{
	char part[PART_MAX], plan[PART_MAX], waived[FIELDS_TIME_MAX];
	bool is_waived = *fields_time(host, "waived_until", waived) != '\0';

	write_part(host, part);
	write_plan(host, plan);
	snprintf(out, SET_MAX, "%s%s%s%s%s%s", part, *part == '\0' || *plan == '\0' ? "" : "; ",
		plan, is_waived && (*part != '\0' || *plan != '\0') ? "; " : "",
		is_waived ? "maintenance is waived until " : "", waived);
}

/* What the operator has set is in front. */
static const char *set_and_why(const json_t *host, bool is_brief, char out[SHOW_HOSTS_WHY_MAX])
{
	char set[SET_MAX], rest[SHOW_HOSTS_WHY_MAX];
	const char *text;

	write_set(host, set);
	if (*set == '\0')
		return why(host, is_brief, out);
	text = why(host, is_brief, rest);
	snprintf(out, SHOW_HOSTS_WHY_MAX, "%s%s%.*s", set,
		text == NULL || *text == '\0' ? "" : "; ", SHOW_HOSTS_WHY_MAX - SET_MAX - 4,
		text == NULL ? "" : text);
	return out;
}

const char *show_hosts_why(const json_t *host, char out[SHOW_HOSTS_WHY_MAX])
{
	return set_and_why(host, true, out);
}

void show_hosts_brief(const json_t *answer)
{
	struct columns *columns = columns_new("HOST|STATE|TIME|>WAITING|>USUAL|WHY");
	size_t i;
	json_t *host;

	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		char out[SHOW_HOSTS_WHY_MAX];

		fields_add_endpoint(columns, host);
		fields_add_text(columns, host, "state");
		add_span(columns, host);
		fields_add_number(columns, host, "waiting");
		add_usual(columns, host);
		columns_add(columns, set_and_why(host, true, out));
	}
	fields_print(columns, "");
}

/* How long it was down in all. */
static void add_downtime(struct columns *columns, const json_t *host)
{
	const json_t *downtime = json_object_get(host, "downtime");
	json_int_t seconds = json_integer_value(downtime);
	char text[DURATION_TEXT_MAX];
	bool is_sane = json_is_integer(downtime) && seconds >= 0 && seconds < INT64_MAX / 1000;

	columns_add(columns, is_sane ? duration_format(text, seconds * 1000) : NULL);
}

void show_hosts_wide(const json_t *answer)
{
	struct columns *columns =
		columns_new("HOST|STATE|SINCE|UNTIL|REASON|DOWN SINCE|>OUTAGES|>DOWN|>FAILS|>FIRST|"
			    ">ATTEMPTS|>DELIVERED|>REFUSED|>WAITING|>USUAL|LAST SUCCESS|POOLS|WHY");
	size_t i;
	json_t *host;

	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		char out[SHOW_HOSTS_WHY_MAX];

		fields_add_endpoint(columns, host);
		fields_add_text(columns, host, "state");
		fields_add_time(columns, host, "since");
		fields_add_time(columns, host, "until");
		fields_add_text(columns, host, "reason");
		fields_add_time(columns, host, "down_since");
		fields_add_number(columns, host, "outages");
		add_downtime(columns, host);
		fields_add_number(columns, host, "failures");
		fields_add_number(columns, host, "first");
		fields_add_number(columns, host, "attempts");
		fields_add_number(columns, host, "delivered");
		fields_add_number(columns, host, "deferred");
		fields_add_number(columns, host, "waiting");
		add_usual(columns, host);
		fields_add_time(columns, host, "last_success");
		add_names(columns, json_object_get(host, "pools"));
		columns_add(columns, set_and_why(host, false, out));
	}
	fields_print(columns, "");
}

/* ---- hosts that were changed */

/* Of a drained one: when it is out of use. */
static void print_pending(const json_t *host)
{
	const json_t *pending = json_object_get(host, "pending");
	char since[FIELDS_TIME_MAX];

	fields_time(host, "pending_since", since);
	if (!json_is_integer(pending)) {
		printf("pending messages are not known: %s", fields_shown(host, "pending_why"));
		return;
	}
	if (json_integer_value(pending) > 0)
		printf("%" JSON_INTEGER_FORMAT " pending", json_integer_value(pending));
	else
		printf("none pending");
	printf(" of those routed since %s", since);
}

static void print_drained(const json_t *host)
{
	bool is_in_use = json_is_true(json_object_get(host, "in_use"));
	const json_t *pending = json_object_get(host, "pending");
	bool is_out = !is_in_use && json_is_integer(pending) && json_integer_value(pending) == 0;
	char text[FIELDS_TIME_MAX];

	printf("drained");
	if (*fields_time(host, "until", text) != '\0') {
		printf(" until %s", text);
		printf(", %s left", fields_left(host, "until", text));
	}
	printf(": %s, ", is_in_use ? "STILL IN USE" : is_out ? "out of use" : "no new messages");
	print_pending(host);
}

/* Why a host that was put back is not up, or what is known of one that is. */
static void print_last_word(const json_t *host, bool is_trial)
{
	const json_t *before = json_object_get(host, "before");
	const char *state = fields_text(before, "state");
	bool was_drained = state != NULL && strcmp(state, "drained") == 0;
	bool has_reply = !was_drained && fields_text(before, "text") != NULL;
	char ago[FIELDS_TIME_MAX];

	if (fields_number(before, "failures") > 0 || is_trial) {
		printf("; its last word was a failure");
		if (*fields_ago(before, "last_failure", ago) != '\0')
			printf(" %s ago", ago);
		if (has_reply)
			printf(": %s", fields_shown(before, "text"));
	} else if (*fields_ago(before, "last_success", ago) != '\0') {
		printf("; its last delivery was %s ago", ago);
	} else {
		printf("; nothing was seen of it yet");
	}
}

static void print_put_back(const json_t *host)
{
	const char *state = fields_text(host, "state");
	const char *before = fields_text(json_object_get(host, "before"), "state");
	const char *by = fields_text(host, "trial_by");
	bool is_up = state != NULL && strcmp(state, "up") == 0;
	bool is_same = state != NULL && before != NULL && strcmp(state, before) == 0;

	if (is_up)
		printf("%sup", is_same ? "was not drained: " : "");
	else
		printf("%son trial: the next %s decides", is_same ? "was not drained: " : "",
			by == NULL ? "message" : by);
	if (is_up && !is_same)
		printf(", by your word and not checked");
	print_last_word(host, !is_up);
}

static void print_reset(const json_t *host)
{
	const char *state = fields_text(host, "state");

	if (state != NULL && strcmp(state, "drained") == 0) {
		print_drained(host);
		printf("; what was remembered of it is forgotten");
		return;
	}
	printf("up, by your word and not checked; what was remembered of it is forgotten");
	if (fields_number(json_object_get(host, "before"), "failures") > 0)
		print_last_word(host, false);
}

static void print_weight(const json_t *host)
{
	const char *reason = fields_text(host, "weight_text");
	char text[FIELDS_TIME_MAX];

	if (fields_percent(host) == 100) {
		printf("has its weight as configured");
		return;
	}
	printf("has %lld%% of its weight ", fields_percent(host));
	if (*fields_time(host, "weight_until", text) != '\0') {
		printf("until %s", text);
		printf(", %s left", fields_left(host, "weight_until", text));
	} else {
		printf("until it is set to 100%%");
	}
	if (reason != NULL)
		printf(": %s", fields_shown(host, "weight_text"));
}

/* What was planned before, if it is so no more. */
static void print_plan_before(const json_t *host, const char *what)
{
	char text[FIELDS_TIME_MAX];

	if (*fields_time(json_object_get(host, "before"), "drain_at", text) != '\0')
		printf("%s %s", what, text);
}

static void print_waived(const json_t *host)
{
	char text[FIELDS_TIME_MAX];

	if (*fields_time(host, "waived_until", text) != '\0')
		printf("; its maintenance window is waived until %s", text);
}

static void print_plan(const json_t *host)
{
	char text[FIELDS_TIME_MAX];

	printf("is to be drained at %s", fields_shown_time(host, "drain_at"));
	printf(", in %s", fields_left(host, "drain_at", text));
	if (*fields_time(host, "drain_until", text) != '\0')
		printf(", until %s", text);
	else
		printf(", until it is enabled");
	if (fields_text(host, "drain_text") != NULL)
		printf(": %s", fields_shown(host, "drain_text"));
}

/* What is still set of one that was changed in another way. */
static void print_still_set(const json_t *host, const char *verb)
{
	bool is_of_weight = strcmp(verb, "enable") == 0 || strcmp(verb, "reset") == 0;
	bool is_of_plan = strcmp(verb, "drain") == 0 || strcmp(verb, "reset") == 0;

	if (is_of_weight && fields_percent(host) != 100) {
		printf("; it ");
		print_weight(host);
	}
	if (is_of_plan && fields_text(host, "drain_at") != NULL) {
		printf("; it ");
		print_plan(host);
	}
}

void show_hosts_changed(const json_t *answer, const char *verb)
{
	size_t i;
	json_t *host;

	json_array_foreach (json_object_get(answer, "hosts"), i, host) {
		char name[ENDPOINT_TEXT_MAX];

		printf("%s ", fields_endpoint(host, name));
		if (strcmp(verb, "drain") == 0)
			print_drained(host);
		else if (strcmp(verb, "plan") == 0)
			print_plan(host);
		else if (strcmp(verb, "weight") == 0)
			print_weight(host);
		else if (strcmp(verb, "enable") == 0)
			print_put_back(host);
		else
			print_reset(host);
		if (strcmp(verb, "plan") == 0)
			print_plan_before(host, ", and no more at");
		if (strcmp(verb, "enable") == 0)
			print_plan_before(host, "; cancelled is the drain that was planned for");
		if (strcmp(verb, "enable") == 0)
			print_waived(host);
		print_still_set(host, verb);
		printf("\n");
	}
}
