/* client: queries the daemon over its control socket
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/*
 * Functions print what is wrong to standard error and give milterctl's exit status: 0 done, 1 the
 * answer is no or this user may not ask, 3 no daemon.
 */

enum { CLIENT_DONE = 0, CLIENT_NO = 1, CLIENT_USAGE = 2, CLIENT_NO_DAEMON = 3 };

/* Where the parameters go: into the URL, as long as it may be, or into the body, as a form. */
enum client_method { CLIENT_GET = 0, CLIENT_POST = 1, CLIENT_FORM = 2 };

struct client;

/* SOCKET must live as long as the client. NULL: out of memory. */
struct client *client_new(const char *socket);
void client_free(struct client *client);

/* No message if there is no daemon: for those who ask again and again. */
void client_be_quiet(struct client *client, bool is_quiet);

/*
 * For those who have the screen: nothing is printed any more. The message of the last request is
 * kept instead, fit for a terminal; empty if it had none.
 */
void client_keep_messages(struct client *client);
const char *client_message(const struct client *client);

/* Waits SECONDS for an answer, whatever is requested, and gives up soon after *END is not 0. */
void client_hurry(struct client *client, int seconds, const volatile sig_atomic_t *end);

/* Begins a request: PATH is sent as it is. */
void client_begin(struct client *client, const char *path);

/* Adds a parameter NAME=VALUE, or a segment "/VALUE" to the path; percent-encoded. */
void client_add_query(struct client *client, const char *name, const char *value);
void client_add_octets(struct client *client, const char *name, const char *value, size_t length);
void client_add_segment(struct client *client, const char *value);

/* CLIENT_GET, or CLIENT_FORM if what was begun is too long for that. */
enum client_method client_fitting(const struct client *client);

/*
 * Sends what was begun. With 0 *ANSWER is a new reference to the answer; a refusal that is an
 * object of its own (a reload's faults) leaves it there with 1, else it is NULL.
 */
int client_send(struct client *client, enum client_method method, json_t **answer);

#endif
