/* watch_model: what milterctl watch shows, from the API's answers to rows
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/watch_model.h"
#include "core/printable.h"
#include "ctl/check_health.h"
#include "ctl/show.h"
#include "ctl/show_hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double fading = 0.9; /* of a look, at the next one */
static const double least = 0.05; /* choices; less is none */

void watch_model_init(struct watch_model *model)
{
	memset(model, 0, sizeof(*model));
	model->tone = WATCH_MODEL_UNKNOWN;
}

void watch_model_clear(struct watch_model *model)
{
	free(model->rows);
	free(model->shown);
	watch_model_init(model);
}

const struct watch_model_row *watch_model_row(const struct watch_model *model, size_t at)
{
	return at < model->shown_count ? &model->rows[model->shown[at]] : NULL;
}

const struct watch_model_row *watch_model_selected(const struct watch_model *model)
{
	return watch_model_row(model, model->selected);
}

static bool is_same(const struct watch_model_row *a, const struct watch_model_row *b)
{
	return a->is_pool == b->is_pool && strcmp(a->pool, b->pool) == 0 &&
	       strcmp(a->host, b->host) == 0;
}

/* ---- which rows, and in what order */

/* A pool by its name alone. */
static bool matches(const struct watch_model *model, const struct watch_model_row *row)
{
	const char *const texts[] = {row->pool, row->host, row->state, row->text};
	size_t count = row->is_pool ? 1 : sizeof(texts) / sizeof(texts[0]);

	for (size_t i = 0; i < count; i++)
		if (strcasestr(texts[i], model->filter) != NULL)
			return true;
	return false;
}

/* A pool is shown above its hosts, if any of them is, or if it has none. */
static void list_by_pool(struct watch_model *model)
{
	for (size_t i = 0; i < model->row_count;) {
		size_t pool = i++;
		size_t before = model->shown_count++;

		for (; i < model->row_count && !model->rows[i].is_pool; i++)
			if (matches(model, &model->rows[i]))
				model->shown[model->shown_count++] = i;
		if (model->shown_count == before + 1 && !matches(model, &model->rows[pool]))
			model->shown_count = before;
		else
			model->shown[before] = pool;
	}
}

static int compare(const void *a, const void *b, void *context)
{
	const struct watch_model *model = context;
	size_t i = *(const size_t *)a;
	size_t k = *(const size_t *)b;
	const struct watch_model_row *one = &model->rows[i];
	const struct watch_model_row *other = &model->rows[k];
	int result = 0;

	if (model->order == WATCH_MODEL_BY_STATE)
		result = (one->tone > other->tone) - (one->tone < other->tone);
	else
		result = strcasecmp(one->host, other->host);
	return result != 0 ? result : (i > k) - (i < k);
}

static void list_flat(struct watch_model *model)
{
	for (size_t i = 0; i < model->row_count; i++)
		if (!model->rows[i].is_pool && matches(model, &model->rows[i]))
			model->shown[model->shown_count++] = i;
	if (model->shown_count > 1)
		qsort_r(model->shown, model->shown_count, sizeof(*model->shown), compare, model);
}

/* The next host from AT on in direction STEP; AT itself may be one. shown_count: none. */
static size_t find_host(const struct watch_model *model, size_t at, int step)
{
	while (at < model->shown_count && watch_model_row(model, at)->is_pool)
		at = step < 0 && at == 0 ? model->shown_count : at + (size_t)step;
	return at;
}

/* Selects the row that is WANTED, else the one that stands in its place. */
static void select_row(struct watch_model *model, const struct watch_model_row *wanted)
{
	size_t at = model->shown_count;

	for (size_t i = 0; wanted != NULL && i < model->shown_count; i++)
		if (is_same(watch_model_row(model, i), wanted))
			at = i;
	if (at == model->shown_count)
		at = model->selected;
	if (at >= model->shown_count)
		at = model->shown_count == 0 ? 0 : model->shown_count - 1;
	model->selected = at;
	at = find_host(model, model->selected, 1);
	if (at >= model->shown_count)
		at = find_host(model, model->selected, -1);
	if (at < model->shown_count)
		model->selected = at;
}

/* WANTED is none of the model's rows, for these may be gone. */
static void list(struct watch_model *model, const struct watch_model_row *wanted)
{
	model->shown_count = 0;
	if (model->order == WATCH_MODEL_BY_POOL)
		list_by_pool(model);
	else
		list_flat(model);
	select_row(model, wanted);
}

/* Gives whether there is one. */
static bool keep_selected(const struct watch_model *model, struct watch_model_row *kept)
{
	const struct watch_model_row *row = watch_model_selected(model);

	if (row != NULL)
		*kept = *row;
	return row != NULL;
}

void watch_model_sort(struct watch_model *model, enum watch_model_order order)
{
	struct watch_model_row kept;
	bool has_one = keep_selected(model, &kept);

	model->order = order;
	list(model, has_one ? &kept : NULL);
}

void watch_model_filter(struct watch_model *model, const char *filter)
{
	struct watch_model_row kept;
	bool has_one = keep_selected(model, &kept);

	printable_copy(model->filter, sizeof(model->filter), filter);
	list(model, has_one ? &kept : NULL);
}

void watch_model_move(struct watch_model *model, int steps)
{
	int step = steps < 0 ? -1 : 1;

	for (; steps != 0; steps -= step) {
		size_t next = step < 0 && model->selected == 0 ? model->shown_count
							       : model->selected + (size_t)step;

		next = find_host(model, next, step);
		if (next >= model->shown_count)
			return;
		model->selected = next;
	}
}

/* ---- a row */

static enum watch_model_tone tone_of(const char *state)
{
	static const struct {
		const char *state;
		enum watch_model_tone tone;
	} tones[] = {
		{"up", WATCH_MODEL_UP},
		{"deferred", WATCH_MODEL_DEFERRED},
		{"trial", WATCH_MODEL_TRIAL},
		{"drained", WATCH_MODEL_DRAINED},
		{"spent", WATCH_MODEL_SPENT},
	};

	for (size_t i = 0; i < sizeof(tones) / sizeof(tones[0]); i++)
		if (strcmp(tones[i].state, state) == 0)
			return tones[i].tone;
	return WATCH_MODEL_UNKNOWN;
}

/* HOST is the object that says most of it: /v1/hosts knows whether a drained one is in use. */
static void write_text(struct watch_model_row *row, const json_t *host)
{
	char out[SHOW_HOSTS_WHY_MAX], left[FIELDS_TIME_MAX];
	char text[SHOW_HOSTS_WHY_MAX + FIELDS_TIME_MAX];
	const char *why = show_hosts_why(host, out);

	fields_left(host, "until", left);
	snprintf(text, sizeof(text), "%s%s%s", left,
		*left == '\0' ? "" : " left: ", why == NULL ? "" : why);
	printable_copy(row->text, sizeof(row->text), text);
}

static void write_host(
	struct watch_model_row *row, const json_t *pool, const json_t *member, const json_t *host)
{
	const json_t *usual = json_object_get(member, "usual");

	printable_copy(row->pool, sizeof(row->pool), fields_shown(pool, "pool"));
	fields_endpoint(member, row->host);
	printable_copy(row->state, sizeof(row->state), fields_shown(member, "state"));
	row->tone = tone_of(row->state);
	/* A host that is down goes back and forth: since when it is not up is what people want. */
	if (*fields_ago(member, "down_since", row->since) == '\0')
		fields_ago(member, "since", row->since);
	snprintf(row->waiting, sizeof(row->waiting), "%lld", fields_number(member, "waiting"));
	if (json_is_number(usual))
		snprintf(row->usual, sizeof(row->usual), "%.2f s", json_number_value(usual));
	else
		snprintf(row->usual, sizeof(row->usual), "-");
	row->first = fields_number(member, "first");
	write_text(row, host == NULL ? member : host);
}

static void write_pool(struct watch_model_row *row, const json_t *pool)
{
	char text[FIELDS_SHOWN_MAX];
	size_t i;
	long long up = 0;
	json_t *member;

	json_array_foreach (json_object_get(pool, "hosts"), i, member) {
		const char *state = fields_text(member, "state");

		up += state != NULL && strcmp(state, "up") == 0;
	}
	row->is_pool = true;
	row->tone = up == (long long)i ? WATCH_MODEL_UP : WATCH_MODEL_DEFERRED;
	printable_copy(row->pool, sizeof(row->pool), fields_shown(pool, "pool"));
	snprintf(text, sizeof(text), "%lld of %zu hosts up, %s", up, i,
		fields_shown(pool, "balance"));
	printable_copy(row->text, sizeof(row->text), text);
}

/* ---- shares */

/* The row that had this place before, or that is it elsewhere; NULL if it is new. */
static const struct watch_model_row *find_old(
	const struct watch_model *model, size_t at, const struct watch_model_row *row)
{
	if (at < model->row_count && is_same(&model->rows[at], row))
		return &model->rows[at];
	for (size_t i = 0; i < model->row_count; i++)
		if (is_same(&model->rows[i], row))
			return &model->rows[i];
	return NULL;
}

/* Counters that fell are those of another daemon, or were reset. */
static void count_choices(struct watch_model_row *row, const struct watch_model_row *old)
{
	if (old == NULL)
		return;
	row->recent = fading * old->recent;
	if (row->first > old->first)
		row->recent += (double)(row->first - old->first);
}

/* A part of 1 as so many of COUNT. */
static int scale(double part, int count)
{
	int result = (int)(part * count + 0.5);

	return result < 0 ? 0 : result > count ? count : result;
}

static void write_bar(struct watch_model_row *row, double share, double due)
{
	int filled = scale(share, WATCH_MODEL_BAR);
	int mark = scale(due, WATCH_MODEL_BAR);

	memset(row->bar, '.', WATCH_MODEL_BAR);
	memset(row->bar, '#', (size_t)filled);
	if (mark > 0)
		row->bar[mark - 1] = '|';
	row->bar[WATCH_MODEL_BAR] = '\0';
}

/* With the part of it that the operator has set. */
static double weight_of(const json_t *member)
{
	return (double)fields_number(member, "weight") * (double)fields_percent(member) / 100;
}

/* Of all members of that priority. */
static double weights_of(const json_t *members, long long priority)
{
	double weights = 0;
	size_t i;
	json_t *member;

	json_array_foreach (members, i, member)
		if (fields_number(member, "priority") == priority)
			weights += weight_of(member);
	return weights;
}

/* The rows of MEMBERS. */
static void write_shares(struct watch_model_row *rows, const json_t *members)
{
	long long priority = -1;
	double all = 0, weights = 0;
	size_t i;
	json_t *member;

	json_array_foreach (members, i, member)
		all += rows[i].recent;
	json_array_foreach (members, i, member) {
		double share = all < least ? 0 : rows[i].recent / all;

		if (i == 0 || fields_number(member, "priority") != priority) {
			priority = fields_number(member, "priority");
			weights = weights_of(members, priority);
		}
		rows[i].percent = all < least ? -1 : scale(share, 100);
		write_bar(&rows[i], share, weights <= 0 ? 0 : weight_of(member) / weights);
	}
}

/* ---- answers */

static size_t count_rows(const json_t *pools)
{
	size_t count = json_array_size(pools);
	size_t i;
	json_t *pool;

	json_array_foreach (pools, i, pool)
		count += json_array_size(json_object_get(pool, "hosts"));
	return count;
}

/* "name:port" to the objects of /v1/hosts. NULL: no memory. */
static json_t *index_hosts(const json_t *hosts)
{
	json_t *index = json_object();
	size_t i;
	json_t *host;

	json_array_foreach (json_object_get(hosts, "hosts"), i, host) {
		char name[ENDPOINT_TEXT_MAX];

		if (json_object_set(index, fields_endpoint(host, name), host) == -1) {
			json_decref(index);
			return NULL;
		}
	}
	return index;
}

static size_t write_rows(const struct watch_model *model, struct watch_model_row *rows,
	const json_t *pools, const json_t *index)
{
	size_t at = 0;
	size_t i, k;
	json_t *pool, *member;

	json_array_foreach (pools, i, pool) {
		size_t first = at + 1;

		write_pool(&rows[at++], pool);
		json_array_foreach (json_object_get(pool, "hosts"), k, member) {
			char name[ENDPOINT_TEXT_MAX];
			const json_t *host = json_object_get(index, fields_endpoint(member, name));

			write_host(&rows[at], pool, member, host);
			count_choices(&rows[at], find_old(model, at, &rows[at]));
			at++;
		}
		write_shares(rows + first, json_object_get(pool, "hosts"));
	}
	return at;
}

/* "degraded: reason; reason", as check-health has it. */
static void write_condition(struct watch_model *model, const json_t *status)
{
	const json_t *condition = json_object_get(status, "condition");
	char text[2 * WATCH_MODEL_TEXT_MAX] = "";
	FILE *to = fmemopen(text, sizeof(text) - 1, "w");

	if (to == NULL)
		return;
	fprintf(to, "%s: ", fields_shown(condition, "status"));
	check_health_print_why(condition, to);
	fclose(to);
	printable_copy(model->condition, sizeof(model->condition), text);
	model->tone = check_health_is_ok(condition) ? WATCH_MODEL_UP : WATCH_MODEL_DEFERRED;
	printable_copy(model->version, sizeof(model->version), fields_shown(status, "version"));
}

bool watch_model_take(
	struct watch_model *model, const json_t *status, const json_t *pools, const json_t *hosts)
{
	const json_t *list_of_pools = json_object_get(pools, "pools");
	size_t count = count_rows(list_of_pools);
	struct watch_model_row *rows = calloc(count + 1, sizeof(*rows));
	size_t *shown = calloc(count + 1, sizeof(*shown));
	json_t *index = index_hosts(hosts);
	struct watch_model_row kept;
	bool has_one = keep_selected(model, &kept);

	if (rows == NULL || shown == NULL || index == NULL) {
		free(rows);
		free(shown);
		json_decref(index);
		return false;
	}
	count = write_rows(model, rows, list_of_pools, index);
	json_decref(index);
	free(model->rows);
	free(model->shown);
	model->rows = rows;
	model->row_count = count;
	model->shown = shown;
	model->has_answer = true;
	write_condition(model, status);
	list(model, has_one ? &kept : NULL);
	return true;
}

/* ---- events */

static void add_event(struct watch_model *model, const json_t *event)
{
	char text[2 * WATCH_MODEL_TEXT_MAX] = "";
	char when[FIELDS_TIME_MAX];
	FILE *to = fmemopen(text, sizeof(text) - 1, "w");

	if (to == NULL)
		return;
	/* "2026-01-31 12:00:00 +0100": neither the year nor the zone. */
	if (strlen(fields_time(event, "time", when)) >= 19)
		fprintf(to, "%.14s  ", when + 5);
	show_event(event, to);
	fclose(to);
	if (model->event_count == WATCH_MODEL_EVENTS) {
		memmove(model->events[0], model->events[1],
			sizeof(model->events) - sizeof(model->events[0]));
		model->event_count--;
	}
	printable_copy(model->events[model->event_count++], WATCH_MODEL_TEXT_MAX, text);
}

void watch_model_take_events(struct watch_model *model, const json_t *answer)
{
	long long last = fields_number(answer, "last");
	const json_t *events = json_object_get(answer, "events");
	size_t count = json_array_size(events);
	size_t first = count > WATCH_MODEL_EVENTS ? count - WATCH_MODEL_EVENTS : 0;

	if (last < model->last_event) {
		model->event_count = 0;
		model->last_event = 0;
		return;
	}
	for (size_t i = first; i < count; i++)
		add_event(model, json_array_get(events, i));
	model->last_event = last;
}
