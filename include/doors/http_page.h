/* http_page: the files of the status page
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_HTTP_PAGE_H
#define DOORS_HTTP_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/keyvalq_struct.h>

/*
 * They are milter/page/, and part of the program: page_data.c is made of them. The page has all it
 * shows from the API, puts it in as text, and loads nothing from elsewhere; its headers hold a browser
 * to that.
 */

enum http_page_id {
	HTTP_PAGE_HTML = 0,
	HTTP_PAGE_CSS = 1,
	HTTP_PAGE_JS = 2,
	HTTP_PAGE_COUNT = 3,
};

struct http_page_octets {
	const unsigned char *octets;
	size_t length;
};

extern const struct http_page_octets http_page_data[HTTP_PAGE_COUNT];

struct http_page_file {
	const char *path;
	const char *type;
	enum http_page_id id;
};

/* The file of that path, or NULL. */
const struct http_page_file *http_page_find(const char *path);

/* Adds what a browser is to hold to, with each answer. */
void http_page_headers(struct evkeyvalq *headers);

#endif
