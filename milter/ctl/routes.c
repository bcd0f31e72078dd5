/* routes: the routes of the daemon, page by page
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/routes.h"
#include "ctl/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NUMBER_MAX = 24, INDENT = 4 };

struct routes {
	struct columns *columns; /* NULL: as JSON */
	bool has_begun;
	bool has_any;
};

/* ---- one page */

/* The pool, or the action with its reply. */
static void add_row(struct columns *columns, const json_t *route)
{
	bool has_pool = fields_text(route, "pool") != NULL;

	fields_add_text(columns, route, "match");
	fields_add_text(columns, route, "action");
	fields_add_text(columns, route, has_pool ? "pool" : "reply");
	fields_add_text(columns, route, "source");
}

/* A member of an array, as json_dumps() would indent it there. */
static void print_member(const json_t *route, bool is_first)
{
	size_t ascii = isatty(STDOUT_FILENO) == 1 ? JSON_ENSURE_ASCII : 0;
	char *text = json_dumps(route, ascii | JSON_INDENT(2) | JSON_ENCODE_ANY);

	printf("%s%*s", is_first ? "\n" : ",\n", INDENT, "");
	for (const char *p = text; p != NULL && *p != '\0'; p++) {
		putchar(*p);
		if (*p == '\n')
			printf("%*s", INDENT, "");
	}
	free(text);
}

static void print_page(struct routes *routes, const json_t *page)
{
	size_t i;
	json_t *route;

	if (routes->columns == NULL && !routes->has_begun)
		printf("{\n  \"routes\": [");
	routes->has_begun = true;
	json_array_foreach (json_object_get(page, "routes"), i, route) {
		if (routes->columns != NULL)
			add_row(routes->columns, route);
		else
			print_member(route, !routes->has_any);
		routes->has_any = true;
	}
	if (routes->columns == NULL)
		return;
	columns_print(routes->columns, "", columns_screen_width(), stdout);
	columns_go_on(routes->columns);
}

/* ---- all of them */

static void add_number(struct client *client, const char *name, json_int_t number)
{
	char text[NUMBER_MAX];

	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, number);
	client_add_query(client, name, text);
}

/* The page from *NEXT on; sets that to where the next one begins, or -1. */
static int fetch(struct routes *routes, struct client *client, const char *pattern,
	json_int_t *next, json_int_t *generation)
{
	json_int_t from = *next;
	const json_t *where;
	json_t *page;
	int result;

	client_begin(client, "/v1/routes");
	add_number(client, "from", from);
	if (*generation >= 0)
		add_number(client, "generation", *generation);
	if (pattern != NULL)
		client_add_query(client, "match", pattern);
	result = client_send(client, CLIENT_GET, &page);
	if (result != CLIENT_DONE) {
		json_decref(page);
		return result;
	}
	print_page(routes, page);
	where = json_object_get(page, "next");
	*next = json_is_integer(where) ? json_integer_value(where) : -1;
	where = json_object_get(page, "generation");
	*generation = json_is_integer(where) ? json_integer_value(where) : -1;
	json_decref(page);
	if (*next == -1 || *next > from)
		return ferror(stdout) ? CLIENT_NO : CLIENT_DONE;
	fprintf(stderr,
		"milterctl: the daemon's answer makes no sense: it lists the same routes again\n");
	return CLIENT_NO;
}

int routes_run(struct client *client, const char *pattern, bool is_json)
{
	struct routes routes = {
		.columns = is_json ? NULL : columns_new("MATCH|ACTION|POOL OR REPLY|SOURCE")};
	json_int_t next = 0;
	json_int_t generation = -1;
	int result = CLIENT_DONE;

	while (result == CLIENT_DONE && next != -1)
		result = fetch(&routes, client, pattern, &next, &generation);
	if (is_json && result == CLIENT_DONE)
		printf("%s]\n}\n", routes.has_any ? "\n  " : "");
	columns_free(routes.columns);
	return result;
}
