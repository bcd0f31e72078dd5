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
	[HTTP_METRICS_RECIPIENTS] =
		{{"nexthop_recipients_refused_total", EXPOSITION_COUNTER,
			 "Recipients that were refused at RCPT, by their reply."},
			"answer", "4"},
	[HTTP_METRICS_IN_FLIGHT] = {{"nexthop_messages_in_flight", EXPOSITION_GAUGE,
					    "Messages that have begun and have not ended."},
		"", "1"},
	[HTTP_METRICS_SESSIONS] = {{"nexthop_sessions", EXPOSITION_GAUGE,
					   "Open connections of the MTA to the milter."},
		"", "1"},
	[HTTP_METRICS_DECISION_TIME] = {{"nexthop_decision_seconds", EXPOSITION_HISTOGRAM,
						"How long the end of a message has taken: its "
						"rules, its choice, and telling the MTA."},
		"", "1 histogram"},
	[HTTP_METRICS_RULE_HITS] = {{"nexthop_rule_hits_total", EXPOSITION_COUNTER,
					    "Messages for which the rule has held."},
		"rule", "one for each rule"},
	[HTTP_METRICS_MAP_REQUESTS] = {{"nexthop_map_requests_total", EXPOSITION_COUNTER,
					       "Requests for a map, by their result: found, "
					       "not_found or refused. Map unknown: no such map, or "
					       "no request at all. Not there without map_socket."},
		"map, result", "up to 10"},
	[HTTP_METRICS_LOG_READABLE] = {{"nexthop_log_readable", EXPOSITION_GAUGE,
					       "1 if the MTA's log can be read. Not there with "
					       "log = \"none\"."},
		"", "1"},
	[HTTP_METRICS_LOG_LINES] =
		{{"nexthop_log_lines_total", EXPOSITION_COUNTER,
			 "Lines of the MTA's log: delivery, about a host; queue, about a message's "
			 "place in the queue; other, about nothing that is of interest here."},
			"kind", "3"},
	[HTTP_METRICS_LOG_UNRECOGNISED] = {{"nexthop_log_unrecognised_total", EXPOSITION_COUNTER,
						   "Lines in a form that is not known, and entries "
						   "of the journal that are not the MTA's."},
		"", "1"},
	[HTTP_METRICS_LOG_LAG] = {{"nexthop_log_lag_seconds", EXPOSITION_GAUGE,
					  "How old the last line was when it was read, by its own "
					  "time. Not there before the first one."},
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
	[HTTP_METRICS_POOL_ON_BACKUP] =
		{{"nexthop_pool_on_backup", EXPOSITION_GAUGE,
			 "1 if no host of the best priority is up, while "
			 "one of another is. Drained and spent hosts do not "
			 "count."},
			"pool", "one for each pool"},
	[HTTP_METRICS_CHOICES] =
		{{"nexthop_choices_total", EXPOSITION_COUNTER,
			 "Messages whose list began with that host. Outlives "
			 "restarts, in the state file; but not for pool \"other routes\", which "
			 "stands for all pools that are not told of by their names."},
			"pool, host",
			"one for each host of each pool, and one for each host of other routes"},
	[HTTP_METRICS_HOST_WEIGHT] = {{"nexthop_host_weight", EXPOSITION_GAUGE,
					      "The weight as configured."},
		"pool, host", "one for each host of each pool"},
	[HTTP_METRICS_HOST_WEIGHT_EFFECTIVE] =
		{{"nexthop_host_weight_effective", EXPOSITION_GAUGE,
			 "The weight by which it shares the mail now: less while it starts slowly, "
			 "and what milterctl weight has left of it; 0 if it is not up, or up in a priority that has to wait."},
			"pool, host", "one for each host of each pool"},
	[HTTP_METRICS_HOST_STATE] = {{"nexthop_host_state", EXPOSITION_GAUGE,
					     "1 for the state that it is in (up, deferred, trial, "
					     "drained or spent), else 0."},
		"host, state", "5 for each host"},
	[HTTP_METRICS_HOST_STATE_SINCE] = {{"nexthop_host_state_since_timestamp_seconds",
						   EXPOSITION_GAUGE,
						   "Since when it is in its state."},
		"host", "one for each host"},
	[HTTP_METRICS_HOST_STATE_CHANGES] = {{"nexthop_host_state_changes_total",
						     EXPOSITION_COUNTER,
						     "Changes of state, with their reason as in "
						     "the log. State or reason rest: of too many "
						     "kinds to be distinguished."},
		"host, to, reason",
		"3 for each host, and one for each kind of change that it has gone through"},
	[HTTP_METRICS_HOST_DOWNTIME] =
		{{"nexthop_host_downtime_seconds_total", EXPOSITION_COUNTER,
			 "How long it has been deferred or on trial in all. "
			 "Outlives restarts, in the state file. Drained is not down, nor is "
			 "spent."},
			"host", "one for each host"},
	[HTTP_METRICS_HOST_DOWN_SINCE] =
		{{"nexthop_host_down_since_timestamp_seconds", EXPOSITION_GAUGE,
			 "Since when it has been deferred or on trial, in one outage. Not there if "
			 "it is not."},
			"host", "up to one for each host"},
	[HTTP_METRICS_HOST_DEFERRAL_REASON] =
		{{"nexthop_host_deferral_reason", EXPOSITION_GAUGE,
			 "1; why it was last deferred is in the label. Not "
			 "there if it never was."},
			"host, reason", "up to one for each host"},
	[HTTP_METRICS_HOST_PENDING] =
		{{"nexthop_host_pending", EXPOSITION_GAUGE,
			 "Deliveries that are at that host now and wait for a "
			 "result."},
			"host", "one for each host"},
	[HTTP_METRICS_HOST_SILENT] = {{"nexthop_host_silent", EXPOSITION_GAUGE,
					      "1 if it is silent: it comes last in its priority "
					      "until it gives a result."},
		"host", "one for each host"},
	[HTTP_METRICS_HOST_QUOTA] = {{"nexthop_host_quota", EXPOSITION_GAUGE,
					     "Its quota, of messages or recipients as configured."},
		"host", "one for each host that has a quota"},
	[HTTP_METRICS_HOST_QUOTA_LEFT] =
		{{"nexthop_host_quota_left", EXPOSITION_GAUGE,
			 "What is left of its quota, by what was delivered. Outlives restarts, in the "
			 "state file."},
			"host", "one for each host that has a quota"},
	[HTTP_METRICS_DELIVERIES] =
		{{"nexthop_deliveries_total", EXPOSITION_COUNTER,
			 "What the MTA's log has reported of deliveries to that host: sent, deferred "
			 "or bounced for each recipient; passed_on for each line by which the host "
			 "has not taken the message, without a result for a recipient yet."},
			"host, result", "4 for each host"},
	[HTTP_METRICS_FAILURES] =
		{{"nexthop_failures_total", EXPOSITION_COUNTER,
			 "Lines of the MTA's log about that host that are no success. Class is "
			 "whose fault their words alone say it is, as in milterctl parse-log; what "
			 "other hosts said to the same message may turn compared into the host's. "
			 "Code is 4xx, 5xx, other, or none for no reply."},
			"host, stage, class, code",
			"one for each kind of failure that the host has had, at most 40"},
	[HTTP_METRICS_DELIVERY_TIME] =
		{{"nexthop_delivery_seconds", EXPOSITION_HISTOGRAM,
			 "How long a delivery has taken, for each recipient that was sent. Stage "
			 "connection_setup, from Postfix's delays only, and only where the "
			 "delivery began with that host; transmission, on Sendmail all of it, in "
			 "whole seconds."},
			"host, stage", "up to 2 histograms for each host that has delivered"},
	[HTTP_METRICS_PROBES] = {{"nexthop_probes_total", EXPOSITION_COUNTER,
					 "Probes by their result: success, failure, or none, which "
					 "says nothing of the host."},
		"host, result", "3 for each host that is probed"},
	[HTTP_METRICS_PROBE_TIME] =
		{{"nexthop_probe_seconds", EXPOSITION_HISTOGRAM,
			 "How long a probe with result success or failure has taken."},
			"host", "one histogram for each host that is probed"},
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
