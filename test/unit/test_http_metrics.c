/* test_http_metrics: /metrics, by its table
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_metrics.h"
#include "doors/http_metrics_table.h"
#include "sample.h"
#include "suite.h"

#include "engine/clock.h"
#include "engine/engine_learn.h"
#include "engine/engine_metrics.h"
#include "engine/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config[] =
	"pools = {\n"
	" two = { hosts = ( { host = \"a.example\"; weight = 3; },\n"
	"  { host = \"192.0.2.1\"; port = 26; }, { host = \"b.example\"; priority = 10; } ); };\n"
	" six = { balance = \"hash\"; hosts = ( { host = \"2001:db8::1\"; } ); };\n"
	" probed = { health = { probe = { interval = 60; }; }; hosts = ( { host = \"d.example\"; } "
	"); }; };\n"
	"rules = ( { name = \"back\\\\slash\"; when = { header = \"X: y\"; }; pool = \"six\"; },\n"
	"  { name = \"other\"; when = { header = \"X: z\"; }; pool = \"six\"; } );\n"
	"routes = (\n"
	" { match = \"example.com\"; pool = \"two\"; },\n"
	" { match = \"somebody@example.net\"; hosts = ( { host = \"c.example\"; } ); },\n"
	" { match = \"place.example\"; hosts = ( { host = \"e.example\"; } ); } );\n";

static struct sample sample;
static struct http_profile profile;

static void view_log(void *context, struct view_log *log)
{
	(void)context;
	*log = (struct view_log){
		.is_on = true,
		.is_readable = true,
		.last_line = 1769860801500,
		.kinds = {3, 4, 5},
		.unrecognised = 6,
		.lag = 1250,
	};
}

/* Of which five were answered with a map in mind, and one was no request. */
static void view_map(void *context, struct view_map *map)
{
	(void)context;
	*map = (struct view_map){.requests = 6};
}

static void open_sample(void)
{
	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, config);
	profile = (struct http_profile){
		.version = "1.2.3",
		.mta = "postfix",
		.map = view_map,
		.started = 1769860800000,
		.loaded = 1769860800250,
		.reload_ok = true,
		.log = view_log,
	};
	for (int i = 0; i < 5; i++)
		engine_metrics_map(sample.engine, MAP_REQUEST_TRANSPORT,
			i < 3 ? MAP_REPLY_FOUND : MAP_REPLY_NOT_FOUND);
}

static void close_sample(void)
{
	sample_close(&sample);
}

/* The answer. The caller frees it. */
static char *answer_in(enum exposition_format format)
{
	struct http_call call = {.engine = sample.engine, .profile = &profile, .path = "/metrics"};
	struct evbuffer *body = evbuffer_new();
	size_t length;
	char *text;

	ck_assert_int_eq(http_metrics_write(&call, format, body), 0);
	length = evbuffer_get_length(body);
	text = malloc(length + 1);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(evbuffer_remove(body, text, length), (int)length);
	text[length] = '\0';
	evbuffer_free(body);
	return text;
}

static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, line, length) == 0 && at[length] == '\n')
			return true;
		if (*at == '\0')
			return false;
	}
	return false;
}

static const char *const lines[] = {
	"nexthop_build_info{version=\"1.2.3\"} 1",
	"nexthop_start_timestamp_seconds 1769860800",
	"nexthop_config_last_reload_successful 1",
	"nexthop_config_last_reload_success_timestamp_seconds 1769860800.25",
	"nexthop_messages_total{action=\"routed\"} 0",
	"nexthop_recipients_refused_total{answer=\"split\"} 0",
	"nexthop_rule_hits_total{rule=\"back\\\\slash\"} 0",
	"nexthop_map_requests_total{map=\"transport\",result=\"found\"} 3",
	"nexthop_map_requests_total{map=\"transport\",result=\"not_found\"} 2",
	"nexthop_map_requests_total{map=\"transport\",result=\"refused\"} 0",
	"nexthop_map_requests_total{map=\"unknown\",result=\"refused\"} 1",
	"nexthop_decision_seconds_bucket{le=\"0.000025\"} 0",
	"nexthop_decision_seconds_count 0",
	"nexthop_log_lines_total{kind=\"delivery\"} 3",
	"nexthop_log_lines_total{kind=\"queue\"} 4",
	"nexthop_log_lines_total{kind=\"other\"} 5",
	"nexthop_log_unrecognised_total 6",
	"nexthop_log_lag_seconds 1.25",
	"nexthop_log_readable 1",
	"nexthop_log_last_line_timestamp_seconds 1769860801.5",
	"nexthop_pool_info{pool=\"six\",balance=\"hash\"} 1",
	"nexthop_pool_hosts{pool=\"two\",tier=\"0\"} 2",
	"nexthop_pool_hosts{pool=\"two\",tier=\"10\"} 1",
	"nexthop_pool_hosts_up{pool=\"two\",tier=\"0\"} 2",
	"nexthop_pool_on_backup{pool=\"two\"} 0",
	"nexthop_choices_total{pool=\"two\",host=\"192.0.2.1:26\"} 0",
	"nexthop_host_weight{pool=\"two\",host=\"a.example:25\"} 3",
	"nexthop_host_weight_effective{pool=\"two\",host=\"a.example:25\"} 3",
	"nexthop_host_weight_effective{pool=\"two\",host=\"b.example:25\"} 0",
	"nexthop_host_state{host=\"[2001:db8::1]:25\",state=\"up\"} 1",
	"nexthop_host_state{host=\"[2001:db8::1]:25\",state=\"drained\"} 0",
	"nexthop_host_state{host=\"c.example:25\",state=\"up\"} 1",
	"nexthop_choices_total{pool=\"other routes\",host=\"c.example:25\"} 0",
	"nexthop_choices_total{pool=\"route:place.example\",host=\"e.example:25\"} 0",
	"nexthop_pool_hosts_up{pool=\"route:place.example\",tier=\"0\"} 1",
	"nexthop_host_downtime_seconds_total{host=\"c.example:25\"} 0",
	"nexthop_host_state_changes_total{host=\"c.example:25\",to=\"up\",reason=\"recovered\"} 0",
	"nexthop_deliveries_total{host=\"c.example:25\",result=\"passed_on\"} 0",
	"nexthop_probes_total{host=\"d.example:25\",result=\"success\"} 0",
	"nexthop_host_pending{host=\"c.example:25\"} 0",
	"nexthop_host_silent{host=\"c.example:25\"} 0",
};

START_TEST(samples)
{
	char *text = answer_in(EXPOSITION_PROMETHEUS);

	ck_assert_msg(has_line(text, lines[_i]), "no line %s", lines[_i]);
	free(text);
}
END_TEST

/* The family whose sample a line is, by the table. */
static int family_of(const char *line)
{
	size_t length = strcspn(line, "{ ");

	for (int i = 0; i < HTTP_METRICS_COUNT; i++) {
		const struct exposition_family *family =
			&http_metrics_table_row((enum http_metrics_id)i)->family;
		size_t of_name = strlen(family->name);

		if (strncmp(line, family->name, of_name) != 0)
			continue;
		if (length == of_name ||
			(family->type == EXPOSITION_HISTOGRAM && line[of_name] == '_'))
			return i;
	}
	return -1;
}

/* "a, b" of the labels of a line, without "le". */
static void labels_of(const char *line, char *out, size_t size)
{
	const char *at = strchr(line, '{');

	out[0] = '\0';
	while (at != NULL && at[1] != '}' && strlen(out) + 64 < size) {
		size_t length = strcspn(++at, "=");

		if (strncmp(at, "le=", 3) != 0) {
			strcat(out, *out == '\0' ? "" : ", ");
			strncat(out, at, length);
		}
		for (at += length + 2; *at != '"'; at++)
			at += *at == '\\';
		at++;
		if (*at != ',')
			break;
	}
}

/* Each family has its head once, its samples behind it, and the labels that the table says. */
START_TEST(order)
{
	enum exposition_format format = _i == 0 ? EXPOSITION_PROMETHEUS : EXPOSITION_OPENMETRICS;
	char *text = answer_in(format);
	char *rest = text;
	char *line;
	int family = -1;

	while ((line = strtok_r(rest, "\n", &rest)) != NULL) {
		char labels[256];

		if (strncmp(line, "# HELP ", 7) == 0) {
			ck_assert_msg(family + 1 < HTTP_METRICS_COUNT, "%s", line);
			family++;
			/* Those that are not there at this time. */
			while (strncmp(line + 7,
				       http_metrics_table_row((enum http_metrics_id)family)
					       ->family.name,
				       strcspn(line + 7, " ")) != 0) {
				family++;
				ck_assert_msg(family < HTTP_METRICS_COUNT,
					"%s: not in the order of the table", line);
			}
		}
		if (*line == '#')
			continue;
		ck_assert_msg(family_of(line) == family, "%s is not of its family", line);
		labels_of(line, labels, sizeof(labels));
		ck_assert_str_eq(
			labels, http_metrics_table_row((enum http_metrics_id)family)->labels);
	}
	free(text);
}
END_TEST

/* Nobody's address is to be seen: a pool in place may be called after one. */
START_TEST(no_addresses)
{
	char *text = answer_in(EXPOSITION_PROMETHEUS);

	ck_assert_ptr_null(strchr(text, '@'));
	ck_assert_ptr_null(strstr(text, "somebody"));
	free(text);
}
END_TEST

START_TEST(end_of_openmetrics)
{
	char *text = answer_in(EXPOSITION_OPENMETRICS);
	const char *end = strstr(text, "# EOF\n");

	ck_assert_ptr_nonnull(end);
	ck_assert_str_eq(end, "# EOF\n");
	free(text);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert_ptr_null(strstr(text, "# EOF"));
	free(text);
}
END_TEST

START_TEST(parts_of_weights)
{
	size_t a = engine_find_host(sample.engine, "a.example", 0, 0);
	size_t b = engine_find_host(sample.engine, "b.example", 0, 0);
	size_t other = engine_find_host(sample.engine, "192.0.2.1", 26, 0);
	int64_t now = clock_now();
	char *text;

	engine_weight(sample.engine, a, 50, 0, "", now);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(text, "nexthop_host_weight{pool=\"two\",host=\"a.example:25\"} 3"));
	ck_assert(has_line(
		text, "nexthop_host_weight_effective{pool=\"two\",host=\"a.example:25\"} 1.5"));
	free(text);
	/* The hosts of its priority have nothing: the next one has the mail. */
	engine_weight(sample.engine, a, 0, 0, "", now);
	engine_weight(sample.engine, other, 0, 0, "", now);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(
		text, "nexthop_host_weight_effective{pool=\"two\",host=\"a.example:25\"} 0"));
	ck_assert(has_line(
		text, "nexthop_host_weight_effective{pool=\"two\",host=\"b.example:25\"} 1"));
	free(text);
	/* Nobody has: they share it all the same. */
	engine_weight(sample.engine, b, 0, 0, "", now);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(
		text, "nexthop_host_weight_effective{pool=\"two\",host=\"a.example:25\"} 3"));
	ck_assert(has_line(
		text, "nexthop_host_weight_effective{pool=\"two\",host=\"b.example:25\"} 0"));
	free(text);
}
END_TEST

START_TEST(states)
{
	int64_t now = clock_now();
	char *text;

	engine_drain(sample.engine, engine_find_host(sample.engine, "a.example", 0, 0), 0, "", now);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(text, "nexthop_host_state{host=\"a.example:25\",state=\"drained\"} 1"));
	ck_assert(has_line(text, "nexthop_host_state{host=\"a.example:25\",state=\"up\"} 0"));
	ck_assert(has_line(text, "nexthop_pool_hosts_up{pool=\"two\",tier=\"0\"} 1"));
	ck_assert(has_line(
		text, "nexthop_host_weight_effective{pool=\"two\",host=\"a.example:25\"} 0"));
	ck_assert(has_line(text, "nexthop_pool_on_backup{pool=\"two\"} 0"));
	free(text);
	/* All of a priority that are not drained are: it is not meant to have the mail. */
	engine_drain(
		sample.engine, engine_find_host(sample.engine, "192.0.2.1", 26, 0), 0, "", now);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(text, "nexthop_pool_on_backup{pool=\"two\"} 0"));
	ck_assert(has_line(
		text, "nexthop_host_weight_effective{pool=\"two\",host=\"b.example:25\"} 1"));
	free(text);
	profile.reload_ok = false;
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(text, "nexthop_config_last_reload_successful 0"));
	free(text);
}
END_TEST

static struct observation seen_of(const char *host, const char *queue_id)
{
	struct observation seen;

	observation_init(&seen);
	seen.at = clock_now();
	strcpy(seen.host, host);
	strcpy(seen.queue_id, queue_id);
	seen.pid = 77;
	return seen;
}

/* What the log says, and what becomes of the pool's priorities. */
START_TEST(learned)
{
	static const char *const expected[] = {
		"nexthop_deliveries_total{host=\"a.example:25\",result=\"passed_on\"} 1",
		"nexthop_deliveries_total{host=\"b.example:25\",result=\"sent\"} 1",
		"nexthop_failures_total{host=\"a.example:25\",stage=\"greeting\","
		"class=\"host_at_once\",code=\"4xx\"} 1",
		"nexthop_host_state_changes_total{host=\"a.example:25\",to=\"deferred\","
		"reason=\"reply_421\"} 1",
		"nexthop_host_state{host=\"a.example:25\",state=\"deferred\"} 1",
		"nexthop_delivery_seconds_bucket{host=\"b.example:25\",stage=\"transmission\","
		"le=\"0.025\"} 0",
		"nexthop_delivery_seconds_bucket{host=\"b.example:25\",stage=\"transmission\","
		"le=\"0.1\"} 1",
		"nexthop_delivery_seconds_sum{host=\"b.example:25\",stage=\"transmission\"} 0.08",
		"nexthop_pool_on_backup{pool=\"two\"} 1",
	};
	struct observation seen = seen_of("a.example", "4AbC");
	int64_t now = clock_now();
	char *text;

	engine_drain(
		sample.engine, engine_find_host(sample.engine, "192.0.2.1", 26, 0), 0, "", now);
	seen.what = OBSERVATION_REPLY;
	seen.stage = OBSERVATION_STAGE_GREETING;
	seen.code = 421;
	engine_learn_line(sample.engine, &seen);
	seen = seen_of("b.example", "4AbC");
	seen.what = OBSERVATION_REPLY;
	seen.stage = OBSERVATION_STAGE_END;
	seen.outcome = OBSERVATION_SENT;
	seen.code = 250;
	seen.delays[2] = 9000; /* not its own: it was at another host before */
	seen.delays[3] = 80;
	engine_learn_line(sample.engine, &seen);
	for (int again = 0; again < 2; again++) {
		text = answer_in(EXPOSITION_PROMETHEUS);
		for (int i = 0; i < COUNT(expected); i++)
			ck_assert_msg(has_line(text, expected[i]), "no line %s", expected[i]);
		ck_assert_ptr_null(strstr(text, "=\"connection_setup"));
		free(text);
		/* All of it outlives a reload. */
		sample_reload(&sample, config);
	}
}
END_TEST

/* How long it takes to connect is known of a host that a delivery begins with. */
START_TEST(connection_setup)
{
	static const char *const hosts[] = {"a.example", "192.0.2.1"};
	static const char *const expected =
		"nexthop_delivery_seconds_count{host=\"%s\",stage=\"connection_setup\"} 1";
	struct address recipient = sample_address("u@example.com");
	struct engine_message message = {.recipient_hash = recipient.hash, .queue_id = "4AbC"};
	struct observation seen = seen_of(hosts[_i], "4AbC");
	struct view_route route;
	struct engine_choice choice;
	char line[128];
	char *text;

	engine_route(sample.engine, &recipient, &route);
	message.pool = route.pool;
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
	ck_assert_ptr_eq(strstr(choice.nexthop, hosts[0]), choice.nexthop + strlen("smtp:["));
	seen.what = OBSERVATION_REPLY;
	seen.stage = OBSERVATION_STAGE_END;
	seen.outcome = OBSERVATION_SENT;
	seen.delays[2] = 10;
	seen.delays[3] = 20;
	engine_learn_line(sample.engine, &seen);
	text = answer_in(EXPOSITION_PROMETHEUS);
	snprintf(line, sizeof(line), expected, _i == 0 ? "a.example:25" : "192.0.2.1:26");
	ck_assert(has_line(text, line) == (_i == 0));
	free(text);
}
END_TEST

START_TEST(probed)
{
	struct observation seen = seen_of("d.example", "");
	char *text;

	seen.is_probe = true;
	seen.port = 25;
	seen.what = OBSERVATION_REPLY;
	seen.stage = OBSERVATION_STAGE_EHLO;
	seen.outcome = OBSERVATION_SENT;
	seen.code = 250;
	seen.delays[2] = 3;
	seen.delays[3] = 1;
	engine_learn_line(sample.engine, &seen);
	seen.what = OBSERVATION_REFUSED;
	seen.stage = OBSERVATION_STAGE_CONNECT;
	seen.outcome = OBSERVATION_PASSED_ON;
	seen.code = 0;
	engine_learn_line(sample.engine, &seen);
	seen.what = OBSERVATION_OURS;
	engine_learn_line(sample.engine, &seen);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(
		has_line(text, "nexthop_probes_total{host=\"d.example:25\",result=\"success\"} 1"));
	ck_assert(
		has_line(text, "nexthop_probes_total{host=\"d.example:25\",result=\"failure\"} 1"));
	ck_assert(has_line(text, "nexthop_probes_total{host=\"d.example:25\",result=\"none\"} 1"));
	ck_assert(has_line(
		text, "nexthop_probe_seconds_bucket{host=\"d.example:25\",le=\"0.005\"} 2"));
	ck_assert(has_line(
		text, "nexthop_deliveries_total{host=\"d.example:25\",result=\"passed_on\"} 0"));
	free(text);
}
END_TEST

START_TEST(choices_in_place)
{
	struct address recipient = sample_address("somebody@example.net");
	struct engine_message message = {.recipient_hash = recipient.hash, .queue_id = ""};
	struct view_route route;
	struct engine_choice choice;
	char *text;

	engine_route(sample.engine, &recipient, &route);
	message.pool = route.pool;
	ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(
		text, "nexthop_choices_total{pool=\"other routes\",host=\"c.example:25\"} 1"));
	free(text);
}
END_TEST

/* The maps of the MTA that there is; requests for another one are with those that are none. */
START_TEST(maps_of_sendmail)
{
	static const char *const expected[] = {
		"nexthop_map_requests_total{map=\"mailertable\",result=\"found\"} 0",
		"nexthop_map_requests_total{map=\"nexthop\",result=\"found\"} 1",
		"nexthop_map_requests_total{map=\"unknown\",result=\"refused\"} 5",
	};
	char *text;

	profile.mta = "sendmail";
	engine_metrics_map(sample.engine, MAP_REQUEST_NEXTHOP, MAP_REPLY_FOUND);
	text = answer_in(EXPOSITION_PROMETHEUS);
	for (int i = 0; i < COUNT(expected); i++)
		ck_assert_msg(has_line(text, expected[i]), "no line %s", expected[i]);
	ck_assert_ptr_null(strstr(text, "map=\"transport\""));
	free(text);
}
END_TEST

START_TEST(decisions)
{
	char *text;

	engine_metrics_decided(sample.engine, 70);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(text, "nexthop_decision_seconds_bucket{le=\"0.00005\"} 0"));
	ck_assert(has_line(text, "nexthop_decision_seconds_bucket{le=\"0.0001\"} 1"));
	ck_assert(has_line(text, "nexthop_decision_seconds_sum 0.00007"));
	free(text);
}
END_TEST

START_TEST(choices)
{
	struct address recipient = sample_address("u@example.com");
	struct view_route route;
	struct engine_choice choice;
	char *text;

	engine_route(sample.engine, &recipient, &route);
	for (int i = 0; i < 8; i++) {
		struct engine_message message = {
			.pool = route.pool, .recipient_hash = recipient.hash, .queue_id = ""};

		ck_assert_int_eq(engine_choose(sample.engine, &message, &choice), 0);
	}
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(text, "nexthop_choices_total{pool=\"two\",host=\"a.example:25\"} 6"));
	ck_assert(has_line(text, "nexthop_choices_total{pool=\"two\",host=\"192.0.2.1:26\"} 2"));
	free(text);
	/* They outlive a reload. */
	sample_reload(&sample, config);
	text = answer_in(EXPOSITION_PROMETHEUS);
	ck_assert(has_line(text, "nexthop_choices_total{pool=\"two\",host=\"a.example:25\"} 6"));
	free(text);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{samples, COUNT(lines)},
		{order, 2},
		{no_addresses, 1},
		{end_of_openmetrics, 1},
		{parts_of_weights, 1},
		{states, 1},
		{choices, 1},
		{choices_in_place, 1},
		{decisions, 1},
		{maps_of_sendmail, 1},
		{learned, 1},
		{connection_setup, 2},
		{probed, 1},
	};

	return suite_run_with("http_metrics", tests, COUNT(tests), open_sample, close_sample);
}
