/* event_command: a command that is run for an event
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/event_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME_MAX_LENGTH = 64, NUMBER_MAX = 32, LOOK_MS = 20, MS_IN_S = 1000, NOT_FOUND = 127 };

static const char prefix[] = "NEXTHOP_";

/* ---- its environment */

/* The variable's name. False for a member that has none of lower case letters and "_". */
static bool name_of(char out[NAME_MAX_LENGTH], const char *member)
{
	size_t at = sizeof(prefix) - 1;

	memcpy(out, prefix, at);
	for (; *member != '\0'; member++) {
		if ((*member < 'a' || *member > 'z') && *member != '_')
			return false;
		if (at == NAME_MAX_LENGTH - 1)
			return false;
		out[at++] = (char)(*member == '_' ? '_' : *member - 'a' + 'A');
	}
	out[at] = '\0';
	return true;
}

static void set_member(const char *member, const json_t *value)
{
	char name[NAME_MAX_LENGTH];
	char number[NUMBER_MAX];
	const char *text = json_string_value(value);

	if (!name_of(name, member))
		return;
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	setenv(name, text != NULL ? text : json_is_integer(value) ? number : "", 1);
}

static void set_environment(const json_t *event)
{
	char *whole = json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII);
	const char *member;
	json_t *value;

	json_object_foreach((json_t *)event, member, value) set_member(member, value);
	setenv("NEXTHOP_JSON", whole == NULL ? "" : whole, 1);
	free(whole);
}

/* ---- its run */

static void become(const char *command, const json_t *event)
{
	int nothing = open("/dev/null", O_RDONLY);

	/* All that it starts is to end with it. */
	setpgid(0, 0);
	set_environment(event);
	if (nothing == -1 || dup2(nothing, STDIN_FILENO) == -1)
		_exit(NOT_FOUND);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(NOT_FOUND);
}

/* False if it had to be killed. */
static bool wait_for(pid_t child, int seconds, int *status)
{
	for (int left = seconds * MS_IN_S; left > 0; left -= LOOK_MS) {
		if (waitpid(child, status, WNOHANG) == child)
			return true;
		poll(NULL, 0, LOOK_MS);
	}
	kill(-child, SIGKILL);
	kill(child, SIGKILL);
	while (waitpid(child, status, 0) == -1 && errno == EINTR)
		;
	return false;
}

static int complain(const json_t *event, const char *what, int number)
{
	fprintf(stderr, "milterctl: event %" JSON_INTEGER_FORMAT ": the command %s %d\n",
		json_integer_value(json_object_get(event, "id")), what, number);
	return -1;
}

int event_command_run(const char *command, const json_t *event, int seconds)
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == -1)
		return complain(event, "cannot be started, error", errno);
	if (child == 0)
		become(command, event);
	if (!wait_for(child, seconds, &status))
		return complain(event, "was killed after so many seconds:", seconds);
	if (WIFSIGNALED(status))
		return complain(event, "was ended by signal", WTERMSIG(status));
	return WEXITSTATUS(status) == 0
		       ? 0
		       : complain(event, "failed, exit status", WEXITSTATUS(status));
}
