/* judge_hosts: whether Postfix can deliver to the hosts of the pools, and takes in their mail
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/judge_hosts.h"
#include "core/endpoint.h"
#include "doctor/judge_wiring.h"
#include "doctor/setting_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAMES_MAX = 512, SETTING_MAX = 512 };

/* Calls go on over the pools; those of one transport are one. */
static bool is_first_of_transport(const struct table *table, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(table->pools[i].transport, table->pools[index].transport) == 0)
			return false;
	return true;
}

/* ---- transports */

static void judge_transports(struct finding_list *list, const struct machine *machine)
{
	const struct table *table = &machine->conf->table;

	for (size_t i = 0; i < table->pool_count; i++) {
		const struct pool *pool = &table->pools[i];
		char source[SETTING_MAX];

		if (!is_first_of_transport(table, i) ||
			postfix_settings_transport(machine->postfix.settings, pool->transport) !=
				NULL)
			continue;
		snprintf(source, sizeof(source), "%.400s:%d", pool->file, pool->line);
		finding_by_hand(finding_add(list, FINDING_NO_TRANSPORT, source,
					"pool %s: master.cf has no transport %s", pool->name,
					pool->transport),
			"add a line \"%s unix - - n - - smtp\" "
			"to master.cf, or give the pool another transport",
			pool->transport);
	}
}

/* ---- timeouts */

/* What a host that does not answer costs: seconds as Postfix comes. */
static const struct timeout {
	const char *name;
	int shipped;
} timeouts[] = {
	{"connect_timeout", 30},
	{"helo_timeout", 300},
	{"mail_timeout", 300},
	{"rcpt_timeout", 300},
	{"data_init_timeout", 120},
	{"data_xfer_timeout", 180},
	{"data_done_timeout", 600},
};

static void name_timeout(char *out, size_t size, const struct postfix_service *service,
	const struct timeout *timeout)
{
	bool is_lmtp = strcmp(service->program, "lmtp") == 0;

	/* lmtp has LHLO. */
	snprintf(out, size, "%s_%s", is_lmtp ? "lmtp" : "smtp",
		is_lmtp && strcmp(timeout->name, "helo_timeout") == 0 ? "lhlo_timeout"
								      : timeout->name);
}

static void offer_timeout(struct finding *finding, const struct machine *machine,
	const struct postfix_service *service, const char *name, const char *value)
{
	char setting[2 * SETTING_MAX];

	snprintf(setting, sizeof(setting), "%s/%s/%s", service->name, service->type, name);
	judge_wiring_postconf(finding, machine, "-P", setting, value);
}

static void judge_timeouts_of(struct finding_list *list, const struct machine *machine,
	const struct postfix_service *service)
{
	const struct postfix_settings *settings = machine->postfix.settings;
	char shipped[NAMES_MAX] = "", name[SETTING_MAX];
	size_t used = 0;

	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		const char *value;
		int seconds;

		name_timeout(name, sizeof(name), service, &timeouts[i]);
		value = postfix_settings_of(settings, service, name);
		seconds = postfix_settings_seconds(value, 's');
		if (seconds > timeouts[i].shipped) {
			struct finding *finding = finding_add(list, FINDING_TIMEOUT, name,
				"transport %s: %s = %s", service->name, name, value);

			offer_timeout(finding, machine, service, name, i == 0 ? "10s" : "60s");
			finding_by_hand(
				finding, "how long the slowest host really needs is yours to know");
		} else if (i < 2 && seconds == timeouts[i].shipped) {
			used += (size_t)snprintf(shipped + used, sizeof(shipped) - used,
				"%s%s = %s", used == 0 ? "" : ", ", name, value);
		}
	}
	if (used > 0) {
		struct finding *finding = finding_add(list, FINDING_TIMEOUT_AS_SHIPPED,
			service->name, "transport %s: %s", service->name, shipped);

		name_timeout(name, sizeof(name), service, &timeouts[0]);
		offer_timeout(finding, machine, service, name, "10s");
		name_timeout(name, sizeof(name), service, &timeouts[1]);
		offer_timeout(finding, machine, service, name, "60s");
		finding_by_hand(finding, "shorter ones spare those messages");
	}
}

static void judge_timeouts(struct finding_list *list, const struct machine *machine)
{
	const struct table *table = &machine->conf->table;

	for (size_t i = 0; i < table->pool_count; i++) {
		const struct postfix_service *service = postfix_settings_transport(
			machine->postfix.settings, table->pools[i].transport);
		bool has_others = false;

		for (size_t k = 0; k < table->pool_count; k++)
			has_others = has_others || (table->pools[k].host_count > 1 &&
							   strcmp(table->pools[k].transport,
								   table->pools[i].transport) == 0);
		if (service != NULL && has_others && is_first_of_transport(table, i))
			judge_timeouts_of(list, machine, service);
	}
}

/* ---- TLS policies and passwords */

/* The key of the next line of a table's text. False: there is none. */
static bool next_key(const char **rest, char *key, size_t size)
{
	while (**rest != '\0') {
		const char *line = *rest;
		size_t length = strcspn(line, "\n");
		size_t word = strcspn(line, " \t\r\n");

		*rest = line + length + (line[length] == '\n');
		/* A line that begins with a space goes on with the one before. */
		if (word > 0 && *line != '#' && word < size) {
			snprintf(key, size, "%.*s", (int)word, line);
			return true;
		}
	}
	return false;
}

/* What Postfix looks up for a host of a list: its text; a password by the bare name, too. */
static bool is_looked_up(const struct pool_host *host, const char *key, bool is_password)
{
	struct endpoint bare;

	if (strcasecmp(host->nexthop, key) == 0)
		return true;
	return is_password && endpoint_parse(&bare, host->nexthop) == 0 &&
	       strcasecmp(bare.name, key) == 0;
}

static bool has_key_of(const struct postfix_keys *keys, const struct pool_host *host)
{
	const char *rest = keys->text;
	char key[SETTING_MAX];

	while (next_key(&rest, key, sizeof(key)))
		if (is_looked_up(host, key, keys->is_password))
			return true;
	return false;
}

/* A key that is meant for the host and is not found for it; the host has no other. */
static const struct pool_host *find_missed(
	const struct table *table, const struct postfix_keys *keys, const char *key)
{
	struct endpoint endpoint;

	if (endpoint_parse(&endpoint, key) == -1)
		return NULL;
	for (size_t i = 0; i < table->pool_count; i++)
		for (int k = 0; k < table->pools[i].host_count; k++) {
			const struct pool_host *host = &table->pools[i].hosts[k];

			if (strcmp(host->name, endpoint.name) == 0 && !has_key_of(keys, host))
				return host;
		}
	return NULL;
}

static void judge_keys(struct finding_list *list, const struct machine *machine)
{
	for (int i = 0; i < machine->postfix.key_count; i++) {
		const struct postfix_keys *keys = &machine->postfix.keys[i];
		const char *rest = keys->text;
		char key[SETTING_MAX];

		while (next_key(&rest, key, sizeof(key))) {
			const struct pool_host *host =
				find_missed(&machine->conf->table, keys, key);

			if (host != NULL)
				finding_by_hand(
					finding_add(list,
						keys->is_password ? FINDING_PASSWORD
								  : FINDING_TLS_POLICY,
						keys->table,
						"the key %s is never looked up: the host is %s",
						key, host->nexthop),
					"write %s in the table, and postmap it; or write the host "
					"in routes.cfg with the "
					"port that the key has, or without one",
					host->nexthop);
		}
	}
}

/* ---- what the log says of TLS */

static bool asks_for_certificate(const char *level)
{
	static const char *const levels[] = {"verify", "secure", "fingerprint", "dane-only"};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(level, levels[i]) == 0)
			return true;
	return false;
}

/* Whether a policy does: the level is the second word of its line. */
static bool has_strict_policy(const struct postfix_keys *keys)
{
	const char *line = keys->text;

	for (; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		char level[32] = "";

		line += *line == '\n';
		if (sscanf(line, "%*s %31s", level) == 1 && *line != '#' &&
			asks_for_certificate(level))
			return true;
	}
	return false;
}

static void judge_tls_names(struct finding_list *list, const struct machine *machine)
{
	const struct postfix_settings *settings = machine->postfix.settings;
	bool is_strict =
		asks_for_certificate(postfix_settings_get(settings, "smtp_tls_security_level"));

	for (int i = 0; i < machine->postfix.key_count; i++)
		is_strict = is_strict || (!machine->postfix.keys[i].is_password &&
						 has_strict_policy(&machine->postfix.keys[i]));
	if (!is_strict || strcmp(postfix_settings_get(settings, "smtp_tls_loglevel"), "0") != 0)
		return;
	judge_wiring_postconf(finding_add(list, FINDING_TLS_NAMES, "smtp_tls_loglevel",
				      "smtp_tls_loglevel = 0, and certificates are checked"),
		machine, "-e", "smtp_tls_loglevel", "1");
}

void judge_hosts(struct finding_list *list, const struct machine *machine)
{
	judge_transports(list, machine);
	judge_timeouts(list, machine);
	judge_keys(list, machine);
	judge_tls_names(list, machine);
	for (int i = 0; i < machine->unresolved_count; i++)
		finding_by_hand(finding_add(list, FINDING_HOST_UNRESOLVED, "routes.cfg", "%s: %s",
					machine->unresolved[i].name, machine->unresolved[i].why),
			"see DNS, or give its address in routes.cfg");
}

/* ---- domains that are taken in */

/* True if DOMAIN is below PARENT. */
static bool is_subdomain(const char *domain, const char *parent, size_t length)
{
	size_t whole = strlen(domain);

	return whole > length + 1 && domain[whole - length - 1] == '.' &&
	       strncasecmp(domain + whole - length, parent, length) == 0;
}

static bool is_in_element(
	const struct machine *machine, struct span element, const char *domain, bool has_parents)
{
	char text[POSTFIX_FACTS_ANSWER_MAX], answer[POSTFIX_FACTS_ANSWER_MAX];

	if (element.length == 0 || element.at[0] == '/')
		return element.length > 0;
	if (span_find(element, ":") != NULL) {
		snprintf(text, sizeof(text), "%.*s", (int)element.length, element.at);
		return machine->postfix.ask(&machine->postfix, text, domain, answer);
	}
	if (element.at[0] == '.')
		return is_subdomain(domain, element.at + 1, element.length - 1);
	if (element.length == strlen(domain) &&
		strncasecmp(element.at, domain, element.length) == 0)
		return true;
	return has_parents && is_subdomain(domain, element.at, element.length);
}

static bool is_in_list(const struct machine *machine, const char *setting, const char *domain)
{
	const struct postfix_settings *settings = machine->postfix.settings;
	const char *value = postfix_settings_get(settings, setting);
	bool has_parents = setting_list_has(
		postfix_settings_get(settings, "parent_domain_matches_subdomains"), setting);
	struct span rest = span_make(value, strlen(value));
	struct span element;

	while (setting_list_next(&rest, &element))
		if (is_in_element(machine, element, domain, has_parents))
			return true;
	return false;
}

static bool is_taken_in(const struct machine *machine, const char *domain)
{
	return is_in_list(machine, "relay_domains", domain) ||
	       is_in_list(machine, "mydestination", domain) ||
	       is_in_list(machine, "virtual_alias_domains", domain) ||
	       is_in_list(machine, "virtual_mailbox_domains", domain);
}

static const char *written_domain(const struct route *route)
{
	const char *at = strrchr(route->match, '@');

	return at == NULL ? route->match : at + 1;
}

/* What a route is for; of a parent domain some subdomain. False: no domain. */
static bool domain_of(const struct route *route, char out[DOMAIN_MAX + 8])
{
	const char *domain = written_domain(route);

	if (route->action != ACTION_POOL || strcmp(route->match, "ALL") == 0 || *domain == '[' ||
		strchr(domain, '.') == NULL)
		return false;
	snprintf(out, DOMAIN_MAX + 8, "%s%s", *domain == '.' ? "any" : "", domain);
	return true;
}

static void offer_relay(struct finding *finding, const struct machine *machine, const char *missing)
{
	char *value = setting_list_with_last(
		postfix_settings_raw(machine->postfix.settings, "relay_domains"), missing);

	if (value != NULL)
		judge_wiring_postconf(finding, machine, "-e", "relay_domains", value);
	free(value);
	finding_by_hand(finding,
		"if mail for it is to come in from everywhere: whoever may connect "
		"may then send to it");
}

static void judge_relay(struct finding_list *list, const struct machine *machine)
{
	const struct table *table = &machine->conf->table;
	char missing[SETTING_MAX] = "", domain[DOMAIN_MAX + 8];
	size_t used = 0;
	int looked = 0;

	for (size_t i = 0; i < table->route_count && looked < JUDGE_HOSTS_DOMAINS_MAX; i++) {
		if (!domain_of(&table->routes[i], domain))
			continue;
		looked++;
		if (is_taken_in(machine, domain))
			continue;
		if (used + strlen(domain) + 3 < sizeof(missing))
			used += (size_t)snprintf(missing + used, sizeof(missing) - used, "%s%s",
				used == 0 ? "" : ", ", written_domain(&table->routes[i]));
	}
	if (used > 0)
		offer_relay(finding_add(list, FINDING_RELAY_DOMAIN, "relay_domains",
				    "relay_domains lacks %s, which %s", missing,
				    strchr(missing, ',') == NULL ? "has a route" : "have routes"),
			machine, missing);
}

static void judge_recipients(struct finding_list *list, const struct machine *machine)
{
	const struct postfix_settings *settings = machine->postfix.settings;
	const struct table *table = &machine->conf->table;
	char domain[DOMAIN_MAX + 8];
	bool has_relayed = false;

	for (size_t i = 0; i < table->route_count && i < JUDGE_HOSTS_DOMAINS_MAX && !has_relayed;
		i++)
		has_relayed = domain_of(&table->routes[i], domain) &&
			      is_in_list(machine, "relay_domains", domain);
	if (!has_relayed || *postfix_settings_get(settings, "relay_recipient_maps") != '\0' ||
		setting_list_has(postfix_settings_get(settings, "smtpd_recipient_restrictions"),
			"reject_unverified_recipient") ||
		setting_list_has(postfix_settings_get(settings, "smtpd_relay_restrictions"),
			"reject_unverified_recipient"))
		return;
	finding_by_hand(finding_add(list, FINDING_RELAY_RECIPIENTS, "relay_recipient_maps",
				"relay_recipient_maps is empty, and no recipient is verified"),
		"set relay_recipient_maps, or reject_unverified_recipient in "
		"smtpd_recipient_restrictions");
}

static void judge_delimiter(struct finding_list *list, const struct machine *machine)
{
	const struct table *table = &machine->conf->table;
	const char *postfix =
		postfix_settings_get(machine->postfix.settings, "recipient_delimiter");
	const char *ours = table->delimiters == NULL ? "" : table->delimiters;
	bool has_address = false;

	for (size_t i = 0; i < table->route_count && !has_address; i++)
		has_address = strchr(table->routes[i].match, '@') != NULL;
	if (!has_address || strcmp(postfix, ours) == 0)
		return;
	finding_by_hand(finding_add(list, FINDING_DELIMITER, "recipient_delimiter",
				"recipient_delimiter is \"%s\" in main.cf, \"%s\" in routes.cfg",
				postfix, ours),
		"in routes.cfg: recipient_delimiter = \"%s\";", postfix);
}

void judge_hosts_domains(struct finding_list *list, const struct machine *machine)
{
	judge_relay(list, machine);
	judge_recipients(list, machine);
	judge_delimiter(list, machine);
}
