/* journal_file: makes a file of the systemd journal, and adds to it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "journal_file.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char writer[] = "/lib/systemd/systemd-journal-remote";

void journal_file_begin(struct journal_file *file, const char *folder)
{
	snprintf(file->name, sizeof(file->name), "%s/input", folder);
	file->input = fopen(file->name, "w");
	ck_assert_ptr_nonnull(file->input);
}

void journal_file_add(struct journal_file *file, const char *facility, const char *program,
	const char *message, size_t length, int64_t at)
{
	journal_file_add_by(file, "postfix@-.service", "0", facility, program, message, length, at);
}

void journal_file_add_by(struct journal_file *file, const char *unit, const char *user,
	const char *facility, const char *program, const char *message, size_t length, int64_t at)
{
	FILE *input = file->input;

	fprintf(input, "__REALTIME_TIMESTAMP=%lld000\n__MONOTONIC_TIMESTAMP=%d000\n", (long long)at,
		1000 + file->written++);
	fprintf(input, "_BOOT_ID=0123456789abcdef0123456789abcdef\n");
	if (unit != NULL)
		fprintf(input, "_SYSTEMD_UNIT=%s\n", unit);
	if (user != NULL)
		fprintf(input, "_UID=%s\n", user);
	fprintf(input, "_PID=%d\n", JOURNAL_FILE_PID);
	if (facility != NULL)
		fprintf(input, "SYSLOG_FACILITY=%s\n", facility);
	if (program != NULL)
		fprintf(input, "SYSLOG_IDENTIFIER=%s\n", program);
	/* The binary form: the length in eight octets, the lowest first. */
	fprintf(input, "PRIORITY=6\nMESSAGE\n");
	for (int i = 0; i < 8; i++)
		fputc((int)((uint64_t)length >> (8 * i) & 0xff), input);
	ck_assert_uint_eq(fwrite(message, 1, length, input), length);
	fprintf(input, "\n\n");
}

void journal_file_end(struct journal_file *file, const char *to)
{
	pid_t child;
	int status;

	ck_assert_int_eq(fclose(file->input), 0);
	child = fork();
	ck_assert_int_ne(child, -1);
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDERR_FILENO);
		execl(writer, writer, "-o", to, file->name, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(status == 0, "%s failed: is it installed?", writer);
}
