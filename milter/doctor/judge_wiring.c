/* judge_wiring: whether main.cf and master.cf have Postfix query the daemon, and heed it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/judge_wiring.h"
#include "doctor/setting_list.h"
#include "doctor/socket_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A header as the milter adds it, and what a table has to say of it. */
static const char example_header[] = "X-Nexthop-Route: smtp:[192.0.2.1],[192.0.2.2]";
static const char example_filter[] = "FILTER smtp:[192.0.2.1],[192.0.2.2]";

struct judge {
	struct finding_list *list;
	const struct machine *machine;
	const struct conf *conf;
	const struct postfix_facts *postfix;
	const struct postfix_settings *settings;
	char milter[SOCKET_NAME_MAX]; /* as smtpd_milters wants it */
};

void judge_wiring_postconf(struct finding *finding, const struct machine *machine,
	const char *option, const char *name, const char *value)
{
	const char *folder = machine->postfix.directory;
	bool is_service = strcmp(option, "-P") == 0;
	char *compact = is_service ? setting_list_compact(value) : strdup(value);
	char *assignment = NULL;

	if (compact == NULL ||
		asprintf(&assignment, is_service ? "%s=%s" : "%s = %s", name, compact) == -1)
		assignment = NULL;
	free(compact);
	if (assignment == NULL)
		return;
	if (folder == NULL)
		FINDING_COMMAND(finding, "postconf", option, assignment);
	else
		FINDING_COMMAND(finding, "postconf", "-c", folder, option, assignment);
	free(assignment);
}

/* "smtp/inet/smtpd_milters" */
static void name_override(
	char *out, size_t size, const struct postfix_service *service, const char *name)
{
	snprintf(out, size, "%s/%s/%s", service->name, service->type, name);
}

/* ---- what happens while the milter is down */

static bool is_safe(const char *action)
{
	return strcmp(action, "tempfail") == 0 || strcmp(action, "shutdown") == 0;
}

/* The default_action of an element in braces; "": it has none. */
static void own_action(struct span element, char *out, size_t size)
{
	static const char key[] = "default_action";
	struct span rest = setting_list_inside(element);
	struct span part;

	out[0] = '\0';
	while (setting_list_next(&rest, &part)) {
		/* "default_action=tempfail", with or without spaces around "=" */
		if (!span_take(&part, key))
			continue;
		if (part.length == 0 && !setting_list_next(&rest, &part))
			return;
		if (span_take(&part, "=") && part.length == 0 && !setting_list_next(&rest, &part))
			return;
		snprintf(out, size, "%.*s", (int)part.length, part.at);
	}
}

/* Our element, such that mail waits while the milter is down. */
static void write_element(const struct judge *judge, const char *action, char *out, size_t size)
{
	if (is_safe(action))
		snprintf(out, size, "%s", judge->milter);
	else
		snprintf(out, size, "{ %s, default_action=tempfail }", judge->milter);
}

static void judge_action(const struct judge *judge, struct span element, const char *action,
	const char *raw, const char *option, const char *name)
{
	char own[64], text[SOCKET_NAME_MAX + 64];
	struct finding *finding;
	struct span written;
	char *value;
	int index;

	own_action(element, own, sizeof(own));
	if (is_safe(*own == '\0' ? action : own))
		return;
	finding = finding_add(judge->list, FINDING_DEFAULT_ACTION, name,
		"%s = %s holds for the milter",
		*own == '\0' ? "milter_default_action" : "default_action",
		*own == '\0' ? action : own);
	written = postfix_facts_find_milter(judge->postfix, judge->conf, raw, &index);
	write_element(judge, "accept", text, sizeof(text));
	if (written.length == 0 || *own != '\0') {
		finding_by_hand(
			finding, "set default_action=tempfail where %s is set", judge->milter);
		return;
	}
	value = setting_list_with_instead(raw, written, text);
	judge_wiring_postconf(finding, judge->machine, option, name, value == NULL ? raw : value);
	free(value);
}

/* ---- smtpd_milters */

/* A milter of another name that is ours too, from before: two of them would be worse than none. */
static bool has_older(const char *value)
{
	return strstr(value, "nexthop") != NULL;
}

static void offer_milter(const struct judge *judge, struct finding *finding, const char *raw,
	const char *action, const char *option, const char *name)
{
	char element[SOCKET_NAME_MAX + 64];
	char *value;

	write_element(judge, action, element, sizeof(element));
	value = setting_list_with_last(raw, element);
	if (has_older(raw))
		finding_by_hand(finding,
			"%s has a socket of another name: put %s in its place, if that was this "
			"milter's",
			name, element);
	else if (value != NULL)
		judge_wiring_postconf(finding, judge->machine, option, name, value);
	free(value);
}

static void judge_order(
	const struct judge *judge, const char *value, struct span ours, const char *source)
{
	struct span rest = span_make(ours.at + ours.length, strlen(ours.at + ours.length));
	struct span next;

	if (setting_list_next(&rest, &next))
		finding_by_hand(
			finding_add(judge->list, FINDING_MILTER_ORDER, source,
				"%.*s comes after nexthop-milter", (int)next.length, next.at),
			"make nexthop-milter the last of %s, if rules look at what others add",
			value == NULL ? "" : source);
}

/* VALUE holds for the whole of main.cf, or for one service. */
static void judge_milters(const struct judge *judge, const struct postfix_service *service,
	const char *value, const char *raw)
{
	const char *action =
		service == NULL
			? postfix_settings_get(judge->settings, "milter_default_action")
			: postfix_settings_of(judge->settings, service, "milter_default_action");
	char name[512] = "smtpd_milters";
	const char *option = service == NULL ? "-e" : "-P";
	struct finding *finding;
	struct span ours;
	int index;

	if (service != NULL)
		name_override(name, sizeof(name), service, "smtpd_milters");
	ours = postfix_facts_find_milter(judge->postfix, judge->conf, value, &index);
	if (ours.length > 0) {
		judge_action(judge, ours, action, raw, option, name);
		judge_order(judge, value, ours, name);
		return;
	}
	finding = finding_add(judge->list, service == NULL ? FINDING_NOT_WIRED : FINDING_OVERRIDDEN,
		name, "%s = %s does not name the milter's socket, %s", name,
		*raw == '\0' ? "(empty)" : raw, judge->milter);
	offer_milter(judge, finding, raw, action, option, name);
	if (service != NULL && *raw == '\0')
		finding_by_hand(finding, "only if mail that comes in there is to be routed: an "
					 "empty value is mostly meant, for mail that was filtered");
}

/* Mail that is taken in without milters. */
static void judge_no_milters(const struct judge *judge, const struct postfix_service *service)
{
	const char *value =
		service == NULL ? postfix_settings_get(judge->settings, "receive_override_options")
				: postfix_settings_override(
					  judge->settings, service, "receive_override_options");
	char name[512] = "receive_override_options";

	if (value == NULL || !setting_list_has(value, "no_milters"))
		return;
	if (service != NULL)
		name_override(name, sizeof(name), service, "receive_override_options");
	finding_by_hand(finding_add(judge->list, FINDING_NO_MILTERS, name, "%s = %s", name, value),
		"take no_milters out, if that mail is to be routed by the milter");
}

static bool is_program(const struct postfix_service *service, const char *program)
{
	return strcmp(service->program, program) == 0;
}

static void judge_smtpd(const struct judge *judge)
{
	const struct postfix_service *service;
	bool is_main_used = false;

	for (size_t i = 0; (service = postfix_settings_service(judge->settings, i)) != NULL; i++) {
		const char *value, *raw;

		if (!is_program(service, "smtpd"))
			continue;
		value = postfix_settings_override(judge->settings, service, "smtpd_milters");
		raw = postfix_settings_override_raw(judge->settings, service, "smtpd_milters");
		if (value == NULL)
			is_main_used = true;
		else
			judge_milters(judge, service, value, raw == NULL ? value : raw);
		judge_no_milters(judge, service);
	}
	judge_no_milters(judge, NULL);
	if (is_main_used)
		judge_milters(judge, NULL, postfix_settings_get(judge->settings, "smtpd_milters"),
			postfix_settings_raw(judge->settings, "smtpd_milters"));
}

/* ---- milter_header_checks */

static void offer_checks(const struct judge *judge, struct finding *finding, const char *raw,
	const char *option, const char *name)
{
	char table[PATH_MAX + 16];
	char *value;

	if (judge->machine->header_checks[0] == '\0') {
		finding_by_hand(finding, "install postfix_header_checks beside routes.cfg first");
		return;
	}
	snprintf(table, sizeof(table), "regexp:%s", judge->machine->header_checks);
	value = setting_list_with_first(raw, table);
	if (value != NULL)
		judge_wiring_postconf(finding, judge->machine, option, name, value);
	free(value);
}

static void judge_checks_of(const struct judge *judge, const struct postfix_service *service,
	const char *value, const char *raw)
{
	char name[512] = "milter_header_checks";
	char answer[POSTFIX_FACTS_ANSWER_MAX] = "";
	struct span rest = span_make(value, strlen(value));
	char table[POSTFIX_FACTS_ANSWER_MAX] = "";
	struct span element;
	struct finding *finding;

	if (service != NULL)
		name_override(name, sizeof(name), service, "milter_header_checks");
	while (*answer == '\0' && setting_list_next(&rest, &element)) {
		snprintf(table, sizeof(table), "%.*s", (int)element.length, element.at);
		if (!judge->postfix->ask(judge->postfix, table, example_header, answer))
			answer[0] = '\0';
	}
	if (strcmp(answer, example_filter) == 0)
		return;
	if (*answer != '\0') {
		finding = finding_add(judge->list, FINDING_NO_HEADER_CHECKS, name,
			"%s says \"%s\" of the milter's header, before its own table is asked",
			table, answer);
		finding_by_hand(finding, "have the table postfix_header_checks come first");
		return;
	}
	finding = finding_add(judge->list,
		service == NULL ? FINDING_NO_HEADER_CHECKS : FINDING_OVERRIDDEN, name,
		"%s = %s does not know the milter's header, X-Nexthop-Route", name,
		*raw == '\0' ? "(empty)" : raw);
	offer_checks(judge, finding, raw, service == NULL ? "-e" : "-P", name);
}

static void judge_checks(const struct judge *judge)
{
	const struct postfix_service *service;
	bool is_main_used = false;

	if (judge->conf->delivery != CONF_DELIVERY_FILTER)
		return;
	for (size_t i = 0; (service = postfix_settings_service(judge->settings, i)) != NULL; i++) {
		const char *value, *raw;

		if (!is_program(service, "cleanup"))
			continue;
		value = postfix_settings_override(judge->settings, service, "milter_header_checks");
		raw = postfix_settings_override_raw(
			judge->settings, service, "milter_header_checks");
		if (value == NULL)
			is_main_used = true;
		else
			judge_checks_of(judge, service, value, raw == NULL ? value : raw);
	}
	if (is_main_used)
		judge_checks_of(judge, NULL,
			postfix_settings_get(judge->settings, "milter_header_checks"),
			postfix_settings_raw(judge->settings, "milter_header_checks"));
}

/* ---- transport_maps */

static void judge_map_of(const struct judge *judge, const struct postfix_service *service,
	const char *value, const char *raw)
{
	const char *queue = postfix_settings_get(judge->settings, "queue_directory");
	char name[512] = "transport_maps";
	char socket[SOCKET_NAME_MAX], table[SOCKET_NAME_MAX + 32];
	struct finding *finding;
	char *merged;
	int index;

	if (service != NULL)
		name_override(name, sizeof(name), service, "transport_maps");
	snprintf(table, sizeof(table), "socketmap:%s:transport",
		socket_name_for_postfix(socket, &judge->conf->map_socket, queue));
	if (postfix_facts_find_map(judge->postfix, judge->conf, value, &index).length > 0) {
		if (index > 0)
			finding_by_hand(
				finding_add(judge->list, FINDING_OTHER_MAP_FIRST, name,
					"%s = %s has another table before the map", name, raw),
				"put %s first, unless the other table is meant to decide", table);
		return;
	}
	finding = finding_add(judge->list, service == NULL ? FINDING_NO_MAP : FINDING_OVERRIDDEN,
		name, "%s = %s does not name the map, %s", name, *raw == '\0' ? "(empty)" : raw,
		table);
	merged = setting_list_with_first(raw, table);
	if (has_older(raw))
		finding_by_hand(finding,
			"%s has a map of another name: put %s in its place, if that was this one's",
			name, table);
	else if (merged != NULL)
		judge_wiring_postconf(
			finding, judge->machine, service == NULL ? "-e" : "-P", name, merged);
	free(merged);
}

static void judge_map(const struct judge *judge)
{
	const struct postfix_service *service;
	bool is_main_used = false;

	if (judge->conf->map_socket.text == NULL)
		return;
	for (size_t i = 0; (service = postfix_settings_service(judge->settings, i)) != NULL; i++) {
		const char *value, *raw;

		if (!is_program(service, "trivial-rewrite"))
			continue;
		value = postfix_settings_override(judge->settings, service, "transport_maps");
		raw = postfix_settings_override_raw(judge->settings, service, "transport_maps");
		if (value == NULL)
			is_main_used = true;
		else
			judge_map_of(judge, service, value, raw == NULL ? value : raw);
	}
	if (is_main_used)
		judge_map_of(judge, NULL, postfix_settings_get(judge->settings, "transport_maps"),
			postfix_settings_raw(judge->settings, "transport_maps"));
}

/* ---- content_filter */

static void judge_filter_of(const struct judge *judge, const struct postfix_service *service)
{
	char name[512] = "content_filter";
	const char *value = service == NULL
				    ? postfix_settings_get(judge->settings, name)
				    : postfix_settings_override(judge->settings, service, name);

	if (value == NULL || *value == '\0')
		return;
	if (service != NULL)
		name_override(name, sizeof(name), service, "content_filter");
	finding_by_hand(
		finding_add(judge->list, FINDING_CONTENT_FILTER, name, "%s = %s", name, value),
		"set postfix_delivery = \"map\" and map_socket in routes.cfg: then the list "
		"comes by transport_maps, after the filter");
}

static void judge_filter(const struct judge *judge)
{
	const struct postfix_service *service;

	/* By the map, hosts are looked up when the filter has given the message back. */
	if (judge->conf->delivery != CONF_DELIVERY_FILTER)
		return;
	judge_filter_of(judge, NULL);
	for (size_t i = 0; (service = postfix_settings_service(judge->settings, i)) != NULL; i++)
		if (is_program(service, "smtpd") || is_program(service, "pickup"))
			judge_filter_of(judge, service);
}

void judge_wiring(struct finding_list *list, const struct machine *machine)
{
	struct judge judge = {
		.list = list,
		.machine = machine,
		.conf = machine->conf,
		.postfix = &machine->postfix,
		.settings = machine->postfix.settings,
	};

	socket_name_for_postfix(judge.milter, &machine->conf->milter_socket,
		postfix_settings_get(judge.settings, "queue_directory"));
	judge_smtpd(&judge);
	judge_checks(&judge);
	judge_map(&judge);
	judge_filter(&judge);
}
