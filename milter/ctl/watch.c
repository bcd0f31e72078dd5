/* watch: pools and hosts on a terminal, as they are now
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/watch.h"
#include "core/decimal.h"
#include "core/health.h"
#include "core/printable.h"
#include "ctl/answer.h"
#include "ctl/watch_model.h"
#include "ctl/watch_screen.h"
#include "engine/clock.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	INTERVAL_MAX_S = 3600,
	PATIENCE_S = 5,	  /* the keys wait as long */
	SECOND_MS = 1000, /* the clock's, and that of the looks */
	ROW_MS = 4,	  /* a look costs the daemon some 40 µs a row */
	LINE_MAX_OCTETS = 512,
	ID_MAX = 24,
	PERCENT_MAX = 5, /* up to "1000" */
};

/* What a key means depends on what was asked. */
enum mode { MODE_TABLE = 0, MODE_QUESTION = 1, MODE_FILTER = 2, MODE_HELP = 3, MODE_PERCENT = 4 };

struct watch {
	struct client *client;
	struct watch_model model;
	enum mode mode;
	const char *verb;	   /* of the question: "drain", "enable" or "weight" */
	char percent[PERCENT_MAX]; /* "weight": as it is typed */
	char host[ENDPOINT_TEXT_MAX];
	char filter[WATCH_MODEL_FILTER_MAX]; /* as it is typed */
	char line[LINE_MAX_OCTETS];	     /* the last one; empty: the keys */
	char trouble[LINE_MAX_OCTETS];
	int64_t answered; /* when the daemon did so last, ms */
	bool is_gone;
	int64_t next; /* look */
	bool is_over;
};

/* The signal that ends it. */
static volatile sig_atomic_t end;

static void on_end(int number)
{
	end = number;
}

/* ---- the daemon */

static int get(struct watch *watch, const char *path, json_t **answer)
{
	client_begin(watch->client, path);
	return client_send(watch->client, CLIENT_GET, answer);
}

static int get_events(struct watch *watch, json_t **answer)
{
	char id[ID_MAX];

	snprintf(id, sizeof(id), "%lld", watch->model.last_event);
	client_begin(watch->client, "/v1/events");
	client_add_query(watch->client, "since", id);
	return client_send(watch->client, CLIENT_GET, answer);
}

/* All of it, or nothing. */
static int get_all(struct watch *watch)
{
	json_t *status = NULL, *pools = NULL, *hosts = NULL, *events = NULL;
	int result = get(watch, "/v1/status", &status);

	if (result == CLIENT_DONE)
		result = get(watch, "/v1/pools", &pools);
	if (result == CLIENT_DONE)
		result = get(watch, "/v1/hosts", &hosts);
	if (result == CLIENT_DONE)
		result = get_events(watch, &events);
	/* Without memory what was seen before stays. */
	if (result == CLIENT_DONE && watch_model_take(&watch->model, status, pools, hosts))
		watch_model_take_events(&watch->model, events);
	json_decref(status);
	json_decref(pools);
	json_decref(hosts);
	json_decref(events);
	return result;
}

static void look(struct watch *watch)
{
	int result = get_all(watch);

	watch->is_gone = result == CLIENT_NO_DAEMON;
	watch->trouble[0] = '\0';
	if (result == CLIENT_DONE)
		watch->answered = clock_steady();
	else if (!watch->is_gone)
		snprintf(watch->trouble, sizeof(watch->trouble), "%s",
			client_message(watch->client));
}

/* The first of an answer's warnings; NULL: there is none. */
static const char *warning_of(const json_t *host)
{
	return json_string_value(json_array_get(json_object_get(host, "warnings"), 0));
}

static void steer(struct watch *watch)
{
	json_t *answer;
	const json_t *host;
	const char *warning;
	char text[LINE_MAX_OCTETS];
	int result;

	client_begin(watch->client, "/v1/hosts");
	client_add_segment(watch->client, watch->verb);
	client_add_query(watch->client, "host", watch->host);
	if (strcmp(watch->verb, "weight") == 0)
		client_add_query(watch->client, "percent", watch->percent);
	result = client_send(watch->client, CLIENT_POST, &answer);
	host = json_array_get(json_object_get(answer, "hosts"), 0);
	warning = warning_of(host);
	if (result != CLIENT_DONE)
		snprintf(text, sizeof(text), "%s", client_message(watch->client));
	else if (warning != NULL)
		snprintf(text, sizeof(text), "%s: warning: %s", watch->host, warning);
	else if (strcmp(watch->verb, "weight") == 0)
		snprintf(text, sizeof(text), "%s has %lld%% of its weight now", watch->host,
			fields_percent(host));
	else
		snprintf(text, sizeof(text), "%s is %s now", watch->host,
			fields_shown(host, "state"));
	printable_copy(watch->line, sizeof(watch->line), text);
	json_decref(answer);
	watch->next = 0;
}

/* ---- keys */

static void ask(struct watch *watch, const char *verb)
{
	const struct watch_model_row *row = watch_model_selected(&watch->model);

	if (row == NULL || row->is_pool)
		return;
	watch->mode = MODE_QUESTION;
	watch->verb = verb;
	memcpy(watch->host, row->host, sizeof(watch->host));
	snprintf(watch->line, sizeof(watch->line), "%s %s? y/n", verb, watch->host);
}

static void answer_question(struct watch *watch, int key)
{
	watch->mode = MODE_TABLE;
	watch->line[0] = '\0';
	if (key == 'y' || key == 'Y')
		steer(watch);
}

/* ---- a part of a weight */

static void show_percent(struct watch *watch)
{
	snprintf(watch->line, sizeof(watch->line), "%s: percent of its weight, 0 to %d: %s_",
		watch->host, HEALTH_PERCENT_MAX, watch->percent);
}

static void begin_percent(struct watch *watch)
{
	ask(watch, "weight");
	if (watch->mode != MODE_QUESTION)
		return;
	watch->mode = MODE_PERCENT;
	watch->percent[0] = '\0';
	show_percent(watch);
}

static void type_percent(struct watch *watch, int key)
{
	size_t length = strlen(watch->percent);

	if (key == WATCH_SCREEN_BACKSPACE && length > 0)
		watch->percent[length - 1] = '\0';
	else if (key >= '0' && key <= '9' && length < sizeof(watch->percent) - 1)
		memcpy(watch->percent + length, (char[]){(char)key, '\0'}, 2);
	show_percent(watch);
	if (key == WATCH_SCREEN_ESCAPE) {
		watch->mode = MODE_TABLE;
		watch->line[0] = '\0';
	}
	if (key != WATCH_SCREEN_ENTER || decimal_parse(watch->percent, 0, HEALTH_PERCENT_MAX) == -1)
		return;
	watch->mode = MODE_QUESTION;
	snprintf(watch->line, sizeof(watch->line), "weight %s %s%%? y/n", watch->host,
		watch->percent);
}

/* ---- the filter */

static void show_filter(struct watch *watch)
{
	char shown[WATCH_MODEL_FILTER_MAX];

	watch_model_filter(&watch->model, watch->filter);
	snprintf(watch->line, sizeof(watch->line), "filter: %s_",
		printable_copy(shown, sizeof(shown), watch->filter));
}

static void begin_filter(struct watch *watch)
{
	watch->mode = MODE_FILTER;
	memcpy(watch->filter, watch->model.filter, sizeof(watch->filter));
	show_filter(watch);
}

static void type_filter(struct watch *watch, int key)
{
	size_t length = strlen(watch->filter);

	if (key == WATCH_SCREEN_ESCAPE)
		watch->filter[0] = '\0';
	if (key == WATCH_SCREEN_BACKSPACE) {
		/* A whole character. */
		while (length > 0 && ((unsigned char)watch->filter[--length] & 0xc0) == 0x80)
			;
		watch->filter[length] = '\0';
	} else if (key >= ' ' && key <= 0xff && length < sizeof(watch->filter) - 1) {
		watch->filter[length] = (char)key;
		watch->filter[length + 1] = '\0';
	}
	show_filter(watch);
	if (key == WATCH_SCREEN_ENTER || key == WATCH_SCREEN_ESCAPE) {
		watch->mode = MODE_TABLE;
		watch->line[0] = '\0';
	}
}

static void obey_table(struct watch *watch, int key)
{
	struct watch_model *model = &watch->model;

	watch->line[0] = '\0';
	if (key == 'q')
		watch->is_over = true;
	else if (key == 'j' || key == WATCH_SCREEN_DOWN)
		watch_model_move(model, 1);
	else if (key == 'k' || key == WATCH_SCREEN_UP)
		watch_model_move(model, -1);
	else if (key == WATCH_SCREEN_PAGE_DOWN)
		watch_model_move(model, WATCH_SCREEN_PAGE);
	else if (key == WATCH_SCREEN_PAGE_UP)
		watch_model_move(model, -WATCH_SCREEN_PAGE);
	else if (key == 's')
		watch_model_sort(model, model->order == WATCH_MODEL_BY_HOST ? WATCH_MODEL_BY_POOL
									    : model->order + 1);
	else if (key == '/')
		begin_filter(watch);
	else if (key == 'd')
		ask(watch, "drain");
	else if (key == 'e')
		ask(watch, "enable");
	else if (key == 'w')
		begin_percent(watch);
	else if (key == 'r')
		watch->next = 0;
	else if (key == '?')
		watch->mode = MODE_HELP;
}

static void obey(struct watch *watch, int key)
{
	if (key == WATCH_SCREEN_GONE)
		watch->is_over = true;
	if (key < 0)
		return;
	if (watch->mode == MODE_QUESTION)
		answer_question(watch, key);
	else if (watch->mode == MODE_FILTER)
		type_filter(watch, key);
	else if (watch->mode == MODE_PERCENT)
		type_percent(watch, key);
	else if (watch->mode == MODE_HELP)
		watch->mode = MODE_TABLE;
	else
		obey_table(watch, key);
}

/* ---- the verb */

static void draw(struct watch *watch)
{
	struct watch_screen_view view = {
		.model = &watch->model,
		.line = watch->line[0] == '\0' ? NULL : watch->line,
		.is_help = watch->mode == MODE_HELP,
	};

	if (watch->is_gone)
		snprintf(watch->trouble, sizeof(watch->trouble),
			watch->model.has_answer ? "the daemon is gone, for %lld s"
						: "no daemon is there, for %lld s",
			(long long)(clock_steady() - watch->answered) / 1000);
	view.trouble = watch->trouble[0] == '\0' ? NULL : watch->trouble;
	watch_screen_draw(&view);
}

/* Without an interval: a watch is to cost the daemon one part in a hundred of its time at most. */
static int64_t interval_for(const struct watch *watch, int64_t interval)
{
	int64_t fair = (int64_t)watch->model.row_count * ROW_MS;

	if (interval != 0)
		return interval;
	return fair > SECOND_MS ? fair : SECOND_MS;
}

static void loop(struct watch *watch, int64_t interval)
{
	watch->answered = clock_steady();
	while (!watch->is_over && end == 0) {
		int64_t now = clock_steady();

		if (now >= watch->next) {
			look(watch);
			/* One that is not there costs nothing, and is to be seen as soon as it is. */
			watch->next = clock_steady() +
				      (watch->is_gone ? SECOND_MS : interval_for(watch, interval));
		}
		if (end != 0)
			return;
		draw(watch);
		now = watch->next - clock_steady();
		obey(watch, watch_screen_key((int)(now < SECOND_MS ? now : SECOND_MS)));
	}
}

/* They come to an end as they would by default, once the terminal is as it was. */
static void catch_ends(void (*handler)(int))
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct sigaction action = {.sa_handler = handler};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}

/* Gives 0, or the exit status after a message. *INTERVAL is 0 if none is given. */
static int check(const struct verb_call *call, int64_t *interval)
{
	int64_t seconds =
		call->interval == NULL ? 0 : decimal_parse(call->interval, 1, INTERVAL_MAX_S);

	*interval = SECOND_MS * seconds;
	if (seconds == -1)
		return answer_usage("a number of seconds from 1 to 3600", call->interval);
	if (!watch_screen_is_built())
		fprintf(stderr,
			"milterctl: watch was built without ncurses: see events --follow\n");
	else if (call->is_json)
		fprintf(stderr, "milterctl: watch has no JSON: see events --follow\n");
	else if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		fprintf(stderr, "milterctl: watch requires a terminal: see events --follow\n");
	else
		return CLIENT_DONE;
	return CLIENT_USAGE;
}

int watch_run(const struct verb_call *call)
{
	struct watch *watch;
	int64_t interval;
	int result = check(call, &interval);

	if (result != CLIENT_DONE)
		return result;
	watch = calloc(1, sizeof(*watch));
	if (watch == NULL) {
		fprintf(stderr, "milterctl: out of memory\n");
		return CLIENT_NO;
	}
	watch->client = call->client;
	watch_model_init(&watch->model);
	client_keep_messages(call->client);
	client_hurry(call->client, PATIENCE_S, &end);
	catch_ends(on_end);
	if (watch_screen_open()) {
		loop(watch, interval);
		watch_screen_close();
	} else {
		fprintf(stderr, "milterctl: this terminal is not known (TERM)\n");
		result = CLIENT_USAGE;
	}
	watch_model_clear(&watch->model);
	free(watch);
	catch_ends(SIG_DFL);
	if (end != 0)
		raise(end);
	return result;
}
