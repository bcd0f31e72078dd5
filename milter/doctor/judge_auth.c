/* judge_auth: whether Postfix logs in to the hosts that have a password, and not in the clear
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/judge_auth.h"
#include "doctor/judge_wiring.h"
#include "doctor/setting_list.h"
#include "doctor/socket_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTING_MAX = 512, SOURCE_MAX = 1024 };

struct judge {
	struct finding_list *list;
	const struct machine *machine;
	const struct postfix_settings *settings;
	const char *transport;
	const struct postfix_service *service;
	char table[SOCKET_NAME_MAX + 32]; /* our map, as Postfix should have it */
};

/* ---- settings of the transport */

/* Those of lmtp(8) have another beginning. */
static char *name_setting(const struct judge *judge, char out[SETTING_MAX], const char *rest)
{
	bool is_lmtp = strcmp(judge->service->program, "lmtp") == 0;

	snprintf(out, SETTING_MAX, "%s_%s", is_lmtp ? "lmtp" : "smtp", rest);
	return out;
}

static const char *value_of(const struct judge *judge, const char *rest)
{
	char name[SETTING_MAX];

	return postfix_settings_of(
		judge->settings, judge->service, name_setting(judge, name, rest));
}

/* As it is written, where it is set: in master.cf for the service, or in main.cf. */
struct written {
	char name[SETTING_MAX];
	char source[SOURCE_MAX];
	const char *option; /* of postconf */
	const char *raw;
};

static void find_written(const struct judge *judge, const char *rest, struct written *written)
{
	const char *own;

	name_setting(judge, written->name, rest);
	own = postfix_settings_override_raw(judge->settings, judge->service, written->name);
	written->option = own == NULL ? "-e" : "-P";
	written->raw = own == NULL ? postfix_settings_raw(judge->settings, written->name) : own;
	if (own == NULL)
		snprintf(written->source, sizeof(written->source), "%s", written->name);
	else
		snprintf(written->source, sizeof(written->source), "%.250s/%.50s/%s",
			judge->service->name, judge->service->type, written->name);
}

/* What main.cf has for several transports is found once. */
static struct finding *add(
	const struct judge *judge, enum finding_kind kind, const char *source, const char *what)
{
	for (size_t i = 0; i < judge->list->count; i++)
		if (judge->list->findings[i]->kind == kind &&
			strcmp(judge->list->findings[i]->source, source) == 0)
			return NULL;
	return finding_add(
		judge->list, kind, source, "transport %s: %s = %s", judge->transport, source, what);
}

static const char *shown(const char *value)
{
	return *value == '\0' ? "(empty)" : value;
}

/* ---- the map */

/* "proxy:socketmap:unix:PATH:sasl", with or without its beginning. */
static bool is_ours(const struct judge *judge, struct span table, bool *is_proxied)
{
	const char *queue = postfix_settings_get(judge->settings, "queue_directory");
	const char *name;

	*is_proxied = span_take(&table, "proxy:");
	if (!span_take(&table, "socketmap:"))
		return false;
	name = span_find_last(table, ":");
	return name != NULL && span_is(span_from(table, name), ":sasl") &&
	       socket_name_is_postfix(
		       span_before(table, name), &judge->machine->conf->secret_socket, queue);
}

static struct span find_ours(const struct judge *judge, const char *value, bool *is_proxied)
{
	struct span rest = span_make(value, strlen(value));
	struct span element;

	while (setting_list_next(&rest, &element))
		if (is_ours(judge, element, is_proxied))
			return element;
	return span_make(value, 0);
}

/* In a chroot a path from the root on leads elsewhere, one from the queue directory on does not. */
static bool is_seen(const struct judge *judge, struct span table)
{
	return !postfix_settings_is_chrooted(judge->settings, judge->service) ||
	       span_find(table, "unix:/") == NULL;
}

static void offer_map(const struct judge *judge, struct finding *finding,
	const struct written *written, struct span instead)
{
	char *value = instead.length == 0
			      ? setting_list_with_first(written->raw, judge->table)
			      : setting_list_with_instead(written->raw, instead, judge->table);

	if (value != NULL)
		judge_wiring_postconf(finding, judge->machine, written->option,
			strcmp(written->option, "-e") == 0 ? written->name : written->source,
			value);
	free(value);
}

static void judge_map(const struct judge *judge)
{
	const char *value = value_of(judge, "sasl_password_maps");
	bool is_proxied = false;
	struct span ours = find_ours(judge, value, &is_proxied);
	struct written written;
	struct finding *finding;

	if (ours.length > 0 && (is_proxied || is_seen(judge, ours)))
		return;
	find_written(judge, "sasl_password_maps", &written);
	finding = add(judge, FINDING_AUTH_MAP, written.source, shown(written.raw));
	if (finding == NULL)
		return;
	offer_map(judge, finding, &written, find_ours(judge, written.raw, &is_proxied));
	if (ours.length > 0)
		finding_advise(finding,
			"the transport is chrooted, and does not see the socket: proxymap(8) does");
}

/* proxymap(8) reads only tables that are in proxy_read_maps: main.cf's are, as it comes. */
static void judge_proxy(const struct judge *judge)
{
	const char *value = value_of(judge, "sasl_password_maps");
	const char *allowed = postfix_settings_get(judge->settings, "proxy_read_maps");
	bool is_proxied = false;
	struct span ours = find_ours(judge, value, &is_proxied);
	struct finding *finding;

	if (ours.length == 0 || !is_proxied || *allowed == '\0' ||
		find_ours(judge, allowed, &is_proxied).length > 0)
		return;
	finding = add(judge, FINDING_AUTH_MAP, "proxy_read_maps",
		"(a list without the map of passwords)");
	if (finding != NULL)
		finding_by_hand(finding,
			"add %s to proxy_read_maps: proxymap(8) refuses what is not there",
			judge->table);
}

/* ---- whether, and how */

static void offer(const struct judge *judge, struct finding *finding, const struct written *written,
	const char *value)
{
	judge_wiring_postconf(finding, judge->machine, written->option,
		strcmp(written->option, "-e") == 0 ? written->name : written->source, value);
}

static void judge_enable(const struct judge *judge)
{
	struct written written;
	struct finding *finding;

	if (strcmp(value_of(judge, "sasl_auth_enable"), "yes") == 0)
		return;
	find_written(judge, "sasl_auth_enable", &written);
	finding = add(judge, FINDING_AUTH_OFF, written.source, shown(written.raw));
	if (finding != NULL)
		offer(judge, finding, &written, "yes");
}

/* The passwords are there for PLAIN and LOGIN, which most servers have alone. */
static void judge_mechanism(const struct judge *judge, bool is_encrypted)
{
	const char *name = is_encrypted ? "sasl_tls_security_options" : "sasl_security_options";
	const char *value = value_of(judge, name);
	struct written written;
	struct finding *finding;

	if (!setting_list_has(value, "noplaintext"))
		return;
	find_written(judge, name, &written);
	finding = add(judge, FINDING_AUTH_MECHANISM, written.source, value);
	if (finding != NULL)
		offer(judge, finding, &written, "noanonymous");
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

/* Whether Postfix talks to that host by TLS only: by its policy, or by the transport's level. */
static bool is_encrypted(const struct judge *judge, const struct pool_host *host)
{
	const char *tables = value_of(judge, "tls_policy_maps");
	const char *level = value_of(judge, "tls_security_level");
	struct span rest = span_make(tables, strlen(tables));
	struct span element;
	char table[POSTFIX_FACTS_ANSWER_MAX], answer[POSTFIX_FACTS_ANSWER_MAX];

	while (setting_list_next(&rest, &element)) {
		snprintf(table, sizeof(table), "%.*s", (int)element.length, element.at);
		if (judge->machine->postfix.ask(
			    &judge->machine->postfix, table, host->nexthop, answer))
			return is_encrypting(answer);
	}
	/* Before tls_security_level there was this. */
	if (*level == '\0')
		return strcmp(value_of(judge, "enforce_tls"), "yes") == 0;
	return is_encrypting(level);
}

static void find_cleartext(const struct judge *judge, const struct pool_host *host)
{
	struct written written;
	struct finding *finding;

	find_written(judge, "tls_security_level", &written);
	finding = add(judge, FINDING_AUTH_CLEARTEXT, written.source, shown(written.raw));
	if (finding == NULL)
		return;
	finding_by_hand(finding,
		"set %s = encrypt, or a line \"%s encrypt\" in the table of %s_policy_maps; or "
		"allow_cleartext = true in auth of routes.cfg, if that is meant",
		written.source, host->nexthop,
		strcmp(judge->service->program, "lmtp") == 0 ? "lmtp_tls" : "smtp_tls");
}

/* ---- transports */

static bool is_of(const struct judge *judge, const struct pool *pool)
{
	return strcmp(pool->transport, judge->transport) == 0;
}

static void judge_transport(const struct judge *judge, const struct table *table)
{
	judge_map(judge);
	judge_proxy(judge);
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

/* The first pool of that transport with a login. */
static bool is_first(const struct table *table, size_t index)
{
	for (size_t i = 0; i <= index; i++)
		for (int k = 0; k < table->pools[i].host_count; k++)
			if (table->pools[i].hosts[k].auth != NULL &&
				strcmp(table->pools[i].transport, table->pools[index].transport) ==
					0)
				return i == index;
	return false;
}

void judge_auth(struct finding_list *list, const struct machine *machine)
{
	const struct table *table = &machine->conf->table;
	struct judge judge = {
		.list = list, .machine = machine, .settings = machine->postfix.settings};

	if (table->logins.count == 0)
		return;
	snprintf(judge.table, sizeof(judge.table), "proxy:socketmap:unix:%s:sasl",
		machine->conf->secret_socket.path);
	for (size_t i = 0; i < table->pool_count; i++) {
		judge.transport = table->pools[i].transport;
		judge.service = postfix_settings_transport(judge.settings, judge.transport);
		/* That there is none is a finding of judge_hosts. */
		if (judge.service != NULL && is_first(table, i))
			judge_transport(&judge, table);
	}
}
