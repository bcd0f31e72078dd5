/* sendmail_facts: what is so of the Sendmail of this machine
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/sendmail_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TEXT_MAX = 1024 * 1024 };

static void read_text(struct sendmail_facts *facts)
{
	FILE *file = fopen(facts->path, "re");
	size_t length;

	if (file == NULL) {
		snprintf(facts->why, sizeof(facts->why), "%s", strerror(errno));
		return;
	}
	facts->text = malloc(TEXT_MAX + 1);
	length = facts->text == NULL ? 0 : fread(facts->text, 1, TEXT_MAX, file);
	if (facts->text != NULL)
		facts->text[length] = '\0';
	fclose(file);
}

/* Folders from the root on, for Sendmail looks at each. */
static void find_unsafe(const struct conf_socket *socket, char unsafe[PATH_MAX], bool *is_sticky)
{
	const char *path = socket->path;

	for (size_t at = 1; path != NULL && path[at] != '\0'; at++) {
		char folder[PATH_MAX];
		struct stat status;

		if (path[at] != '/')
			continue;
		snprintf(folder, sizeof(folder), "%.*s", (int)at, path);
		if (stat(folder, &status) == -1 || (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
			continue;
		/* One without the sticky bit is worse. */
		if (*unsafe == '\0' || (status.st_mode & S_ISVTX) == 0) {
			snprintf(unsafe, PATH_MAX, "%s", folder);
			*is_sticky = (status.st_mode & S_ISVTX) != 0;
		}
	}
}

void sendmail_facts_gather(struct sendmail_facts *facts, const char *path, const struct conf *conf)
{
	*facts = (struct sendmail_facts){.path = path == NULL ? "/etc/mail/sendmail.cf" : path};
	read_text(facts);
	find_unsafe(&conf->milter_socket, facts->unsafe[0], &facts->is_sticky[0]);
	find_unsafe(&conf->map_socket, facts->unsafe[1], &facts->is_sticky[1]);
}

void sendmail_facts_free(struct sendmail_facts *facts)
{
	free(facts->text);
	facts->text = NULL;
}
