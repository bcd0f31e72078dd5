/* milterctl: sees and steers nexthop-milter
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "config.h"
#include "ctl/client.h"
#include "ctl/verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char default_socket[] = RUNSTATEDIR "/nexthop-milter/control.sock";

enum option_letter {
	OPT_FACT = 256,
	OPT_FOR = 257,
	OPT_REASON = 258,
	OPT_FOLLOW = 259,
	OPT_MTA = 260,
	OPT_CONFIG = 261,
	OPT_MESSAGE = 262,
	OPT_MBOX = 263,
	OPT_RECIPIENT = 264,
};

static const struct option long_options[] = {
	{"socket", required_argument, NULL, 's'},
	{"json", no_argument, NULL, 'j'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	/* Facts of a message: parameters of the same names. */
	{"sender", required_argument, NULL, OPT_FACT},
	{"client", required_argument, NULL, OPT_FACT},
	{"client-name", required_argument, NULL, OPT_FACT},
	{"helo", required_argument, NULL, OPT_FACT},
	{"auth-user", required_argument, NULL, OPT_FACT},
	{"tls", required_argument, NULL, OPT_FACT},
	{"tls-verified", no_argument, NULL, OPT_FACT},
	{"listener", required_argument, NULL, OPT_FACT},
	{"listener-port", required_argument, NULL, OPT_FACT},
	{"header", required_argument, NULL, OPT_FACT},
	{"size", required_argument, NULL, OPT_FACT},
	{"macro", required_argument, NULL, OPT_FACT},
	{"time", required_argument, NULL, OPT_FACT},
	{"message", required_argument, NULL, OPT_MESSAGE},
	{"mbox", required_argument, NULL, OPT_MBOX},
	{"recipient", required_argument, NULL, OPT_RECIPIENT},
	{"for", required_argument, NULL, OPT_FOR},
	{"reason", required_argument, NULL, OPT_REASON},
	{"follow", no_argument, NULL, OPT_FOLLOW},
	{"mta", required_argument, NULL, OPT_MTA},
	{"config", required_argument, NULL, OPT_CONFIG},
	{NULL, 0, NULL, 0},
};

struct command_line {
	const char *socket;
	bool wants_help;
	bool wants_version;
	int options; /* VERB_ options that were given */
	struct verb_call call;
	struct facts facts;
};

static void print_help(void)
{
	const struct verb *verb;

	printf("usage: milterctl [--socket PATH] [--json] VERB\n\n");
	for (size_t i = 0; (verb = verbs_at(i)) != NULL; i++)
		printf("  %-10s %s\n", verb->name, verb->purpose);
	printf("\n"
	       "  --socket PATH  the daemon's control socket [%s]\n"
	       "  --json         print the answer as JSON\n"
	       "  --help         print this; behind a verb, its usage\n"
	       "  --version      print the version\n"
	       "\n"
	       "Exit status: 0 done, 1 the answer is no, 2 usage, 3 no daemon.\n",
		default_socket);
}

static void print_verb_help(const struct verb *verb, FILE *to)
{
	fprintf(to, "usage: milterctl [--socket PATH] [--json] %s%s%s\n", verb->name,
		*verb->synopsis == '\0' ? "" : " ", verb->synopsis);
	if (to == stdout)
		fprintf(to, "%s\n", verb->purpose);
}

static int usage(const char *text, const char *value)
{
	fprintf(stderr, "milterctl: %s%s%s%s\nTry milterctl --help.\n", text,
		*value == '\0' ? "" : " \"", value, *value == '\0' ? "" : "\"");
	return CLIENT_USAGE;
}

static int read_fact(struct command_line *line, const char *name)
{
	bool is_sender = strcmp(name, "sender") == 0;

	line->options |= is_sender ? VERB_SENDER : VERB_FACTS;
	if (facts_add(&line->facts, name, optarg == NULL ? "yes" : optarg) == 0)
		return 0;
	fprintf(stderr, "milterctl: too many options\n");
	return -1;
}

static int read_options(struct command_line *line, int argc, char **argv)
{
	int letter;
	int index = 0;

	while ((letter = getopt_long(argc, argv, "h", long_options, &index)) != -1) {
		switch (letter) {
		case 's':
			line->socket = optarg;
			break;
		case 'j':
			line->call.is_json = true;
			break;
		case 'V':
			line->wants_version = true;
			break;
		case 'h':
			line->wants_help = true;
			break;
		case OPT_FACT:
			if (read_fact(line, long_options[index].name) == -1)
				return -1;
			break;
		case OPT_MESSAGE:
			line->call.message = optarg;
			line->options |= VERB_MESSAGE;
			break;
		case OPT_MBOX:
			line->call.mbox = optarg;
			line->options |= VERB_MBOX;
			break;
		case OPT_RECIPIENT:
			line->call.recipient = optarg;
			line->options |= VERB_MBOX;
			break;
		case OPT_FOR:
			line->call.span = optarg;
			line->options |= VERB_FOR;
			break;
		case OPT_REASON:
			line->call.reason = optarg;
			line->options |= VERB_REASON;
			break;
		case OPT_MTA:
			line->call.mta = optarg;
			line->options |= VERB_MTA;
			break;
		case OPT_CONFIG:
			line->call.config = optarg;
			line->options |= VERB_CONFIG;
			break;
		case OPT_FOLLOW:
			line->call.is_following = true;
			line->options |= VERB_FOLLOW;
			break;
		default:
			fprintf(stderr, "Try milterctl --help.\n");
			return -1;
		}
	}
	return 0;
}

static int run(struct command_line *line, const struct verb *verb)
{
	int result;

	if (line->call.argument_count < verb->least || line->call.argument_count > verb->most ||
		(line->options & ~verb->options) != 0) {
		print_verb_help(verb, stderr);
		return CLIENT_USAGE;
	}
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

int main(int argc, char **argv)
{
	const char *from_environment = getenv("MILTERCTL_SOCKET");
	struct command_line line = {
		.socket = from_environment == NULL ? default_socket : from_environment,
	};
	const struct verb *verb;

	line.call.facts = &line.facts;
	if (read_options(&line, argc, argv) == -1)
		return CLIENT_USAGE;
	if (line.wants_version) {
		printf("milterctl (%s)\n", PACKAGE_STRING);
		return finish(CLIENT_DONE);
	}
	if (optind == argc) {
		if (!line.wants_help)
			return usage("say what to do", "");
		print_help();
		return finish(CLIENT_DONE);
	}
	verb = verbs_find(argv[optind]);
	if (verb == NULL)
		return usage("there is no verb", argv[optind]);
	if (line.wants_help) {
		print_verb_help(verb, stdout);
		return finish(CLIENT_DONE);
	}
	line.call.arguments = (const char *const *)argv + optind + 1;
	line.call.argument_count = argc - optind - 1;
	return finish(run(&line, verb));
}
