/* http_door: the API on a Unix socket and, for reading only, on TCP
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_door.h"
#include "doors/http_json.h"
#include "engine/clock.h"
#include "engine/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/listener.h>

enum {
	LISTENERS_MAX = 2,
	HEADERS_MAX = 16384,
	BODY_MAX = 4096,
	MESSAGE_MAX = 16 * 1024 * 1024, /* headers of a message, percent-encoded */
	IDLE_S = 30,
	NO_MEMORY = 503,
	RELOAD_REFUSED = 422,
	PAUSE_MS = 100,
	COMPLAINT_MS = 10000,
};

struct listener {
	struct http_door *door;
	struct evhttp *http;
	struct evconnlistener *accepting; /* evhttp's */
	struct event *resume;
	bool is_read_only;
};

/* A client that waits for the end of a reload. */
struct waiting {
	struct evhttp_request *request; /* NULL: it has gone */
};

struct http_door {
	struct http_door_services services;
	struct listener listeners[LISTENERS_MAX];
	int listener_count;
};

static void send_answer(struct evhttp_request *request, int status, const json_t *answer)
{
	char *text =
		answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(6));
	struct evbuffer *body = evhttp_request_get_output_buffer(request);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	char length[32];

	evhttp_add_header(headers, "Content-Type", "application/json");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	if (text == NULL) {
		status = NO_MEMORY;
		evbuffer_add_printf(body, "{\"error\":\"out of memory\"}\n");
	} else {
		evbuffer_add_printf(body, "%s\n", text);
	}
	free(text);
	/* For some methods libevent says no length, and sends the body even for HEAD. */
	snprintf(length, sizeof(length), "%zu", evbuffer_get_length(body));
	evhttp_add_header(headers, "Content-Length", length);
	if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
		evbuffer_drain(body, evbuffer_get_length(body));
	evhttp_send_reply(request, status, NULL, NULL);
}

static void send_error(struct evhttp_request *request, int status, const char *text)
{
	json_t *error = http_api_error(text);

	send_answer(request, status, error);
	json_decref(error);
}

/* ---- reload: the answer comes later, if the client is still there */

static void on_client_gone(struct evhttp_connection *connection, void *context)
{
	struct waiting *waiting = context;

	(void)connection;
	waiting->request = NULL;
}

static void on_reload_end(void *context, const char *error, const struct fault_list *faults)
{
	struct waiting *waiting = context;

	if (waiting->request != NULL) {
		json_t *answer = http_json_reload(error, faults);

		evhttp_connection_set_closecb(
			evhttp_request_get_connection(waiting->request), NULL, NULL);
		send_answer(waiting->request, error == NULL ? HTTP_OK : RELOAD_REFUSED, answer);
		json_decref(answer);
	}
	free(waiting);
}

static void begin_reload(struct http_door *door, struct evhttp_request *request)
{
	struct waiting *waiting = malloc(sizeof(*waiting));

	if (waiting == NULL) {
		send_error(request, NO_MEMORY, "out of memory");
		return;
	}
	*waiting = (struct waiting){.request = request};
	evhttp_connection_set_closecb(
		evhttp_request_get_connection(request), on_client_gone, waiting);
	if (door->services.reload(on_reload_end, waiting) == 0)
		return;
	evhttp_connection_set_closecb(evhttp_request_get_connection(request), NULL, NULL);
	free(waiting);
	send_error(request, NO_MEMORY, "cannot begin a reload now");
}

/* ---- requests */

static bool is_known_method(enum evhttp_cmd_type method)
{
	return method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD || method == EVHTTP_REQ_POST;
}

static void answer_call(
	struct http_door *door, struct evhttp_request *request, const struct http_call *call)
{
	int status;
	json_t *answer;

	if (http_api_is_reload(call)) {
		begin_reload(door, request);
		return;
	}
	answer = http_api_answer(call, &status);
	send_answer(request, status, answer);
	json_decref(answer);
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

static void on_request(struct evhttp_request *request, void *context)
{
	struct listener *listener = context;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
	const char *query_text = uri == NULL ? NULL : evhttp_uri_get_query(uri);
	struct evkeyvalq query;
	char *body;

	if (!is_known_method(evhttp_request_get_command(request))) {
		send_error(request, HTTP_BADMETHOD, "GET and POST are all there is");
		return;
	}
	/* Decoded, it would end the name that it stands in. */
	if (strstr(evhttp_request_get_uri(request), "%00") != NULL) {
		send_error(request, HTTP_BADREQUEST, "no name has a NUL");
		return;
	}
	if (evbuffer_get_length(evhttp_request_get_input_buffer(request)) > BODY_MAX &&
		!takes_form(path)) {
		send_error(request, HTTP_ENTITYTOOLARGE, "the body is too large");
		return;
	}
	body = takes_form(path) ? body_text(request) : NULL;
	if (body != NULL)
		query_text = body;
	TAILQ_INIT(&query);
	if (path == NULL || (query_text != NULL && strstr(query_text, "%00") != NULL) ||
		(query_text != NULL && evhttp_parse_query_str(query_text, &query) == -1)) {
		free(body);
		send_error(request, HTTP_BADREQUEST, "cannot read the path or its query");
		return;
	}

	struct http_call call = {
		.engine = listener->door->services.engine,
		.facts = listener->door->services.facts,
		.path = path,
		.query = &query,
		.is_post = evhttp_request_get_command(request) == EVHTTP_REQ_POST,
		.is_read_only = listener->is_read_only,
	};

	answer_call(listener->door, request, &call);
	evhttp_clear_headers(&query);
	free(body);
}

/* ---- connections */

/* evhttp gives its own context to a callback of ours: whose it is has to be looked up. */
static struct listener *all_accepting[LISTENERS_MAX];
static int accepting_count;

/*
 * No descriptor is left for the one that waits, and so it goes on waiting: without a pause that would
 * be a loop.
 */
static void on_accept_error(struct evconnlistener *accepting, void *context)
{
	static struct log_limit limit;
	const struct timeval pause = {.tv_usec = (suseconds_t)PAUSE_MS * 1000};
	const char *why = strerror(errno);
	unsigned suppressed;

	(void)context;
	if (log_may_repeat(&limit, clock_now(), COMPLAINT_MS, &suppressed))
		log_warning("http: cannot accept a connection: %s suppressed=%u", why, suppressed);
	for (int i = 0; i < accepting_count; i++)
		if (all_accepting[i]->accepting == accepting) {
			evconnlistener_disable(accepting);
			event_add(all_accepting[i]->resume, &pause);
		}
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
	struct listener *listener = context;

	(void)fd;
	(void)what;
	evconnlistener_enable(listener->accepting);
}

static int accept_connections(struct listener *listener, int fd)
{
	struct evhttp_bound_socket *bound = evhttp_accept_socket_with_handle(listener->http, fd);

	if (bound == NULL)
		return -1;
	listener->accepting = evhttp_bound_socket_get_listener(bound);
	listener->resume = event_new(listener->door->services.base, -1, 0, on_resume, listener);
	if (listener->resume == NULL)
		return -1;
	all_accepting[accepting_count++] = listener;
	evconnlistener_set_error_cb(listener->accepting, on_accept_error);
	return 0;
}

/* ---- life */

struct http_door *http_door_new(const struct http_door_services *services)
{
	struct http_door *door = calloc(1, sizeof(*door));

	if (door != NULL)
		door->services = *services;
	return door;
}

int http_door_listen(struct http_door *door, int fd, bool is_read_only)
{
	struct listener *listener = &door->listeners[door->listener_count];

	if (door->listener_count == LISTENERS_MAX)
		return -1;
	listener->door = door;
	listener->is_read_only = is_read_only;
	listener->http = evhttp_new(door->services.base);
	if (listener->http == NULL)
		return -1;
	door->listener_count++;
	evhttp_set_timeout(listener->http, IDLE_S);
	evhttp_set_max_headers_size(listener->http, HEADERS_MAX);
	evhttp_set_max_body_size(listener->http, is_read_only ? BODY_MAX : MESSAGE_MAX);
	/* All of them: what is not for us shall have an answer in JSON, too. */
	evhttp_set_allowed_methods(
		listener->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
					EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
					EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
	evhttp_set_gencb(listener->http, on_request, listener);
	return accept_connections(listener, fd);
}

void http_door_free(struct http_door *door)
{
	if (door == NULL)
		return;
	accepting_count = 0;
	for (int i = 0; i < door->listener_count; i++) {
		if (door->listeners[i].resume != NULL)
			event_free(door->listeners[i].resume);
		evhttp_free(door->listeners[i].http);
	}
	free(door);
}
