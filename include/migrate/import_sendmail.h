/* import_sendmail: Sendmail's mailertable, and the smart host of its .mc
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef MIGRATE_IMPORT_SENDMAIL_H
#define MIGRATE_IMPORT_SENDMAIL_H

#include "migrate/plan.h"

/*
 * A text for makemap(8), "KEY MAILER:HOSTS", or a .mc or .cf, of which SMART_HOST, FALLBACK_SMARTHOST
 * and confFALLBACK_MX are read. Of hosts a comma parts those of one preference, a colon preferences; a
 * name without brackets is looked up by MX. "." is the key of all other domains.
 */

/* Adds what is in TEXT, which was read from FILE. */
void import_sendmail_read(struct plan *plan, const char *file, struct span text);

#endif
