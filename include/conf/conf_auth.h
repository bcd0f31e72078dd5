/* conf_auth: the users and passwords with which the MTA logs in to hosts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_AUTH_H
#define CONF_CONF_AUTH_H

#include <libconfig.h>

#include "conf/conf.h"
#include "conf/conf_pool.h"
#include "conf/schema.h"

/*
 * The password is the first line of a file that others cannot read. It is read into the vault
 * (vault.h), and nowhere else is a copy of it.
 */

enum {
	CONF_AUTH_FILE_MAX = 4096, /* octets of such a file */
};

/* Reads a group "auth". NULL: SETTING is, or it has a fault. */
const struct table_auth *conf_auth_read(
	struct schema_reader *reader, const config_setting_t *setting);

/*
 * Once all pools are there: makes the table's logins. It is a fault if one host would get another's
 * login, or if nobody could ask for them.
 */
void conf_auth_finish(
	struct schema_reader *reader, const struct conf_pools *pools, struct conf *conf);

#endif
