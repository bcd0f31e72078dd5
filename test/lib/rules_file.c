/* rules_file: configurations of rules, written and read
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "rules_file.h"
#include "suite.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/nexthop-unit.XXXXXX";

struct conf *rules_file_load(const char *name)
{
	struct fault_list faults;
	struct conf *conf;
	char line[LINE_MAX] = "";

	fault_list_init(&faults);
	conf = conf_load_public(name, &faults);
	if (faults.count > 0)
		fault_format(line, sizeof(line), &faults.faults[0]);
	ck_assert_msg(conf != NULL && faults.count == 0, "%s", line);
	fault_list_free(&faults);
	return conf;
}

FILE *rules_file_begin(void)
{
	FILE *file;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	file = fdopen(mkstemp(path), "w");
	ck_assert_ptr_nonnull(file);
	return file;
}

const char *rules_file_close(FILE *file)
{
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

struct conf *rules_file_end(FILE *file)
{
	struct conf *conf;

	rules_file_close(file);
	conf = rules_file_load(path);
	unlink(path);
	return conf;
}

struct conf *rules_file_of(const char *rules)
{
	FILE *file = rules_file_begin();

	fprintf(file, "rules = ( %s );\n", rules);
	return rules_file_end(file);
}
