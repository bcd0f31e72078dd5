/* privilege: the user that the daemon runs as
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "start/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ENTRY_MAX = 1048576, /* a group has the names of all its members */
	GROUPS_MAX = 65536,
};

/* getgrnam() and its like are for one thread alone; a reload asks from another. */
int privilege_find_group(gid_t *gid, const char *name, char *error, size_t size)
{
	char *buffer = malloc(ENTRY_MAX);
	struct group group;
	struct group *found = NULL;
	int failed = buffer == NULL ? ENOMEM : getgrnam_r(name, &group, buffer, ENTRY_MAX, &found);

	if (found != NULL)
		*gid = found->gr_gid;
	else
		snprintf(error, size, "group \"%s\": %s", name,
			failed == 0 ? "no such group" : strerror(failed));
	free(buffer);
	return found == NULL ? -1 : 0;
}

char *privilege_name(char out[PRIVILEGE_NAME_MAX])
{
	char *buffer = malloc(ENTRY_MAX);
	struct passwd passwd;
	struct passwd *found = NULL;

	if (buffer != NULL)
		getpwuid_r(geteuid(), &passwd, buffer, ENTRY_MAX, &found);
	if (found != NULL)
		snprintf(out, PRIVILEGE_NAME_MAX, "%s", found->pw_name);
	else
		snprintf(out, PRIVILEGE_NAME_MAX, "%lu", (unsigned long)geteuid());
	free(buffer);
	return out;
}

static bool is_among(const gid_t *groups, int count, gid_t gid)
{
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

bool privilege_has_group(gid_t gid)
{
	gid_t *groups;
	bool has = gid == getegid() || geteuid() == 0;
	int count = has ? 0 : getgroups(0, NULL);

	if (count <= 0)
		return has;
	groups = malloc((size_t)count * sizeof(*groups));
	count = groups == NULL ? 0 : getgroups(count, groups);
	has = is_among(groups, count, gid);
	free(groups);
	return has;
}

bool privilege_is_member(const char *user, gid_t gid)
{
	gid_t *groups = malloc(GROUPS_MAX * sizeof(*groups));
	int count = GROUPS_MAX;
	bool is_member = groups != NULL && getgrouplist(user, getegid(), groups, &count) != -1 &&
			 is_among(groups, count, gid);

	free(groups);
	return is_member;
}

char *privilege_group_name(char out[PRIVILEGE_NAME_MAX], gid_t gid)
{
	char *buffer = malloc(ENTRY_MAX);
	struct group group;
	struct group *found = NULL;

	if (buffer != NULL)
		getgrgid_r(gid, &group, buffer, ENTRY_MAX, &found);
	if (found != NULL)
		snprintf(out, PRIVILEGE_NAME_MAX, "%s", found->gr_name);
	else
		snprintf(out, PRIVILEGE_NAME_MAX, "%lu", (unsigned long)gid);
	free(buffer);
	return out;
}

void privilege_explain_group(const char *group, const char *path, char *out, size_t size)
{
	char user[PRIVILEGE_NAME_MAX];
	int folder = (int)(strrchr(path, '/') - path);

	privilege_name(user);
	snprintf(out, size,
		"user %s is not in the group %s, so %s cannot have it: usermod -a -G %s "
		"%s, or have the folder give it: chgrp %s %.*s && chmod g+s %.*s",
		user, group, path, group, user, group, folder, path, folder, path);
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

/* The user's groups as they stand in the system's files, and those that it gets beside them. */
static int set_groups(const struct privilege *privilege)
{
	int count = GROUPS_MAX;
	gid_t *groups = malloc((GROUPS_MAX + PRIVILEGE_MORE_MAX) * sizeof(*groups));
	int result;

	if (groups == NULL)
		return -1;
	if (getgrouplist(privilege->user, privilege->gid, groups, &count) == -1) {
		free(groups);
		errno = EINVAL;
		return -1;
	}
	for (int i = 0; i < privilege->more_count; i++)
		if (!is_among(groups, count, privilege->more[i]))
			groups[count++] = privilege->more[i];
	result = setgroups((size_t)count, groups);
	free(groups);
	return result;
}

int privilege_drop(const struct privilege *privilege, char *error, size_t size)
{
	if (privilege->user == NULL || geteuid() != 0)
		return 0;
	if (set_groups(privilege) == -1 || setgid(privilege->gid) == -1 ||
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
