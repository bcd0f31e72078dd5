/* trace: what has become of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/trace.h"
#include "ctl/answer.h"
#include "ctl/fields.h"

#include <stdio.h>
#include <string.h>

enum { CELL_MAX = 160, QUEUE_ID_MAX = 63 };

/* The words of the API, and those for people. */
struct word {
	const char *name;
	const char *shown;
};

static const struct word faults[] = {
	{"host_at_once", "the host's"},
	{"host", "the host's"},
	{"recipient", "the recipient's"},
	{"sender", "the sender's"},
	{"ours", "this machine's"},
	{"compared", "nobody's so far"},
	{"session", "nobody's: a limit"},
	{"spent", "nobody's: a quota"},
	{"none", "nobody's"},
	{"success", "-"},
};

static const struct word outcomes[] = {
	{"passed_on", "next host"},
	{"sent", "delivered"},
	{"deferred", "put off"},
	{"bounced", "bounced"},
};

static const struct word places[] = {
	{"queued", "in the MTA's queue, not begun or held, since "},
	{"waits", "waits for "},
	{"put_off", "put off, since "},
	{"delivered", "delivered by "},
	{"bounced", "bounced: refused by "},
	{"left", "left the queue, without a result in the log, at "},
	{"unknown", "not known: the log has nothing about it since "},
};

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))

/* The name itself, if it is none of them. */
static const char *shown(
	const struct word *words, size_t count, const json_t *object, const char *member)
{
	const char *name = fields_text(object, member);

	for (size_t i = 0; name != NULL && i < count; i++)
		if (strcmp(words[i].name, name) == 0)
			return words[i].shown;
	return name;
}

static void add_fault(struct columns *columns, const json_t *word)
{
	const char *fault = shown(faults, COUNT_OF(faults), word, "class");
	const char *reason = fields_text(word, "reason");
	bool is_good = fault != NULL && strcmp(fault, "-") == 0;
	bool is_lost = json_is_true(json_object_get(word, "compared"));
	char text[CELL_MAX];

	snprintf(text, sizeof(text), "%s%s%s%s%s", fault == NULL ? "-" : fault,
		is_lost ? ", another took it" : "", is_good || reason == NULL ? "" : " (",
		is_good || reason == NULL ? "" : reason, is_good || reason == NULL ? "" : ")");
	columns_add(columns, text);
}

static void add_outcome(struct columns *columns, const json_t *word)
{
	const char *outcome = shown(outcomes, COUNT_OF(outcomes), word, "outcome");
	long long lines = fields_number(word, "lines");
	char text[CELL_MAX];

	if (lines > 1)
		snprintf(text, sizeof(text), "%s, %lld times", outcome == NULL ? "-" : outcome,
			lines);
	else
		snprintf(text, sizeof(text), "%s", outcome == NULL ? "-" : outcome);
	columns_add(columns, text);
}

/* A host that is in no list has no port. */
static void add_host(struct columns *columns, const json_t *word)
{
	if (json_is_integer(json_object_get(word, "port")))
		fields_add_endpoint(columns, word);
	else
		fields_add_text(columns, word, "host");
}

static void show_words(const json_t *attempt)
{
	const json_t *words = json_object_get(attempt, "words");
	long long earlier = fields_number(attempt, "earlier_words");
	struct columns *columns;
	size_t i;
	json_t *word;

	if (json_array_size(words) == 0) {
		printf("said     nothing yet, as far as the MTA's log shows\n");
		return;
	}
	if (earlier > 0)
		printf("said     (%lld more before)\n", earlier);
	else
		printf("said\n");
	columns = columns_new("TIME|>TRY|HOST|STAGE|THEN|FAULT|WORDS");
	json_array_foreach (words, i, word) {
		fields_add_time(columns, word, "time");
		fields_add_number(columns, word, "try");
		add_host(columns, word);
		fields_add_text(columns, word, "stage");
		add_outcome(columns, word);
		add_fault(columns, word);
		fields_add_text(columns, word, "text");
	}
	fields_print(columns, "  ");
}

/* In the order in which they are to be tried. */
static void show_list(const json_t *attempt)
{
	const json_t *hosts = json_object_get(attempt, "candidates");
	char text[ENDPOINT_TEXT_MAX];
	size_t i;
	json_t *host;

	if (json_array_size(hosts) == 0) {
		printf("list     none: chosen before the daemon's start, or by no route\n");
		return;
	}
	printf("list     ");
	json_array_foreach (hosts, i, host)
		printf("%s%s", i == 0 ? "" : ", ",
			json_is_object(host) ? fields_endpoint(host, text)
					     : "(no longer configured)");
	printf("\n");
}

static void show_decision(const json_t *attempt)
{
	if (fields_text(attempt, "chosen") == NULL)
		return;
	printf("chosen   %s", fields_shown_time(attempt, "chosen"));
	printf(", pool %s", fields_shown(attempt, "pool"));
	if (fields_text(attempt, "rule") != NULL)
		printf(", by rule %s", fields_shown(attempt, "rule"));
	if (fields_text(attempt, "source") != NULL)
		printf(", %s", fields_shown(attempt, "source"));
	printf("\n");
}

static void show_now(const json_t *attempt)
{
	const json_t *now = json_object_get(attempt, "now");
	const json_t *at = json_object_get(now, "at");
	const char *place = shown(places, COUNT_OF(places), now, "place");
	const char *name = fields_text(now, "place");
	bool has_host =
		name != NULL && (strcmp(name, "waits") == 0 || strcmp(name, "delivered") == 0 ||
					strcmp(name, "bounced") == 0);
	char text[ENDPOINT_TEXT_MAX];

	printf("now      %s", place == name ? "-" : place);
	if (has_host && json_is_integer(json_object_get(at, "port")))
		printf("%s", fields_endpoint(at, text));
	else if (has_host)
		printf("%s", json_is_object(at) ? fields_shown(at, "host") : "a host not known");
	if (has_host)
		printf("%s", strcmp(name, "waits") == 0 ? " since " : " at ");
	printf("%s", fields_shown_time(now, "since"));
	if (fields_number(attempt, "tries") > 1)
		printf(", taken up %lld times", fields_number(attempt, "tries"));
	printf("\n");
	if (fields_text(attempt, "left") != NULL)
		printf("left     the queue at %s\n", fields_shown_time(attempt, "left"));
}

static void show(const json_t *answer)
{
	size_t i;
	json_t *attempt;

	printf("message  %s\n", fields_shown(answer, "queue_id"));
	json_array_foreach (json_object_get(answer, "attempts"), i, attempt) {
		if (i > 0)
			printf("\n");
		show_decision(attempt);
		show_list(attempt);
		show_words(attempt);
		show_now(attempt);
	}
}

int trace_run(const struct verb_call *call)
{
	const char *queue_id = call->arguments[0];

	if (*queue_id == '\0' || strlen(queue_id) > QUEUE_ID_MAX)
		return answer_usage("a queue id", queue_id);
	client_begin(call->client, "/v1/trace");
	client_add_query(call->client, "queue_id", queue_id);
	return answer_show(call, CLIENT_GET, show);
}
