/* conf_transport: what a pool's transport may be, and which ports it reaches
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

const char *conf_transport_of(
	const struct schema_pool *from, const config_setting_t *setting, enum table_mta mta)
{
	bool is_set = config_setting_get_member(setting, "transport") != NULL;

	return is_set || mta == TABLE_POSTFIX ? from->transport : "esmtp";
}

bool conf_transport_is_name(const char *name, enum table_mta mta)
{
	size_t length = strlen(name);
	size_t good = 0;

	/* A dot parts words in Sendmail's rules. */
	while (good < length && (strchr(letters, name[good]) != NULL ||
					(mta == TABLE_POSTFIX && name[good] == '.')))
		good++;
	return length > 0 && length <= TRANSPORT_MAX && good == length;
}

/* The mailers of MAILER(smtp), see cf/mailer/smtp.m4 in Sendmail's source. */
static bool is_of_sendmail(const char *mailer)
{
	static const char *const names[] = {"smtp", "esmtp", "smtp8", "dsmtp", "relay"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(mailer, names[i]) == 0)
			return true;
	return false;
}

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
			"pool %s: Sendmail takes %d octets of hosts, so about %d of its %d are "
			"tried for one message",
			pool->name, NEXTHOP_SENDMAIL_MAX, fits, pool->host_count);
}

void conf_transport_check(struct schema_reader *reader, const struct pool *pool, enum table_mta mta)
{
	char text[ENDPOINT_TEXT_MAX];

	if (mta == TABLE_POSTFIX)
		return;
	check_length(reader, pool);
	for (int i = 0; i < pool->host_count; i++) {
		const struct pool_host *host = &pool->hosts[i];

		endpoint_format(text, host->name, host->port);
		if (is_of_sendmail(pool->transport) && host->port != SMTP_PORT)
			fault_add(reader->faults, host->file, host->line,
				"host %s: Sendmail's mailer %s goes to port %d; another port takes "
				"a "
				"mailer of its own, named as the pool's transport",
				text, pool->transport, SMTP_PORT);
		else if (host->port != pool->hosts[0].port)
			fault_add(reader->faults, host->file, host->line,
				"host %s: a mailer of Sendmail has one port, and host %s of this "
				"pool has port %d",
				text, pool->hosts[0].name, pool->hosts[0].port);
	}
}
