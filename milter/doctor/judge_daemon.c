/* judge_daemon: configuration and daemon: what is wrong on this side
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/judge_daemon.h"
#include "core/decimal.h"
#include "doctor/judge_reach.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SOURCE_MAX = PATH_MAX + 16 };

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* ---- the file */

/* A missing folder of the MTA's sockets has a finding of its own, with another owner and mode. */
static bool is_told_elsewhere(const struct machine *machine, const char *text)
{
	/* It gives the group, once it is there. */
	if (machine->conf != NULL && begins(text, "socket_group: user "))
		return judge_reach_lacks_folder(&machine->conf->milter_socket);
	return begins(text, "milter_socket: there is no folder") ||
	       begins(text, "map_socket: there is no folder");
}

/* What preflight.h says last is what helps: "usermod -a -G adm nexthop-milter". */
static void offer_log_group(
	struct finding *finding, const struct machine *machine, const char *text)
{
	static const char marker[] = ": usermod -a -G ";
	const char *at = strstr(text, marker);
	char group[PRIVILEGE_NAME_MAX];

	if (at == NULL || !machine->has_user) {
		finding_by_hand(finding, "give the log a group that user %s is in, and mode 0640",
			machine->user);
		return;
	}
	at += sizeof(marker) - 1;
	snprintf(group, sizeof(group), "%.*s", (int)strcspn(at, " "), at);
	FINDING_COMMAND(finding, "usermod", "-a", "-G", group, machine->user);
	if (machine->has_unit)
		FINDING_COMMAND(finding, "systemctl", "restart", "nexthop-milter");
	else
		finding_advise(finding, "start the daemon anew: a process keeps the groups it has");
}

static void judge_fault(
	struct finding_list *list, const struct machine *machine, const struct fault *fault)
{
	char source[SOURCE_MAX];
	struct finding *finding;

	snprintf(
		source, sizeof(source), fault->line > 0 ? "%s:%d" : "%s", fault->file, fault->line);
	if (is_told_elsewhere(machine, fault->text))
		return;
	if (fault->warning) {
		finding_by_hand(
			finding_add(list, FINDING_CONFIG_WARNING, source, "%s", fault->text),
			"see routes.cfg(5)");
		return;
	}
	if (begins(fault->text, "log: ")) {
		finding = finding_add(list, FINDING_LOG_ACCESS, source, "%s", fault->text);
		offer_log_group(finding, machine, fault->text);
		return;
	}
	finding_by_hand(
		finding_add(list, machine->conf == NULL ? FINDING_NO_CONFIG : FINDING_CONFIG,
			source, "%s", fault->text),
		"mend it, then: milterctl check %s", machine->config);
}

void judge_daemon_config(struct finding_list *list, const struct machine *machine)
{
	for (size_t i = 0; i < machine->faults.count; i++)
		judge_fault(list, machine, &machine->faults.faults[i]);
}

/* ---- the daemon */

void judge_daemon(struct finding_list *list, const struct machine *machine)
{
	const struct machine_daemon *daemon = &machine->daemon;
	const char *version = machine->settings->version;

	if (!daemon->answers)
		return;
	for (int i = 0; i < daemon->reason_count; i++)
		finding_by_hand(finding_add(list, FINDING_DAEMON, "milterctl status", "%s",
					daemon->reasons[i]),
			"see milterctl status");
	if (strcmp(daemon->version, version) != 0) {
		struct finding *finding = finding_add(list, FINDING_VERSION, "nexthop-milter",
			"the daemon is version %s, milterctl %s", daemon->version, version);

		if (machine->has_unit)
			FINDING_COMMAND(finding, "systemctl", "restart", "nexthop-milter");
		else
			finding_by_hand(finding, "stop the daemon, and start the installed one");
	}
	if (daemon->read_at != 0 && machine->config_changed_at > daemon->read_at)
		finding_by_hand(finding_add(list, FINDING_STALE_CONFIG, machine->config,
					"the file has changed since the daemon has read it"),
			"milterctl check %s, then milterctl reload", machine->config);
	if (strcmp(daemon->config, machine->config) != 0)
		finding_by_hand(finding_add(list, FINDING_OTHER_CONFIG, machine->config,
					"the daemon has read %s", daemon->config),
			"milterctl doctor --config %s, or start the daemon with -c %s",
			daemon->config, machine->config);
}

/* ---- the log */

static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return strcmp(a, b) == 0 ||
	       (stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
		       first.st_ino == second.st_ino);
}

static void judge_log_content(struct finding_list *list, const struct machine *machine)
{
	const struct log_facts *log = &machine->log;
	const char *path = machine->conf->log;

	if (!log->was_read)
		return;
	if (log->lines > 0 && log->understood == 0)
		finding_by_hand(
			finding_add(list, FINDING_LOG_STRANGE, path,
				"health.log = \"%s\": the form of its lines is not known: \"%s\"",
				path, log->strange),
			"have it written in the form of RFC 3164, RFC 5424 or ISO dates; see \"The "
			"MTA's log\" in routes.cfg(5)");
	else if (log->of_mta == 0)
		finding_by_hand(
			finding_add(list, FINDING_LOG_EMPTY, path,
				"health.log = \"%s\": no line of the MTA in its last %d lines",
				path, log->lines),
			"see where the MTA logs to: postconf maillog_file syslog_name, "
			"/etc/rsyslog.conf; or log = \"journal\"");
}

static void judge_log(struct finding_list *list, const struct machine *machine)
{
	const char *log = machine->conf->log;
	const char *written =
		machine->postfix.settings == NULL
			? ""
			: postfix_settings_get(machine->postfix.settings, "maillog_file");

	if (strcmp(log, "none") == 0) {
		finding_by_hand(
			finding_add(list, FINDING_NO_LOG, "health.log", "health.log is not set"),
			"in routes.cfg: health = { log = \"%s\"; };",
			*written == '/' ? written : "journal");
		return;
	}
	if (*written == '/' && (*log != '/' || !is_same_file(log, written)))
		finding_by_hand(finding_add(list, FINDING_LOG_ELSEWHERE, "health.log",
					"health.log = \"%s\", and Postfix writes maillog_file = %s",
					log, written),
			"in routes.cfg: health = { log = \"%s\"; };", written);
	else
		judge_log_content(list, machine);
}

/* ---- connections */

enum { LIMIT_SHIPPED = 100, DESCRIPTORS_OWN = 128 };

static int number_or(const char *text, int otherwise)
{
	int64_t number = decimal_parse(text, 0, 1000000);

	return number == -1 ? otherwise : (int)number;
}

/* So many processes of smtpd there may be, each with a connection to the milter. */
static int count_smtpd(const struct postfix_settings *settings)
{
	int all = number_or(postfix_settings_get(settings, "default_process_limit"), LIMIT_SHIPPED);
	const struct postfix_service *service;
	int count = 0;

	for (size_t i = 0; (service = postfix_settings_service(settings, i)) != NULL; i++)
		if (strcmp(service->program, "smtpd") == 0)
			count += number_or(service->maxproc, all);
	return count;
}

static void judge_connections(struct finding_list *list, const struct machine *machine)
{
	int64_t limit = machine->daemon.descriptors_limit;
	int smtpd;

	if (machine->postfix.settings == NULL)
		return;
	smtpd = count_smtpd(machine->postfix.settings);
	if (machine->daemon.answers && limit > 0 && limit < smtpd + DESCRIPTORS_OWN)
		finding_by_hand(
			finding_add(list, FINDING_DESCRIPTORS, "LimitNOFILE",
				"the daemon may have %lld descriptors, and Postfix %d smtpd "
				"processes",
				(long long)limit, smtpd),
			"systemctl edit nexthop-milter: LimitNOFILE=65536, or ulimit -n, and "
			"restart it");
	if (machine->somaxconn > 0 && machine->somaxconn < smtpd) {
		struct finding *finding = finding_add(list, FINDING_BACKLOG, "net.core.somaxconn",
			"net.core.somaxconn is %d, and Postfix may have %d smtpd processes",
			machine->somaxconn, smtpd);
		char value[64];

		snprintf(value, sizeof(value), "net.core.somaxconn=%d", smtpd);
		FINDING_COMMAND(finding, "sysctl", "-w", value);
		finding_by_hand(finding, "put it into /etc/sysctl.d, too, and restart the daemon");
	}
}

void judge_daemon_surroundings(struct finding_list *list, const struct machine *machine)
{
	judge_log(list, machine);
	judge_connections(list, machine);
}
