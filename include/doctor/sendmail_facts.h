/* sendmail_facts: what is so of the Sendmail of this machine
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_SENDMAIL_FACTS_H
#define DOCTOR_SENDMAIL_FACTS_H

#include <limits.h>
#include <stdbool.h>

#include "conf/conf.h"

struct sendmail_facts {
	const char *path; /* of sendmail.cf */
	char *text;	  /* of it; NULL: it cannot be read */
	char why[256];
	/* Of the folders on the way to milter and map the first that others may write to; "": none. */
	char unsafe[2][PATH_MAX];
	bool is_sticky[2]; /* but each only his own files there */
};

/* PATH: of sendmail.cf, or NULL: Sendmail's own. */
void sendmail_facts_gather(struct sendmail_facts *facts, const char *path, const struct conf *conf);
void sendmail_facts_free(struct sendmail_facts *facts);

#endif
