/* conf_transport: with what a pool's mail is delivered, and which hosts that reaches
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_TRANSPORT_H
#define CONF_CONF_TRANSPORT_H

#include "conf/schema.h"
#include "core/table.h"

/*
 * Postfix: a service of master.cf, "smtp" by default, which speaks SMTP or LMTP; each host may have its
 * own port. Sendmail: a mailer, "esmtp" by default; the port is the mailer's ("TCP $h PORT"), and those
 * that come with Sendmail have 25.
 */

/* The transport of a pool, or of a route with hosts: SETTING is its group. */
const char *conf_transport_name(
	const struct schema_pool *from, const config_setting_t *setting, enum table_mta mta);

/* Gives 0, or -1 with a fault. */
int conf_transport_check_name(struct schema_reader *reader, const config_setting_t *setting,
	const char *transport, enum table_mta mta);

/* Adds a fault for each host of POOL that its transport does not reach. */
void conf_transport_check_hosts(
	struct schema_reader *reader, const struct pool *pool, enum table_mta mta);

/*
 * The path of a Unix socket may be relative to Postfix's queue directory, which is not known here: such a
 * host is not probed but tried by messages, with a warning. After the pool's health settings.
 */
void conf_transport_check_probes(struct schema_reader *reader, struct pool *pool);

#endif
