/* judge_auth: whether Postfix logs in to the hosts that have a password, and not in the clear
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/judge_auth.h"
#include "doctor/judge_transport.h"
#include "doctor/setting_list.h"

#include <stdio.h>
#include <string.h>

/* ---- whether, and how */

static void judge_enable(const struct judge_transport *judge)
{
	struct judge_transport_written written;
	struct finding *finding;

	if (strcmp(judge_transport_value(judge, "sasl_auth_enable"), "yes") == 0)
		return;
	judge_transport_find(judge, "sasl_auth_enable", &written);
	finding = judge_transport_add(judge, FINDING_AUTH_OFF, &written);
	if (finding != NULL)
		judge_transport_offer(judge, finding, &written, "yes");
}

/* The passwords are there for PLAIN and LOGIN, which most servers have alone. */
static void judge_mechanism(const struct judge_transport *judge, bool is_encrypted)
{
	const char *name = is_encrypted ? "sasl_tls_security_options" : "sasl_security_options";
	const char *value = judge_transport_value(judge, name);
	struct judge_transport_written written;
	struct finding *finding;

	if (!setting_list_has(value, "noplaintext"))
		return;
	judge_transport_find(judge, name, &written);
	finding = judge_transport_add(judge, FINDING_AUTH_MECHANISM, &written);
	if (finding != NULL)
		judge_transport_offer(judge, finding, &written, "noanonymous");
}

/* ---- TLS */

static bool is_encrypting(const char *level)
{
	static const char *const levels[] = {
		"encrypt", "dane-only", "fingerprint", "verify", "secure"};
	size_t length = strcspn(level, " \t");

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strlen(levels[i]) == length && strncmp(level, levels[i], length) == 0)
			return true;
	return false;
}

/* Our own map of policies need not be asked: the daemon may be down. */
static bool is_ours(const struct judge_transport *judge, struct span table)
{
	const struct judge_transport_map map = {
		.name = "tls", .socket = &judge->machine->conf->map_socket};
	struct judge_transport of_tls = *judge;

	of_tls.map = &map;
	return map.socket->text != NULL && judge_transport_is_ours(&of_tls, table);
}

/*
 * Whether Postfix talks to that host by TLS only: by its policy, or by the transport's level. That a
 * policy of ours is not looked up is a finding of judge_tls.
 */
static bool is_encrypted(const struct judge_transport *judge, const struct pool_host *host)
{
	const char *tables = judge_transport_value(judge, "tls_policy_maps");
	const char *level = judge_transport_value(judge, "tls_security_level");
	struct span rest = span_make(tables, strlen(tables));
	struct span element;
	char table[POSTFIX_FACTS_ANSWER_MAX], answer[POSTFIX_FACTS_ANSWER_MAX];

	while (setting_list_next(&rest, &element)) {
		if (is_ours(judge, element)) {
			if (host->tls != NULL)
				break;
			continue;
		}
		snprintf(table, sizeof(table), "%.*s", (int)element.length, element.at);
		if (judge->machine->postfix.ask(
			    &judge->machine->postfix, table, host->nexthop, answer))
			return is_encrypting(answer);
	}
	if (host->tls != NULL)
		return table_tls_encrypts(host->tls->level);
	/* Before tls_security_level there was this. */
	if (*level == '\0')
		return strcmp(judge_transport_value(judge, "enforce_tls"), "yes") == 0;
	return is_encrypting(level);
}

static void find_cleartext(const struct judge_transport *judge, const struct pool_host *host)
{
	struct judge_transport_written written;
	struct finding *finding;

	judge_transport_find(judge, "tls_security_level", &written);
	finding = judge_transport_add(judge, FINDING_AUTH_CLEARTEXT, &written);
	if (finding == NULL)
		return;
	finding_by_hand(finding,
		"set %s = encrypt; or, for host %s alone, tls = { level = \"encrypt\"; } beside auth in "
		"routes.cfg; or allow_cleartext = true in auth, if that is meant",
		written.source, host->nexthop);
}

/* ---- transports */

static bool is_of(const struct judge_transport *judge, const struct pool *pool)
{
	return strcmp(pool->transport, judge->transport) == 0;
}

static void judge_client(const struct judge_transport *judge, const struct table *table)
{
	judge_transport_judge_map(judge);
	judge_enable(judge);
	for (size_t i = 0; i < table->pool_count; i++)
		for (int k = 0; is_of(judge, &table->pools[i]) && k < table->pools[i].host_count;
			k++) {
			const struct pool_host *host = &table->pools[i].hosts[k];
			bool is_safe;

			if (host->auth == NULL)
				continue;
			is_safe = is_encrypted(judge, host);
			if (!is_safe && !host->auth->allows_cleartext)
				find_cleartext(judge, host);
			judge_mechanism(judge, is_safe || !host->auth->allows_cleartext);
		}
}

static bool has_auth(const struct pool_host *host)
{
	return host->auth != NULL;
}

void judge_auth(struct finding_list *list, const struct machine *machine)
{
	const struct judge_transport_map map = {
		.name = "sasl",
		.setting = "sasl_password_maps",
		.socket = &machine->conf->secret_socket,
		.kind = FINDING_AUTH_MAP,
	};

	if (machine->conf->table.logins.count > 0)
		judge_transport_each(list, machine, &map, has_auth, judge_client);
}
