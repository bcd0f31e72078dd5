/* http_metrics_counts: the metrics of what was counted of hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_metrics_counts.h"
#include "doors/http_metrics_table.h"

#include <stdbool.h>

/* Of one that has too many kinds. */
static const char rest[] = "rest";

static void begin(struct exposition *out, enum http_metrics_id id)
{
	exposition_family(out, &http_metrics_table_row(id)->family);
}

static void begin_host(struct exposition *out, const struct engine_metrics_host *host)
{
	exposition_begin(out);
	exposition_label(out, "host", host->name);
}

/* ---- what a host has gone through */

static void put_changes(struct exposition *out, const struct engine_metrics_host *host)
{
	for (int i = 0; i < host->counts->change_count; i++) {
		const struct host_counts_change *change = &host->counts->changes[i];
		bool is_rest = change->to == HOST_COUNTS_REST;

		begin_host(out, host);
		exposition_label(out, "to", is_rest ? rest : health_state_name(change->to));
		exposition_label(
			out, "reason", is_rest ? rest : health_reason_name(change->reason));
		exposition_count(out, change->count);
	}
}

static void put_deliveries(struct exposition *out, const struct engine_metrics_host *host)
{
	for (int i = 0; i < OBSERVATION_OUTCOME_COUNT; i++) {
		begin_host(out, host);
		exposition_label(
			out, "result", observation_outcome_name((enum observation_outcome)i));
		exposition_count(out, host->counts->deliveries[i]);
	}
}

static void put_failures(struct exposition *out, const struct engine_metrics_host *host)
{
	for (int i = 0; i < host->counts->failure_count; i++) {
		const struct host_counts_failure *failure = &host->counts->failures[i];
		bool is_rest = failure->stage == HOST_COUNTS_REST;

		begin_host(out, host);
		exposition_label(out, "stage",
			is_rest ? rest
				: observation_stage_name((enum observation_stage)failure->stage));
		exposition_label(out, "class",
			is_rest ? rest : blame_class_name((enum blame_class)failure->class));
		exposition_label(out, "code", host_counts_reply_name(failure->reply));
		exposition_count(out, failure->count);
	}
}

/* ---- how long something has taken */

static bool is_empty(const struct histogram *histogram, const struct histogram_bounds *bounds)
{
	struct histogram_view view;

	histogram_read(histogram, bounds, &view);
	return view.count == 0;
}

static void put_delivery_time(struct exposition *out, const struct engine_metrics_host *host)
{
	static const char *const names[] = {"host", "stage"};
	const char *const setup[] = {host->name, "connection_setup"};
	const char *const transmission[] = {host->name, "transmission"};
	const struct histogram_bounds *bounds = &host_counts_delivery_bounds;

	if (!is_empty(&host->counts->connection_setup, bounds))
		exposition_histogram(out, &host->counts->connection_setup, bounds, names, setup, 2);
	if (!is_empty(&host->counts->transmission, bounds))
		exposition_histogram(
			out, &host->counts->transmission, bounds, names, transmission, 2);
}

static void put_probes(struct exposition *out, const struct engine_metrics_host *host)
{
	for (int i = 0; host->is_probed && i < HOST_COUNTS_PROBE_COUNT; i++) {
		begin_host(out, host);
		exposition_label(out, "result", host_counts_probe_name((enum host_counts_probe)i));
		exposition_count(out, host->counts->probes[i]);
	}
}

static void put_probe_time(struct exposition *out, const struct engine_metrics_host *host)
{
	static const char *const names[] = {"host"};
	const char *const values[] = {host->name};

	if (host->is_probed && !is_empty(&host->counts->probe, &host_counts_probe_bounds))
		exposition_histogram(
			out, &host->counts->probe, &host_counts_probe_bounds, names, values, 1);
}

void http_metrics_counts_write(
	struct exposition *out, const struct engine_metrics_host *hosts, size_t count)
{
	static const struct {
		enum http_metrics_id id;
		void (*put)(struct exposition *out, const struct engine_metrics_host *host);
	} families[] = {
		{HTTP_METRICS_HOST_STATE_CHANGES, put_changes},
		{HTTP_METRICS_DELIVERIES, put_deliveries},
		{HTTP_METRICS_FAILURES, put_failures},
		{HTTP_METRICS_DELIVERY_TIME, put_delivery_time},
		{HTTP_METRICS_PROBES, put_probes},
		{HTTP_METRICS_PROBE_TIME, put_probe_time},
	};

	for (size_t family = 0; family < sizeof(families) / sizeof(families[0]); family++) {
		begin(out, families[family].id);
		for (size_t i = 0; i < count; i++)
			families[family].put(out, &hosts[i]);
	}
}
