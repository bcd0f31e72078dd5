/* vault: memory for passwords: locked, not in core dumps, wiped at its end
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_VAULT_H
#define CONF_VAULT_H

#include <stddef.h>

/*
 * Like an arena: taken piece by piece, freed whole. Its pages are never written to swap (mlock(2)),
 * and no core dump has them (MADV_DONTDUMP of madvise(2)).
 *
 * Limits: root, and whoever may trace the process, can read it all the same.
 */

struct vault;

/* NULL: out of memory. */
struct vault *vault_new(void);

/* Overwrites all that was taken. */
void vault_free(struct vault *vault);

/* SIZE octets, zeroed, aligned for nothing; NULL: out of memory. */
char *vault_take(struct vault *vault, size_t size);

/* Why some of it could not be locked: an errno, mostly by RLIMIT_MEMLOCK; 0: all of it is. */
int vault_error(const struct vault *vault);

#endif
