/* privilege: the user that the daemon runs as
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int privilege_find_group(gid_t *gid, const char *name, char *error, size_t size)
{
	const struct group *group;

	errno = 0;
	group = getgrnam(name);
	if (group == NULL) {
		snprintf(error, size, "group \"%s\": %s", name,
			errno == 0 ? "no such group" : strerror(errno));
		return -1;
	}
	*gid = group->gr_gid;
	return 0;
}

static int find_user(struct privilege *privilege, char *error, size_t size)
{
	const struct passwd *passwd;

	errno = 0;
	passwd = getpwnam(privilege->user);
	if (passwd == NULL) {
		snprintf(error, size, "user \"%s\": %s", privilege->user,
			errno == 0 ? "no such user" : strerror(errno));
		return -1;
	}
	privilege->uid = passwd->pw_uid;
	privilege->gid = passwd->pw_gid;
	return 0;
}

int privilege_find(struct privilege *privilege, const char *text, char *error, size_t size)
{
	const char *group;
	size_t length;

	*privilege = (struct privilege){.uid = geteuid(), .gid = getegid()};
	if (text == NULL)
		return 0;
	length = strcspn(text, ":");
	group = text[length] == ':' ? text + length + 1 : NULL;
	privilege->user = strndup(text, length);
	if (privilege->user == NULL) {
		snprintf(error, size, "out of memory");
		return -1;
	}
	if (find_user(privilege, error, size) == -1)
		return -1;
	if (group != NULL && privilege_find_group(&privilege->gid, group, error, size) == -1)
		return -1;
	if (geteuid() != 0 && privilege->uid != geteuid()) {
		snprintf(error, size, "only root can become user \"%s\"", privilege->user);
		return -1;
	}
	return 0;
}

int privilege_drop(const struct privilege *privilege, char *error, size_t size)
{
	if (privilege->user == NULL || geteuid() != 0)
		return 0;
	if (initgroups(privilege->user, privilege->gid) == -1 || setgid(privilege->gid) == -1 ||
		setuid(privilege->uid) == -1) {
		snprintf(error, size, "cannot become user \"%s\": %s", privilege->user,
			strerror(errno));
		return -1;
	}
	/* A kernel that says yes and does not do it is not to be trusted with mail. */
	if (privilege->uid != 0 && (setuid(0) == 0 || geteuid() != privilege->uid)) {
		snprintf(error, size, "cannot give up root for good");
		return -1;
	}
	return 0;
}

void privilege_free(struct privilege *privilege)
{
	free(privilege->user);
	privilege->user = NULL;
}
