/* log_place: how far a log has been read
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_place.h"
#include "core/hash.h"

#include <string.h>

uint64_t log_place_tail(const char *octets, size_t length)
{
	return hash_octets(octets, length);
}

static bool file_valid(const struct log_place_file *file)
{
	return file->inode == 0 || (file->offset <= file->seen && file->seen <= INT64_MAX);
}

bool log_place_valid(const struct log_place *place)
{
	return file_valid(&place->now) && file_valid(&place->before) &&
	       memchr(place->cursor, '\0', sizeof(place->cursor)) != NULL;
}
