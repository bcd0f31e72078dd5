/* http_metrics_table: the metrics that there are
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_metrics_table.h"

static const struct http_metrics_row rows[HTTP_METRICS_COUNT] = {
	[HTTP_METRICS_BUILD_INFO] = {{"nexthop_build_info", EXPOSITION_INFO,
					     "1; the version is in the label."},
		"version", "1"},
	[HTTP_METRICS_START_TIME] = {{"nexthop_start_timestamp_seconds", EXPOSITION_GAUGE,
					     "When the daemon was started."},
		"", "1"},
	[HTTP_METRICS_RELOAD_SUCCESSFUL] = {{"nexthop_config_last_reload_successful",
						    EXPOSITION_GAUGE,
						    "1 if the last reload, or the start, has "
						    "succeeded; 0 if the reload has failed."},
		"", "1"},
	[HTTP_METRICS_RELOAD_TIME] = {{"nexthop_config_last_reload_success_timestamp_seconds",
					      EXPOSITION_GAUGE,
					      "When the configuration in force was put in force."},
		"", "1"},
	[HTTP_METRICS_MESSAGES] = {{"nexthop_messages_total", EXPOSITION_COUNTER,
					   "Messages that came to their end, by what was done "
					   "with them."},
		"action", "6"},
	[HTTP_METRICS_RECIPIENTS] = {{"nexthop_recipients_refused_total", EXPOSITION_COUNTER,
					     "Recipients that were refused at RCPT, by what they "
					     "were told."},
		"answer", "4"},
	[HTTP_METRICS_IN_FLIGHT] = {{"nexthop_messages_in_flight", EXPOSITION_GAUGE,
					    "Messages that have begun and have not ended."},
		"", "1"},
	[HTTP_METRICS_SESSIONS] = {{"nexthop_sessions", EXPOSITION_GAUGE,
					   "Open connections of the MTA to the milter."},
		"", "1"},
	[HTTP_METRICS_RULE_HITS] = {{"nexthop_rule_hits_total", EXPOSITION_COUNTER,
					    "Messages for which the rule has held."},
		"rule", "one for each rule"},
	[HTTP_METRICS_LOG_READABLE] = {{"nexthop_log_readable", EXPOSITION_GAUGE,
					       "1 if the MTA's log can be read. Not there with "
					       "log = \"none\"."},
		"", "1"},
	[HTTP_METRICS_LOG_LAST_LINE] = {{"nexthop_log_last_line_timestamp_seconds",
						EXPOSITION_GAUGE,
						"When the last line of the MTA's log was read. Not "
						"there before the first one."},
		"", "1"},
	[HTTP_METRICS_POOL_INFO] = {{"nexthop_pool_info", EXPOSITION_INFO,
					    "1; the method is in the label."},
		"pool, balance", "one for each pool"},
	[HTTP_METRICS_POOL_HOSTS] = {{"nexthop_pool_hosts", EXPOSITION_GAUGE,
					     "Hosts of a pool that share a priority."},
		"pool, tier", "one for each priority of each pool"},
	[HTTP_METRICS_POOL_HOSTS_UP] = {{"nexthop_pool_hosts_up", EXPOSITION_GAUGE,
						"Those of them that are up."},
		"pool, tier", "one for each priority of each pool"},
	[HTTP_METRICS_POOL_ON_BACKUP] = {{"nexthop_pool_on_backup", EXPOSITION_GAUGE,
						 "1 if no host of the best priority is up, while "
						 "one of another is. Drained hosts do not count."},
		"pool", "one for each pool"},
	[HTTP_METRICS_CHOICES] = {{"nexthop_choices_total", EXPOSITION_COUNTER,
					  "Messages whose list began with that host. Outlives "
					  "restarts, in the state file."},
		"pool, host", "one for each host of each pool"},
	[HTTP_METRICS_HOST_WEIGHT] = {{"nexthop_host_weight", EXPOSITION_GAUGE,
					      "The weight as configured."},
		"pool, host", "one for each host of each pool"},
	[HTTP_METRICS_HOST_WEIGHT_EFFECTIVE] =
		{{"nexthop_host_weight_effective", EXPOSITION_GAUGE,
			 "The weight by which it shares the mail now: less while it starts slowly; "
			 "0 "
			 "if it is not up, or up in a priority that has to wait."},
			"pool, host", "one for each host of each pool"},
	[HTTP_METRICS_HOST_STATE] =
		{{"nexthop_host_state", EXPOSITION_GAUGE,
			 "1 for the state that it is in (up, deferred, trial or "
			 "drained), else 0."},
			"host, state", "4 for each host"},
	[HTTP_METRICS_HOST_STATE_SINCE] = {{"nexthop_host_state_since_timestamp_seconds",
						   EXPOSITION_GAUGE,
						   "Since when it is in its state."},
		"host", "one for each host"},
	[HTTP_METRICS_HOST_PENDING] =
		{{"nexthop_host_pending", EXPOSITION_GAUGE,
			 "Deliveries that are at that host now and wait for a "
			 "result."},
			"host", "one for each host"},
	[HTTP_METRICS_HOST_SILENT] = {{"nexthop_host_silent", EXPOSITION_GAUGE,
					      "1 if it is silent: it comes last in its priority "
					      "until it gives a result."},
		"host", "one for each host"},
};

const struct http_metrics_row *http_metrics_table_row(enum http_metrics_id id)
{
	return &rows[id];
}

void http_metrics_table_print(FILE *to)
{
	for (int i = 0; i < HTTP_METRICS_COUNT; i++)
		fprintf(to, "%s\t%s\t%s\t%s\t%s\n", rows[i].family.name,
			exposition_type_name(rows[i].family.type),
			*rows[i].labels == '\0' ? "-" : rows[i].labels, rows[i].cardinality,
			rows[i].family.help);
}
