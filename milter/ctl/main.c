/* milterctl: sees and steers nexthop-milter
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "config.h"
#include "ctl/client.h"
#include "ctl/facts.h"
#include "ctl/verbs.h"

#include <assert.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char default_socket[] = RUNSTATEDIR "/nexthop-milter/control.sock";

/* Letters that are none say which table has an option, and where. */
enum { OPT_VERB = 256, OPTIONS_MAX = 40 };

static const struct option own_options[] = {
	{"socket", required_argument, NULL, 's'},
	{"json", no_argument, NULL, 'j'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
};

/* Those of some verbs, and where their values go; those of a message are in facts.c. */
static const struct verb_option {
	const char *name;
	int flag; /* VERB_ */
	bool has_value;
	size_t offset; /* in struct verb_call */
} verb_options[] = {
	{"for", VERB_FOR, true, offsetof(struct verb_call, span)},
	{"reason", VERB_REASON, true, offsetof(struct verb_call, reason)},
	{"follow", VERB_FOLLOW, false, 0},
	{"mta", VERB_MTA, true, offsetof(struct verb_call, mta)},
	{"config", VERB_CONFIG, true, offsetof(struct verb_call, config)},
	{"message", VERB_MESSAGE, true, offsetof(struct verb_call, message)},
	{"mbox", VERB_MBOX, true, offsetof(struct verb_call, mbox)},
	{"recipient", VERB_RECIPIENT, true, offsetof(struct verb_call, recipient)},
};

enum {
	OWN_COUNT = sizeof(own_options) / sizeof(own_options[0]),
	VERB_OPTION_COUNT = sizeof(verb_options) / sizeof(verb_options[0]),
	OPT_FACT = OPT_VERB + VERB_OPTION_COUNT,
};

struct command_line {
	const char *socket;
	bool wants_help;
	bool wants_version;
	struct verb_call call;
};

static void list_options(struct option list[OPTIONS_MAX])
{
	size_t count = OWN_COUNT;
	const struct facts_option *fact;

	memcpy(list, own_options, sizeof(own_options));
	for (int i = 0; i < VERB_OPTION_COUNT; i++)
		list[count++] = (struct option){verb_options[i].name,
			verb_options[i].has_value ? required_argument : no_argument, NULL,
			OPT_VERB + i};
	for (int i = 0; (fact = facts_option_at((size_t)i)) != NULL; i++) {
		assert(count < OPTIONS_MAX - 1);
		list[count++] = (struct option){fact->option,
			fact->fixed == NULL ? required_argument : no_argument, NULL, OPT_FACT + i};
	}
	list[count] = (struct option){NULL, 0, NULL, 0};
}

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

static int usage(const char *text, const char *value)
{
	fprintf(stderr, "milterctl: %s%s%s%s\nTry milterctl --help.\n", text,
		*value == '\0' ? "" : " \"", value, *value == '\0' ? "" : "\"");
	return CLIENT_USAGE;
}

static void take_verb_option(struct command_line *line, const struct verb_option *option)
{
	line->call.options |= option->flag;
	if (option->has_value)
		memcpy((char *)&line->call + option->offset, &optarg, sizeof(optarg));
}

static int take_fact(struct command_line *line, const struct facts_option *option)
{
	line->call.options |= strcmp(option->option, "sender") == 0 ? VERB_SENDER : VERB_FACTS;
	if (facts_add(&line->call.facts, option, optarg))
		return 0;
	fprintf(stderr, "milterctl: --%s: \"%s\" is not %s\nTry milterctl --help.\n",
		option->option, optarg, option->wanted);
	return -1;
}

static int read_options(struct command_line *line, int argc, char **argv)
{
	struct option list[OPTIONS_MAX];
	int letter;

	list_options(list);
	while ((letter = getopt_long(argc, argv, "h", list, NULL)) != -1) {
		if (letter == 's') {
			line->socket = optarg;
		} else if (letter == 'j') {
			line->call.is_json = true;
		} else if (letter == 'V') {
			line->wants_version = true;
		} else if (letter == 'h') {
			line->wants_help = true;
		} else if (letter < OPT_VERB) {
			fprintf(stderr, "Try milterctl --help.\n");
			return -1;
		} else if (letter < OPT_FACT) {
			take_verb_option(line, &verb_options[letter - OPT_VERB]);
		} else if (take_fact(line, facts_option_at((size_t)(letter - OPT_FACT))) == -1) {
			return -1;
		}
	}
	return 0;
}

static int run(struct command_line *line, const struct verb *verb)
{
	int result;

	if (line->call.argument_count < verb->least || line->call.argument_count > verb->most ||
		(line->call.options & ~verb->options) != 0)
		return verbs_refuse(verb);
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

/* What is asked for, with the options read. */
static int obey(struct command_line *line, int argc, char **argv)
{
	const struct verb *verb;

	if (line->wants_version) {
		printf("milterctl (%s)\n", PACKAGE_STRING);
		return CLIENT_DONE;
	}
	if (optind == argc) {
		if (!line->wants_help)
			return usage("say what to do", "");
		print_help();
		return CLIENT_DONE;
	}
	verb = verbs_find(argv[optind]);
	if (verb == NULL)
		return usage("there is no verb", argv[optind]);
	if (line->wants_help) {
		verbs_print_usage(verb, stdout);
		printf("%s\n", verb->purpose);
		return CLIENT_DONE;
	}
	line->call.arguments = (const char *const *)argv + optind + 1;
	line->call.argument_count = argc - optind - 1;
	return run(line, verb);
}

int main(int argc, char **argv)
{
	const char *from_environment = getenv("MILTERCTL_SOCKET");
	struct command_line line = {
		.socket = from_environment == NULL ? default_socket : from_environment,
	};
	int result;

	line.call.facts.given = calloc((size_t)argc + 1, sizeof(*line.call.facts.given));
	if (line.call.facts.given == NULL) {
		fprintf(stderr, "milterctl: out of memory\n");
		return CLIENT_NO;
	}
	result = read_options(&line, argc, argv) == -1 ? CLIENT_USAGE : obey(&line, argc, argv);
	free(line.call.facts.given);
	return finish(result);
}
