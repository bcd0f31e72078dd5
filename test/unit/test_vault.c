/* test_vault: memory that is locked, is in no core dump, and is wiped
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/vault.h"
#include "suite.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct vault *vault;

static void open_vault(void)
{
	vault = vault_new();
	ck_assert_ptr_nonnull(vault);
}

static void close_vault(void)
{
	vault_free(vault);
	vault = NULL;
}

static const size_t sizes[] = {1, 2, 300, 16000, 16384, 100000};

START_TEST(pieces)
{
	size_t size = sizes[_i];

	for (int k = 0; k < 20; k++) {
		char *piece = vault_take(vault, size);

		ck_assert_ptr_nonnull(piece);
		for (size_t at = 0; at < size; at++)
			ck_assert_msg(piece[at] == '\0', "%zu: %d is not zeroed", size, k);
		memset(piece, 'x', size);
	}
}
END_TEST

/* What the kernel says of the pages that ADDRESS is on: proc(5), VmFlags. */
static bool has_flag(const void *address, const char *flag)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[1024];
	bool is_there = false, has = false;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			is_there = (unsigned long)address >= from && (unsigned long)address < to;
		else if (is_there && strncmp(line, "VmFlags:", 8) == 0)
			has = strstr(line, flag) != NULL;
	}
	fclose(file);
	return has;
}

START_TEST(its_pages)
{
	const char *piece = vault_take(vault, 10);
	const char *big = vault_take(vault, 40000);

	ck_assert_int_eq(vault_error(vault), 0);
	/* Sanitizers have a mlock() that does nothing. */
	ck_assert(has_flag(piece, " lo") || SUITE_IS_SLOW);
	ck_assert(has_flag(piece, " dd"));
	ck_assert(has_flag(big + 39999, " lo") || SUITE_IS_SLOW);
	ck_assert(has_flag(big + 39999, " dd"));
	ck_assert(!has_flag(&sizes, " lo"));
	ck_assert(!has_flag(&sizes, " dd"));
}
END_TEST

/* It serves all the same. */
START_TEST(without_a_limit_to_lock)
{
	const struct rlimit none = {0, 0};

	if (geteuid() == 0 && seteuid(65534) == -1)
		return;
	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	ck_assert_ptr_nonnull(vault_take(vault, 10));
	ck_assert(vault_error(vault) == ENOMEM || vault_error(vault) == EPERM || SUITE_IS_SLOW);
	ck_assert(has_flag(vault_take(vault, 1), " dd"));
	/* LeakSanitizer, at the end, cannot look into a process that is not its user's. */
	ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{pieces, COUNT(sizes)},
		{its_pages, 1},
		{without_a_limit_to_lock, 1},
	};

	return suite_run_with("vault", tests, COUNT(tests), open_vault, close_vault);
}
