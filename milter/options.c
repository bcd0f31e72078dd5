/* options: the daemon's command line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "options.h"
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { USAGE = 2 };

static const char default_config[] = SYSCONFDIR "/nexthop-milter/routes.cfg";

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"test", no_argument, NULL, 't'},
	{"user", required_argument, NULL, 'u'},
	{"debug", no_argument, NULL, 'd'},
	{"metrics", no_argument, NULL, 'm'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static void print_help(FILE *to)
{
	fprintf(to,
		"usage: nexthop-milter [-c FILE] [-t] [--user USER[:GROUP]] [--debug]\n"
		"Routes mail to pools of hosts, for Postfix and Sendmail. Stays in the "
		"foreground.\n"
		"\n"
		"  -c, --config FILE       the configuration, see routes.cfg(5)\n"
		"                          [%s]\n"
		"  -t, --test              check the configuration, and whether it would start,\n"
		"                          and exit: 0 if it would\n"
		"      --user USER[:GROUP] become this user; with -t, judge as this user\n"
		"      --debug             one log line for each message\n"
		"      --metrics           print the list of metrics and exit\n"
		"      --version           print the version and exit\n"
		"      --help              print this and exit\n",
		default_config);
}

int options_parse(struct options *options, int argc, char **argv, int *status)
{
	int letter;

	*options = (struct options){.config = default_config};
	*status = EXIT_SUCCESS;
	while ((letter = getopt_long(argc, argv, "c:th", long_options, NULL)) != -1) {
		switch (letter) {
		case 'c':
			options->config = optarg;
			break;
		case 't':
			options->check_only = true;
			break;
		case 'u':
			options->user = optarg;
			break;
		case 'd':
			options->debug = true;
			break;
		case 'm':
			options->lists_metrics = true;
			break;
		case 'V':
			printf("%s\n", PACKAGE_STRING);
			return -1;
		case 'h':
			print_help(stdout);
			return -1;
		default:
			fprintf(stderr, "Try nexthop-milter --help.\n");
			*status = USAGE;
			return -1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "nexthop-milter: unexpected argument \"%s\"\n", argv[optind]);
		*status = USAGE;
		return -1;
	}
	return 0;
}
