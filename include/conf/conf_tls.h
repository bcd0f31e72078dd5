/* conf_tls: how the MTA is to encrypt mail for a pool's hosts, and whose certificates it trusts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_TLS_H
#define CONF_CONF_TLS_H

#include <libconfig.h>

#include "conf/conf.h"
#include "conf/conf_pool.h"
#include "conf/schema.h"

/*
 * Made a policy of Postfix's smtp_tls_policy_maps (postconf(5)), which takes spaces and commas for the
 * end of a value, refuses a policy with an attribute that its level has no use for, and sends nothing to
 * a host whose policy it refuses: so all that is a fault here.
 *
 * Limits: ca_file is opened by smtp(8) alone, in its chroot; milterctl doctor looks for it there.
 */

/* Reads a group "tls". NULL: SETTING is, or it has a fault. */
const struct table_tls *conf_tls_read(
	struct schema_reader *reader, const config_setting_t *setting);

/* Adds a fault if Postfix could not do with HOST what its policy says. */
void conf_tls_check_host(struct schema_reader *reader, const struct pool_host *host);

/*
 * Once all pools are there: makes the table's policies. It is a fault if one host would get another's,
 * or if nobody could ask for them.
 */
void conf_tls_finish(
	struct schema_reader *reader, const struct conf_pools *pools, struct conf *conf);

#endif
