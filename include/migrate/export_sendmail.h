/* export_sendmail: the routes as a mailertable for Sendmail
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_EXPORT_SENDMAIL_H
#define MIGRATE_EXPORT_SENDMAIL_H

#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"

/*
 * Sendmail looks a domain up, then its parents from the longest on, then ".": the order in which
 * routes match. It has no addresses. Hosts of one priority are parted by commas, among which it chooses
 * by chance; a colon parts priorities. A route whose hosts it cannot reach, since their port is not
 * the mailer's, has its mail wait.
 *
 * Gives 0 and in LEFT_OUT how many things are left out, or -1 without memory. Whether TO took it is
 * for the caller to see.
 */
int export_sendmail(const struct conf *conf, FILE *to, size_t *left_out);

#endif
