/* export_postfix: the routes as static tables for Postfix
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_EXPORT_POSTFIX_H
#define MIGRATE_EXPORT_POSTFIX_H

#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"

/*
 * Each writes a table to TO, with comments that say how to use it and what it leaves out. Gives 0 and
 * in LEFT_OUT how many things that are, or -1 without memory. Whether TO took it is for the caller to
 * see.
 */

/*
 * transport(5). Each value is what the map would answer (map_reply.h); Postfix looks keys up in the
 * order in which routes match.
 */
int export_postfix_transport(const struct conf *conf, FILE *to, size_t *left_out);

/* Keys for smtp_tls_policy_maps (or lmtp_), each in a comment: it says nothing until it is edited. */
int export_postfix_tls(const struct conf *conf, FILE *to, size_t *left_out);

/* The same for smtp_sasl_password_maps. */
int export_postfix_sasl(const struct conf *conf, FILE *to, size_t *left_out);

#endif
