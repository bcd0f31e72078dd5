/* idn: internationalised domains in their A-label form
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEXT_IDN_H
#define TEXT_IDN_H

#include <stddef.h>

#include "core/address.h"

/*
 * IDNA 2008 with the mapping of UTS 46 (non-transitional), by libidn2: any case and any
 * normalisation of the same domain gives the same A-labels.
 */

/* DOMAIN in UTF-8 to OUT in ASCII, lower case. Gives 0, or -1 if it is no domain. */
int idn_to_ascii(const char *domain, char out[DOMAIN_MAX + 1]);

/*
 * Finishes what address_parse() began: a domain that is not ASCII gets its A-labels. Of one that has
 * none the last labels get theirs, as of one that is too long (address.h); if there is not even one,
 * it is left as it is, and matches only ALL: no configured domain looks like that.
 */
void idn_fold_address(struct address *address);

#endif
