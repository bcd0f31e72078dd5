/* command: a program of the machine, run without a shell, within a time and a size
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_COMMAND_H
#define DOCTOR_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum {
	COMMAND_OUTPUT_MAX = 1024 * 1024, /* what is longer is cut */
	COMMAND_WHY_MAX = 512,
};

struct command {
	char *output; /* of standard output, with a NUL; never NULL */
	size_t length;
	int status; /* its exit status; -1: it was not run, was killed, or took too long */
	char why[COMMAND_WHY_MAX]; /* what is wrong then: the last line of standard error, printable */
};

/*
 * ARGUMENTS end with NULL; the first is a program found by PATH. It is killed after LIMIT_MS. Without
 * input. Gives true if its status is 0.
 */
bool command_run(struct command *command, const char *const *arguments, int limit_ms);

void command_free(struct command *command);

#endif
