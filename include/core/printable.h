/* printable: foreign text made safe for a log line or a terminal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_PRINTABLE_H
#define CORE_PRINTABLE_H

#include <stddef.h>

/*
 * Copies TEXT to OUT with every control character, every character that has no width or turns the
 * direction of writing, and every octet that is not part of well-formed UTF-8 (RFC 3629), replaced
 * by "?". At most SIZE - 1 octets, never cut inside a character;
 * OUT is NUL-terminated and returned, for use in the call that prints it.
 */
char *printable_copy(char *out, size_t size, const char *text);

#endif
