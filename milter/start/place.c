/* place: can the daemon make and use what its settings name, asked without making it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "start/place.h"
#include "start/privilege.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool may(const char *path, int how)
{
	return faccessat(AT_FDCWD, path, how, AT_EACCESS) == 0;
}

static bool copy_folder(const char *path, char folder[PLACE_PATH_MAX])
{
	char copy[PLACE_PATH_MAX];
	int length = snprintf(copy, sizeof(copy), "%s", path);

	if (length < 0 || length >= (int)sizeof(copy))
		return false;
	strcpy(folder, dirname(copy));
	return true;
}

/* ---- folders */

/* The first folder on the way to FOLDER, itself too, that may not be gone into. */
static void explain_way(const char *folder, const char *user, char *why, size_t size)
{
	char part[PLACE_PATH_MAX];

	for (size_t at = 1; at <= strlen(folder); at++) {
		if (folder[at] != '/' && folder[at] != '\0')
			continue;
		memcpy(part, folder, at);
		part[at] = '\0';
		if (!may(part, X_OK))
			break;
	}
	snprintf(why, size, "user %s may not go into the folder %s", user, part);
}

static enum place explain_write(const char *folder, const char *user, char *why, size_t size)
{
	if (errno == EROFS)
		snprintf(why, size,
			"the folder %s is on a file system that is for reading only "
			"(ReadWritePaths= in the unit)",
			folder);
	else if (errno == EACCES)
		snprintf(why, size,
			"user %s may not write to the folder %s: it needs one of its own", user,
			folder);
	else
		snprintf(why, size, "folder %s: %s", folder, strerror(errno));
	return PLACE_BAD;
}

enum place place_find_folder(
	const char *path, const char *user, char folder[PLACE_PATH_MAX], char *why, size_t size)
{
	struct stat status;

	if (!copy_folder(path, folder)) {
		snprintf(why, size, "%.100s…: is too long", path);
		return PLACE_BAD;
	}
	if (stat(folder, &status) == -1 && errno == ENOENT) {
		snprintf(why, size, "there is no folder %s: install -d -o %s %s", folder, user,
			folder);
		return PLACE_MISSING;
	}
	if (stat(folder, &status) == -1 || (S_ISDIR(status.st_mode) && !may(folder, X_OK))) {
		if (errno == EACCES)
			explain_way(folder, user, why, size);
		else
			snprintf(why, size, "folder %s: %s", folder, strerror(errno));
		return PLACE_BAD;
	}
	if (!S_ISDIR(status.st_mode)) {
		snprintf(why, size, "%s is not a folder", folder);
		return PLACE_BAD;
	}
	return may(folder, W_OK | X_OK) ? PLACE_GOOD : explain_write(folder, user, why, size);
}

bool place_gives_group(const char *path, gid_t gid)
{
	char folder[PLACE_PATH_MAX];
	struct stat status;

	return copy_folder(path, folder) && stat(folder, &status) == 0 &&
	       (status.st_mode & S_ISGID) != 0 && status.st_gid == gid;
}

/* In a folder with the sticky bit each removes only what is his. */
static bool may_remove(const char *path, const struct stat *file)
{
	char folder[PLACE_PATH_MAX];
	struct stat status;

	return geteuid() == 0 || file->st_uid == geteuid() ||
	       (copy_folder(path, folder) && stat(folder, &status) == 0 &&
		       ((status.st_mode & S_ISVTX) == 0 || status.st_uid == geteuid()));
}

/* ---- Unix sockets */

/* What connect(2) says of a path that has a socket. */
static enum place try_socket(const char *path, pid_t *listener)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer = {.pid = 0};
	socklen_t size = sizeof(peer);
	enum place place = PLACE_BAD;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return PLACE_BAD;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		place = PLACE_IN_USE;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
			*listener = peer.pid;
	} else if (errno == EAGAIN) {
		/* A full backlog has a listener, too. */
		place = PLACE_IN_USE;
	} else if (errno == ECONNREFUSED) {
		place = PLACE_GOOD;
	}
	close(fd);
	return place;
}

enum place place_find_socket(const char *path, pid_t *listener, char *why, size_t size)
{
	struct sockaddr_un address;
	struct stat status;
	enum place place = PLACE_BAD;

	*listener = 0;
	why[0] = '\0';
	if (lstat(path, &status) == -1) {
		if (errno == ENOENT)
			return PLACE_GOOD;
		snprintf(why, size, "%s: %s", path, strerror(errno));
	} else if (!S_ISSOCK(status.st_mode)) {
		snprintf(why, size, "%s: is there and is not a socket", path);
	} else if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(why, size, "%s: is too long", path);
	} else {
		place = try_socket(path, listener);
		if (place == PLACE_BAD)
			snprintf(why, size, "%s: cannot tell whether it is in use: %s", path,
				strerror(errno));
	}
	if (place == PLACE_GOOD && !may_remove(path, &status)) {
		snprintf(why, size, "%s: is left by another user, and cannot be removed", path);
		place = PLACE_BAD;
	}
	return place;
}

/* ---- TCP addresses */

static int try_address(const struct sockaddr *address, socklen_t length)
{
	int on = 1;
	int result = 0;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address, length) == -1)
		result = errno;
	close(fd);
	return result;
}

enum place place_find_address(const char *host, int port, char *why, size_t size)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int error = EINVAL;

	if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
		error = try_address((struct sockaddr *)&four, sizeof(four));
	else if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
		error = try_address((struct sockaddr *)&six, sizeof(six));
	switch (error) {
	case 0:
		return PLACE_GOOD;
	case EADDRINUSE:
		snprintf(why, size, "another process listens on it");
		return PLACE_IN_USE;
	case EADDRNOTAVAIL:
		snprintf(why, size, "is not an address of this machine");
		return PLACE_BAD;
	case EACCES:
		snprintf(why, size,
			port >= 1024 ? "Permission denied"
				     : "a port below 1024 requires CAP_NET_BIND_SERVICE "
				       "(AmbientCapabilities= and CapabilityBoundingSet= in the "
				       "unit)");
		return PLACE_BAD;
	default:
		snprintf(why, size, "%s", strerror(error));
		return PLACE_BAD;
	}
}

/* ---- files */

enum place place_find_file(const char *path, bool is_kept, const char *user, char *why, size_t size)
{
	struct stat status;

	if (lstat(path, &status) == -1)
		return PLACE_MISSING;
	if (S_ISDIR(status.st_mode) || (is_kept && !S_ISREG(status.st_mode)))
		snprintf(why, size, "%s: is not a regular file", path);
	else if (is_kept && !may(path, R_OK | W_OK))
		snprintf(why, size, "%s: user %s may not write to it: chown %s %s", path, user,
			user, path);
	else if (!is_kept && !may_remove(path, &status))
		snprintf(why, size, "%s: is another user's, and cannot be replaced", path);
	else
		return is_kept ? PLACE_GOOD : PLACE_MISSING;
	return PLACE_BAD;
}

void place_explain_access(const char *log, const char *user, char *out, size_t size)
{
	char group[PRIVILEGE_NAME_MAX];
	struct stat status;

	out[0] = '\0';
	if (strcmp(log, "journal") == 0 && geteuid() != 0)
		snprintf(out, size, "usermod -a -G systemd-journal %s", user);
	if (*log != '/' || stat(log, &status) == -1 || !S_ISREG(status.st_mode))
		return;
	privilege_group_name(group, status.st_gid);
	if ((status.st_mode & S_IRGRP) != 0 && status.st_gid != 0)
		snprintf(out, size, "usermod -a -G %s %s", group, user);
	else
		snprintf(out, size,
			"user %s may not read it: give it a group of that user, and mode 0640",
			user);
}
