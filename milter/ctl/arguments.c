/* arguments: milterctl's command line, taken apart
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/arguments.h"
#include "core/similar.h"

#include <assert.h>
#include <getopt.h>
#include <stddef.h>
#include <string.h>

/* Letters that are none say which table has an option, and where. */
enum { OPT_VERB = 256, OPTIONS_MAX = 48 };

static const struct option own_options[] = {
	{"socket", required_argument, NULL, 's'},
	{"json", no_argument, NULL, 'j'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
};

/* Those of some verbs, and where their values go; those of a message are in facts.c. */
static const struct verb_option {
	const char *name;
	const char *value; /* what stands for it in the help; NULL: it has none */
	const char *text;  /* what it means */
	int flag;	   /* VERB_ */
	size_t offset;	   /* of the value in struct verb_call */
} verb_options[] = {
	{"for", "DURATION", "only for so long: 90s, 2h, 1d12h", VERB_FOR,
		offsetof(struct verb_call, span)},
	{"until", "TIME", "only until then: HH:MM, YYYY-MM-DDTHH:MM, now+2h", VERB_UNTIL,
		offsetof(struct verb_call, until)},
	{"at", "TIME", "only from then on: a time as for --until", VERB_AT,
		offsetof(struct verb_call, at)},
	{"reason", "TEXT", "why: shown with the host", VERB_REASON,
		offsetof(struct verb_call, reason)},
	{"wide", NULL, "with all counters and times, however long the lines are", VERB_WIDE, 0},
	{"follow", NULL, "go on as events come: show them, or flush by them", VERB_FOLLOW, 0},
	{"exec", "COMMAND", "have the shell run it for each event from now on", VERB_EXEC,
		offsetof(struct verb_call, command)},
	{"interval", "SECONDS", "between two looks; else 1, or more for many hosts", VERB_INTERVAL,
		offsetof(struct verb_call, interval)},
	{"mta", "MTA", "of the log, or of the configuration: postfix or sendmail", VERB_MTA,
		offsetof(struct verb_call, mta)},
	{"config", "FILE", "the configuration: routes.cfg", VERB_CONFIG,
		offsetof(struct verb_call, config)},
	{"message", "FILE", "a whole message: its headers, its size and its sender", VERB_MESSAGE,
		offsetof(struct verb_call, message)},
	{"mbox", "FILE", "the messages of a mailbox in the place of N and ADDRESS", VERB_MBOX,
		offsetof(struct verb_call, mbox)},
	{"recipient", "ADDRESS", "the recipient of all of them", VERB_RECIPIENT,
		offsetof(struct verb_call, recipient)},
	{"user", "USER", "the daemon's user, as whom it is judged", VERB_USER,
		offsetof(struct verb_call, user)},
	{"fix", NULL, "print the commands that mend it, as a script", VERB_FIX, 0},
	{"yes", NULL, "run them, and look again", VERB_YES, 0},
	{"postfix-config", "FOLDER", "of the Postfix that is meant, with its main.cf",
		VERB_POSTFIX_CONFIG, offsetof(struct verb_call, postfix_config)},
	{"sendmail-config", "FILE", "sendmail.cf, if it is not /etc/mail/sendmail.cf",
		VERB_SENDMAIL_CONFIG, offsetof(struct verb_call, sendmail_config)},
	{"rate", "N", "so many messages a second: 1 to 100, 5 without it", VERB_RATE,
		offsetof(struct verb_call, rate)},
	{"dry-run", NULL, "only show what would be run", VERB_DRY_RUN, 0},
	{"force", NULL, "even if most routes or a file go, or no host is up", VERB_FORCE, 0},
	{"running", NULL, "read what this machine's postconf prints", VERB_RUNNING, 0},
	{"output", "FILE", "write there, not to standard output", VERB_OUTPUT,
		offsetof(struct verb_call, output)},
};

enum {
	OWN_COUNT = sizeof(own_options) / sizeof(own_options[0]),
	VERB_OPTION_COUNT = sizeof(verb_options) / sizeof(verb_options[0]),
	OPT_FACT = OPT_VERB + VERB_OPTION_COUNT,
};

static void list_options(struct option list[OPTIONS_MAX])
{
	size_t count = OWN_COUNT;
	const struct facts_option *fact;

	memcpy(list, own_options, sizeof(own_options));
	for (int i = 0; i < VERB_OPTION_COUNT; i++)
		list[count++] = (struct option){verb_options[i].name,
			verb_options[i].value != NULL ? required_argument : no_argument, NULL,
			OPT_VERB + i};
	for (int i = 0; (fact = facts_option_at((size_t)i)) != NULL; i++) {
		assert(count < OPTIONS_MAX - 1);
		list[count++] = (struct option){fact->option,
			fact->fixed == NULL ? required_argument : no_argument, NULL, OPT_FACT + i};
	}
	list[count] = (struct option){NULL, 0, NULL, 0};
}

/* ---- what is wrong */

/* "milterctl: there is no verb "stauts": did you mean "status"?" */
static int refuse(
	const char *text, const char *what, const char *dashes, const struct similar *similar)
{
	fprintf(stderr, "milterctl: %s \"%s\"", text, what);
	if (similar->best != NULL)
		fprintf(stderr, ": did you mean \"%s%s\"?", dashes, similar->best);
	fprintf(stderr, "\nTry milterctl --help.\n");
	return -1;
}

static int refuse_option(const struct option *list, const char *given)
{
	struct similar similar;

	similar_begin(&similar, given + strspn(given, "-"));
	for (; list->name != NULL; list++)
		similar_try(&similar, list->name);
	return refuse("there is no option", given, "--", &similar);
}

static int refuse_verb(const char *given)
{
	const struct verb *verb;
	struct similar similar;

	similar_begin(&similar, given);
	for (size_t i = 0; (verb = verbs_at(i)) != NULL; i++)
		similar_try(&similar, verb->name);
	return refuse("there is no verb", given, "", &similar);
}

static int refuse_fact(const struct facts_option *option, const char *value)
{
	fprintf(stderr, "milterctl: --%s: \"%s\" is not %s\nTry milterctl --help.\n",
		option->option, value, option->wanted);
	return -1;
}

/* ---- reading */

static void take_verb_option(struct arguments *arguments, const struct verb_option *option)
{
	arguments->call.options |= option->flag;
	if (option->value != NULL)
		memcpy((char *)&arguments->call + option->offset, &optarg, sizeof(optarg));
}

static int take_fact(struct arguments *arguments, const struct facts_option *option)
{
	struct verb_call *call = &arguments->call;

	call->options |= strcmp(option->option, "sender") == 0 ? VERB_SENDER : VERB_FACTS;
	return facts_add(&call->facts, option, optarg) ? 0 : refuse_fact(option, optarg);
}

static int take(struct arguments *arguments, int letter)
{
	switch (letter) {
	case 's':
		arguments->socket = optarg;
		return 0;
	case 'j':
		arguments->call.is_json = true;
		return 0;
	case 'V':
		arguments->wants_version = true;
		return 0;
	case 'h':
		arguments->wants_help = true;
		return 0;
	default:
		break;
	}
	if (letter >= OPT_FACT)
		return take_fact(arguments, facts_option_at((size_t)(letter - OPT_FACT)));
	take_verb_option(arguments, &verb_options[letter - OPT_VERB]);
	return 0;
}

int arguments_read(struct arguments *arguments, int argc, char **argv)
{
	struct option list[OPTIONS_MAX];
	char short_option[] = "-?";
	int letter;

	list_options(list);
	opterr = 0;
	/* The option that is looked at stands just before optind, however getopt sorts them. */
	while ((letter = getopt_long(argc, argv, ":h", list, NULL)) != -1) {
		if (letter == ':') {
			fprintf(stderr, "milterctl: %s requires a value\nTry milterctl --help.\n",
				argv[optind - 1]);
			return -1;
		}
		short_option[1] = (char)optopt;
		if (letter == '?')
			return refuse_option(list,
				optopt > 0 && optopt < 's' + 1 ? short_option : argv[optind - 1]);
		if (take(arguments, letter) == -1)
			return -1;
	}
	if (optind == argc)
		return 0;
	arguments->verb = verbs_find(argv[optind]);
	if (arguments->verb == NULL && !arguments->wants_version)
		return refuse_verb(argv[optind]);
	arguments->call.arguments = (const char *const *)argv + optind + 1;
	arguments->call.argument_count = argc - optind - 1;
	return 0;
}

/* The name of the first option in FLAGS. */
static const char *name_of(int flags, const struct facts *facts)
{
	for (int i = 0; i < VERB_OPTION_COUNT; i++)
		if ((verb_options[i].flag & flags) != 0)
			return verb_options[i].name;
	return facts->given[0].option->option;
}

int arguments_check(const struct arguments *arguments)
{
	const struct verb *verb = arguments->verb;
	const struct verb_call *call = &arguments->call;
	int surplus = call->options & ~verb->options;

	if (surplus != 0)
		fprintf(stderr, "milterctl: %s has no option --%s\n", verb->name,
			name_of(surplus, &call->facts));
	else if (call->argument_count < verb->least)
		fprintf(stderr, "milterctl: %s requires %.*s\n", verb->name,
			(int)strcspn(verb->synopsis, " "), verb->synopsis);
	else if (call->argument_count > verb->most)
		fprintf(stderr, "milterctl: unexpected argument \"%s\"\n",
			call->arguments[verb->most]);
	else
		return 0;
	verbs_print_usage(verb, stderr);
	return -1;
}

/* ---- help */

static void print_option(const char *name, const char *value, const char *text, FILE *to)
{
	char head[40];

	snprintf(head, sizeof(head), "--%s%s%s", name, value == NULL ? "" : " ",
		value == NULL ? "" : value);
	fprintf(to, "  %-24s  %s\n", head, text);
}

void arguments_print_options(const struct verb *verb, FILE *to)
{
	const struct facts_option *fact;

	for (int i = 0; i < VERB_OPTION_COUNT; i++)
		if ((verb_options[i].flag & verb->options) != 0)
			print_option(verb_options[i].name, verb_options[i].value,
				verb_options[i].text, to);
	for (size_t i = 0; (fact = facts_option_at(i)) != NULL; i++) {
		int flag = strcmp(fact->option, "sender") == 0 ? VERB_SENDER : VERB_FACTS;

		if ((flag & verb->options) != 0)
			print_option(fact->option, fact->value, fact->text, to);
	}
}
