/* http_stream: what happens, sent to whoever keeps a connection open for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_stream.h"
#include "doors/http_condition.h"
#include "doors/http_deferrals.h"
#include "doors/http_feed.h"
#include "doors/http_hosts.h"
#include "doors/http_json.h"
#include "doors/http_page.h"
#include "engine/clock.h"
#include "engine/engine_view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

enum {
	TURN_MS = 100,
	TURNS_OF_ROUND = 10,	  /* each row is looked at once a round */
	TURNS_OF_BEAT = 40,	  /* without anything else */
	LOOKED_AT_MAX = 256,	  /* rows, in one turn */
	SENT_MAX = 256,		  /* rows, to one client in one turn */
	EVENTS_SENT_MAX = 100,	  /* likewise */
	BACKLOG_MAX = 256 * 1024, /* octets that a client has not taken: nothing is added to more */
	TAKES_NOTHING_S = 30,
	NAME_MAX_LENGTH = 256,
};

/* Rows of one kind that a client has not been sent yet. */
struct marks {
	unsigned char *is_due;
	size_t count; /* of them that are */
	size_t next;  /* where to go on */
};

struct stream {
	TAILQ_ENTRY(stream) place;
	struct http_stream_door *door;
	struct evhttp_request *request;
	struct http_connection *of;
	bool needs_hello;
	bool needs_status;
	bool needs_deferrals;
	uint64_t event; /* the last that it was sent */
	int quiet;	/* turns without anything for it */
	struct marks marks[HTTP_FEED_COUNT];
};

struct http_stream_door {
	struct engine *engine;
	const struct http_profile *profile;
	bool is_read_only;
	struct event *turn;
	struct http_feed *feed; /* NULL: there are no streams */
	uint64_t event;		/* the last that was seen */
	uint64_t deferral_changes;
	char *status; /* text, as it was sent */
	int turns;    /* of this round */
	size_t looked_at[HTTP_FEED_COUNT];
	char name[NAME_MAX_LENGTH]; /* of this machine */
	TAILQ_HEAD(, stream) streams;
	int count;
};

/* ---- what is to be sent to whom */

static void mark(struct http_stream_door *door, enum http_feed_kind kind, size_t row)
{
	struct stream *stream;

	TAILQ_FOREACH(stream, &door->streams, place)
	{
		struct marks *marks = &stream->marks[kind];

		marks->count += !marks->is_due[row];
		marks->is_due[row] = 1;
	}
}

/* All rows are new to it. Gives -1 without memory. */
static int mark_all(struct stream *stream)
{
	for (int i = 0; i < HTTP_FEED_COUNT; i++) {
		struct marks *marks = &stream->marks[i];
		size_t count = http_feed_count(stream->door->feed, (enum http_feed_kind)i);
		unsigned char *is_due = realloc(marks->is_due, count + 1);

		if (is_due == NULL)
			return -1;
		memset(is_due, 1, count + 1);
		*marks = (struct marks){.is_due = is_due, .count = count};
	}
	stream->needs_hello = true;
	stream->needs_status = true;
	stream->needs_deferrals = true;
	return 0;
}

static void look(struct http_stream_door *door, enum http_feed_kind kind, size_t row)
{
	if (http_feed_look(door->feed, kind, row))
		mark(door, kind, row);
}

/* Of the hosts that new events are about, and of their pools, at once. */
static void look_at_events(struct http_stream_door *door)
{
	struct event_entry entry;
	bool is_host_changed = false;

	for (int i = 0; i < EVENTS_SENT_MAX; i++) {
		size_t host;

		if (!engine_event_after(door->engine, door->event, &entry))
			break;
		door->event = entry.id;
		if (entry.host[0] == '\0')
			continue;
		is_host_changed = true;
		host = engine_find_host(door->engine, entry.host, entry.port, 0);
		if (host < http_feed_count(door->feed, HTTP_FEED_HOSTS))
			look(door, HTTP_FEED_HOSTS, host);
	}
	/* What is left of a round begins with them. */
	if (is_host_changed)
		door->turns = TURNS_OF_ROUND;
}

static void look_at_rows(struct http_stream_door *door)
{
	for (int i = 0; i < HTTP_FEED_COUNT; i++) {
		enum http_feed_kind kind = (enum http_feed_kind)i;
		size_t count = http_feed_count(door->feed, kind);
		size_t share = count / TURNS_OF_ROUND + 1;

		if (share > LOOKED_AT_MAX)
			share = LOOKED_AT_MAX;
		for (; share > 0 && door->looked_at[i] < count; share--)
			look(door, kind, door->looked_at[i]++);
	}
}

/* ---- what is so in all */

static struct http_call call_of(const struct http_stream_door *door)
{
	return (struct http_call){
		.engine = door->engine,
		.profile = door->profile,
		.path = HTTP_STREAM_PATH,
		.is_read_only = door->is_read_only,
		.by = "",
	};
}

static char *text_of(const struct http_stream_door *door, json_t *object)
{
	char *text;

	if (door->is_read_only)
		http_deferrals_mask(object);
	text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(object);
	return text;
}

static char *status_text(const struct http_stream_door *door)
{
	struct http_call call = call_of(door);
	struct view_log log = {.is_on = false};

	if (door->profile->log != NULL)
		door->profile->log(door->profile->log_context, &log);
	return text_of(
		door, json_pack("{s:o, s:o, s:I, s:o}", "condition", http_condition_object(&call),
			      "messages", http_json_messages(door->engine), "in_flight",
			      (json_int_t)engine_counted(door->engine, ENGINE_IN_FLIGHT), "log",
			      http_json_log(&log)));
}

static void look_at_all(struct http_stream_door *door)
{
	uint64_t changes = engine_view_deferral_changes(door->engine);
	char *status = status_text(door);
	bool is_new = status != NULL && (door->status == NULL || strcmp(status, door->status) != 0);
	struct stream *stream;

	TAILQ_FOREACH(stream, &door->streams, place)
	{
		stream->needs_status |= is_new;
		stream->needs_deferrals |= changes != door->deferral_changes;
	}
	door->deferral_changes = changes;
	if (status == NULL)
		return;
	free(door->status);
	door->status = status;
}

/* ---- one client */

static void put(struct evbuffer *out, const char *event, const char *text)
{
	if (text != NULL)
		evbuffer_add_printf(out, "event: %s\ndata: %s\n\n", event, text);
}

/* What may be done to a host, by whoever listens. */
static json_t *verbs(const struct stream *stream)
{
	json_t *list = json_array();

	for (int i = 0; i < HTTP_HOSTS_VERB_COUNT && !stream->door->is_read_only; i++)
		json_array_append_new(
			list, json_string(http_hosts_verb_name((enum http_hosts_verb)i)));
	return list;
}

static void put_hello(struct evbuffer *out, const struct stream *stream)
{
	const struct http_stream_door *door = stream->door;
	const struct http_profile *profile = door->profile;
	char *text = text_of(door,
		json_pack("{s:s, s:o, s:s, s:o, s:o, s:b, s:o, s:s, s:I, s:I, s:I, s:I}", "version",
			profile->version, "machine", http_json_text_or_null(door->name), "mta",
			profile->mta, "started", http_json_time(profile->started), "now",
			http_json_time(clock_now()), "control", (int)!stream->door->is_read_only,
			"verbs", verbs(stream), "control_socket", profile->control_socket, "pools",
			(json_int_t)http_feed_count(door->feed, HTTP_FEED_POOLS), "hosts",
			(json_int_t)http_feed_count(door->feed, HTTP_FEED_HOSTS), "rules",
			(json_int_t)http_feed_count(door->feed, HTTP_FEED_RULES), "last_event",
			(json_int_t)engine_last_event(door->engine)));

	put(out, "hello", text);
	free(text);
}

static void put_rows(struct evbuffer *out, struct stream *stream, enum http_feed_kind kind)
{
	struct marks *marks = &stream->marks[kind];
	size_t count = http_feed_count(stream->door->feed, kind);
	const char *before = "";
	int sent = 0;

	if (marks->count == 0)
		return;
	evbuffer_add_printf(out, "event: %s\ndata: [", http_feed_name(kind));
	for (; marks->count > 0 && sent < SENT_MAX; marks->next++) {
		const char *text;

		if (marks->next >= count)
			marks->next = 0;
		if (!marks->is_due[marks->next])
			continue;
		marks->is_due[marks->next] = 0;
		marks->count--;
		sent++;
		text = http_feed_text(stream->door->feed, kind, marks->next);
		if (text == NULL)
			continue;
		evbuffer_add_printf(out, "%s%s", before, text);
		before = ",";
	}
	evbuffer_add_printf(out, "]\n\n");
}

static void put_events(struct evbuffer *out, struct stream *stream)
{
	const struct http_stream_door *door = stream->door;
	struct event_entry entry;

	for (int sent = 0; sent < EVENTS_SENT_MAX; sent++) {
		char *text;

		if (!engine_event_after(door->engine, stream->event, &entry))
			return;
		stream->event = entry.id;
		text = text_of(door, http_json_event(&entry));
		evbuffer_add_printf(out, "id: %llu\n", (unsigned long long)entry.id);
		put(out, "change", text);
		free(text);
	}
}

static void put_all(struct evbuffer *out, struct stream *stream)
{
	const struct http_stream_door *door = stream->door;
	struct http_call call = call_of(door);

	if (stream->needs_hello)
		put_hello(out, stream);
	if (stream->needs_status)
		put(out, "status", door->status);
	put_events(out, stream);
	for (int i = 0; i < HTTP_FEED_COUNT; i++)
		put_rows(out, stream, (enum http_feed_kind)i);
	if (stream->needs_deferrals) {
		char *text = text_of(door, http_deferrals_object(&call));

		put(out, "deferrals", text);
		free(text);
	}
	stream->needs_hello = false;
	stream->needs_status = false;
	stream->needs_deferrals = false;
}

static void put_beat(struct evbuffer *out, const struct http_stream_door *door)
{
	char *text = text_of(door, json_pack("{s:o}", "now", http_json_time(clock_now())));

	put(out, "beat", text);
	free(text);
}

static void write_to(struct stream *stream)
{
	struct evbuffer *taken = bufferevent_get_output(stream->of->stream);
	struct evbuffer *out;

	if (evbuffer_get_length(taken) > BACKLOG_MAX)
		return;
	out = evbuffer_new();
	if (out == NULL)
		return;
	put_all(out, stream);
	stream->quiet = evbuffer_get_length(out) > 0 ? 0 : stream->quiet + 1;
	if (stream->quiet >= TURNS_OF_BEAT) {
		put_beat(out, stream->door);
		stream->quiet = 0;
	}
	if (evbuffer_get_length(out) > 0)
		evhttp_send_reply_chunk(stream->request, out);
	evbuffer_free(out);
}

/* ---- turns */

static void wait_for_turn(struct http_stream_door *door, int ms)
{
	const struct timeval wait = {.tv_usec = (suseconds_t)ms * 1000};

	event_add(door->turn, &wait);
}

static void begin_round(struct http_stream_door *door)
{
	door->turns = 0;
	memset(door->looked_at, 0, sizeof(door->looked_at));
	look_at_all(door);
}

static void renew(struct http_stream_door *door)
{
	struct stream *stream, *next;

	if (!http_feed_renew(door->feed))
		return;
	for (stream = TAILQ_FIRST(&door->streams); stream != NULL; stream = next) {
		next = TAILQ_NEXT(stream, place);
		if (mark_all(stream) == -1)
			evhttp_connection_free(stream->of->connection);
	}
	door->turns = TURNS_OF_ROUND;
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
	struct http_stream_door *door = context;
	struct stream *stream;

	(void)fd;
	(void)what;
	if (TAILQ_EMPTY(&door->streams))
		return;
	renew(door);
	if (door->feed == NULL)
		return;
	look_at_events(door);
	if (++door->turns >= TURNS_OF_ROUND)
		begin_round(door);
	look_at_rows(door);
	TAILQ_FOREACH(stream, &door->streams, place)
	write_to(stream);
	wait_for_turn(door, TURN_MS);
}

/* ---- life of a stream */

static void stop_looking(struct http_stream_door *door)
{
	http_feed_free(door->feed);
	door->feed = NULL;
	free(door->status);
	door->status = NULL;
	event_del(door->turn);
}

static void free_stream(struct stream *stream)
{
	for (int i = 0; i < HTTP_FEED_COUNT; i++)
		free(stream->marks[i].is_due);
	free(stream);
}

/* Its connection has ended. */
static void on_gone(void *context)
{
	struct stream *stream = context;
	struct http_stream_door *door = stream->door;

	/* libevent has forgotten a request whose client has closed. */
	if (evhttp_request_get_connection(stream->request) == NULL)
		evhttp_request_free(stream->request);
	TAILQ_REMOVE(&door->streams, stream, place);
	door->count--;
	free_stream(stream);
	if (TAILQ_EMPTY(&door->streams))
		stop_looking(door);
}

bool http_stream_is_asked(const struct http_call *call)
{
	return !call->is_post && strcmp(call->path, HTTP_STREAM_PATH) == 0;
}

static void send_head(struct evhttp_request *request)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);

	evhttp_add_header(headers, "Content-Type", "text/event-stream; charset=utf-8");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	/* A proxy that collects an answer would keep this one for ever. */
	evhttp_add_header(headers, "X-Accel-Buffering", "no");
	evhttp_add_header(headers, "Connection", "close");
	http_page_headers(headers);
	evhttp_send_reply_start(request, HTTP_OK, NULL);
}

/* libevent stops reading while it answers, and would not see the client go. */
static void watch_client(struct http_connection *of)
{
	const struct timeval takes_nothing = {.tv_sec = TAKES_NOTHING_S};

	bufferevent_set_timeouts(of->stream, NULL, &takes_nothing);
	bufferevent_enable(of->stream, EV_READ);
}

const char *http_stream_begin(struct http_stream_door *door, struct evhttp_request *request,
	struct http_connection *of, uint64_t since)
{
	struct stream *stream;

	if (door->count >= HTTP_STREAM_MAX)
		return "16 streams are open already";
	if (door->feed == NULL) {
		door->feed = http_feed_new(door->engine, door->profile, door->is_read_only);
		if (door->feed == NULL)
			return "out of memory";
		http_feed_renew(door->feed);
		door->turns = TURNS_OF_ROUND;
		door->event = engine_last_event(door->engine);
	}
	stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return "out of memory";
	*stream = (struct stream){
		.door = door,
		.request = request,
		.of = of,
		/* Of a state file that is gone. */
		.event = since > engine_last_event(door->engine) ? 0 : since,
	};
	if (mark_all(stream) == -1) {
		free_stream(stream);
		return "out of memory";
	}
	TAILQ_INSERT_TAIL(&door->streams, stream, place);
	door->count++;
	of->is_kept = true;
	of->gone = on_gone;
	of->context = stream;
	send_head(request);
	watch_client(of);
	wait_for_turn(door, 0);
	return NULL;
}

/* ---- life */

struct http_stream_door *http_stream_door_new(struct event_base *base, struct engine *engine,
	const struct http_profile *profile, bool is_read_only)
{
	struct http_stream_door *door = calloc(1, sizeof(*door));

	if (door == NULL)
		return NULL;
	door->engine = engine;
	door->profile = profile;
	door->is_read_only = is_read_only;
	TAILQ_INIT(&door->streams);
	if (gethostname(door->name, sizeof(door->name) - 1) == -1)
		door->name[0] = '\0';
	door->turn = evtimer_new(base, on_turn, door);
	if (door->turn != NULL)
		return door;
	free(door);
	return NULL;
}

void http_stream_door_free(struct http_stream_door *door)
{
	if (door == NULL)
		return;
	stop_looking(door);
	event_free(door->turn);
	free(door);
}
