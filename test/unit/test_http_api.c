/* test_http_api: each call of the API: its status, and what it gives
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_api.h"
#include "doors/http_json.h"
#include "doors/http_simulate.h"
#include "engine/clock.h"
#include "engine/engine_view.h"
#include "engine/log.h"
#include "sample.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/http.h>

static const char config[] =
	"pools = {\n"
	" two = { hosts = ( { host = \"a.example\"; }, { host = \"192.0.2.1\"; port = 26; } ); };\n"
	" six = { balance = \"hash\"; transport = \"relay\";\n"
	"  hosts = ( { host = \"2001:db8::1\"; }, { host = \"192.0.2.1\"; } ); }; };\n"
	"routes = (\n"
	" { match = \"example.com\"; pool = \"two\"; },\n"
	" { match = \"b\xc3\xbc"
	"cher.example\"; pool = \"six\"; },\n"
	" { match = \"no.example\"; action = \"reject\"; text = \"5.1.2 gone\"; } );\n";

static struct sample sample;
static struct http_profile profile;

static void view_map(void *context, struct view_map *view)
{
	(void)context;
	*view = (struct view_map){
		.clients = 1, .requests = 9, .found = 2, .not_found = 3, .refused = 4};
}

static void open_sample(void)
{
	log_open(LOG_TO_STDERR, false);
	sample_open(&sample, config);
	profile = (struct http_profile){
		.version = "1.2.3",
		.config = sample.config,
		.mta = "postfix",
		.state_file = sample.state_path,
		.milter_socket = "unix:/m",
		.map_socket = "unix:/n",
		.control_socket = "unix:/c",
		.started = 1769860800000,
		.reload_ok = true,
		.map = view_map,
	};
}

static void close_sample(void)
{
	sample_close(&sample);
}

enum { GET = 0, POST = 1, READ_ONLY = 2 };

/* With all its steps. */
static json_t *simulate(const struct http_call *call, int *status)
{
	json_t *answer;
	struct http_simulate *simulate;

	*status = 200;
	simulate = http_simulate_begin(call, status, &answer);
	if (simulate == NULL)
		return answer;
	while (http_simulate_step(simulate))
		;
	answer = http_simulate_answer(simulate);
	http_simulate_free(simulate);
	return answer;
}

/* The answer to one call, a new reference. */
static json_t *call(const char *path, const char *query, int how, int *status)
{
	struct evkeyvalq parsed;
	json_t *answer;

	TAILQ_INIT(&parsed);
	if (query != NULL)
		ck_assert_int_eq(evhttp_parse_query_str(query, &parsed), 0);

	struct http_call the_call = {
		.engine = sample.engine,
		.profile = &profile,
		.path = path,
		.query = &parsed,
		.is_post = (how & POST) != 0,
		.is_read_only = (how & READ_ONLY) != 0,
		.by = "uid=7 pid=8",
	};

	answer = http_api_is_simulation(&the_call) ? simulate(&the_call, status)
						   : http_api_answer(&the_call, status);
	evhttp_clear_headers(&parsed);
	ck_assert_msg(json_is_object(answer), "%s gives no object", path);
	return answer;
}

/* What is at PLACE ("hosts.1.state"; "#" is the count) as text. The caller frees it. */
static char *text_at(const json_t *answer, const char *place)
{
	char names[128];
	char *rest = names;
	char *name;
	char *text;

	snprintf(names, sizeof(names), "%s", place);
	while ((name = strsep(&rest, ".")) != NULL) {
		if (strcmp(name, "#") == 0) {
			text = malloc(32);
			snprintf(text, 32, "%zu", json_array_size(answer));
			return text;
		}
		answer = json_is_array(answer) ? json_array_get(answer, (size_t)atoi(name))
					       : json_object_get(answer, name);
	}
	text = json_dumps(answer, JSON_ENCODE_ANY | JSON_COMPACT);
	return text == NULL ? strdup("(nothing)") : text;
}

static const struct row {
	const char *path;
	const char *query;
	int how;
	int status;
	const char *place;
	const char *text;
} rows[] = {
	{"/healthz", NULL, GET, 200, "ok", "true"},
	{"/healthz", NULL, GET | READ_ONLY, 200, "ok", "true"},
	{"/healthz", NULL, GET, 200, "status", "\"ok\""},
	{"/healthz", NULL, GET, 200, "reasons", "[]"},
	{"/healthz", NULL, GET, 200, "hosts",
		"{\"total\":4,\"up\":4,\"deferred\":0,\"trial\":0,\"drained\":0,\"spent\":0}"},
	{"/healthz", NULL, POST, 405, "error", "\"this requires GET\""},
	{"/v1/status", NULL, GET, 200, "version", "\"1.2.3\""},
	{"/v1/status", NULL, GET, 200, "started", "\"2026-01-31T12:00:00Z\""},
	{"/v1/status", NULL, GET, 200, "sockets",
		"{\"milter\":\"unix:/m\",\"map\":\"unix:/n\",\"control\":\"unix:/"
		"c\",\"status\":null}"},
	{"/v1/status", NULL, GET, 200, "reload", "{\"time\":null,\"ok\":true,\"count\":0}"},
	{"/v1/status", NULL, GET, 200, "milter",
		"{\"sessions\":0,\"in_flight\":0,\"steps\":[\"rcpt\",\"eom\"],"
		"\"macros\":[\"i\",\"j\"],"
		"\"answers\":true,\"silent_since\":null}"},
	{"/v1/status", NULL, GET, 200, "map",
		"{\"clients\":1,\"requests\":9,\"found\":2,\"not_found\":3,\"refused\":4}"},
	{"/v1/status", NULL, GET, 200, "hosts", "4"},
	{"/v1/status", NULL, GET, 200, "routes", "3"},
	{"/v1/status", NULL, POST, 405, "error", "\"this requires GET\""},
	{"/v1/pools", NULL, GET, 200, "pools.#", "2"},
	{"/v1/pools", NULL, GET, 200, "pools.0.pool", "\"two\""},
	{"/v1/pools", NULL, GET, 200, "pools.0.hash_on", "null"},
	{"/v1/pools", NULL, GET, 200, "pools.1.hash_on", "\"recipient\""},
	{"/v1/pools", NULL, GET, 200, "pools.1.transport", "\"relay\""},
	{"/v1/pools", NULL, GET, 200, "pools.1.hosts.0.host", "\"2001:db8::1\""},
	{"/v1/hosts", NULL, GET, 200, "hosts.#", "4"},
	{"/v1/hosts", NULL, GET | READ_ONLY, 200, "hosts.1.port", "26"},
	{"/v1/hosts", NULL, GET, 200, "hosts.1.pools", "[\"two\"]"},
	{"/v1/hosts", NULL, GET, 200, "hosts.0.attempts", "0"},
	{"/v1/hosts", NULL, GET, 200, "hosts.0.in_use", "true"},
	{"/v1/hosts", NULL, GET, 200, "hosts.0.pending", "null"},
	{"/v1/routes", NULL, GET, 200, "routes.#", "3"},
	{"/v1/routes", NULL, GET, 200, "next", "null"},
	{"/v1/routes", "limit=2", GET, 200, "next", "2"},
	{"/v1/routes", "from=2", GET, 200, "routes.0.reply", "\"550 5.1.2 gone\""},
	{"/v1/routes", "from=99", GET, 200, "routes.#", "0"},
	{"/v1/routes", NULL, GET, 200, "generation", "1769860800000"},
	{"/v1/routes", "generation=1769860800000", GET, 200, "routes.#", "3"},
	{"/v1/routes", "generation=1769860800001", GET, 409, "error",
		"\"the configuration was reloaded meanwhile: ask from the beginning\""},
	{"/v1/routes", "generation=x", GET, 400, "routes", "(nothing)"},
	{"/v1/routes", NULL, GET | READ_ONLY, 403, "error",
		"\"this is for the control socket only\""},
	{"/v1/explain", "recipient=u@example.com", GET | READ_ONLY, 403, "match", "(nothing)"},
	{"/v1/explain", "recipient=u@example.com", POST | READ_ONLY, 403, "match", "(nothing)"},
	{"/v1/simulate", "recipient=u@example.com", GET | READ_ONLY, 403, "hosts", "(nothing)"},
	{"/v1/simulate", "recipient=u@example.com", POST, 405, "hosts", "(nothing)"},
	{"/v1/simulate", "recipient=u@example.com&count=100000", GET, 200, "hosts.1.first",
		"50000"},
	{"/v1/simulate", "pool=six&count=7", GET, 200, "pool", "\"six\""},
	{"/v1/simulate", "pool=none", GET, 404, "error", "\"there is no pool of that name\""},
	{"/v1/routes", "match=no.", GET, 200, "routes.0.match", "\"no.example\""},
	{"/v1/routes", "match=xn--", GET, 200, "routes.#", "1"},
	{"/v1/routes", "limit=0", GET, 400, "error",
		"\"from, limit or generation is not a number in its range\""},
	{"/v1/routes", "limit=10001", GET, 400, "routes", "(nothing)"},
	{"/v1/routes", "from=x", GET, 400, "routes", "(nothing)"},
	{"/v1/explain", "recipient=u@example.com", GET, 200, "match", "\"example.com\""},
	{"/v1/explain", "recipient=u@example.com", GET, 200, "nexthop",
		"\"smtp:[a.example],[192.0.2.1]:26\""},
	{"/v1/explain", "recipient=u@example.com", GET, 200, "candidates.1",
		"{\"host\":\"192.0.2.1\",\"port\":26,\"pool\":\"two\",\"priority\":0,\"weight\":1,"
		"\"weight_percent\":100,\"state\":\"up\",\"until\":null,\"quota\":null,\"auth\":null,\"tls\":null}"},
	{"/v1/explain", "recipient=u%40b%c3%bccher.example", GET, 200, "match",
		"\"xn--bcher-kva.example\""},
	{"/v1/explain", "recipient=u@no.example", GET, 200, "reply", "\"550 5.1.2 gone\""},
	{"/v1/explain", "recipient=u@no.example", GET, 200, "nexthop", "null"},
	{"/v1/explain", "recipient=u@nowhere.example", GET, 200, "action", "\"none\""},
	{"/v1/explain", "recipient=%01%ff@x", GET, 200, "recipient", "\"\?\?@x\""},
	{"/v1/explain", NULL, GET, 400, "error", "\"recipient or sender is missing or too long\""},
	{"/v1/explain", "recipient=", GET, 400, "match", "(nothing)"},
	{"/v1/simulate", "recipient=u@example.com&count=10", GET, 200, "hosts.0.first", "5"},
	{"/v1/simulate", "recipient=u@example.com", GET, 200, "count", "1000"},
	{"/v1/simulate", "recipient=u@no.example&count=3", GET, 200, "hosts", "[]"},
	{"/v1/simulate", "recipient=u@example.com&count=0", GET, 400, "error",
		"\"count is not a number of 1 to 100000\""},
	{"/v1/simulate", "count=3", GET, 400, "hosts", "(nothing)"},
	{"/v1/events", NULL, GET, 200, "events", "[]"},
	{"/v1/events", NULL, GET, 200, "last", "0"},
	{"/v1/events", "since=-1", GET, 400, "error", "\"since is not an event's id\""},
	{"/v1/nothing", NULL, GET, 404, "error", "\"no such path\""},
	{"/", NULL, GET, 404, "error", "\"no such path\""},
	{"", NULL, GET, 404, "error", "\"no such path\""},
	{"/v1/hosts/a.example", NULL, POST, 404, "error", "\"no such path\""},
	{"/v1/hosts//drain", NULL, POST, 404, "error", "\"no such path\""},
	{"/v1/hosts/a.example/drain", NULL, GET, 405, "error", "\"this requires POST\""},
	{"/v1/hosts/a.example/drain", NULL, POST | READ_ONLY, 405, "error",
		"\"this listener is for reading only\""},
	{"/v1/debug", "for=10m", POST, 200, "debug.on", "true"},
	{"/v1/debug", NULL, POST, 200, "debug", "{\"on\":false,\"until\":null}"},
	{"/v1/debug", "for=1d", POST, 200, "debug.on", "true"},
	{"/v1/debug", "for=25h", POST, 400, "debug", "(nothing)"},
	{"/v1/debug", "for=10", POST, 400, "error",
		"\"for is not a duration of at most a day with its unit, such as 10m\""},
	{"/v1/debug", "for=10m", GET, 405, "error", "\"this requires POST\""},
	{"/v1/debug", "for=10m", POST | READ_ONLY, 405, "error",
		"\"this listener is for reading only\""},
	{"/v1/status", NULL, GET, 200, "debug", "{\"on\":false,\"until\":null}"},
	{"/v1/reload", NULL, GET, 405, "error", "\"this requires POST\""},
	{"/v1/reload", NULL, POST | READ_ONLY, 405, "error",
		"\"this listener is for reading only\""},
	{"/v1/hosts/a.example/drain", NULL, POST, 200, "hosts.0.state", "\"drained\""},
	{"/v1/hosts/a.example/drain", "reason=new%20disks", POST, 200, "hosts.0.text",
		"\"new disks\""},
	{"/v1/hosts/A.Example./drain", NULL, POST, 200, "hosts.0.host", "\"a.example\""},
	{"/v1/hosts/192.0.2.1/drain", NULL, POST, 400, "error",
		"\"192.0.2.1 has several ports, name those that you mean: 192.0.2.1:26, "
		"192.0.2.1:25\""},
	{"/v1/hosts/drain", "host=192.0.2.1:25&host=192.0.2.1:26", POST, 200, "hosts.#", "2"},
	{"/v1/hosts/drain", "host=a.example&host=A.example.:25", POST, 200, "hosts.#", "1"},
	{"/v1/hosts/drain", "host=a.example&host=b.example", POST, 404, "hosts", "(nothing)"},
	{"/v1/hosts/drain", NULL, POST, 400, "error", "\"no host is named\""},
	{"/v1/hosts/drain", "host=", POST, 400, "error", "\"\\\"\\\" is not a HOST or HOST:PORT\""},
	{"/v1/hosts/drain", "host=a.example", GET, 405, "error", "\"this requires POST\""},
	{"/v1/hosts/drain", "host=a.example", POST | READ_ONLY, 405, "error",
		"\"this listener is for reading only\""},
	{"/v1/hosts/drained", "host=a.example", POST, 404, "error", "\"no such path\""},
	{"/v1/hosts/a.example/drain", NULL, POST, 200, "hosts.0.in_use", "false"},
	{"/v1/hosts/a.example/drain", NULL, POST, 200, "hosts.0.warnings", "[]"},
	{"/v1/hosts/a.example/drain", NULL, POST, 200, "hosts.0.before.state", "\"up\""},
	{"/v1/hosts/a.example/drain", NULL, POST, 200, "hosts.0.pending", "null"},
	{"/v1/hosts/drain", "host=a.example&host=192.0.2.1:26", POST, 200, "hosts.1.in_use",
		"true"},
	{"/v1/hosts/drain", "host=a.example&host=192.0.2.1:26", POST, 200, "hosts.1.warnings",
		"[\"192.0.2.1:26 is drained, but mail goes on to it: all hosts are drained of pool "
		"two\"]"},
	{"/v1/hosts/192.0.2.1:26/drain", NULL, POST, 200, "hosts.#", "1"},
	{"/v1/hosts/%5B2001%3ADB8%3A%3A1%5D%3A25/drain", NULL, POST, 200, "hosts.0.host",
		"\"2001:db8::1\""},
	{"/v1/hosts/a.example/enable", NULL, POST, 200, "hosts.0.state", "\"up\""},
	{"/v1/hosts/a.example/enable", NULL, POST, 200, "hosts.0.warnings", "[]"},
	{"/v1/hosts/a.example/enable", NULL, POST, 200, "hosts.0.trial_by", "null"},
	{"/v1/hosts/a.example/reset", NULL, POST, 200, "hosts.0.reason", "\"operator\""},
	{"/v1/hosts/a.exampel/drain", NULL, POST, 404, "error",
		"\"no pool has host a.exampel: did you mean a.example:25? There are a.example:25, "
		"192.0.2.1:26, [2001:db8::1]:25, 192.0.2.1:25\""},
	{"/v1/hosts/nowhere.example.org/drain", NULL, POST, 404, "error",
		"\"no pool has host nowhere.example.org: there are a.example:25, 192.0.2.1:26, "
		"[2001:db8::1]:25, 192.0.2.1:25\""},
	{"/v1/hosts/a.example:26/drain", NULL, POST, 404, "error",
		"\"no pool has host a.example:26: that name has a.example:25\""},
	{"/v1/hosts/a.example:x/drain", NULL, POST, 400, "error",
		"\"\\\"a.example:x\\\" is not a HOST or HOST:PORT\""},
	{"/v1/hosts/a.example/drain", "for=soon", POST, 400, "error",
		"\"for is not a duration with its unit, such as 90s, 2h or 1d12h\""},
	{"/v1/hosts/a.example/drain", "for=2", POST, 400, "error",
		"\"for is not a duration with its unit, such as 90s, 2h or 1d12h\""},
	{"/v1/hosts/a.example/drain", "for=1h", POST, 200, "hosts.0.state", "\"drained\""},
	{"/v1/hosts/a.example/drain", "until=now%2B2h", POST, 200, "hosts.0.state", "\"drained\""},
	{"/v1/hosts/a.example/drain", "until=2999-01-31T12:00", POST, 200, "hosts.0.state",
		"\"drained\""},
	{"/v1/hosts/a.example/drain", "until=2001-01-31T12:00", POST, 400, "error",
		"\"until is past\""},
	{"/v1/hosts/a.example/drain", "until=soon", POST, 400, "error",
		"\"until is not HH:MM, YYYY-MM-DDTHH:MM or now+DURATION, such as now+2h\""},
	{"/v1/hosts/a.example/drain", "until=now%2B2h&for=1h", POST, 400, "error",
		"\"there are both for and until: the end is one of them\""},
	{"/v1/hosts/a.example/drain", "at=2998-01-31T12:00&until=2999-01-31T12:00", POST, 200,
		"hosts.0.state", "\"up\""},
	{"/v1/hosts/a.example/drain", "at=now%2B2h&for=30m&reason=new%20disks", POST, 200,
		"hosts.0.drain_text", "\"new disks\""},
	{"/v1/hosts/a.example/drain", "at=now%2B2h", POST, 200, "hosts.0.drain_until", "null"},
	{"/v1/hosts/a.example/drain", "at=now%2B2h", POST, 200, "hosts.0.warnings", "[]"},
	{"/v1/hosts/a.example/drain", "at=now%2B2h", POST, 200, "hosts.0.before.drain_at", "null"},
	{"/v1/hosts/drain", "at=now%2B2h&host=a.example&host=192.0.2.1:26", POST, 200,
		"hosts.0.warnings",
		"[\"a.example:25 is to be drained: pool two has no other host up that is not to be "
		"drained at that time\"]"},
	{"/v1/hosts/a.example/drain", "at=soon", POST, 400, "error",
		"\"at is not HH:MM, YYYY-MM-DDTHH:MM or now+DURATION, such as now+2h\""},
	{"/v1/hosts/a.example/drain", "at=2001-01-31T12:00", POST, 400, "error",
		"\"at is past: without it the drain begins now\""},
	{"/v1/hosts/a.example/drain", "at=2998-01-31T12:00&until=2997-01-31T12:00", POST, 400,
		"error", "\"until is not after at\""},
	{"/v1/hosts/a.example/drain", "at=now%2B2h&until=now%2B2h", POST, 400, "error",
		"\"until is not after at\""},
	{"/v1/hosts/a.example/drain", "at=9999-12-31T12:00&for=1d", POST, 400, "error",
		"\"that is after the year 9999\""},
	{"/v1/hosts/a.example/weight", "percent=50&at=now%2B2h", POST, 400, "error",
		"\"at is for a drain alone\""},
	{"/v1/hosts", NULL, GET, 200, "hosts.0.drain_at", "null"},
	{"/v1/hosts/a.example/weight", "percent=50", POST, 200, "hosts.0.weight_percent", "50"},
	{"/v1/hosts/a.example/weight", "percent=50", POST, 200, "hosts.0.weight", "1"},
	{"/v1/hosts/a.example/weight", "percent=50", POST, 200, "hosts.0.weight_until", "null"},
	{"/v1/hosts/a.example/weight", "percent=50&reason=slow%20disks", POST, 200,
		"hosts.0.weight_text", "\"slow disks\""},
	{"/v1/hosts/a.example/weight", "percent=1000&for=1h", POST, 200, "hosts.0.weight_percent",
		"1000"},
	{"/v1/hosts/a.example/weight", "percent=100&reason=x", POST, 200, "hosts.0.weight_text",
		"null"},
	{"/v1/hosts/a.example/weight", NULL, POST, 200, "hosts.0.weight_percent", "100"},
	{"/v1/hosts/a.example/weight", "percent=0", POST, 200, "hosts.0.warnings", "[]"},
	{"/v1/hosts/a.example/weight", "percent=0", POST, 200, "hosts.0.state", "\"up\""},
	{"/v1/hosts/weight", "percent=0&host=a.example&host=192.0.2.1:26", POST, 200,
		"hosts.0.warnings",
		"[\"a.example:25 has 0% of its weight, but mail goes on to it: no host of pool two that "
		"is up has more\"]"},
	{"/v1/hosts/a.example/weight", "percent=1001", POST, 400, "error",
		"\"percent is not a number of 0 to 1000\""},
	{"/v1/hosts/a.example/weight", "percent=50%25", POST, 400, "hosts", "(nothing)"},
	{"/v1/hosts/a.example/weight", "percent=-1", POST, 400, "hosts", "(nothing)"},
	{"/v1/hosts/a.example/weight", "percent=100&for=1h", POST, 400, "error",
		"\"for and until have no meaning without another percent than 100: that is as "
		"configured\""},
	{"/v1/hosts/a.example/weight", "for=1h", POST, 400, "hosts", "(nothing)"},
	{"/v1/hosts/a.example/weight", "percent=50&for=2", POST, 400, "hosts", "(nothing)"},
	{"/v1/hosts/a.example/weight", "percent=50", GET, 405, "error", "\"this requires POST\""},
	{"/v1/hosts/a.example/weight", "percent=50", POST | READ_ONLY, 405, "error",
		"\"this listener is for reading only\""},
	{"/v1/hosts", NULL, GET, 200, "hosts.0.weight_percent", "100"},
	{"/v1/pools", NULL, GET, 200, "pools.0.hosts.0.weight_until", "null"},
};

START_TEST(one_call)
{
	const struct row *row = &rows[_i];
	int status;
	json_t *answer = call(row->path, row->query, row->how, &status);
	char *text = text_at(answer, row->place);

	ck_assert_msg(status == row->status, "%s?%s gives %d", row->path, row->query, status);
	ck_assert_msg(strcmp(text, row->text) == 0, "%s?%s: %s is %s", row->path, row->query,
		row->place, text);
	free(text);
	json_decref(answer);
}
END_TEST

START_TEST(reads_change_nothing)
{
	int status;

	for (int i = 0; i < COUNT(rows); i++)
		if (rows[i].status != 200 || (rows[i].how & POST) == 0)
			json_decref(call(rows[i].path, rows[i].query, rows[i].how, &status));
	ck_assert_uint_eq(engine_last_event(sample.engine), 0);

	struct view_pool pool;

	engine_view_pool(sample.engine, 0, &pool);
	ck_assert_uint_eq(pool.messages, 0);
}
END_TEST

START_TEST(reasons_are_bounded)
{
	char query[300] = "reason=";
	int status;

	memset(query + 7, 'x', HEALTH_TEXT_MAX - 1);
	json_decref(call("/v1/hosts/a.example/drain", query, POST, &status));
	ck_assert_int_eq(status, 200);
	query[7 + HEALTH_TEXT_MAX - 1] = 'x';
	json_decref(call("/v1/hosts/a.example/drain", query, POST, &status));
	ck_assert_int_eq(status, 400);
}
END_TEST

START_TEST(events_have_their_host)
{
	int status;
	json_t *answer;
	char *text;

	engine_note(sample.engine, EVENT_START, "1.2.3");
	engine_drain(sample.engine, 1, 1769860800000, "why", 1769860700000);
	answer = call("/v1/events", "since=0", GET, &status);
	text = text_at(answer, "events.0.host");
	ck_assert_str_eq(text, "null");
	free(text);
	text = text_at(answer, "events.1");
	ck_assert_str_eq(text, "{\"id\":2,\"time\":\"2026-01-31T11:58:20Z\",\"event\":\"drain\","
			       "\"host\":\"192.0.2.1\","
			       "\"port\":26,\"from\":\"up\",\"to\":\"drained\",\"reason\":"
			       "\"operator\",\"text\":\"why\","
			       "\"until\":\"2026-01-31T12:00:00Z\",\"failures\":0,\"delivered\":0,"
			       "\"by\":null}");
	free(text);
	json_decref(answer);
	answer = call("/v1/events", "since=1", GET, &status);
	text = text_at(answer, "events.#");
	ck_assert_str_eq(text, "1");
	free(text);
	json_decref(answer);
}
END_TEST

static const struct reload_row {
	const char *path;
	int how;
	bool is_reload;
} reloads[] = {
	{"/v1/reload", POST, true},
	{"/v1/reload", GET, false},
	{"/v1/reload", POST | READ_ONLY, false},
	{"/v1/reload/", POST, false},
	{"/v1/status", POST, false},
};

/* However much is asked: the rest is for the next page. */
START_TEST(a_page_of_routes_is_bounded)
{
	enum { MANY = 21000, LINE = 64 };
	char *text = malloc((size_t)LINE * (MANY + 2));
	int length = sprintf(text, "routes = (");
	json_t *answer;
	int status;

	for (int i = 0; i < MANY; i++)
		length += sprintf(
			text + length, "{ match = \"%d.example\"; action = \"dns\"; },\n", i);
	sprintf(text + length, "{ match = \"last.example\"; action = \"dns\"; } );\n");
	sample_reload(&sample, text);
	free(text);
	answer = call("/v1/routes", "limit=10000", GET, &status);
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "routes")), 1000);
	ck_assert_int_eq(json_integer_value(json_object_get(answer, "next")), 1000);
	json_decref(answer);
	answer = call("/v1/routes", "match=last", GET, &status);
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "routes")), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(answer, "next")), 20000);
	json_decref(answer);
	answer = call("/v1/routes", "match=last&from=20000", GET, &status);
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "routes")), 1);
	ck_assert(json_is_null(json_object_get(answer, "next")));
	json_decref(answer);
}
END_TEST

START_TEST(which_is_a_reload)
{
	const struct reload_row *row = &reloads[_i];
	struct http_call the_call = {
		.path = row->path,
		.is_post = (row->how & POST) != 0,
		.is_read_only = (row->how & READ_ONLY) != 0,
	};

	ck_assert_msg(
		http_api_is_reload(&the_call) == row->is_reload, "%s %d", row->path, row->how);
}
END_TEST

START_TEST(outcomes_of_a_reload)
{
	struct fault_list faults;
	json_t *answer;
	char *text;

	fault_list_init(&faults);
	fault_warn(&faults, "x.cfg", 3, "not \xff used");
	answer = http_json_reload(NULL, &faults);
	text = json_dumps(answer, JSON_COMPACT);
	ck_assert_str_eq(text, "{\"ok\":true,\"faults\":[{\"file\":\"x.cfg\",\"line\":3,"
			       "\"warning\":true,\"text\":\"not ? used\"}]}");
	free(text);
	json_decref(answer);
	answer = http_json_reload("why", &faults);
	text = text_at(answer, "error");
	ck_assert_str_eq(text, "\"why\"");
	free(text);
	json_decref(answer);
	fault_list_free(&faults);
}
END_TEST

/* Paths come from the command line and the file system: they may have any octets. */
static const struct row paths[] = {
	{"/v1/status", NULL, GET, 200, "config", "\"/etc/?.cfg\""},
	{"/v1/pools", NULL, GET, 200, "pools.0.source", "\"/etc/?.cfg:2\""},
	{"/v1/routes", NULL, GET, 200, "routes.0.source", "\"/etc/?.cfg:6\""},
	{"/v1/explain", "recipient=u@example.com", GET, 200, "source", "\"/etc/?.cfg:6\""},
};

START_TEST(a_path_that_is_not_utf8)
{
	const struct row *row = &paths[_i];
	struct table *table = &sample.conf->table;
	static char path[] = "/etc/\xff.cfg";
	int status;
	json_t *answer;
	char *text;

	profile.config = path;
	((struct pool *)table->pools)[0].file = path;
	((struct route *)table->routes)[0].file = path;
	answer = call(row->path, row->query, row->how, &status);
	text = text_at(answer, row->place);
	ck_assert_msg(strcmp(text, row->text) == 0, "%s: %s is %s", row->path, row->place, text);
	free(text);
	json_decref(answer);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{one_call, COUNT(rows)},
		{reads_change_nothing, 1},
		{reasons_are_bounded, 1},
		{events_have_their_host, 1},
		{a_page_of_routes_is_bounded, 1},
		{which_is_a_reload, COUNT(reloads)},
		{outcomes_of_a_reload, 1},
		{a_path_that_is_not_utf8, COUNT(paths)},
	};

	return suite_run_with("http_api", tests, COUNT(tests), open_sample, close_sample);
}
