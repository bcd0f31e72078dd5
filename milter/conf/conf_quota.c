/* conf_quota: how much a host may be given, as configured
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_quota.h"

#include <string.h>

enum { SECOND = 1000 };

/* Gives what is wrong, or NULL. */
static const char *why_not(const struct schema_quota *from, enum table_mta mta)
{
	if (from->messages == 0 && from->recipients == 0)
		return "quota needs messages or recipients";
	if (from->messages != 0 && from->recipients != 0)
		return "quota: messages and recipients exclude each other";
	if (from->per == 0)
		return "quota needs per, as in \"1d\"";
	if (from->recipients != 0 && mta == TABLE_SENDMAIL)
		return "quota: recipients are counted by Postfix's log only; count messages";
	return NULL;
}

/* What is out of its range was found fault with. */
static bool says_all(const config_setting_t *quota, const struct schema_quota *from)
{
	return (from->messages != 0 || config_setting_get_member(quota, "messages") == NULL) &&
	       (from->recipients != 0 || config_setting_get_member(quota, "recipients") == NULL) &&
	       (from->per != 0 || config_setting_get_member(quota, "per") == NULL);
}

const struct quota_limits *conf_quota_read(struct schema_reader *reader,
	const config_setting_t *quota, enum table_mta mta, const struct quota_limits *of_pool)
{
	struct schema_quota from;
	struct quota_limits *limits;
	const char *why;

	if (quota == NULL)
		return of_pool;
	schema_read(reader, SCHEMA_QUOTA, quota, &from);
	if (!says_all(quota, &from))
		return of_pool;
	why = why_not(&from, mta);
	if (why != NULL) {
		schema_fault(reader, quota, "%s", why);
		return of_pool;
	}
	limits = arena_take(reader->arena, 1, sizeof(*limits));
	if (limits == NULL) {
		reader->no_memory = true;
		return of_pool;
	}
	*limits = (struct quota_limits){
		.messages = (uint32_t)from.messages,
		.recipients = (uint32_t)from.recipients,
		.per = (int64_t)from.per * SECOND,
	};
	return limits;
}

bool conf_quota_equal(const struct quota_limits *a, const struct quota_limits *b)
{
	return a == b || (a != NULL && b != NULL && a->messages == b->messages &&
				 a->recipients == b->recipients && a->per == b->per);
}

void conf_quota_check(const struct conf_pools *pools, struct schema_reader *reader)
{
	const char *log = pools->health->values.log;

	if (log == NULL || strcmp(log, "none") != 0)
		return;
	for (size_t i = 0; i < pools->count; i++)
		for (int k = 0; k < pools->pools[i].host_count; k++) {
			const struct pool_host *host = &pools->pools[i].hosts[k];

			if (host->limits == NULL)
				continue;
			fault_add(reader->faults, host->file, host->line,
				"host %s: a quota is counted by the MTA's log: set health.log",
				host->name);
			return;
		}
}
