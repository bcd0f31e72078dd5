/* vault: memory for passwords: locked, not in core dumps, wiped at its end
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/vault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Four pages: where RLIMIT_MEMLOCK is 64 kB, as of old, a reload has room beside what is in force. */
enum { CHUNK_SIZE = 16384 };

struct chunk {
	struct chunk *next;
	size_t used;
	size_t size; /* of octets */
	char octets[];
};

struct vault {
	struct chunk *chunks; /* the first one is being filled */
	int error;
};

struct vault *vault_new(void)
{
	return calloc(1, sizeof(struct vault));
}

void vault_free(struct vault *vault)
{
	if (vault == NULL)
		return;
	while (vault->chunks != NULL) {
		struct chunk *chunk = vault->chunks;
		size_t whole = sizeof(*chunk) + chunk->size;

		vault->chunks = chunk->next;
		explicit_bzero(chunk, whole);
		munmap(chunk, whole);
	}
	free(vault);
}

static struct chunk *add_chunk(struct vault *vault, size_t least)
{
	size_t room = CHUNK_SIZE - sizeof(struct chunk);
	size_t size = least > room ? least : room;
	struct chunk *chunk = mmap(NULL, sizeof(*chunk) + size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (chunk == MAP_FAILED)
		return NULL;
	if (madvise(chunk, sizeof(*chunk) + size, MADV_DONTDUMP) == -1)
		vault->error = errno;
	if (mlock(chunk, sizeof(*chunk) + size) == -1)
		vault->error = errno;
	chunk->size = size;
	chunk->next = vault->chunks;
	vault->chunks = chunk;
	return chunk;
}

char *vault_take(struct vault *vault, size_t size)
{
	struct chunk *chunk = vault->chunks;
	char *taken;

	if (chunk == NULL || size > chunk->size - chunk->used)
		chunk = add_chunk(vault, size);
	if (chunk == NULL)
		return NULL;
	taken = chunk->octets + chunk->used;
	chunk->used += size;
	return taken;
}

int vault_error(const struct vault *vault)
{
	return vault->error;
}
