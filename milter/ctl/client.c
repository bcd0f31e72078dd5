/* client: queries the daemon over its control socket
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/client.h"
#include "core/printable.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <curl/curl.h>

enum {
	URL_MAX = 15000, /* the daemon accepts 16384, with the headers */
	ROOM_FIRST = 1024,
	SHOWN_MAX = 1000,
	MESSAGE_MAX = SHOWN_MAX + 200,
	CONNECT_S = 5,
	ANSWER_S = 60,
	RELOAD_S = 600, /* a million routes on a slow machine */
};

/* Thirty thousand hosts; as JSON in memory it may be thirty times as much. */
static const size_t answer_max = (size_t)16 * 1024 * 1024;

/* Text that grows. */
struct text {
	char *at; /* with a NUL, once there is any */
	size_t length;
	size_t room;
};

struct client {
	CURL *curl;
	struct curl_slist *headers;
	const char *socket;
	bool is_quiet;
	bool keeps_messages;
	char message[MESSAGE_MAX];
	long patience_s;		  /* 0: what the request needs */
	const volatile sig_atomic_t *end; /* not 0: nobody waits any more; may be NULL */
	bool is_broken;			  /* no memory */
	struct text url;
	struct text parameters; /* encoded */
	struct text answer;
	char error[CURL_ERROR_SIZE];
};

struct client *client_new(const char *socket)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->socket = socket;
	client->curl = curl_easy_init();
	/* A long form is sent at once: the daemon does not read and answer before it is there. */
	client->headers = curl_slist_append(NULL, "Expect:");
	if (client->curl == NULL || client->headers == NULL) {
		client_free(client);
		return NULL;
	}
	return client;
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->headers);
	free(client->url.at);
	free(client->parameters.at);
	free(client->answer.at);
	free(client);
}

void client_be_quiet(struct client *client, bool is_quiet)
{
	client->is_quiet = is_quiet;
}

void client_keep_messages(struct client *client)
{
	client->keeps_messages = true;
}

const char *client_message(const struct client *client)
{
	return client->message;
}

void client_hurry(struct client *client, int seconds, const volatile sig_atomic_t *end)
{
	client->patience_s = seconds;
	client->end = end;
}

__attribute__((format(printf, 2, 3))) static void say(
	struct client *client, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (client->keeps_messages)
		printable_copy(client->message, sizeof(client->message), text);
	else
		fprintf(stderr, "milterctl: %s\n", text);
}

/* ---- the request */

static void append_octets(struct client *client, struct text *text, const char *more, size_t length)
{
	if (length >= text->room - text->length) {
		size_t room = 2 * (text->room + length) + ROOM_FIRST;
		char *at = realloc(text->at, room);

		if (at == NULL) {
			client->is_broken = true;
			return;
		}
		text->at = at;
		text->room = room;
	}
	memcpy(text->at + text->length, more, length);
	text->length += length;
	text->at[text->length] = '\0';
}

static void append(struct client *client, struct text *text, const char *more)
{
	append_octets(client, text, more, strlen(more));
}

static void append_encoded(
	struct client *client, struct text *text, const char *octets, size_t length)
{
	char *encoded;

	if (length == 0) /* libcurl would take that for "up to the NUL" */
		return;
	encoded = length > INT_MAX ? NULL : curl_easy_escape(client->curl, octets, (int)length);
	if (encoded == NULL)
		client->is_broken = true;
	else
		append(client, text, encoded);
	curl_free(encoded);
}

void client_begin(struct client *client, const char *path)
{
	client->url.length = 0;
	client->parameters.length = 0;
	client->is_broken = false;
	append(client, &client->url, "http://localhost");
	append(client, &client->url, path);
}

void client_add_octets(struct client *client, const char *name, const char *value, size_t length)
{
	struct text *parameters = &client->parameters;

	if (parameters->length > 0)
		append(client, parameters, "&");
	append(client, parameters, name);
	append(client, parameters, "=");
	append_encoded(client, parameters, value, length);
}

void client_add_query(struct client *client, const char *name, const char *value)
{
	client_add_octets(client, name, value, strlen(value));
}

void client_add_segment(struct client *client, const char *value)
{
	append(client, &client->url, "/");
	append_encoded(client, &client->url, value, strlen(value));
}

static bool is_too_long(const struct client *client)
{
	return client->url.length + client->parameters.length >= URL_MAX;
}

enum client_method client_fitting(const struct client *client)
{
	return is_too_long(client) ? CLIENT_FORM : CLIENT_GET;
}

/* True if there is a request that can be sent. */
static bool finish(struct client *client, enum client_method method)
{
	if (method != CLIENT_FORM && is_too_long(client)) {
		say(client, "an argument is too long");
		return false;
	}
	if (method != CLIENT_FORM && client->parameters.length > 0) {
		append(client, &client->url, "?");
		append(client, &client->url, client->parameters.at);
	}
	if (client->is_broken)
		say(client, "out of memory");
	return !client->is_broken;
}

/* ---- the answer */

static size_t on_octets(char *octets, size_t size, size_t count, void *context)
{
	struct client *client = context;
	size_t length = size * count;

	if (length > answer_max - client->answer.length)
		return 0;
	append_octets(client, &client->answer, octets, length);
	return client->is_broken ? 0 : length;
}

/* Who may: for the message. The socket itself may be out of sight, too. */
static void say_who_may(struct client *client, int number)
{
	struct stat status;
	bool is_there = stat(client->socket, &status) == 0;
	const struct group *group = is_there ? getgrgid(status.st_gid) : NULL;

	say(client, "not allowed to query the daemon at %s: %s: be root, or in %s%s",
		client->socket, strerror(number), group == NULL ? "control_group" : "the group ",
		group == NULL ? "" : group->gr_name);
}

static int no_daemon(struct client *client)
{
	long number = 0;
	bool is_forbidden;

	curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &number);
	/* Whether one runs is not known then. */
	is_forbidden = number == EACCES || number == EPERM;
	if (is_forbidden && !client->is_quiet)
		say_who_may(client, (int)number);
	else if (!client->is_quiet)
		say(client, "no daemon at %s: %s", client->socket,
			number != 0 ? strerror((int)number) : client->error);
	return is_forbidden ? CLIENT_NO : CLIENT_NO_DAEMON;
}

static void set_body(struct client *client, enum client_method method)
{
	bool has_form = method == CLIENT_FORM && client->parameters.length > 0;

	if (method == CLIENT_GET)
		return;
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, has_form ? client->parameters.at : "");
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE,
		(curl_off_t)(has_form ? client->parameters.length : 0));
}

static long patience(const struct client *client)
{
	if (client->patience_s > 0)
		return client->patience_s;
	return strstr(client->url.at, "/v1/reload") != NULL ? RELOAD_S : ANSWER_S;
}

/* Somebody is there, but what he says is no answer. */
static int no_answer(struct client *client, CURLcode code)
{
	if (client->is_broken)
		say(client, "out of memory");
	else if (code == CURLE_WRITE_ERROR)
		say(client, "the daemon's answer is longer than %zu MB", answer_max / 1024 / 1024);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		say(client, "the daemon at %s has not answered within %ld s", client->socket,
			patience(client));
	else
		say(client, "the daemon at %s does not answer in HTTP: %s", client->socket,
			curl_easy_strerror(code));
	return CLIENT_NO;
}

/* True if nobody is there; or he has gone, as one does that is stopped, without a word. */
static bool is_nobody(CURLcode code)
{
	return code == CURLE_COULDNT_CONNECT || code == CURLE_GOT_NOTHING ||
	       code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_PARTIAL_FILE;
}

/* libcurl calls it at least once a second; what is not 0 ends the request. */
static int on_progress(void *context, curl_off_t download, curl_off_t downloaded, curl_off_t upload,
	curl_off_t uploaded)
{
	const struct client *client = context;

	(void)download;
	(void)downloaded;
	(void)upload;
	(void)uploaded;
	return *client->end != 0;
}

static int perform(struct client *client, enum client_method method, long *status)
{
	CURL *curl = client->curl;
	CURLcode code;

	client->answer.length = 0;
	client->error[0] = '\0';
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
	curl_easy_setopt(curl, CURLOPT_URL, client->url.at);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, patience(client));
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_octets);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
	if (client->end != NULL) {
		curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
		curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);
	}
	set_body(client, method);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	if (code == CURLE_OK)
		return CLIENT_DONE;
	return is_nobody(code) ? no_daemon(client) : no_answer(client, code);
}

/* Gives the exit status of an answer that is not 200. */
static int refused(struct client *client, long status, json_t **answer)
{
	const char *text = json_string_value(json_object_get(*answer, "error"));
	char shown[SHOWN_MAX];

	if (json_object_get(*answer, "faults") != NULL)
		return CLIENT_NO;
	if (text != NULL)
		say(client, "%s", printable_copy(shown, sizeof(shown), text));
	else
		say(client, "the daemon at %s answers %ld", client->socket, status);
	json_decref(*answer);
	*answer = NULL;
	return CLIENT_NO;
}

int client_send(struct client *client, enum client_method method, json_t **answer)
{
	long status = 0;
	json_error_t error;
	int result;

	*answer = NULL;
	client->message[0] = '\0';
	if (!finish(client, method))
		return CLIENT_NO;
	result = perform(client, method, &status);
	if (result != CLIENT_DONE)
		return result;
	if (client->answer.length > 0)
		*answer = json_loadb(client->answer.at, client->answer.length, 0, &error);
	if (status != 200)
		return refused(client, status, answer);
	if (!json_is_object(*answer)) {
		json_decref(*answer);
		*answer = NULL;
		say(client, "the daemon at %s does not answer in JSON", client->socket);
		return CLIENT_NO;
	}
	return CLIENT_DONE;
}
