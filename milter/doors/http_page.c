/* http_page: the files of the status page
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_page.h"

#include <string.h>

#include <event2/http.h>

const struct http_page_file *http_page_find(const char *path)
{
	static const struct http_page_file files[] = {
		{"/", "text/html; charset=utf-8", HTTP_PAGE_HTML},
		{"/page.css", "text/css; charset=utf-8", HTTP_PAGE_CSS},
		{"/page.js", "text/javascript; charset=utf-8", HTTP_PAGE_JS},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

void http_page_headers(struct evkeyvalq *headers)
{
	static const struct {
		const char *name;
		const char *value;
	} fields[] = {
		{"Content-Security-Policy",
			"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
			"img-src 'self' data:; base-uri 'none'; form-action 'self'; "
			"frame-ancestors 'none'"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Referrer-Policy", "no-referrer"},
		{"X-Content-Type-Options", "nosniff"},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		evhttp_add_header(headers, fields[i].name, fields[i].value);
}
