/* http_door: the API on a Unix socket and, for reading only, on TCP
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_door.h"
#include "core/decimal.h"
#include "doors/http_connections.h"
#include "doors/http_json.h"
#include "doors/http_metrics.h"
#include "doors/http_origin.h"
#include "doors/http_page.h"
#include "doors/http_simulate.h"
#include "doors/http_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>

enum {
	LISTENERS_MAX = 2,
	HEADERS_MAX = 16384,
	BODY_MAX = 4096,
	FORM_MAX = 4 * 1024 * 1024, /* headers of a message, percent-encoded */
	PARAMETERS_MAX = 10000,
	READ_AHEAD = 16384,
	WAITING_MAX = 64 * 1024 * 1024, /* answers that are not taken, of a listener */
	IDLE_S = 30,
	FORBIDDEN = 403,
	NO_MEMORY = 503,
	RELOAD_REFUSED = 422,
	NAME_MAX_LENGTH = 256,
};

struct listener {
	struct http_door *door;
	struct http_connections *connections;
	struct http_stream_door *streams;
	bool is_read_only;
};

/* An answer that is not ready yet. */
struct task {
	TAILQ_ENTRY(task) place; /* of a simulation: in the queue */
	struct http_door *door;
	struct evhttp_request *request;	  /* NULL: its client has gone */
	struct http_connection *of;	  /* NULL with it */
	struct http_simulate *simulation; /* NULL: a reload or a change */
	json_t *answer;			  /* of a change, once it is on the disk */
};

struct http_door {
	struct http_door_services services;
	struct listener listeners[LISTENERS_MAX];
	int listener_count;
	char names[2 * NAME_MAX_LENGTH]; /* of this machine */
	struct event *turn;		 /* for the next step of a simulation */
	TAILQ_HEAD(, task) queue;
};

/* Sends what is in the request's output buffer. */
static void send_body(struct evhttp_request *request, int status, const char *type)
{
	struct evbuffer *body = evhttp_request_get_output_buffer(request);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	char length[32];

	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	http_page_headers(headers);
	/* For some methods libevent says no length, and sends the body even for HEAD. */
	snprintf(length, sizeof(length), "%zu", evbuffer_get_length(body));
	evhttp_add_header(headers, "Content-Length", length);
	if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
		evbuffer_drain(body, evbuffer_get_length(body));
	evhttp_send_reply(request, status, NULL, NULL);
}

static void send_answer(struct evhttp_request *request, int status, const json_t *answer)
{
	char *text =
		answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(6));
	struct evbuffer *body = evhttp_request_get_output_buffer(request);

	if (text == NULL) {
		status = NO_MEMORY;
		evbuffer_add_printf(body, "{\"error\":\"out of memory\"}\n");
	} else {
		evbuffer_add_printf(body, "%s\n", text);
	}
	free(text);
	send_body(request, status, "application/json");
}

/* The answer is libevent's now. */
static void finish_answer(struct http_connection *connection)
{
	http_connections_touch(connection);
	http_connections_hush(connection);
}

static void send_error(struct evhttp_request *request, int status, const char *text)
{
	json_t *error = http_api_error(text);

	send_answer(request, status, error);
	json_decref(error);
}

/* ---- answers that come later, if the client is still there */

static void on_client_gone(void *context)
{
	struct task *task = context;

	task->request = NULL;
	task->of = NULL;
}

/* NULL: out of memory, and so answered. */
static struct task *begin_task(
	struct http_door *door, struct evhttp_request *request, struct http_connection *of)
{
	struct task *task = malloc(sizeof(*task));

	if (task == NULL) {
		send_error(request, NO_MEMORY, "out of memory");
		return NULL;
	}
	*task = (struct task){.door = door, .request = request, .of = of};
	of->is_kept = true;
	of->gone = on_client_gone;
	of->context = task;
	return task;
}

/* Takes the reference to ANSWER. */
static void end_task(struct task *task, int status, json_t *answer)
{
	if (task->request != NULL) {
		task->of->is_kept = false;
		task->of->gone = NULL;
		send_answer(task->request, status, answer);
		finish_answer(task->of);
	}
	json_decref(answer);
	free(task);
}

static void on_reload_end(void *context, const char *error, const struct fault_list *faults)
{
	end_task(
		context, error == NULL ? HTTP_OK : RELOAD_REFUSED, http_json_reload(error, faults));
}

static void begin_reload(struct http_door *door, struct evhttp_request *request,
	struct http_connection *of, const struct http_call *call)
{
	int is_forced = http_api_is_forced(call);
	struct task *task;

	if (is_forced == -1) {
		send_error(request, HTTP_BADREQUEST, "force is neither 0 nor 1");
		return;
	}
	task = begin_task(door, request, of);
	if (task != NULL &&
		door->services.reload(call->by, is_forced == 1, on_reload_end, task) == -1)
		end_task(task, NO_MEMORY, http_api_error("cannot begin a reload now"));
}

static void on_saved(void *context, const char *error)
{
	struct task *task = context;
	json_t *answer = task->answer;

	if (error != NULL) {
		json_decref(answer);
		answer = http_json_unsaved(error);
	}
	end_task(task, error == NULL ? HTTP_OK : HTTP_INTERNAL, answer);
}

/* What an operator says is on the disk before he is told so. Takes the reference to ANSWER. */
static void begin_save(struct http_door *door, struct evhttp_request *request,
	struct http_connection *of, json_t *answer)
{
	struct task *task = begin_task(door, request, of);

	if (task == NULL) {
		json_decref(answer);
		return;
	}
	task->answer = answer;
	if (door->services.save(on_saved, task) == -1)
		on_saved(task, "no thread for it");
}

/* One step of one of them, then all else that waits. */
static void on_turn(evutil_socket_t fd, short what, void *context)
{
	static const struct timeval at_once = {.tv_sec = 0};
	struct http_door *door = context;
	struct task *task = TAILQ_FIRST(&door->queue);

	(void)fd;
	(void)what;
	if (task == NULL)
		return;
	TAILQ_REMOVE(&door->queue, task, place);
	if (task->request != NULL && http_simulate_step(task->simulation)) {
		TAILQ_INSERT_TAIL(&door->queue, task, place);
	} else {
		json_t *answer = http_simulate_answer(task->simulation);

		http_simulate_free(task->simulation);
		end_task(task, HTTP_OK, answer);
	}
	if (!TAILQ_EMPTY(&door->queue))
		event_add(door->turn, &at_once);
}

static void begin_simulation(struct http_door *door, struct evhttp_request *request,
	struct http_connection *of, const struct http_call *call)
{
	static const struct timeval at_once = {.tv_sec = 0};
	struct task *task = begin_task(door, request, of);
	int status = NO_MEMORY;
	json_t *refusal;

	if (task == NULL)
		return;
	task->simulation = http_simulate_begin(call, &status, &refusal);
	if (task->simulation == NULL) {
		end_task(task, status, refusal);
		return;
	}
	TAILQ_INSERT_TAIL(&door->queue, task, place);
	event_add(door->turn, &at_once);
}

/* ---- requests */

static bool is_known_method(enum evhttp_cmd_type method)
{
	return method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD || method == EVHTTP_REQ_POST;
}

/* A whole message is too much for a query. */
static bool takes_form(const char *path)
{
	return path != NULL && strcmp(path, "/v1/explain") == 0;
}

/* Parameters that are too long for a query come as the body of a form. NULL: there is none. */
static char *body_text(struct evhttp_request *request)
{
	struct evbuffer *buffer = evhttp_request_get_input_buffer(request);
	size_t length = evbuffer_get_length(buffer);
	char *text;

	if (evhttp_request_get_command(request) != EVHTTP_REQ_POST || length == 0)
		return NULL;
	text = malloc(length + 1);
	if (text == NULL)
		return NULL;
	evbuffer_copyout(buffer, text, length);
	text[length] = '\0';
	return text;
}

/* NULL, or why a body cannot be had of it. */
static const char *check_size(const struct listener *listener, struct evhttp_request *request,
	const char *path, int *status)
{
	size_t length = evbuffer_get_length(evhttp_request_get_input_buffer(request));

	*status = HTTP_ENTITYTOOLARGE;
	if (length > BODY_MAX && !takes_form(path))
		return "the body is too large";
	*status = NO_MEMORY;
	if (http_connections_waiting(listener->connections) > WAITING_MAX)
		return "too many answers wait to be taken: try again";
	return NULL;
}

/* Each costs ten times what it is long. */
static bool has_too_many(const char *text)
{
	int count = 1;

	for (; text != NULL && *text != '\0'; text++)
		count += *text == '&';
	return count > PARAMETERS_MAX;
}

/* NULL, or why these parameters are none. */
static const char *parse(const char *path, const char *text, struct evkeyvalq *query)
{
	if (has_too_many(text))
		return "more than 10000 parameters";
	if (path == NULL || (text != NULL && strstr(text, "%00") != NULL) ||
		(text != NULL && evhttp_parse_query_str(text, query) == -1))
		return "cannot read the path or its query";
	return NULL;
}

/* Who is at the other end, as the kernel says: "uid=0 pid=123"; "" where it does not, over TCP. */
static void find_peer(const struct http_connection *of, char by[EVENT_BY_MAX])
{
	struct ucred peer = {.pid = 0};
	socklen_t size = sizeof(peer);

	by[0] = '\0';
	if (getsockopt(bufferevent_getfd(of->stream), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
		peer.pid != 0)
		snprintf(by, EVENT_BY_MAX, "uid=%lu pid=%ld", (unsigned long)peer.uid,
			(long)peer.pid);
}

/* A file of the status page. */
static void send_page(struct evhttp_request *request, const struct http_page_file *file)
{
	const struct http_page_octets *data = &http_page_data[file->id];

	evbuffer_add_reference(
		evhttp_request_get_output_buffer(request), data->octets, data->length, NULL, NULL);
	send_body(request, HTTP_OK, file->type);
}

/* Where it is to go on: a browser that connects again has the id of the last event in a header. */
static void begin_stream(struct listener *listener, struct evhttp_request *request,
	struct http_connection *of, const struct http_call *call)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
	const char *last = evhttp_find_header(headers, "Last-Event-ID");
	int64_t since = last == NULL ? http_api_number(call, "since", 0, INT64_MAX - 1)
				     : decimal_parse(last, 0, INT64_MAX - 1);
	const char *wrong;

	if (since == -1) {
		send_error(request, HTTP_BADREQUEST, "since is not an event's id");
		return;
	}
	/* A stream has no end, and so no length. */
	if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD) {
		send_body(request, HTTP_OK, "text/event-stream; charset=utf-8");
		return;
	}
	wrong = http_stream_begin(listener->streams, request, of, (uint64_t)since);
	if (wrong != NULL)
		send_error(request, NO_MEMORY, wrong);
}

/* Not JSON either. */
static void send_metrics(struct evhttp_request *request, const struct http_call *call)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
	enum exposition_format format = exposition_accepted(evhttp_find_header(headers, "Accept"));
	struct evbuffer *body = evhttp_request_get_output_buffer(request);

	if (http_metrics_write(call, format, body) == 0) {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Vary", "Accept");
		send_body(request, HTTP_OK, exposition_content_type(format));
		return;
	}
	evbuffer_drain(body, evbuffer_get_length(body));
	send_error(request, NO_MEMORY, "out of memory");
}

static void answer_call(struct listener *listener, struct evhttp_request *request,
	struct http_connection *of, const struct http_call *call)
{
	const struct http_page_file *file = call->is_post ? NULL : http_page_find(call->path);
	int status;
	json_t *answer;

	if (file != NULL) {
		send_page(request, file);
		return;
	}
	if (http_stream_is_asked(call)) {
		begin_stream(listener, request, of, call);
		return;
	}
	if (http_api_is_reload(call)) {
		begin_reload(listener->door, request, of, call);
		return;
	}
	if (http_api_is_simulation(call)) {
		begin_simulation(listener->door, request, of, call);
		return;
	}
	if (http_metrics_is_asked(call)) {
		send_metrics(request, call);
		return;
	}
	answer = http_api_answer(call, &status);
	if (status == HTTP_OK && http_api_is_change(call) &&
		listener->door->services.save != NULL) {
		begin_save(listener->door, request, of, answer);
		return;
	}
	send_answer(request, status, answer);
	json_decref(answer);
}

/* A request that may be answered: what it asks for. */
static void take_call(
	struct listener *listener, struct evhttp_request *request, struct http_connection *of)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
	const char *text = uri == NULL ? NULL : evhttp_uri_get_query(uri);
	char *body = takes_form(path) ? body_text(request) : NULL;
	struct evkeyvalq query;
	char by[EVENT_BY_MAX];
	const char *wrong;
	int status;

	TAILQ_INIT(&query);
	wrong = check_size(listener, request, path, &status);
	if (wrong == NULL) {
		status = HTTP_BADREQUEST;
		wrong = parse(path, body == NULL ? text : body, &query);
	}

	struct http_call call = {
		.engine = listener->door->services.engine,
		.profile = listener->door->services.profile,
		.path = path,
		.query = &query,
		.is_post = evhttp_request_get_command(request) == EVHTTP_REQ_POST,
		.is_read_only = listener->is_read_only,
		.by = by,
	};

	find_peer(of, by);
	if (wrong == NULL)
		answer_call(listener, request, of, &call);
	else
		send_error(request, status, wrong);
	evhttp_clear_headers(&query);
	free(body);
}

/* NULL, or why a page that a browser shows may not ask this. */
static const char *check_origin(const struct listener *listener, struct evhttp_request *request)
{
	const struct http_door *door = listener->door;
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *host = evhttp_find_header(headers, "Host");
	const char *names = door->services.profile->status_hosts;
	const char *in_uri = uri == NULL ? NULL : evhttp_uri_get_host(uri);

	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? host : in_uri;

		if (!http_origin_is_own(name, door->names) &&
			(names == NULL || !http_origin_is_own(name, names)) &&
			(listener->is_read_only || !http_origin_is_bare(name)))
			return "Host is not a name of this machine: status_hosts in the "
			       "configuration "
			       "adds names";
	}
	if (!http_origin_is_same(evhttp_find_header(headers, "Origin"), host) ||
		!http_origin_fetch_is_own(evhttp_find_header(headers, "Sec-Fetch-Site"),
			evhttp_find_header(headers, "Sec-Fetch-Mode"),
			evhttp_request_get_command(request) != EVHTTP_REQ_POST))
		return "pages of another origin are refused";
	return NULL;
}

static void on_request(struct evhttp_request *request, void *context)
{
	struct listener *listener = context;
	struct http_connection *of = http_connections_find(listener->connections, request);
	const char *wrong = check_origin(listener, request);

	if (of == NULL) { /* there was no memory to count it */
		evhttp_connection_free(evhttp_request_get_connection(request));
		return;
	}
	if (!is_known_method(evhttp_request_get_command(request)))
		send_error(request, HTTP_BADMETHOD, "only GET and POST are supported");
	else if (wrong != NULL)
		send_error(request, FORBIDDEN, wrong);
	/* Decoded, it would end the name that it stands in. */
	else if (strstr(evhttp_request_get_uri(request), "%00") != NULL)
		send_error(request, HTTP_BADREQUEST, "no name has a NUL");
	else
		take_call(listener, request, of);
	if (of->gone == NULL)
		finish_answer(of);
}

/* ---- life */

/* "mx1.example.com mx1": what this machine is called, and the first label of that. */
static void name_machine(char names[2 * NAME_MAX_LENGTH])
{
	char name[NAME_MAX_LENGTH] = "";
	int label;

	if (gethostname(name, sizeof(name) - 1) == -1)
		name[0] = '\0';
	label = (int)strcspn(name, ".");
	snprintf(names, (size_t)2 * NAME_MAX_LENGTH, "%s %.*s", name, label, name);
}

struct http_door *http_door_new(const struct http_door_services *services)
{
	struct http_door *door = calloc(1, sizeof(*door));

	if (door == NULL)
		return NULL;
	door->services = *services;
	TAILQ_INIT(&door->queue);
	name_machine(door->names);
	door->turn = evtimer_new(services->base, on_turn, door);
	if (door->turn != NULL)
		return door;
	free(door);
	return NULL;
}

static void free_listener(struct listener *listener)
{
	http_connections_free(listener->connections);
	http_stream_door_free(listener->streams);
}

int http_door_listen(struct http_door *door, int fd, bool is_read_only)
{
	struct listener *listener = &door->listeners[door->listener_count];
	size_t body = is_read_only ? BODY_MAX : FORM_MAX;
	struct evhttp *http;

	if (door->listener_count == LISTENERS_MAX)
		return -1;
	http = evhttp_new(door->services.base);
	if (http == NULL)
		return -1;
	listener->door = door;
	listener->is_read_only = is_read_only;
	evhttp_set_timeout(http, IDLE_S);
	evhttp_set_max_headers_size(http, HEADERS_MAX);
	evhttp_set_max_body_size(http, (ev_ssize_t)body);
	/* All of them: what is not for us shall have an answer in JSON, too. */
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
						 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
						 EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
						 EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
	evhttp_set_gencb(http, on_request, listener);
	listener->connections = http_connections_new(
		door->services.base, http, fd, HEADERS_MAX + body + READ_AHEAD);
	listener->streams = http_stream_door_new(
		door->services.base, door->services.engine, door->services.profile, is_read_only);
	if (listener->connections == NULL || listener->streams == NULL) {
		free_listener(listener);
		return -1;
	}
	door->listener_count++;
	return 0;
}

void http_door_free(struct http_door *door)
{
	struct task *task;

	if (door == NULL)
		return;
	for (int i = 0; i < door->listener_count; i++)
		free_listener(&door->listeners[i]);
	while ((task = TAILQ_FIRST(&door->queue)) != NULL) {
		TAILQ_REMOVE(&door->queue, task, place);
		http_simulate_free(task->simulation);
		free(task);
	}
	event_free(door->turn);
	free(door);
}
