/* export: the routes as static tables for other programs
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/export.h"
#include "ctl/answer.h"
#include "ctl/local.h"
#include "migrate/export_esa.h"
#include "migrate/export_postfix.h"
#include "migrate/export_sendmail.h"

#include <stdio.h>
#include <string.h>

static const struct kind {
	const char *name;
	int (*run)(const struct conf *conf, FILE *to, size_t *left_out);
} kinds[] = {
	{"postfix", export_postfix_transport},
	{"sendmail", export_sendmail},
	{"esa", export_esa},
	{"postfix-tls", export_postfix_tls},
	{"postfix-sasl", export_postfix_sasl},
};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(name, kinds[i].name) == 0)
			return &kinds[i];
	return NULL;
}

static int print(const struct kind *kind, const struct conf *conf)
{
	size_t left_out = 0;

	if (kind->run(conf, stdout, &left_out) == -1) {
		fprintf(stderr, "milterctl: out of memory\n");
		return CLIENT_NO;
	}
	if (left_out > 0)
		fprintf(stderr,
			"milterctl: %zu thing%s of the configuration %s not in the table: its "
			"comments say which\n",
			left_out, left_out == 1 ? "" : "s", left_out == 1 ? "is" : "are");
	return CLIENT_DONE;
}

int export_run(const struct verb_call *call, const char *path)
{
	const struct kind *kind = find_kind(call->arguments[0]);
	struct conf *conf;
	int result;

	if (kind == NULL)
		return answer_usage(
			"postfix, sendmail, esa, postfix-tls or postfix-sasl", call->arguments[0]);
	if (call->is_json) {
		fprintf(stderr, "milterctl: export prints a table: it has no --json\n");
		return CLIENT_USAGE;
	}
	conf = local_load(path);
	if (conf == NULL)
		return CLIENT_NO;
	result = print(kind, conf);
	conf_free(conf);
	return result;
}
