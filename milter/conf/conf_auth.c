/* conf_auth: the users and passwords with which the MTA logs in to hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_auth.h"
#include "conf/conf_file.h"
#include "conf/conf_texts.h"
#include "conf/vault.h"
#include "core/authinfo.h"
#include "core/endpoint.h"
#include "core/printable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a file with a password */

/* Gives NULL, or what is wrong with such a file. */
static const char *check_file(const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return "it is not a regular file";
	if ((status->st_mode & S_IRWXO) != 0)
		return "others than its owner and group have access to it: chmod 0640";
	if ((status->st_mode & S_IWGRP) != 0)
		return "its group may write to it: chmod 0640";
	if (status->st_size > CONF_AUTH_FILE_MAX)
		return "it is larger than 4096 octets";
	return NULL;
}

/* Makes the first of LENGTH octets a text. Gives NULL, or what is wrong with it. */
static const char *cut_line(char *octets, size_t length)
{
	char printable[CONF_AUTH_FILE_MAX + 1];
	char *end = memchr(octets, '\n', length);
	size_t line = end == NULL ? length : (size_t)(end - octets);
	bool is_printable;

	explicit_bzero(octets + line, length - line);
	if (line == 0)
		return "its first line is empty";
	if (memchr(octets, '\0', line) != NULL)
		return "its first line has a NUL";
	if (octets[line - 1] == '\r')
		return "its first line ends with a carriage return: it is of Windows, write it anew";
	printable_copy(printable, sizeof(printable), octets);
	is_printable = strcmp(printable, octets) == 0;
	explicit_bzero(printable, sizeof(printable));
	return is_printable ? NULL : "its first line has control characters or is not in UTF-8";
}

/* "USER:PASSWORD" in the vault, of a file of SIZE octets. NULL: without memory, or *WRONG says why. */
static const char *read_login(
	struct schema_reader *reader, int fd, size_t size, const char *user, const char **wrong)
{
	size_t before = strlen(user) + 1;
	char *login;
	ssize_t got;

	if (reader->vault == NULL)
		reader->vault = vault_new();
	login = reader->vault == NULL ? NULL : vault_take(reader->vault, before + size + 1);
	if (login == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	memcpy(login, user, before - 1);
	login[before - 1] = ':';
	got = conf_file_read(fd, login + before, size);
	*wrong = got == -1 ? strerror(errno) : cut_line(login + before, (size_t)got);
	return *wrong == NULL ? login : NULL;
}

/* The same of the file at PATH, with a fault. */
static const char *open_login(struct schema_reader *reader, const config_setting_t *setting,
	const char *path, const char *user)
{
	struct stat status;
	int fd = conf_file_open(path, &status);
	const char *wrong = fd == -1 ? strerror(errno) : check_file(&status);
	const char *login = NULL;

	if (wrong == NULL)
		login = read_login(reader, fd, (size_t)status.st_size, user, &wrong);
	if (wrong != NULL)
		schema_fault(reader, setting, "password_file %s: %s", path, wrong);
	if (fd != -1)
		close(fd);
	return login;
}

/* ---- a group "auth" */

/* Adds a fault, and gives false, if it could not be told from the password. */
static bool is_user(struct schema_reader *reader, const config_setting_t *setting, const char *user)
{
	if (*user == '\0' || strlen(user) > TABLE_USER_MAX)
		schema_fault(reader, setting, "auth: user has 1 to %d octets", (int)TABLE_USER_MAX);
	else if (strchr(user, ':') != NULL)
		schema_fault(reader, setting,
			"auth: user \"%s\" has a colon: Postfix parts user and password by it",
			user);
	else
		return true;
	return false;
}

static bool is_missing(
	struct schema_reader *reader, const config_setting_t *setting, const char *name)
{
	if (config_setting_get_member(setting, name) != NULL)
		return false;
	schema_fault(reader, setting, "auth: %s is missing", name);
	return true;
}

const struct table_auth *conf_auth_read(
	struct schema_reader *reader, const config_setting_t *setting)
{
	struct schema_auth from;
	struct table_auth *auth;
	const char *path;
	bool is_short;

	if (setting == NULL)
		return NULL;
	schema_read(reader, SCHEMA_AUTH, setting, &from);
	is_short = is_missing(reader, setting, "user");
	is_short = is_missing(reader, setting, "password_file") || is_short;
	if (is_short || from.user == NULL || from.password_file == NULL ||
		!is_user(reader, setting, from.user))
		return NULL;
	path = schema_path(reader, from.password_file);
	auth = arena_take(reader->arena, 1, sizeof(*auth));
	if (path == NULL || auth == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	*auth = (struct table_auth){
		.user = from.user,
		.password_file = path,
		.allows_cleartext = from.allow_cleartext == 1,
		.file = schema_file(reader, setting),
		.line = (int)config_setting_source_line(setting),
	};
	auth->login =
		reader->has_no_passwords ? from.user : open_login(reader, setting, path, from.user);
	return auth->login == NULL ? NULL : auth;
}

/* ---- all of them together */

static bool has_auth(const struct pool_host *host)
{
	return host->auth != NULL;
}

/*
 * Postfix asks for the bare name first, then for the host's text (test/postfix/auth.sh). What it is
 * told is to be what the host's pool says.
 */
static void check_host(struct schema_reader *reader, const struct conf_pools *pools,
	const struct table_hosts *logins, const struct pool_host *host)
{
	bool is_postfix = pools->mta == TABLE_POSTFIX;
	struct endpoint bare;
	const struct pool_host *told = NULL;

	if (is_postfix && host->lookup == LOOKUP_HOST && endpoint_parse(&bare, host->nexthop) == 0)
		told = table_find_host(logins, bare.name);
	if (told == NULL)
		told = table_find_host(logins, host->nexthop);
	if (told == NULL ||
		(host->auth != NULL && strcmp(host->auth->login, told->auth->login) == 0))
		return;
	fault_add(reader->faults, host->file, host->line,
		"host %s: the login for %s at %s:%d, as \"%s\", would be used here, too: %s",
		host->nexthop, told->nexthop, told->file, told->line, told->auth->user,
		is_postfix ? "Postfix asks by that text alone; give both the same auth, or another "
			     "port or name"
			   : "Sendmail asks by that text alone, without a port; give both the same "
			     "auth, or another name");
}

/* What Sendmail could not do: mail would go to the host without a login, and come back. */
static void check_for_sendmail(struct schema_reader *reader, const struct pool_host *host)
{
	const struct table_auth *auth = host->auth;

	if (host->lookup == LOOKUP_MX)
		fault_add(reader->faults, host->file, host->line,
			"host %s: auth is only for lookup = \"host\": Sendmail asks by the names of "
			"its MX records",
			host->nexthop);
	if (strlen(auth->user) > AUTHINFO_PART_MAX ||
		strlen(auth->login) > strlen(auth->user) + 1 + AUTHINFO_PART_MAX)
		fault_add(reader->faults, auth->file, auth->line,
			"auth: Sendmail has room for %d octets of a user, and of a password",
			(int)AUTHINFO_PART_MAX);
}

void conf_auth_finish(
	struct schema_reader *reader, const struct conf_pools *pools, struct conf *conf)
{
	const struct pool_host *first = conf_texts_first(pools, has_auth);

	if (first == NULL)
		return;
	if (conf->secret_socket.text == NULL)
		fault_add(reader->faults, first->auth->file, first->auth->line,
			"auth needs a socket on which the MTA asks for it: set "
			"secret_socket = \"unix:%s/nexthop-milter/secret.sock\"",
			pools->mta == TABLE_SENDMAIL ? "/run" : "/var/spool/postfix");
	conf_texts_collect(reader, pools, has_auth, &conf->table.logins);
	for (size_t i = 0; pools->mta == TABLE_SENDMAIL && i < conf->table.logins.count; i++)
		check_for_sendmail(reader, conf->table.logins.hosts[i]);
	conf_texts_check(reader, pools, &conf->table.logins, check_host);
}
