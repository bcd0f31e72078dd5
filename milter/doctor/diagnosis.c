/* diagnosis: all that is wrong with a machine, and in which order it is mended
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/diagnosis.h"
#include "doctor/judge_auth.h"
#include "doctor/judge_daemon.h"
#include "doctor/judge_hosts.h"
#include "doctor/judge_reach.h"
#include "doctor/judge_sendmail.h"
#include "doctor/judge_tls.h"
#include "doctor/judge_wiring.h"

#include <string.h>

static void judge_postfix(struct finding_list *list, const struct machine *machine)
{
	const struct postfix_facts *postfix = &machine->postfix;

	if (postfix->settings == NULL) {
		finding_by_hand(
			finding_add(list, FINDING_NO_MTA, "mta", "mta = \"postfix\", and %s",
				*postfix->why == '\0' ? "there is none" : postfix->why),
			"install Postfix, or set mta = \"sendmail\" in routes.cfg");
		return;
	}
	if (!postfix_settings_is_version(postfix->version, 3, 5))
		finding_by_hand(finding_add(list, FINDING_OLD_POSTFIX, "mail_version",
					"Postfix is version %s", postfix->version),
			"upgrade Postfix");
	judge_wiring(list, machine);
	judge_hosts(list, machine);
	judge_auth(list, machine);
	judge_tls(list, machine);
	judge_hosts_domains(list, machine);
}

void diagnosis_make(struct finding_list *list, const struct machine *machine)
{
	judge_daemon_config(list, machine);
	if (machine->conf != NULL) {
		judge_reach(list, machine);
		judge_daemon(list, machine);
		if (machine->conf->mta == CONF_MTA_POSTFIX)
			judge_postfix(list, machine);
		else
			judge_sendmail(list, machine);
		judge_daemon_surroundings(list, machine);
	}
	finding_list_sort(list);
}

/* ---- the order of mending */

/* Settings that have Postfix connect to the daemon. */
static bool is_wiring(enum finding_kind kind)
{
	return kind >= FINDING_NOT_WIRED && kind <= FINDING_OVERRIDDEN;
}

static int rank(const struct finding *finding)
{
	return is_wiring(finding->kind)
		       ? FINDING_KIND_COUNT + FINDING_OVERRIDDEN - (int)finding->kind
		       : (int)finding->kind;
}

const struct finding *diagnosis_next(const struct finding_list *list, const struct finding *before)
{
	const struct finding *next = NULL;
	bool is_behind = before == NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct finding *finding = list->findings[i];
		int order = before == NULL ? 1 : rank(finding) - rank(before);

		if (finding == before) {
			is_behind = true;
			continue;
		}
		/* Of one rank: in the order of the list. */
		if (!finding_can_be_mended(finding) || order < 0 || (order == 0 && !is_behind))
			continue;
		if (next == NULL || rank(finding) < rank(next))
			next = finding;
	}
	return next;
}

/* What keeps Postfix from the daemon. */
static bool keeps_apart(enum finding_kind kind)
{
	return kind <= FINDING_CONFIG || kind == FINDING_LOG_ACCESS ||
	       (kind >= FINDING_DAEMON_DOWN && kind <= FINDING_SOCKET_REFUSED);
}

bool diagnosis_is_held(const struct finding_list *list, const struct machine *machine,
	const struct finding *finding)
{
	bool is_mended = false;

	if (!is_wiring(finding->kind) || judge_reach_is_good(machine))
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct finding *other = list->findings[i];

		if (!keeps_apart(other->kind))
			continue;
		if (!finding_can_be_mended(other))
			return true;
		is_mended = true;
	}
	return !is_mended;
}

bool diagnosis_is_of_postfix(const struct finding *finding)
{
	for (int i = 0; i < finding->command_count; i++)
		if (strcmp(finding->commands[i].arguments[0], "postconf") == 0)
			return true;
	return false;
}
