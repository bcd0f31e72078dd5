/* options: the daemon's command line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

struct options {
	const char *config;
	const char *user; /* "USER" or "USER:GROUP"; NULL: stay who we are */
	bool check_only;
	bool debug;
	bool lists_metrics; /* and does nothing else */
};

/*
 * Reads the command line. Gives 0, or -1 if the process is to end with *STATUS: after --help and
 * --version, and after a message about what is wrong.
 */
int options_parse(struct options *options, int argc, char **argv, int *status);

#endif
