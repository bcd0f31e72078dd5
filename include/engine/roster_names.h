/* roster_names: pools and hosts of a roster by their names
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ROSTER_NAMES_H
#define ENGINE_ROSTER_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "engine/roster.h"

/* Names never change in a roster: no lock is needed. */

/* Fills by_name and by_key, once pools and hosts are there: for roster_new(). */
void roster_names_sort(struct roster *roster);

/* The pool whose name has that table_pool_key(), or NULL. */
const struct roster_pool *roster_names_pool(const struct roster *roster, uint64_t key);

/* The index of the first host of that name, port (0: any) and index >= FROM, or host_count. */
size_t roster_names_host(const struct roster *roster, const char *name, int port, size_t from);

/*
 * How many hosts have that name, each with another port; *FIRST is the place in by_name of the one
 * with the lowest port.
 */
size_t roster_names_ports(const struct roster *roster, const char *name, size_t *first);

/* The index of a pool's host among all hosts. */
size_t roster_names_index(const struct roster *roster, const struct roster_pool *pool, int host);

#endif
