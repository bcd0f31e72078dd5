/* aside: something that is tried as another user, in another root, by a process of its own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/aside.h"
#include "engine/clock.h"
#include "start/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GROUPS_MAX = 1024, STATUS_FAILED = 97 };

/* The system's files are read before the root is another one. */
static bool become(const struct aside *aside, char *error, size_t size)
{
	struct privilege privilege;
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (aside->folder != NULL && chdir(aside->folder) == -1) {
		snprintf(error, size, "%s: %s", aside->folder, strerror(errno));
		return false;
	}
	if (aside->user == NULL)
		return true;
	if (privilege_find(&privilege, aside->user, error, size) == -1)
		return false;
	if (getgrouplist(aside->user, privilege.gid, groups, &count) == -1)
		count = 0;
	snprintf(error, size, "cannot become user %s", aside->user);
	if (geteuid() != 0)
		return geteuid() == privilege.uid && aside->root == NULL;
	if (aside->root != NULL && chroot(aside->root) == -1)
		return false;
	return setgroups((size_t)count, groups) == 0 && setgid(privilege.gid) == 0 &&
	       setuid(privilege.uid) == 0;
}

static _Noreturn void be_aside(const struct aside *aside, aside_work *work, void *context, int fd)
{
	char error[256];
	FILE *out = fdopen(fd, "w");
	int status = 0;

	if (out == NULL)
		_exit(STATUS_FAILED);
	if (become(aside, error, sizeof(error))) {
		work(context, out);
	} else {
		fprintf(out, "%s", error);
		status = STATUS_FAILED;
	}
	/* Not exit(): what the first process has not yet written is not ours. */
	_exit(fclose(out) == 0 ? status : STATUS_FAILED);
}

/* False: it takes too long. */
static bool read_all(int fd, int limit_ms, char *out, size_t size)
{
	int64_t end = clock_steady() + limit_ms;
	size_t length = 0;
	char rest[4096] = "";

	for (;;) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		bool is_full = length + 1 >= size;
		int64_t left = end - clock_steady();
		ssize_t count;

		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			return false;
		count = read(fd, is_full ? rest : out + length,
			is_full ? sizeof(rest) : size - 1 - length);
		if (count == -1 && errno == EINTR)
			continue;
		if (count <= 0)
			return count == 0;
		length += is_full ? 0 : (size_t)count;
		out[length] = '\0';
	}
}

bool aside_run(const struct aside *aside, aside_work *work, void *context, char *out, size_t size)
{
	int fds[2];
	int status = 0;
	bool is_over;
	pid_t pid;

	out[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) == -1) {
		snprintf(out, size, "%s", strerror(errno));
		return false;
	}
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		be_aside(aside, work, context, fds[1]);
	}
	close(fds[1]);
	if (pid == -1) {
		snprintf(out, size, "%s", strerror(errno));
		close(fds[0]);
		return false;
	}
	is_over = read_all(fds[0], aside->limit_ms, out, size);
	close(fds[0]);
	if (!is_over)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (!is_over)
		snprintf(out, size, "it took too long");
	return is_over && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
