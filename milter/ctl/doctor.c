/* doctor: what is wrong with this machine's set-up, and what mends it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/doctor.h"
#include "ctl/answer.h"
#include "ctl/fields.h"
#include "doctor/command.h"
#include "doctor/diagnosis.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_MAX_OCTETS = 8192, FIX_MS = 120000 };

static const char default_config[] = SYSCONFDIR "/nexthop-milter/routes.cfg";

struct examination {
	const struct verb_call *call;
	struct machine_settings settings;
	char config[PATH_MAX];
	struct machine machine;
	struct finding_list list;
};

/* ---- facts that the daemon tells */

/* 0: it is no time. */
static time_t read_time(const json_t *object, const char *name)
{
	const char *text = fields_text(object, name);
	struct tm utc = {.tm_isdst = 0};

	return text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc) == NULL ? 0
										  : timegm(&utc);
}

static void take_reasons(struct machine_daemon *daemon, const json_t *condition)
{
	size_t i;
	json_t *reason;

	json_array_foreach (json_object_get(condition, "reasons"), i, reason)
		if (daemon->reason_count < MACHINE_REASONS_MAX)
			snprintf(daemon->reasons[daemon->reason_count++], MACHINE_TEXT_MAX, "%s",
				fields_shown(reason, "text"));
}

static void take_status(struct machine_daemon *daemon, const json_t *answer)
{
	const json_t *reload = json_object_get(answer, "reload");

	daemon->answers = true;
	snprintf(daemon->version, sizeof(daemon->version), "%s", fields_shown(answer, "version"));
	snprintf(daemon->config, sizeof(daemon->config), "%s", fields_shown(answer, "config"));
	daemon->read_at = read_time(answer, "started");
	if (json_is_true(json_object_get(reload, "ok")) && read_time(reload, "time") != 0)
		daemon->read_at = read_time(reload, "time");
	daemon->descriptors_limit = fields_number(json_object_get(answer, "descriptors"), "limit");
	take_reasons(daemon, json_object_get(answer, "condition"));
}

/* Where the configuration says that it listens, unless the command line says where. */
static void ask_daemon(struct examination *examination)
{
	const struct verb_call *call = examination->call;
	const struct conf *conf = examination->machine.conf;
	struct client *client = client_new(
		call->has_socket || conf == NULL ? call->socket : conf->control_socket.path);
	json_t *answer = NULL;
	int result;

	if (client == NULL)
		return;
	client_be_quiet(client, true);
	client_begin(client, "/v1/status");
	result = client_send(client, CLIENT_GET, &answer);
	if (result == CLIENT_DONE)
		take_status(&examination->machine.daemon, answer);
	else
		examination->machine.daemon.was_refused = result == CLIENT_NO;
	json_decref(answer);
	client_free(client);
}

/* ---- looking */

static void begin(struct examination *examination, const struct verb_call *call)
{
	const char *config = call->config == NULL ? default_config : call->config;

	*examination = (struct examination){.call = call};
	/* As the daemon would say it. */
	if (realpath(config, examination->config) == NULL)
		snprintf(examination->config, sizeof(examination->config), "%s", config);
	examination->settings = (struct machine_settings){
		.config = examination->config,
		.user = call->user,
		.postfix_config = call->postfix_config,
		.sendmail_config = call->sendmail_config,
		.version = call->version,
	};
}

static void forget(struct examination *examination)
{
	finding_list_free(&examination->list);
	machine_close(&examination->machine);
}

static void look(struct examination *examination)
{
	machine_open(&examination->machine, &examination->settings);
	ask_daemon(examination);
	machine_gather(&examination->machine);
	diagnosis_make(&examination->list, &examination->machine);
}

static bool is_well(const struct finding_list *list)
{
	return finding_list_count(list, FINDING_ERROR) == 0 &&
	       finding_list_count(list, FINDING_WARNING) == 0;
}

/* ---- as people read it */

/* In the manner of monitoring plugins. */
static void write_summary(const struct finding_list *list, char *out, size_t size)
{
	size_t errors = finding_list_count(list, FINDING_ERROR);
	size_t warnings = finding_list_count(list, FINDING_WARNING);
	size_t hints = finding_list_count(list, FINDING_HINT);
	int used;

	if (is_well(list))
		used = snprintf(out, size, "NEXTHOP OK - nothing is wrong");
	else
		used = snprintf(out, size, "NEXTHOP WARNING - %.*s",
			(int)strcspn(list->findings[0]->what, "|"), list->findings[0]->what);
	if (used < 0 || (size_t)used >= size)
		return;
	if (errors + warnings > 1)
		used += snprintf(
			out + used, size - (size_t)used, "; and %zu more", errors + warnings - 1);
	if ((size_t)used < size)
		snprintf(out + used, size - (size_t)used, " | errors=%zu warnings=%zu hints=%zu",
			errors, warnings, hints);
}

static void print_command(const struct finding_command *command, const char *before, FILE *to)
{
	char line[LINE_MAX_OCTETS];

	finding_command_format(line, sizeof(line), command);
	fprintf(to, "%s%s\n", before, line);
}

static void print_finding(const struct finding *finding, FILE *to)
{
	const char *severity = finding_severity_name(finding_severity(finding->kind));

	fprintf(to, "\n%s %s: %s\n", severity, finding_name(finding->kind), finding->what);
	fprintf(to, "  at   %s\n", finding->source);
	fprintf(to, "  why  %s\n", finding_why(finding->kind));
	for (int i = 0; i < finding->command_count; i++)
		print_command(&finding->commands[i], i == 0 ? "  fix  " : "       ", to);
	if (finding->advice != NULL)
		fprintf(to, "  %s %s\n", finding->command_count == 0 ? "fix " : "and ",
			finding->advice);
}

static void print_all(const struct finding_list *list, FILE *to)
{
	char summary[LINE_MAX_OCTETS];
	bool has_commands = false;

	write_summary(list, summary, sizeof(summary));
	fprintf(to, "%s\n", summary);
	for (size_t i = 0; i < list->count; i++) {
		print_finding(list->findings[i], to);
		has_commands = has_commands || finding_can_be_mended(list->findings[i]);
	}
	if (has_commands)
		fprintf(to,
			"\nmilterctl doctor --fix shows what would be run, --fix --yes runs it.\n");
}

/* ---- as JSON */

static json_t *command_lines(const struct finding *finding)
{
	json_t *lines = json_array();

	for (int i = 0; i < finding->command_count; i++) {
		char line[LINE_MAX_OCTETS];

		finding_command_format(line, sizeof(line), &finding->commands[i]);
		json_array_append_new(lines, json_string(line));
	}
	return lines;
}

static json_t *finding_object(const struct finding *finding)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:b}", "id",
		finding_name(finding->kind), "severity",
		finding_severity_name(finding_severity(finding->kind)), "what", finding->what,
		"why", finding_why(finding->kind), "source", finding->source, "fix",
		command_lines(finding), "advice",
		finding->advice == NULL ? json_null() : json_string(finding->advice), "by_hand",
		(int)!finding_can_be_mended(finding));
}

static void print_json(const struct examination *examination)
{
	const struct finding_list *list = &examination->list;
	const struct conf *conf = examination->machine.conf;
	char summary[LINE_MAX_OCTETS];
	json_t *findings = json_array();
	json_t *answer;

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(findings, finding_object(list->findings[i]));
	write_summary(list, summary, sizeof(summary));
	answer = json_pack("{s:b, s:s, s:o, s:s, s:I, s:I, s:I, s:o}", "ok", (int)is_well(list),
		"summary", summary, "mta",
		conf == NULL ? json_null()
			     : json_string(conf->mta == CONF_MTA_POSTFIX ? "postfix" : "sendmail"),
		"config", examination->config, "errors",
		(json_int_t)finding_list_count(list, FINDING_ERROR), "warnings",
		(json_int_t)finding_list_count(list, FINDING_WARNING), "hints",
		(json_int_t)finding_list_count(list, FINDING_HINT), "findings", findings);
	answer_print(answer, JSON_INDENT(2));
	json_decref(answer);
}

static int show(const struct examination *examination)
{
	if (examination->call->is_json)
		print_json(examination);
	else
		print_all(&examination->list, stdout);
	return is_well(&examination->list) ? CLIENT_DONE : CLIENT_NO;
}

/* ---- the commands, as a script */

static struct finding_command reload_command(const struct examination *examination)
{
	static char postfix[] = "postfix", option[] = "-c", reload[] = "reload";

	if (examination->call->postfix_config == NULL)
		return (struct finding_command){{postfix, reload, NULL}};
	return (struct finding_command){
		{postfix, option, (char *)examination->call->postfix_config, reload, NULL}};
}

static void print_step(const struct examination *examination, const struct finding *finding)
{
	bool is_held = diagnosis_is_held(&examination->list, &examination->machine, finding);

	printf("\n# %s: %s\n", finding_name(finding->kind), finding->what);
	if (is_held)
		printf("# Not yet: Postfix does not reach the daemon's sockets, and would tell "
		       "clients "
		       "451.\n");
	for (int i = 0; i < finding->command_count; i++)
		print_command(&finding->commands[i], is_held ? "# " : "", stdout);
	if (finding->advice != NULL)
		printf("# And: %s\n", finding->advice);
}

static void print_by_hand(const struct finding *finding)
{
	if (finding_can_be_mended(finding) || finding_severity(finding->kind) == FINDING_HINT)
		return;
	printf("\n# By hand: %s: %s\n", finding_name(finding->kind), finding->what);
	for (int i = 0; i < finding->command_count; i++)
		print_command(&finding->commands[i], "# ", stdout);
	if (finding->advice != NULL)
		printf("#   %s\n", finding->advice);
}

static int print_script(const struct examination *examination)
{
	const struct finding_list *list = &examination->list;
	const struct finding *finding = NULL;
	struct finding_command reload = reload_command(examination);
	bool is_changed = false;

	printf("#!/bin/sh\n# What milterctl doctor would run; milterctl doctor --fix --yes runs "
	       "it.\n"
	       "set -e\n");
	while ((finding = diagnosis_next(list, finding)) != NULL) {
		print_step(examination, finding);
		is_changed = is_changed ||
			     (diagnosis_is_of_postfix(finding) &&
				     !diagnosis_is_held(list, &examination->machine, finding));
	}
	if (is_changed && examination->machine.postfix.is_running) {
		printf("\n");
		print_command(&reload, "", stdout);
	}
	for (size_t i = 0; i < list->count; i++)
		print_by_hand(list->findings[i]);
	return CLIENT_DONE;
}

/* ---- run */

/* Where progress goes: with --json only the last word is to be JSON. */
static FILE *progress(const struct examination *examination)
{
	return examination->call->is_json ? stderr : stdout;
}

static bool run_command(const struct examination *examination, const struct finding_command *fix)
{
	struct command command;
	bool is_good;

	print_command(fix, "  ", progress(examination));
	fflush(progress(examination));
	is_good = command_run(&command, (const char *const *)fix->arguments, FIX_MS);
	if (!is_good)
		fprintf(progress(examination), "  FAILED: %s\n",
			command.why[0] == '\0' ? "no reason is given" : command.why);
	command_free(&command);
	return is_good;
}

/* What was tried, by kind and place: it is not tried again. */
static bool was_tried(const struct finding_list *tried, const struct finding *finding)
{
	for (size_t i = 0; i < tried->count; i++)
		if (tried->findings[i]->kind == finding->kind &&
			strcmp(tried->findings[i]->source, finding->source) == 0)
			return true;
	return false;
}

static const struct finding *find_untried(
	const struct examination *examination, const struct finding_list *tried)
{
	const struct finding *finding = NULL;

	while ((finding = diagnosis_next(&examination->list, finding)) != NULL)
		if (!was_tried(tried, finding))
			return finding;
	return NULL;
}

/* Whether it is gone after that. */
static bool is_left(const struct examination *examination, const struct finding *tried)
{
	for (size_t i = 0; i < examination->list.count; i++)
		if (examination->list.findings[i]->kind == tried->kind &&
			strcmp(examination->list.findings[i]->source, tried->source) == 0)
			return true;
	return false;
}

static void mend(struct examination *examination, const struct finding *finding,
	struct finding_list *tried, bool *is_changed)
{
	struct finding *note =
		finding_add(tried, finding->kind, finding->source, "%s", finding->what);
	bool is_good = true;

	fprintf(progress(examination), "%s: %s\n", finding_name(finding->kind), finding->what);
	if (diagnosis_is_held(&examination->list, &examination->machine, finding)) {
		fprintf(progress(examination),
			"  left alone: Postfix does not reach the daemon's sockets, and would tell "
			"clients 451\n");
		return;
	}
	*is_changed = *is_changed || diagnosis_is_of_postfix(finding);
	for (int i = 0; i < finding->command_count && is_good; i++)
		is_good = run_command(examination, &finding->commands[i]);
	forget(examination);
	look(examination);
	fprintf(progress(examination), "  %s\n",
		is_left(examination, note) ? "NOT MENDED" : "mended");
}

static int mend_all(struct examination *examination)
{
	struct finding_list tried = {.count = 0};
	struct finding_command reload = reload_command(examination);
	const struct finding *finding;
	bool is_changed = false;
	bool is_reloaded = true;
	int result;

	while ((finding = find_untried(examination, &tried)) != NULL)
		mend(examination, finding, &tried, &is_changed);
	if (is_changed && examination->machine.postfix.is_running) {
		fprintf(progress(examination), "Postfix reads its settings anew\n");
		is_reloaded = run_command(examination, &reload);
	}
	if (tried.count == 0)
		fprintf(progress(examination), "nothing to be run\n");
	fprintf(progress(examination), "\n");
	finding_list_free(&tried);
	result = show(examination);
	/* What Postfix has not read is not in force, however well it is written. */
	return is_reloaded ? result : CLIENT_NO;
}

int doctor_run(const struct verb_call *call)
{
	struct examination *examination;
	bool has_yes = (call->options & VERB_YES) != 0;
	bool has_fix = (call->options & VERB_FIX) != 0;
	int result;

	if (has_yes && !has_fix)
		return verbs_refuse(verbs_find("doctor"));
	examination = malloc(sizeof(*examination));
	if (examination == NULL) {
		fprintf(stderr, "milterctl: out of memory\n");
		return CLIENT_NO;
	}
	begin(examination, call);
	look(examination);
	if (has_yes)
		result = mend_all(examination);
	else if (has_fix && !call->is_json)
		result = print_script(examination);
	else
		result = show(examination);
	forget(examination);
	free(examination);
	return result;
}
