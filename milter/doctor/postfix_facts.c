/* postfix_facts: what is so of the Postfix of this machine
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/postfix_facts.h"
#include "doctor/command.h"
#include "doctor/setting_list.h"
#include "doctor/socket_name.h"
#include "start/privilege.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_MS = 10000, TRY_MS = 5000, ARGUMENTS_MAX = 8, TABLE_MAX = 1024 * 1024 };

/* PROGRAM [-c DIRECTORY] OPTIONS, which end with NULL. */
static bool run(const struct postfix_facts *facts, struct command *command, const char *program,
	const char *const *options)
{
	const char *arguments[ARGUMENTS_MAX + 4] = {program};
	int count = 1;

	if (facts->directory != NULL) {
		arguments[count++] = "-c";
		arguments[count++] = facts->directory;
	}
	for (int i = 0; i < ARGUMENTS_MAX && options[i] != NULL; i++)
		arguments[count++] = options[i];
	return command_run(command, arguments, COMMAND_MS);
}

static bool ask(const struct postfix_facts *facts, const char *table, const char *key,
	char answer[POSTFIX_FACTS_ANSWER_MAX])
{
	struct command command;
	bool is_found =
		run(facts, &command, "postmap", (const char *const[]){"-q", key, table, NULL});

	if (is_found)
		snprintf(answer, POSTFIX_FACTS_ANSWER_MAX, "%.*s",
			(int)strcspn(command.output, "\n"), command.output);
	command_free(&command);
	return is_found;
}

/* ---- settings */

static void read_settings(struct postfix_facts *facts)
{
	/* The names of services of -M and -P are whole only without -f. */
	static const char *const options[][3] = {
		{NULL}, {"-x", NULL}, {"-M", NULL}, {"-P", NULL}, {"-x", "-P", NULL}};
	enum { COUNT = sizeof(options) / sizeof(options[0]) };
	struct command commands[COUNT] = {{.output = NULL}};
	bool is_good = true;
	int count = 0;

	for (; count < COUNT && is_good; count++)
		is_good = run(facts, &commands[count], "postconf", options[count]);
	if (is_good) {
		facts->settings = postfix_settings_new(
			&(struct postfix_texts){commands[0].output, commands[1].output,
				commands[2].output, commands[3].output, commands[4].output});
		snprintf(facts->version, sizeof(facts->version), "%s",
			postfix_settings_get(facts->settings, "mail_version"));
	} else {
		snprintf(facts->why, sizeof(facts->why), "postconf: %.480s",
			commands[count - 1].why);
	}
	for (int i = 0; i < count; i++)
		command_free(&commands[i]);
}

/* ---- sockets */

static bool names_milter(struct span element, const struct conf *conf, const char *queue)
{
	struct span inside = setting_list_inside(element);
	struct span rest = inside;

	/* "{ unix:/path, default_action=tempfail }" */
	return (inside.length == element.length || setting_list_next(&rest, &inside)) &&
	       socket_name_is_postfix(inside, &conf->milter_socket, queue);
}

struct span postfix_facts_find_milter(
	const struct postfix_facts *facts, const struct conf *conf, const char *value, int *index)
{
	const char *queue = postfix_settings_get(facts->settings, "queue_directory");
	struct span rest = span_make(value, strlen(value));
	struct span element;

	for (*index = 0; setting_list_next(&rest, &element); ++*index)
		if (names_milter(element, conf, queue))
			return element;
	return span_make(value, 0);
}

/* "socketmap:unix:PATH:NAME" is ours by its path. */
static bool names_map(struct span table, const struct conf *conf, const char *queue)
{
	const char *name;

	span_take(&table, "proxy:");
	if (conf->map_socket.text == NULL || !span_take(&table, "socketmap:"))
		return false;
	name = span_find_last(table, ":");
	return name != NULL &&
	       socket_name_is_postfix(span_before(table, name), &conf->map_socket, queue);
}

struct span postfix_facts_find_map(
	const struct postfix_facts *facts, const struct conf *conf, const char *value, int *index)
{
	const char *queue = postfix_settings_get(facts->settings, "queue_directory");
	struct span rest = span_make(value, strlen(value));
	struct span element;

	for (*index = 0; setting_list_next(&rest, &element); ++*index) {
		struct span inside = element;
		struct span before, table;

		if (names_map(element, conf, queue))
			return element;
		if (!span_take_until(&inside, ":{", &before))
			continue;
		while (setting_list_next(&inside, &table)) {
			if (table.length > 0 && table.at[table.length - 1] == '}')
				table.length--;
			if (names_map(table, conf, queue))
				return element;
		}
	}
	return span_make(value, 0);
}

/* As main.cf has it, else as it should have it. */
static bool find_target(const struct postfix_facts *facts, const struct conf *conf,
	enum postfix_socket socket, struct reach_target *target)
{
	const char *queue = postfix_settings_get(facts->settings, "queue_directory");
	const struct conf_socket *own =
		socket == POSTFIX_MILTER ? &conf->milter_socket : &conf->map_socket;
	char name[SOCKET_NAME_MAX];
	struct span found;
	int index;

	if (own->text == NULL)
		return false;
	socket_name_for_postfix(name, own, queue);
	if (socket == POSTFIX_MILTER) {
		found = postfix_facts_find_milter(facts, conf,
			postfix_settings_get(facts->settings, "smtpd_milters"), &index);
		found = setting_list_inside(found);
		found.length = span_find(found, ",") == NULL
				       ? found.length
				       : (size_t)(span_find(found, ",") - found.at);
		if (found.length > 0)
			return socket_name_target(target, found);
	}
	return socket_name_target(target, span_make(name, strlen(name)));
}

static bool uses(const struct postfix_service *service, enum postfix_socket socket)
{
	return strcmp(service->program, socket == POSTFIX_MILTER ? "smtpd" : "trivial-rewrite") ==
	       0;
}

/* Whether some service that uses it is chrooted, or not. */
static bool is_used(const struct postfix_facts *facts, enum postfix_socket socket, bool is_chrooted)
{
	const struct postfix_service *service;

	for (size_t i = 0; (service = postfix_settings_service(facts->settings, i)) != NULL; i++)
		if (uses(service, socket) &&
			postfix_settings_is_chrooted(facts->settings, service) == is_chrooted)
			return true;
	return false;
}

static void try_sockets(struct postfix_facts *facts, const struct conf *conf)
{
	const char *queue = postfix_settings_get(facts->settings, "queue_directory");
	const char *owner = postfix_settings_get(facts->settings, "mail_owner");
	struct reach_target target;

	for (int socket = 0; socket < POSTFIX_SOCKET_COUNT; socket++) {
		if (!find_target(facts, conf, (enum postfix_socket)socket, &target))
			continue;
		for (int is_chrooted = 0; is_chrooted < 2; is_chrooted++) {
			struct aside as = {.user = *owner == '\0' ? "postfix" : owner,
				.root = is_chrooted ? queue : NULL,
				.folder = queue,
				.limit_ms = TRY_MS};

			if (is_used(facts, (enum postfix_socket)socket, is_chrooted))
				reach_try(&facts->reaches[socket][is_chrooted], &as, &target);
		}
	}
}

static void find_group(struct postfix_facts *facts)
{
	const char *owner = postfix_settings_get(facts->settings, "mail_owner");
	struct privilege privilege;
	char error[256];

	snprintf(facts->group, sizeof(facts->group), "postfix");
	if (geteuid() == 0 && privilege_find(&privilege, *owner == '\0' ? "postfix" : owner, error,
				      sizeof(error)) == 0)
		privilege_group_name(facts->group, privilege.gid);
	if (geteuid() == 0)
		privilege_free(&privilege);
}

/* ---- tables of policies and passwords */

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = file == NULL ? NULL : malloc(TABLE_MAX + 1);
	size_t length = text == NULL ? 0 : fread(text, 1, TABLE_MAX, file);

	if (text != NULL)
		text[length] = '\0';
	if (file != NULL)
		fclose(file);
	return text;
}

/* Indexed files are made of a text of that name. */
static void read_table(struct postfix_facts *facts, struct span table, bool is_password)
{
	static const char *const types[] = {
		"hash:", "btree:", "lmdb:", "cdb:", "dbm:", "sdbm:", "texthash:"};
	struct span path = table;
	bool is_file = false;
	char name[POSTFIX_FACTS_ANSWER_MAX];
	char *text;

	span_take(&path, "proxy:");
	for (size_t i = 0; !is_file && i < sizeof(types) / sizeof(types[0]); i++)
		is_file = span_take(&path, types[i]);
	if (!is_file || path.length >= sizeof(name) || facts->key_count == POSTFIX_FACTS_KEYS_MAX)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)path.length, path.at);
	text = read_file(name);
	if (text != NULL)
		facts->keys[facts->key_count++] =
			(struct postfix_keys){is_password, strndup(table.at, table.length), text};
}

static void read_tables(struct postfix_facts *facts, const char *setting, bool is_password)
{
	const char *value = postfix_settings_get(facts->settings, setting);
	struct span rest = span_make(value, strlen(value));
	struct span table;

	while (setting_list_next(&rest, &table))
		read_table(facts, table, is_password);
}

/* By its own note; "postfix status" is a script that takes a while. */
static bool is_running(const struct postfix_facts *facts)
{
	const char *queue = postfix_settings_get(facts->settings, "queue_directory");
	char path[PATH_MAX];
	long pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/pid/master.pid", queue);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fscanf(file, "%ld", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

void postfix_facts_gather(
	struct postfix_facts *facts, const char *directory, const struct conf *conf)
{
	*facts = (struct postfix_facts){.directory = directory, .ask = ask};
	read_settings(facts);
	if (facts->settings == NULL)
		return;
	find_group(facts);
	facts->is_running = is_running(facts);
	if (conf != NULL && geteuid() == 0)
		try_sockets(facts, conf);
	read_tables(facts, "smtp_tls_policy_maps", false);
	read_tables(facts, "smtp_sasl_password_maps", true);
}

void postfix_facts_free(struct postfix_facts *facts)
{
	for (int i = 0; i < facts->key_count; i++) {
		free(facts->keys[i].table);
		free(facts->keys[i].text);
	}
	facts->key_count = 0;
	postfix_settings_free(facts->settings);
	facts->settings = NULL;
}
