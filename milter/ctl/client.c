/* client: asks the daemon over its control socket
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/client.h"
#include "core/printable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

enum {
	URL_MAX = 16384,
	SHOWN_MAX = 1000,
	CONNECT_S = 5,
	ANSWER_S = 600, /* a reload of a million routes on a slow machine */
};

static const size_t answer_max = (size_t)256 * 1024 * 1024;

struct client {
	CURL *curl;
	const char *socket;
	bool is_quiet;
	char url[URL_MAX];
	bool is_too_long;
	bool has_query;
	char *text; /* of the answer */
	size_t length;
	char error[CURL_ERROR_SIZE];
};

struct client *client_new(const char *socket)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->socket = socket;
	client->curl = curl_easy_init();
	if (client->curl == NULL) {
		free(client);
		return NULL;
	}
	return client;
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	free(client->text);
	free(client);
}

void client_be_quiet(struct client *client, bool is_quiet)
{
	client->is_quiet = is_quiet;
}

/* ---- the request */

static void append(struct client *client, const char *text)
{
	size_t used = strlen(client->url);
	size_t length = strlen(text);

	if (length >= sizeof(client->url) - used)
		client->is_too_long = true;
	else
		memcpy(client->url + used, text, length + 1);
}

static void append_encoded(struct client *client, const char *text)
{
	char *encoded = curl_easy_escape(client->curl, text, (int)strlen(text));

	if (encoded == NULL)
		client->is_too_long = true;
	else
		append(client, encoded);
	curl_free(encoded);
}

void client_begin(struct client *client, const char *path)
{
	client->url[0] = '\0';
	client->is_too_long = false;
	client->has_query = false;
	append(client, "http://localhost");
	append(client, path);
}

void client_add_query(struct client *client, const char *name, const char *value)
{
	append(client, client->has_query ? "&" : "?");
	client->has_query = true;
	append(client, name);
	append(client, "=");
	append_encoded(client, value);
}

void client_add_segment(struct client *client, const char *value)
{
	append(client, "/");
	append_encoded(client, value);
}

/* ---- the answer */

static size_t on_octets(char *octets, size_t size, size_t count, void *context)
{
	struct client *client = context;
	size_t length = size * count;
	char *text;

	if (length > answer_max - client->length)
		return 0;
	text = realloc(client->text, client->length + length + 1);
	if (text == NULL)
		return 0;
	memcpy(text + client->length, octets, length);
	client->text = text;
	client->length += length;
	return length;
}

static int no_daemon(const struct client *client)
{
	long number = 0;

	if (client->is_quiet)
		return CLIENT_NO_DAEMON;
	curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &number);
	fprintf(stderr, "milterctl: no daemon at %s: %s%s\n", client->socket,
		number != 0 ? strerror((int)number) : client->error,
		number == EACCES ? " (root and the socket's group may)" : "");
	return CLIENT_NO_DAEMON;
}

static int perform(struct client *client, bool is_post, long *status)
{
	CURL *curl = client->curl;
	CURLcode code;

	free(client->text);
	client->text = NULL;
	client->length = 0;
	client->error[0] = '\0';
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
	curl_easy_setopt(curl, CURLOPT_URL, client->url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_S);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_octets);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
	if (is_post)
		curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, "");
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	if (code == CURLE_OK)
		return CLIENT_DONE;
	if (code == CURLE_WRITE_ERROR) {
		fprintf(stderr, "milterctl: the answer is too large\n");
		return CLIENT_NO;
	}
	return no_daemon(client);
}

/* Gives the exit status of an answer that is not 200. */
static int refused(struct client *client, long status, json_t **answer)
{
	const char *text = json_string_value(json_object_get(*answer, "error"));
	char shown[SHOWN_MAX];

	if (json_object_get(*answer, "faults") != NULL)
		return CLIENT_NO;
	if (text != NULL)
		fprintf(stderr, "milterctl: %s\n", printable_copy(shown, sizeof(shown), text));
	else
		fprintf(stderr, "milterctl: the daemon at %s answers %ld\n", client->socket,
			status);
	json_decref(*answer);
	*answer = NULL;
	return CLIENT_NO;
}

int client_send(struct client *client, bool is_post, json_t **answer)
{
	long status = 0;
	json_error_t error;
	int result;

	*answer = NULL;
	if (client->is_too_long) {
		fprintf(stderr, "milterctl: an argument is too long\n");
		return CLIENT_NO;
	}
	result = perform(client, is_post, &status);
	if (result != CLIENT_DONE)
		return result;
	*answer = client->text == NULL ? NULL : json_loadb(client->text, client->length, 0, &error);
	if (status != 200)
		return refused(client, status, answer);
	if (!json_is_object(*answer)) {
		json_decref(*answer);
		*answer = NULL;
		fprintf(stderr, "milterctl: %s does not answer in JSON\n", client->socket);
		return CLIENT_NO;
	}
	return CLIENT_DONE;
}
