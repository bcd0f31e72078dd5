/* machine: what doctor looks at: configuration, daemon, MTA and log as they stand
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/machine.h"
#include "doctor/aside.h"
#include "doctor/command.h"
#include "start/place.h"
#include "start/preflight.h"

#include <libgen.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	COMMAND_MS = 10000,
	PREFLIGHT_MS = 30000,
	PREFLIGHT_MAX = 65536,
	RESOLVE_MS = 15000,
	RESOLVE_MAX = 65536
};

/* Whom the installed unit starts. */
static const char unit_user[] = "nexthop-milter";
static const char unit[] = "nexthop-milter.service";

void machine_open(struct machine *machine, const struct machine_settings *settings)
{
	*machine = (struct machine){.settings = settings, .config = settings->config};
	fault_list_init(&machine->faults);
	machine->conf = conf_load(settings->config, &machine->faults);
	machine->is_root = geteuid() == 0;
	snprintf(machine->user, sizeof(machine->user), "%.*s",
		settings->user == NULL ? -1 : (int)strcspn(settings->user, ":"),
		settings->user == NULL ? unit_user : settings->user);
	machine->has_user = getpwnam(machine->user) != NULL;
}

/* ---- what a start would meet: by a process that becomes the daemon's user */

static void run_preflight(void *context, FILE *out)
{
	const struct machine *machine = context;
	const struct preflight preflight = {.purpose = PREFLIGHT_CHECK};
	struct fault_list faults;

	fault_list_init(&faults);
	preflight_check(&preflight, machine->conf, &faults);
	for (size_t i = 0; i < faults.count; i++)
		fprintf(out, "%d\t%d\t%s\t%s\n", faults.faults[i].warning, faults.faults[i].line,
			faults.faults[i].file, faults.faults[i].text);
	fault_list_free(&faults);
}

static void take_fault(struct machine *machine, char *line)
{
	const char *warning = strsep(&line, "\t");
	const char *number = strsep(&line, "\t");
	const char *file = strsep(&line, "\t");

	if (line == NULL)
		return;
	if (*warning == '1')
		fault_warn(&machine->faults, file, atoi(number), "%s", line);
	else
		fault_add(&machine->faults, file, atoi(number), "%s", line);
}

static bool is_daemon_user(const struct machine *machine)
{
	const struct passwd *passwd = getpwnam(machine->user);

	return passwd != NULL && passwd->pw_uid == geteuid();
}

static void check_start(struct machine *machine)
{
	struct aside aside = {.limit_ms = PREFLIGHT_MS};
	char *text, *rest, *line;

	/* What anybody else may not open says nothing of the daemon. */
	if (!machine->is_root && !is_daemon_user(machine))
		return;
	text = malloc(PREFLIGHT_MAX);
	rest = text;
	if (machine->is_root && machine->has_user)
		aside.user = machine->user;
	if (text != NULL && aside_run(&aside, run_preflight, machine, text, PREFLIGHT_MAX))
		while ((line = strsep(&rest, "\n")) != NULL)
			take_fault(machine, line);
	free(text);
}

/* ---- the unit */

static void take_property(struct machine *machine, const char *line)
{
	if (strcmp(line, "LoadState=loaded") == 0)
		machine->has_unit = true;
	else if (strncmp(line, "ActiveState=", 12) == 0)
		snprintf(machine->unit_state, sizeof(machine->unit_state), "%s", line + 12);
}

static void look_at_unit(struct machine *machine)
{
	struct command command;
	char *rest, *line;

	machine->has_systemd = access("/run/systemd/system", F_OK) == 0;
	if (!machine->has_systemd)
		return;
	command_run(&command,
		(const char *const[]){
			"systemctl", "show", "-p", "LoadState,ActiveState", unit, NULL},
		COMMAND_MS);
	rest = command.output;
	while ((line = strsep(&rest, "\n")) != NULL)
		take_property(machine, line);
	command_free(&command);
}

/* Beside the configuration, or where it is installed. */
static void find_header_checks(struct machine *machine)
{
	char copy[PATH_MAX];
	int length;

	snprintf(copy, sizeof(copy), "%s", machine->config);
	length = snprintf(machine->header_checks, sizeof(machine->header_checks),
		"%s/postfix_header_checks", dirname(copy));
	if (length < (int)sizeof(machine->header_checks) && machine->header_checks[0] == '/' &&
		access(machine->header_checks, R_OK) == 0)
		return;
	snprintf(machine->header_checks, sizeof(machine->header_checks), "%s",
		SYSCONFDIR "/nexthop-milter/postfix_header_checks");
	if (access(machine->header_checks, R_OK) == -1)
		machine->header_checks[0] = '\0';
}

/* Whose process it is that listens on the control socket. */
static void find_user(struct machine *machine)
{
	const char *path = machine->conf->control_socket.path;
	char why[256], process[64];
	const struct passwd *passwd = NULL;
	struct stat status;
	pid_t pid;

	if (place_find_socket(path, &pid, why, sizeof(why)) != PLACE_IN_USE || pid == 0)
		return;
	snprintf(process, sizeof(process), "/proc/%ld", (long)pid);
	if (stat(process, &status) == 0)
		passwd = getpwuid(status.st_uid);
	if (passwd != NULL)
		snprintf(machine->user, sizeof(machine->user), "%s", passwd->pw_name);
	machine->has_user = machine->has_user || passwd != NULL;
}

/* ---- names of hosts */

static void resolve(void *context, FILE *out)
{
	const struct table *table = &((const struct machine *)context)->conf->table;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

	for (size_t i = 0; i < table->pool_count; i++)
		for (int k = 0; k < table->pools[i].host_count; k++) {
			const struct pool_host *host = &table->pools[i].hosts[k];
			struct addrinfo *found = NULL;
			int error;

			if (host->kind != HOST_NAME || host->lookup != LOOKUP_HOST)
				continue;
			error = getaddrinfo(host->name, NULL, &hints, &found);
			if (error == 0)
				freeaddrinfo(found);
			else
				fprintf(out, "%s\t%s\n", host->name, gai_strerror(error));
			fflush(out);
		}
}

static void take_unresolved(struct machine *machine, char *line)
{
	const char *name = strsep(&line, "\t");
	struct machine_unresolved *unresolved = &machine->unresolved[machine->unresolved_count];

	if (line == NULL || machine->unresolved_count == MACHINE_UNRESOLVED_MAX)
		return;
	/* A host may be in several pools. */
	for (int i = 0; i < machine->unresolved_count; i++)
		if (strcmp(machine->unresolved[i].name, name) == 0)
			return;
	snprintf(unresolved->name, sizeof(unresolved->name), "%s", name);
	snprintf(unresolved->why, sizeof(unresolved->why), "%s", line);
	machine->unresolved_count++;
}

static void find_unresolved(struct machine *machine)
{
	const struct aside aside = {.limit_ms = RESOLVE_MS};
	char *text = malloc(RESOLVE_MAX);
	char *rest = text;
	char *line;

	if (text != NULL && aside_run(&aside, resolve, machine, text, RESOLVE_MAX))
		while ((line = strsep(&rest, "\n")) != NULL)
			take_unresolved(machine, line);
	free(text);
}

/* ---- files and the kernel */

static void note_change(struct machine *machine, const char *path)
{
	struct stat status;

	if (path != NULL && stat(path, &status) == 0 &&
		status.st_mtime > machine->config_changed_at)
		machine->config_changed_at = status.st_mtime;
}

/* Files that are included are known by what stands in them; mostly it is one file in a row. */
static void find_change(struct machine *machine)
{
	const struct table *table = &machine->conf->table;
	const char *last = NULL;

	note_change(machine, machine->config);
	for (size_t i = 0; i < table->route_count; i++) {
		if (table->routes[i].file != last)
			note_change(machine, table->routes[i].file);
		last = table->routes[i].file;
	}
	for (size_t i = 0; i < table->pool_count; i++)
		note_change(machine, table->pools[i].file);
}

static void read_kernel(struct machine *machine)
{
	FILE *file = fopen("/proc/sys/net/core/somaxconn", "re");

	if (file == NULL)
		return;
	if (fscanf(file, "%d", &machine->somaxconn) != 1)
		machine->somaxconn = 0;
	fclose(file);
}

static void read_log(struct machine *machine)
{
	const char *program =
		machine->postfix.settings == NULL
			? ""
			: postfix_settings_get(machine->postfix.settings, "syslog_name");

	if (machine->conf->log[0] == '/')
		log_facts_read(&machine->log, machine->conf->log, program);
}

void machine_gather(struct machine *machine)
{
	look_at_unit(machine);
	find_header_checks(machine);
	if (machine->conf == NULL)
		return;
	if (machine->settings->user == NULL && machine->daemon.answers)
		find_user(machine);
	check_start(machine);
	find_unresolved(machine);
	find_change(machine);
	read_kernel(machine);
	if (machine->conf->mta == CONF_MTA_POSTFIX)
		postfix_facts_gather(
			&machine->postfix, machine->settings->postfix_config, machine->conf);
	else
		sendmail_facts_gather(
			&machine->sendmail, machine->settings->sendmail_config, machine->conf);
	read_log(machine);
}

void machine_close(struct machine *machine)
{
	postfix_facts_free(&machine->postfix);
	sendmail_facts_free(&machine->sendmail);
	conf_free(machine->conf);
	machine->conf = NULL;
	fault_list_free(&machine->faults);
}
