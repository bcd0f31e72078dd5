/* command: a program of the machine, run without a shell, within a time and a size
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/command.h"
#include "core/printable.h"
#include "engine/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { READ_MAX = 65536 };

struct pipes {
	int out[2];
	int err[2];
};

static void close_both(int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] != -1)
			close(fds[i]);
}

static int start(const char *const *arguments, struct pipes *pipes, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, pipes->out[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, pipes->err[1], STDERR_FILENO);
	/* A group of its own: what it starts is killed with it. */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attributes, 0);
	error = posix_spawnp(
		pid, arguments[0], &actions, &attributes, (char *const *)arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return error;
}

/* The last line that says something. */
static void note_error(struct command *command, char *text)
{
	const char *line = text;

	for (size_t length = strlen(text); length > 0 && text[length - 1] == '\n'; length--)
		text[length - 1] = '\0';
	if (strrchr(text, '\n') != NULL)
		line = strrchr(text, '\n') + 1;
	printable_copy(command->why, sizeof(command->why), line);
}

/* False: there is no more to come. */
static bool take_output(struct command *command, int fd)
{
	char octets[READ_MAX];
	ssize_t count = read(fd, octets, sizeof(octets));
	size_t room = COMMAND_OUTPUT_MAX - command->length;
	size_t more;
	char *output;

	if (count <= 0)
		return count == -1 && errno == EINTR;
	more = (size_t)count < room ? (size_t)count : room;
	output = realloc(command->output, command->length + more + 1);
	if (output == NULL)
		return false;
	memcpy(output + command->length, octets, more);
	command->length += more;
	output[command->length] = '\0';
	command->output = output;
	return true;
}

/* Its last octets are those that matter. */
static bool take_error(char *text, size_t size, int fd)
{
	char octets[READ_MAX];
	ssize_t count = read(fd, octets, sizeof(octets));
	size_t keep;

	if (count <= 0)
		return count == -1 && errno == EINTR;
	keep = (size_t)count < size - 1 ? (size_t)count : size - 1;
	memcpy(text, octets + (size_t)count - keep, keep);
	text[keep] = '\0';
	return true;
}

/* Until both pipes end. False: it takes too long. */
static bool read_all(struct command *command, const struct pipes *pipes, int limit_ms)
{
	struct pollfd fds[] = {{pipes->out[0], POLLIN, 0}, {pipes->err[0], POLLIN, 0}};
	char text[COMMAND_WHY_MAX] = "";
	int64_t end = clock_steady() + limit_ms;

	while (fds[0].fd != -1 || fds[1].fd != -1) {
		int64_t left = end - clock_steady();

		if (left <= 0)
			return false;
		if (poll(fds, 2, (int)left) == -1 && errno != EINTR)
			return false;
		if (fds[0].revents != 0 && !take_output(command, fds[0].fd))
			fds[0].fd = -1;
		if (fds[1].revents != 0 && !take_error(text, sizeof(text), fds[1].fd))
			fds[1].fd = -1;
		fds[0].revents = 0;
		fds[1].revents = 0;
	}
	note_error(command, text);
	return true;
}

static void finish(struct command *command, pid_t pid, bool is_over)
{
	int status;

	if (!is_over)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return;
	if (!is_over)
		snprintf(command->why, sizeof(command->why), "it took too long");
	else if (WIFEXITED(status))
		command->status = WEXITSTATUS(status);
	else
		snprintf(command->why, sizeof(command->why), "it was ended by signal %d",
			WTERMSIG(status));
}

bool command_run(struct command *command, const char *const *arguments, int limit_ms)
{
	struct pipes pipes = {.out = {-1, -1}, .err = {-1, -1}};
	pid_t pid;
	int error = 0;

	*command = (struct command){.status = -1, .output = calloc(1, 1)};
	if (command->output == NULL || pipe2(pipes.out, O_CLOEXEC) == -1 ||
		pipe2(pipes.err, O_CLOEXEC) == -1)
		error = errno;
	if (error == 0)
		error = start(arguments, &pipes, &pid);
	if (error != 0) {
		snprintf(command->why, sizeof(command->why), "%s", strerror(error));
	} else {
		close(pipes.out[1]);
		close(pipes.err[1]);
		pipes.out[1] = pipes.err[1] = -1;
		finish(command, pid, read_all(command, &pipes, limit_ms));
	}
	close_both(pipes.out);
	close_both(pipes.err);
	return command->status == 0;
}

void command_free(struct command *command)
{
	free(command->output);
	command->output = NULL;
}
