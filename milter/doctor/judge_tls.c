/* judge_tls: whether Postfix goes by the TLS policies of routes.cfg, and can
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/judge_tls.h"
#include "doctor/judge_transport.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Without DNSSEC "dane" is as "may", and with "dane-only" nothing is sent. */
static void judge_dane(const struct judge_transport *judge, const struct pool_host *host)
{
	struct judge_transport_written written;
	struct finding *finding;

	if ((host->tls->level != TLS_LEVEL_DANE && host->tls->level != TLS_LEVEL_DANE_ONLY) ||
		strcmp(judge_transport_value(judge, "dns_support_level"), "dnssec") == 0)
		return;
	judge_transport_find(judge, "dns_support_level", &written);
	finding = judge_transport_add(judge, FINDING_TLS_DNSSEC, &written);
	if (finding != NULL)
		judge_transport_offer(judge, finding, &written, "dnssec");
}

/* smtp(8) opens the file when it needs it: from the queue directory, or the chroot that this is. */
static void judge_ca_file(const struct judge_transport *judge, const struct pool_host *host)
{
	const char *queue = postfix_settings_get(judge->settings, "queue_directory");
	const char *file = host->tls->ca_file;
	bool is_below = file != NULL && (*file != '/' || postfix_settings_is_chrooted(
								 judge->settings, judge->service));
	struct finding *finding;
	char path[PATH_MAX], source[PATH_MAX];
	struct stat status;
	const char *why;

	if (file == NULL)
		return;
	snprintf(
		path, sizeof(path), "%s%s%s", is_below ? queue : "", *file == '/' ? "" : "/", file);
	if (stat(path, &status) == -1)
		why = strerror(errno);
	else if ((status.st_mode & S_IRUSR) == 0 || (status.st_mode & (S_IRGRP | S_IROTH)) == 0)
		why = "Postfix's user may not read it";
	else
		return;
	snprintf(source, sizeof(source), "%s:%d", host->tls->file, host->tls->line);
	for (size_t i = 0; i < judge->list->count; i++)
		if (judge->list->findings[i]->kind == FINDING_TLS_CA_FILE &&
			strcmp(judge->list->findings[i]->source, source) == 0)
			return;
	finding = finding_add(judge->list, FINDING_TLS_CA_FILE, source,
		"transport %s: ca_file = \"%s\" is %s there: %s", judge->transport, file, path,
		why);
	finding_by_hand(finding, "install -m 0644 FILE %s", path);
}

static bool has_tls(const struct pool_host *host)
{
	return host->tls != NULL;
}

static void judge_client(const struct judge_transport *judge, const struct table *table)
{
	judge_transport_judge_map(judge);
	for (size_t i = 0; i < table->pool_count; i++) {
		const struct pool *pool = &table->pools[i];

		if (strcmp(pool->transport, judge->transport) != 0)
			continue;
		for (int k = 0; k < pool->host_count; k++)
			if (has_tls(&pool->hosts[k])) {
				judge_dane(judge, &pool->hosts[k]);
				judge_ca_file(judge, &pool->hosts[k]);
			}
	}
}

void judge_tls(struct finding_list *list, const struct machine *machine)
{
	const struct judge_transport_map map = {
		.name = "tls",
		.setting = "tls_policy_maps",
		.socket = &machine->conf->map_socket,
		.kind = FINDING_TLS_MAP,
	};

	if (machine->conf->table.policies.count > 0)
		judge_transport_each(list, machine, &map, has_tls, judge_client);
}
