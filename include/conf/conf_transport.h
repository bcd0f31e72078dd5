/* conf_transport: what a pool's transport may be, and which ports it reaches
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_TRANSPORT_H
#define CONF_CONF_TRANSPORT_H

#include <stdbool.h>

#include <libconfig.h>

#include "conf/schema.h"
#include "core/table.h"

/*
 * Postfix: a service of master.cf, "smtp" if nothing is said; each host may have its own port.
 * Sendmail: a mailer, "esmtp" if nothing is said; the port is the mailer's ("TCP $h PORT"), and those
 * that come with Sendmail have 25.
 */

/* The transport of a pool, or of a route with hosts: SETTING is its group. */
const char *conf_transport_of(
	const struct schema_pool *from, const config_setting_t *setting, enum table_mta mta);

/* It stands in front of a colon, in the MTA's own syntax. */
bool conf_transport_is_name(const char *name, enum table_mta mta);

/* Adds a fault for each host of POOL that its mailer does not reach. */
void conf_transport_check(
	struct schema_reader *reader, const struct pool *pool, enum table_mta mta);

#endif
