/* conf_transport: with what a pool's mail is delivered, and which hosts that reaches
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_transport.h"
#include "core/endpoint.h"
#include "core/nexthop.h"

#include <string.h>

enum { TRANSPORT_MAX = 63, SMTP_PORT = 25 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/* ---- its name */

const char *conf_transport_name(
	const struct schema_pool *from, const config_setting_t *setting, enum table_mta mta)
{
	bool is_set = config_setting_get_member(setting, "transport") != NULL;

	return is_set || mta == TABLE_POSTFIX ? from->transport : "esmtp";
}

int conf_transport_check_name(struct schema_reader *reader, const config_setting_t *setting,
	const char *transport, enum table_mta mta)
{
	size_t length = strlen(transport);
	size_t good = 0;

	/* It stands in front of a colon. A dot parts words in Sendmail's rules. */
	while (good < length && (strchr(letters, transport[good]) != NULL ||
					(mta == TABLE_POSTFIX && transport[good] == '.')))
		good++;
	if (length > 0 && length <= TRANSPORT_MAX && good == length)
		return 0;
	schema_fault(reader, setting, "transport = \"%s\" is not the name of a %s", transport,
		mta == TABLE_SENDMAIL ? "mailer" : "transport");
	return -1;
}

/* ---- Unix sockets */

/* What is wrong with that host of the pool, a Unix socket; NULL: nothing. */
static const char *unix_fault(
	const struct pool *pool, const struct pool_host *host, enum table_mta mta)
{
	if (mta == TABLE_SENDMAIL)
		return "a Unix socket is only for mta = \"postfix\"";
	if (pool->protocol != PROTOCOL_LMTP)
		return "a Unix socket speaks LMTP: set transport = \"lmtp\", or protocol = \"lmtp\" "
		       "for a service of lmtp(8) with another name";
	if (pool->host_count > 1)
		return "Postfix takes all that follows unix: for one path, so it has to be the only "
		       "host of its pool; give the other hosts a pool of their own, and name it as "
		       "this one's fallback";
	if (host->port != 0)
		return "a Unix socket has no port";
	if (host->auth != NULL)
		return "a Unix socket has no auth";
	return NULL;
}

static void check_unix(struct schema_reader *reader, const struct pool *pool, enum table_mta mta)
{
	for (int i = 0; i < pool->host_count; i++) {
		const struct pool_host *host = &pool->hosts[i];
		const char *wrong = host->kind == HOST_UNIX ? unix_fault(pool, host, mta) : NULL;

		if (wrong != NULL)
			fault_add(reader->faults, host->file, host->line, "host %s: %s", host->name,
				wrong);
	}
}

void conf_transport_check_probes(struct schema_reader *reader, struct pool *pool)
{
	const struct pool_host *host = &pool->hosts[0];

	if (!nexthop_is_alone(pool) || !pool->policy.has_probe ||
		host->name[strlen("unix:")] == '/')
		return;
	pool->policy.has_probe = false;
	pool->probe.interval = 0;
	fault_warn(reader->faults, host->file, host->line,
		"host %s: its path is relative to Postfix's queue directory, so it is not probed, and "
		"messages try it when it was deferred",
		host->name);
}

/* ---- Sendmail */

/* A list that is too long is cut: all the pool's hosts are tried in turn, but not for one message. */
static void check_length(struct schema_reader *reader, const struct pool *pool)
{
	int fits = nexthop_fits(pool, TABLE_SENDMAIL);

	for (int i = 0; i < pool->host_count; i++) {
		const struct pool_host *host = &pool->hosts[i];

		if (strlen(host->nexthop) > NEXTHOP_SENDMAIL_MAX)
			fault_add(reader->faults, host->file, host->line,
				"host %s: its name is too long for Sendmail", host->name);
	}
	if (fits > 0 && fits < pool->host_count)
		fault_warn(reader->faults, pool->file, pool->line,
			"pool %s: Sendmail uses %d octets of hosts, so about %d of its %d are "
			"tried for one message",
			pool->name, NEXTHOP_SENDMAIL_MAX, fits, pool->host_count);
}

static void check_mailer(struct schema_reader *reader, const struct pool *pool)
{
	char text[ENDPOINT_TEXT_MAX];

	for (int i = 0; i < pool->host_count; i++) {
		const struct pool_host *host = &pool->hosts[i];

		if (host->kind == HOST_UNIX)
			continue;
		endpoint_format(text, host->name, host->port);
		if (nexthop_is_smtp_mailer(pool->transport) && host->port != SMTP_PORT)
			fault_add(reader->faults, host->file, host->line,
				"host %s: Sendmail's mailer %s goes to port %d; another port "
				"requires a mailer of its own, named as the pool's transport",
				text, pool->transport, SMTP_PORT);
		else if (host->port != pool->hosts[0].port)
			fault_add(reader->faults, host->file, host->line,
				"host %s: a mailer of Sendmail has one port, and host %s of this "
				"pool has port %d",
				text, pool->hosts[0].name, pool->hosts[0].port);
	}
}

void conf_transport_check_hosts(
	struct schema_reader *reader, const struct pool *pool, enum table_mta mta)
{
	check_unix(reader, pool, mta);
	if (mta == TABLE_POSTFIX)
		return;
	check_length(reader, pool);
	check_mailer(reader, pool);
}
