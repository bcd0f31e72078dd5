/* arguments: milterctl's command line, taken apart
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_ARGUMENTS_H
#define CTL_ARGUMENTS_H

#include <stdbool.h>
#include <stdio.h>

#include "ctl/verbs.h"

/* What is wrong with it is said on standard error, with what may be meant. */

struct arguments {
	const char *socket;
	bool wants_help;
	bool wants_version;
	const struct verb *verb; /* NULL: none was given */
	struct verb_call call;
};

/*
 * Reads the command line; strings of ARGUMENTS are those of ARGV. -1, with a message, if it is
 * wrong. call.facts.given must have room for ARGC values, and socket its default.
 */
int arguments_read(struct arguments *arguments, int argc, char **argv);

/* Whether the verb takes what was given to it. -1, with a message, if it does not. */
int arguments_check(const struct arguments *arguments);

/* Prints the options that VERB takes, with what they mean. */
void arguments_print_options(const struct verb *verb, FILE *to);

#endif
