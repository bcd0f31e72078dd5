/* fault: what is wrong with a configuration, all of it, each with its file and line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fault_list_init(struct fault_list *list)
{
	memset(list, 0, sizeof(*list));
}

void fault_list_free(struct fault_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->faults[i].file);
		free(list->faults[i].text);
	}
	free(list->faults);
	fault_list_init(list);
}

/* Makes room for one more. False: out of memory, or the list is full. */
static bool grow(struct fault_list *list)
{
	struct fault *faults;

	if (list->count == FAULT_LIST_MAX)
		return false;
	if (list->faults != NULL && (list->count & (list->count - 1)) != 0)
		return true;
	faults = realloc(list->faults, (list->count == 0 ? 1 : 2 * list->count) * sizeof(*faults));
	if (faults == NULL)
		return false;
	list->faults = faults;
	return true;
}

static void add(struct fault_list *list, const char *file, int line, bool warning,
	const char *format, va_list arguments)
{
	struct fault fault = {.line = line, .warning = warning};

	list->errors += !warning;
	if (!grow(list)) {
		list->unlisted++;
		return;
	}
	fault.file = strdup(file);
	if (fault.file == NULL || vasprintf(&fault.text, format, arguments) == -1) {
		free(fault.file);
		list->unlisted++;
		return;
	}
	list->faults[list->count++] = fault;
}

void fault_add(struct fault_list *list, const char *file, int line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(list, file, line, false, format, arguments);
	va_end(arguments);
}

void fault_warn(struct fault_list *list, const char *file, int line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(list, file, line, true, format, arguments);
	va_end(arguments);
}

static bool is_before(const struct fault *a, const struct fault *b)
{
	int files = strcmp(a->file, b->file);

	return files == 0 ? a->line < b->line : files < 0;
}

/* By insertion: it keeps the order of equals, and there are few. */
void fault_list_sort(struct fault_list *list)
{
	for (size_t i = 1; i < list->count; i++) {
		struct fault fault = list->faults[i];
		size_t at = i;

		for (; at > 0 && is_before(&fault, &list->faults[at - 1]); at--)
			list->faults[at] = list->faults[at - 1];
		list->faults[at] = fault;
	}
}

char *fault_format(char *out, size_t size, const struct fault *fault)
{
	const char *warning = fault->warning ? "warning: " : "";

	if (fault->line > 0)
		snprintf(out, size, "%s:%d: %s%s", fault->file, fault->line, warning, fault->text);
	else
		snprintf(out, size, "%s: %s%s", fault->file, warning, fault->text);
	return out;
}
