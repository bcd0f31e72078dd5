/* judge_transport: the settings of a transport's client, and our maps among its tables
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/judge_transport.h"
#include "doctor/judge_wiring.h"
#include "doctor/setting_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings */

static char *name_setting(const struct judge_transport *judge,
	char out[JUDGE_TRANSPORT_SETTING_MAX], const char *rest)
{
	bool is_lmtp = strcmp(judge->service->program, "lmtp") == 0;

	snprintf(out, JUDGE_TRANSPORT_SETTING_MAX, "%s_%s", is_lmtp ? "lmtp" : "smtp", rest);
	return out;
}

const char *judge_transport_value(const struct judge_transport *judge, const char *rest)
{
	char name[JUDGE_TRANSPORT_SETTING_MAX];

	return postfix_settings_of(
		judge->settings, judge->service, name_setting(judge, name, rest));
}

void judge_transport_find(const struct judge_transport *judge, const char *rest,
	struct judge_transport_written *written)
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

static struct finding *add(const struct judge_transport *judge, enum finding_kind kind,
	const char *source, const char *what)
{
	for (size_t i = 0; i < judge->list->count; i++)
		if (judge->list->findings[i]->kind == kind &&
			strcmp(judge->list->findings[i]->source, source) == 0)
			return NULL;
	return finding_add(
		judge->list, kind, source, "transport %s: %s = %s", judge->transport, source, what);
}

struct finding *judge_transport_add(const struct judge_transport *judge, enum finding_kind kind,
	const struct judge_transport_written *written)
{
	return add(judge, kind, written->source, *written->raw == '\0' ? "(empty)" : written->raw);
}

void judge_transport_offer(const struct judge_transport *judge, struct finding *finding,
	const struct judge_transport_written *written, const char *value)
{
	judge_wiring_postconf(finding, judge->machine, written->option,
		strcmp(written->option, "-e") == 0 ? written->name : written->source, value);
}

/* ---- the map */

/* "proxy:socketmap:unix:PATH:NAME", with or without its beginning. */
static bool is_ours(const struct judge_transport *judge, struct span table, bool *is_proxied)
{
	const char *queue = postfix_settings_get(judge->settings, "queue_directory");
	const char *colon;

	*is_proxied = span_take(&table, "proxy:");
	if (!span_take(&table, "socketmap:"))
		return false;
	colon = span_find_last(table, ":");
	return colon != NULL && span_is(span_from(table, colon + 1), judge->map->name) &&
	       socket_name_is_postfix(span_before(table, colon), judge->map->socket, queue);
}

bool judge_transport_is_ours(const struct judge_transport *judge, struct span table)
{
	bool is_proxied;

	return is_ours(judge, table, &is_proxied);
}

static struct span find_ours(
	const struct judge_transport *judge, const char *value, bool *is_proxied)
{
	struct span rest = span_make(value, strlen(value));
	struct span element;

	while (setting_list_next(&rest, &element))
		if (is_ours(judge, element, is_proxied))
			return element;
	return span_make(value, 0);
}

/* In a chroot a path from the root on leads elsewhere, one from the queue directory on does not. */
static bool is_seen(const struct judge_transport *judge, struct span table)
{
	return !postfix_settings_is_chrooted(judge->settings, judge->service) ||
	       span_find(table, "unix:/") == NULL;
}

static void offer_map(const struct judge_transport *judge, struct finding *finding,
	const struct judge_transport_written *written, struct span instead)
{
	char *value = instead.length == 0
			      ? setting_list_with_first(written->raw, judge->table)
			      : setting_list_with_instead(written->raw, instead, judge->table);

	if (value != NULL)
		judge_transport_offer(judge, finding, written, value);
	free(value);
}

/* proxymap(8) reads only tables that are in proxy_read_maps: main.cf's are, as it comes. */
static void judge_proxy(const struct judge_transport *judge)
{
	const char *value = judge_transport_value(judge, judge->map->setting);
	const char *allowed = postfix_settings_get(judge->settings, "proxy_read_maps");
	bool is_proxied = false;
	struct span ours = find_ours(judge, value, &is_proxied);
	struct finding *finding;
	char what[64];

	if (ours.length == 0 || !is_proxied || *allowed == '\0' ||
		find_ours(judge, allowed, &is_proxied).length > 0)
		return;
	snprintf(what, sizeof(what), "(a list without the map %s)", judge->map->name);
	finding = add(judge, judge->map->kind, "proxy_read_maps", what);
	if (finding != NULL)
		finding_by_hand(finding,
			"add %s to proxy_read_maps: proxymap(8) refuses what is not there",
			judge->table);
}

static void judge_setting(const struct judge_transport *judge)
{
	const char *value = judge_transport_value(judge, judge->map->setting);
	bool is_proxied = false;
	struct span ours = find_ours(judge, value, &is_proxied);
	struct judge_transport_written written;
	struct finding *finding;

	if (ours.length > 0 && (is_proxied || is_seen(judge, ours)))
		return;
	judge_transport_find(judge, judge->map->setting, &written);
	finding = judge_transport_add(judge, judge->map->kind, &written);
	if (finding == NULL)
		return;
	offer_map(judge, finding, &written, find_ours(judge, written.raw, &is_proxied));
	if (ours.length > 0)
		finding_advise(finding,
			"the transport is chrooted, and does not see the socket: proxymap(8) does");
}

void judge_transport_judge_map(const struct judge_transport *judge)
{
	judge_setting(judge);
	judge_proxy(judge);
}

/* ---- transports */

/* The first pool of that transport with such a host. */
static bool is_first(
	const struct table *table, size_t index, bool (*has)(const struct pool_host *host))
{
	for (size_t i = 0; i <= index; i++)
		for (int k = 0; k < table->pools[i].host_count; k++)
			if (has(&table->pools[i].hosts[k]) &&
				strcmp(table->pools[i].transport, table->pools[index].transport) ==
					0)
				return i == index;
	return false;
}

void judge_transport_each(struct finding_list *list, const struct machine *machine,
	const struct judge_transport_map *map, bool (*has)(const struct pool_host *host),
	void (*judge)(const struct judge_transport *transport, const struct table *table))
{
	const struct table *table = &machine->conf->table;
	struct judge_transport transport = {
		.list = list,
		.machine = machine,
		.settings = machine->postfix.settings,
		.map = map,
	};
	char socket[SOCKET_NAME_MAX];

	/* The whole path: proxymap(8) is in no chroot. */
	snprintf(transport.table, sizeof(transport.table), "proxy:socketmap:%s:%s",
		socket_name_for_postfix(socket, map->socket, "/nowhere"), map->name);
	for (size_t i = 0; i < table->pool_count; i++) {
		transport.transport = table->pools[i].transport;
		transport.service =
			postfix_settings_transport(transport.settings, transport.transport);
		/* That there is none is a finding of judge_hosts. */
		if (transport.service != NULL && is_first(table, i, has))
			judge(&transport, table);
	}
}
