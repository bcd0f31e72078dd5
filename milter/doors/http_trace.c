/* http_trace: what has become of a message, as the API has it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_trace.h"
#include "doors/http_json.h"
#include "engine/clock.h"
#include "engine/engine_trace.h"

#include <string.h>

enum {
	BAD_REQUEST = 400,
	NOT_FOUND = 404,
	ATTEMPTS_MAX = 64, /* of one message */
};

static json_t *port_or_null(const struct engine_trace_host *host)
{
	return host->port == 0 ? json_null() : json_integer(host->port);
}

static json_t *host_object(const struct engine_trace_host *host)
{
	if (host->name[0] == '\0')
		return json_null();
	return json_pack("{s:o, s:o}", "host", http_json_text_or_null(host->name), "port",
		port_or_null(host));
}

static json_t *hosts_array(const struct engine_trace *trace)
{
	json_t *hosts = json_array();

	for (int i = 0; i < trace->host_count; i++)
		json_array_append_new(hosts, host_object(&trace->hosts[i]));
	return hosts;
}

static json_t *word_object(const struct engine_trace_word *word)
{
	const struct attempt_record_entry *entry = &word->entry;

	return json_pack("{s:o, s:o, s:o, s:i, s:s, s:s, s:s, s:s, s:b, s:i, s:o}", "time",
		http_json_time(entry->at), "host", http_json_text_or_null(word->host.name), "port",
		port_or_null(&word->host), "try", (int)entry->turn, "stage",
		observation_stage_name((enum observation_stage)entry->stage), "outcome",
		observation_outcome_name((enum observation_outcome)entry->outcome), "class",
		blame_class_name((enum blame_class)entry->class), "reason",
		health_reason_name(entry->reason), "compared", (int)entry->is_lost, "lines",
		(int)entry->lines, "text", http_json_text_or_null(word->text));
}

static json_t *attempt_object(const struct engine_trace *trace)
{
	json_t *words = json_array();

	for (int i = 0; i < trace->word_count; i++)
		json_array_append_new(words, word_object(&trace->words[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:i, s:{s:s, s:o, s:o}, s:o}", "pool",
		http_json_text_or_null(trace->pool), "rule", http_json_text_or_null(trace->rule),
		"source", http_json_text_or_null(trace->source), "chosen",
		trace->has_list ? http_json_time(trace->chosen) : json_null(), "tries",
		trace->tries, "candidates", hosts_array(trace), "words", words, "earlier_words",
		trace->dropped, "now", "place", engine_trace_place_name(trace->place), "at",
		host_object(&trace->at), "since", http_json_time(trace->since), "left",
		http_json_time(trace->left));
}

static json_t *refuse_unknown(struct engine *engine)
{
	char since[CLOCK_TEXT_MAX];
	json_t *answer = json_pack("{s:o, s:o}", "error",
		json_sprintf("no such message is known: known are those that were given a list of "
			     "hosts since %s",
			clock_format(since, engine_trace_since(engine))),
		"known_since", http_json_time(engine_trace_since(engine)));

	return answer;
}

json_t *http_trace_answer(const struct http_call *call, int *status)
{
	const char *queue_id = http_api_parameter(call, "queue_id");
	struct engine_trace trace;
	json_t *attempts;

	if (*queue_id == '\0' || strlen(queue_id) > OBSERVATION_QUEUE_ID_MAX) {
		*status = BAD_REQUEST;
		return http_api_error("queue_id is not a queue id of 1 to 63 octets");
	}
	attempts = json_array();
	for (size_t i = 0;
		i < ATTEMPTS_MAX && engine_trace_attempt(call->engine, queue_id, i, &trace); i++)
		json_array_append_new(attempts, attempt_object(&trace));
	if (json_array_size(attempts) == 0) {
		json_decref(attempts);
		*status = NOT_FOUND;
		return refuse_unknown(call->engine);
	}
	return json_pack("{s:o, s:o, s:o}", "queue_id", http_json_text_or_null(queue_id),
		"known_since", http_json_time(engine_trace_since(call->engine)), "attempts",
		attempts);
}
