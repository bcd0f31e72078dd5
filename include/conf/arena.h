/* arena: memory that is taken piece by piece and freed whole
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_ARENA_H
#define CONF_ARENA_H

#include <stddef.h>

/*
 * What one configuration is made of. Nothing is freed alone.
 */

struct arena;

/* NULL: out of memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Zeroed and aligned for any type; NULL: out of memory. */
void *arena_take(struct arena *arena, size_t count, size_t size);

/* A copy of LENGTH octets with a NUL after them. */
char *arena_copy(struct arena *arena, const char *text, size_t length);

/* For tdestroy(): what a tree's nodes have lies in an arena, and is freed with it. */
void arena_keep(void *node);

#endif
