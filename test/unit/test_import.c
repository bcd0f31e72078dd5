/* test_import: each table of the corpus gives just the configuration, or the faults, beside it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf.h"
#include "core/rules.h"
#include "migrate/import_esa.h"
#include "migrate/import_exim.h"
#include "migrate/import_postfix_main.h"
#include "migrate/import_sendmail.h"
#include "migrate/plan_print.h"
#include "suite.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * KIND/NAME.in is a table. KIND/NAME.out is what it gives: the remarks, pools, rules and routes, without
 * the settings before them, which all have. Or KIND/NAME.err has a line for each fault.
 */

enum { TEXT_MAX = 256 * 1024 };

static glob_t corpus;
static char folder[PATH_MAX];

/* A main.cf names no tables but those that are in it: files are daemon_import.sh's. */
static void read_postfix(struct plan *plan, const char *file, struct span text)
{
	struct import_postfix import = {.plan = plan};

	plan->twice = PLAN_TWICE_FIRST_COUNTS;
	if (import_postfix_main_is(text))
		import_postfix_main_read(&import, file, text, NULL);
	else
		import_postfix_table(&import, IMPORT_POSTFIX_TRANSPORT, file, text);
}

static const struct {
	const char *name;
	enum table_mta mta;
	void (*read)(struct plan *plan, const char *file, struct span text);
} kinds[] = {
	{"esa", TABLE_POSTFIX, import_esa_read},
	{"postfix", TABLE_POSTFIX, read_postfix},
	{"sendmail", TABLE_SENDMAIL, import_sendmail_read},
	{"exim", TABLE_POSTFIX, import_exim_read},
};

static void find_corpus(void)
{
	const char *top = getenv("srcdir");
	char pattern[PATH_MAX + 16];

	snprintf(folder, sizeof(folder), "%s/test/corpus/import", top == NULL ? "." : top);
	snprintf(pattern, sizeof(pattern), "%s/*/*.in", folder);
	if (glob(pattern, 0, NULL, &corpus) != 0)
		corpus.gl_pathc = 0;
}

/* "" if it is not there. */
static size_t read_beside(const char *path, const char *ending, char out[TEXT_MAX])
{
	char beside[PATH_MAX];
	FILE *file;
	size_t length = 0;

	snprintf(beside, sizeof(beside), "%.*s.%s", (int)strlen(path) - 3, path, ending);
	file = fopen(beside, "r");
	if (file != NULL) {
		length = fread(out, 1, TEXT_MAX - 1, file);
		fclose(file);
	}
	out[length] = '\0';
	return length;
}

/* The kind of a path "…/KIND/NAME.in", and *NAME. */
static int kind_of(const char *path, const char **name)
{
	*name = strrchr(path, '/') + 1;
	for (int i = 0; i < COUNT(kinds); i++) {
		size_t length = strlen(kinds[i].name);

		if (strncmp(*name - 1 - length, kinds[i].name, length) == 0)
			return i;
	}
	ck_abort_msg("%s: of no kind", path);
	return -1;
}

/* What stands in PLAN, without the settings that all have. */
static void print_plan(const struct plan *plan, char out[TEXT_MAX])
{
	char *text = NULL, *settings, *rest;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(to);
	plan_print(plan, "test", to);
	fclose(to);
	settings = strstr(text, "\nmta            =");
	rest = strstr(text, "health = { log = \"journal\"; };\n");
	ck_assert(settings != NULL && rest != NULL);
	rest += strlen("health = { log = \"journal\"; };\n");
	*settings = '\0';
	snprintf(out, TEXT_MAX, "%s%s", strstr(text, "reload\".\n") + strlen("reload\".\n"), rest);
	free(text);
}

/* The loader takes the whole of it, without a warning, and finds as much as there is. */
static void check_loads(const struct plan *plan, const char *name)
{
	char path[] = "/tmp/test_import.XXXXXX";
	int fd = mkstemp(path);
	FILE *to = fd == -1 ? NULL : fdopen(fd, "w");
	struct fault_list faults;
	struct conf *conf;
	char line[1024] = "";

	ck_assert_ptr_nonnull(to);
	plan_print(plan, "test", to);
	ck_assert_int_eq(fclose(to), 0);
	fault_list_init(&faults);
	conf = conf_load(path, &faults);
	unlink(path);
	if (faults.count > 0)
		fault_format(line, sizeof(line), &faults.faults[0]);
	ck_assert_msg(conf != NULL && faults.count == 0, "%s: %s", name, line);
	ck_assert_uint_eq(conf->table.route_count, plan->routes.count);
	for (size_t i = 0; i < plan->routes.count; i++) {
		const struct plan_route *route = plan->routes.items[i];
		const struct route *loaded = &conf->table.routes[i];

		ck_assert_str_eq(loaded->match, route->key);
		ck_assert_int_eq(loaded->action, route->action);
		if (route->action == ACTION_POOL)
			ck_assert_str_eq(conf->table.pools[loaded->pool].name, route->set->name);
	}
	ck_assert_uint_ge(
		conf->table.rules == NULL ? 0 : conf->table.rules->count, plan->senders.count);
	conf_free(conf);
	fault_list_free(&faults);
}

static void list_faults(const struct plan *plan, char out[TEXT_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < plan->faults.count; i++) {
		char line[1024];

		used += (size_t)snprintf(out + used, TEXT_MAX - used, "%s\n",
			fault_format(line, sizeof(line), &plan->faults.faults[i]));
		ck_assert_uint_lt(used, TEXT_MAX);
	}
}

START_TEST(corpus_file)
{
	static char text[TEXT_MAX], wanted[TEXT_MAX], got[TEXT_MAX];
	const char *path = corpus.gl_pathv[_i];
	const char *name;
	int kind = kind_of(path, &name);
	size_t length = read_beside(path, "in", text);
	bool is_bad = read_beside(path, "err", wanted) > 0;
	struct plan *plan = plan_new(kinds[kind].mta);

	ck_assert_ptr_nonnull(plan);
	kinds[kind].read(plan, name, span_make(text, length));
	ck_assert_msg(plan_finish(plan, name) == !is_bad, "%s/%s", kinds[kind].name, name);
	if (is_bad) {
		list_faults(plan, got);
	} else {
		ck_assert_msg(read_beside(path, "out", wanted) > 0, "%s: nothing beside it", path);
		print_plan(plan, got);
		check_loads(plan, path);
	}
	ck_assert_msg(strcmp(got, wanted) == 0, "%s/%s gives:\n%s", kinds[kind].name, name, got);
	plan_free(plan);
}
END_TEST

START_TEST(the_corpus_is_there)
{
	ck_assert_uint_gt(corpus.gl_pathc, 8);
}
END_TEST

int main(void)
{
	find_corpus();

	const struct suite_test tests[] = {
		{the_corpus_is_there, 1},
		{corpus_file, (int)corpus.gl_pathc},
	};

	return suite_run("import", tests, COUNT(tests));
}
