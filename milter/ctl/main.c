/* milterctl: sees and steers nexthop-milter
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "config.h"
#include "ctl/arguments.h"
#include "ctl/client.h"
#include "ctl/help.h"

#include <stdio.h>
#include <stdlib.h>

static const char default_socket[] = RUNSTATEDIR "/nexthop-milter/control.sock";

static void print_help(void)
{
	const struct verb *verb;

	printf("usage: milterctl [--socket PATH] [--json] VERB\n\n");
	for (size_t i = 0; (verb = verbs_at(i)) != NULL; i++)
		printf("  %-12s %s\n", verb->name, verb->purpose);
	printf("\n"
	       "  --socket PATH  the daemon's control socket [%s]\n"
	       "  --json         print the answer as JSON\n"
	       "  --help         print this; after a verb, its options and an example\n"
	       "  --version      print the version\n"
	       "\n"
	       "Exit status: 0 done, 1 the answer is no, 2 usage, 3 no daemon.\n",
		default_socket);
}

static int run(struct arguments *line)
{
	const struct verb *verb = line->verb;
	int result;

	if (arguments_check(line) == -1)
		return verbs_usage_status(verb);
	line->call.socket = line->socket;
	line->call.has_socket = line->socket != default_socket;
	line->call.version = PACKAGE_VERSION;
	if (verb->needs_daemon) {
		line->call.client = client_new(line->socket);
		if (line->call.client == NULL) {
			fprintf(stderr, "milterctl: out of memory\n");
			return CLIENT_NO;
		}
	}
	result = verb->run(&line->call);
	client_free(line->call.client);
	return result;
}

/* What could not be written was not said. */
static int finish(int result)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return result;
	perror("milterctl: standard output");
	return CLIENT_NO;
}

/* What is asked for. */
static int obey(struct arguments *line)
{
	if (line->wants_version) {
		printf("milterctl (%s)\n", PACKAGE_STRING);
		return CLIENT_DONE;
	}
	if (line->verb != NULL && line->wants_help) {
		help_print(line->verb, stdout);
		return CLIENT_DONE;
	}
	if (line->verb != NULL)
		return run(line);
	if (line->wants_help) {
		print_help();
		return CLIENT_DONE;
	}
	fprintf(stderr, "milterctl: no verb is given\nTry milterctl --help.\n");
	return CLIENT_USAGE;
}

int main(int argc, char **argv)
{
	const char *from_environment = getenv("MILTERCTL_SOCKET");
	struct arguments line = {
		.socket = from_environment == NULL ? default_socket : from_environment,
	};
	int result;

	line.call.facts.given = calloc((size_t)argc + 1, sizeof(*line.call.facts.given));
	if (line.call.facts.given == NULL) {
		fprintf(stderr, "milterctl: out of memory\n");
		return CLIENT_NO;
	}
	result = arguments_read(&line, argc, argv) == -1 ? CLIENT_USAGE : obey(&line);
	free(line.call.facts.given);
	return finish(result);
}
