/* fuzz_import: tables of other programs that hold anything
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_esa.h"
#include "migrate/import_exim.h"
#include "migrate/import_postfix_main.h"
#include "migrate/import_sendmail.h"
#include "migrate/plan_print.h"
#include "replay.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_postfix(struct plan *plan, struct span text)
{
	struct import_postfix import = {.plan = plan};

	plan->twice = PLAN_TWICE_FIRST_COUNTS;
	if (import_postfix_main_is(text))
		import_postfix_main_read(&import, "fuzz", text, NULL);
	else
		import_postfix_table(&import, IMPORT_POSTFIX_TRANSPORT, "fuzz", text);
}

/* Nothing of what was read reaches the configuration that a terminal obeys. */
static void check(const struct plan *plan)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	assert(to != NULL);
	plan_print(plan, "fuzz", to);
	fclose(to);
	for (size_t i = 0; i < size; i++)
		assert(text[i] == '\n' || (unsigned char)text[i] >= ' ');
	replay_reached += plan->routes.count > 0;
	free(text);
}

/* The first octet says whose table it is; a "$" stands for the end of a line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan *plan = plan_new(TABLE_POSTFIX);
	char *text = malloc(size + 1);

	assert(plan != NULL && text != NULL);
	for (size_t i = 1; i < size; i++)
		text[i - 1] = data[i] == '$' ? '\n' : (char)data[i];
	if (size > 0) {
		struct span span = span_make(text, size - 1);

		if (data[0] == 'e')
			import_esa_read(plan, "fuzz", span);
		else if (data[0] == 's')
			import_sendmail_read(plan, "fuzz", span);
		else if (data[0] == 'x')
			import_exim_read(plan, "fuzz", span);
		else
			read_postfix(plan, span);
		if (plan_finish(plan, "fuzz"))
			check(plan);
	}
	plan_free(plan);
	free(text);
	return 0;
}
