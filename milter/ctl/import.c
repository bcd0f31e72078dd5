/* import: another program's routes as a configuration
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/import.h"
#include "core/printable.h"
#include "ctl/answer.h"
#include "ctl/client.h"
#include "ctl/import_files.h"
#include "migrate/import_esa.h"
#include "migrate/import_exim.h"
#include "migrate/import_postfix_main.h"
#include "migrate/import_sendmail.h"
#include "migrate/plan_print.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ORIGIN_MAX = 400,
	FAULT_TEXT_MAX = 1024,
	OUTPUT_MODE = 0644,
};

static int complain(const char *path, const char *why)
{
	char shown[PATH_MAX];

	fprintf(stderr, "milterctl: %s: %s\n", printable_copy(shown, sizeof(shown), path), why);
	return -1;
}

/* ---- whose tables */

/* What is at work. Importers give -1 after a message. */
struct work {
	struct plan *plan;
	const struct verb_call *call;
	struct import_files files;
};

static int read_each(
	struct work *work, void (*import)(struct plan *plan, const char *file, struct span text))
{
	for (int i = 1; i < work->call->argument_count; i++) {
		const char *path = work->call->arguments[i];
		struct span text;

		if (import_files_read(&work->files, path, &text) == -1)
			return -1;
		import(work->plan, path, text);
	}
	return 0;
}

static int import_esa(struct work *work)
{
	return read_each(work, import_esa_read);
}

static int import_sendmail(struct work *work)
{
	return read_each(work, import_sendmail_read);
}

static int import_exim(struct work *work)
{
	return read_each(work, import_exim_read);
}

/* "sender_dependent_relayhost_maps=FILE": of that kind; else FILE says itself what it is. */
static const char *find_kind_of(
	const char *argument, enum import_postfix_kind *kind, bool *is_named)
{
	const char *equals = strchr(argument, '=');
	char name[64];

	*is_named = false;
	if (equals == NULL || (size_t)(equals - argument) >= sizeof(name))
		return argument;
	snprintf(name, sizeof(name), "%.*s", (int)(equals - argument), argument);
	*is_named = import_postfix_main_kind(name, kind);
	return *is_named ? equals + 1 : argument;
}

/* Tables by the sender are read when those of transports have been. */
static int read_postfix(struct work *work, struct import_postfix *import, bool is_sender_turn)
{
	const struct import_postfix_source source = {&work->files, import_files_open};

	for (int i = 1; i < work->call->argument_count; i++) {
		enum import_postfix_kind kind = IMPORT_POSTFIX_TRANSPORT;
		bool is_named;
		const char *path = find_kind_of(work->call->arguments[i], &kind, &is_named);
		struct span text;

		if ((kind != IMPORT_POSTFIX_TRANSPORT) != is_sender_turn)
			continue;
		if (import_files_read(&work->files, path, &text) == -1)
			return -1;
		work->files.main = path;
		if (!is_named && import_postfix_main_is(text))
			import_postfix_main_read(import, path, text, &source);
		else
			import_postfix_table(import, kind, path, text);
	}
	return 0;
}

static int import_postfix(struct work *work)
{
	static const char *const postconf[] = {"postconf", "-x", "transport_maps", "relayhost",
		"default_transport", "sender_dependent_relayhost_maps",
		"sender_dependent_default_transport_maps", "smtp_fallback_relay",
		"recipient_delimiter", "mydestination", "local_transport",
		"virtual_mailbox_domains", "virtual_transport", "virtual_alias_domains",
		"relay_domains", "relay_transport", "parent_domain_matches_subdomains",
		"disable_dns_lookups", "smtp_dns_support_level", NULL};
	const struct import_postfix_source source = {&work->files, import_files_open};
	struct import_postfix import = {.plan = work->plan};
	struct span text;

	work->plan->twice = PLAN_TWICE_FIRST_COUNTS;
	if ((work->call->options & VERB_RUNNING) == 0)
		return read_postfix(work, &import, false) == -1 ? -1
								: read_postfix(work, &import, true);
	work->files.is_running = true;
	if (import_files_run(&work->files, postconf, &text) == -1)
		return -1;
	import_postfix_main_read(&import, "postconf", text, &source);
	return 0;
}

static const struct kind {
	const char *name;
	int files; /* at most */
	enum table_mta mta;
	int (*import)(struct work *work);
} kinds[] = {
	{"esa", 1, TABLE_POSTFIX, import_esa},
	{"postfix", IMPORT_FILES_MAX, TABLE_POSTFIX, import_postfix},
	{"sendmail", IMPORT_FILES_MAX, TABLE_SENDMAIL, import_sendmail},
	{"exim", 1, TABLE_POSTFIX, import_exim},
};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* ---- what is written */

static void print_faults(const struct fault_list *faults)
{
	char line[FAULT_TEXT_MAX];
	char shown[FAULT_TEXT_MAX];

	for (size_t i = 0; i < faults->count; i++)
		fprintf(stderr, "%s\n",
			printable_copy(shown, sizeof(shown),
				fault_format(line, sizeof(line), &faults->faults[i])));
	if (faults->unlisted > 0)
		fprintf(stderr, "milterctl: and %zu faults more\n", faults->unlisted);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_summary(const struct plan *plan)
{
	size_t pools = 0;

	for (size_t i = 0; i < plan->sets.count; i++)
		pools += ((const struct plan_set *)plan->sets.items[i])->uses > 0;
	fprintf(stderr, "milterctl: %zu route%s, ", plan->routes.count, plural(plan->routes.count));
	if (plan->senders.count > 0)
		fprintf(stderr, "%zu rule%s by sender, ", plan->senders.count,
			plural(plan->senders.count));
	fprintf(stderr, "%zu pool%s, %zu host%s; %zu line%s not carried over", pools, plural(pools),
		plan->host_count, plural(plan->host_count), plan->left.count,
		plural(plan->left.count));
	if (plan->notes.count > 0)
		fprintf(stderr, ", %zu to look at", plan->notes.count);
	fprintf(stderr, "\n");
}

static void make_origin(char origin[ORIGIN_MAX], const struct verb_call *call)
{
	size_t used = (size_t)snprintf(origin, ORIGIN_MAX, "milterctl import");

	for (int i = 0; i < call->argument_count && used < ORIGIN_MAX; i++)
		used += (size_t)snprintf(
			origin + used, ORIGIN_MAX - used, " %s", call->arguments[i]);
}

/* Under a temporary name beside PATH, then in its place: it is there whole, or as it was. */
static int write_file(const struct plan *plan, const char *origin, const char *path)
{
	char temporary[PATH_MAX];
	FILE *file = NULL;
	int fd;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= sizeof(temporary))
		return complain(path, strerror(ENAMETOOLONG));
	fd = mkstemp(temporary);
	if (fd != -1)
		file = fdopen(fd, "w");
	if (file == NULL)
		return complain(path, strerror(errno));
	plan_print(plan, origin, file);
	if (fflush(file) == 0 && !ferror(file) && fchmod(fd, OUTPUT_MODE) == 0 && fsync(fd) == 0 &&
		fclose(file) == 0) {
		if (rename(temporary, path) == 0)
			return 0;
	}
	complain(path, strerror(errno));
	unlink(temporary);
	return -1;
}

static int write_out(const struct plan *plan, const struct verb_call *call)
{
	char origin[ORIGIN_MAX];

	make_origin(origin, call);
	if (call->output != NULL)
		return write_file(plan, origin, call->output);
	plan_print(plan, origin, stdout);
	return 0;
}

/* ---- the verb */

/* Before anything is read: a long import that cannot be written is a waste. */
static int check_output(const struct verb_call *call)
{
	struct stat status;

	if (call->output == NULL || lstat(call->output, &status) == -1)
		return 0;
	if (!S_ISREG(status.st_mode))
		return complain(call->output, "is there, and is not a file");
	if ((call->options & VERB_FORCE) == 0)
		return complain(call->output, "is there; --force replaces it");
	return 0;
}

static void print_left(const struct plan *plan)
{
	for (size_t i = 0; i < plan->left.count && i < FAULT_LIST_MAX; i++) {
		const struct plan_remark *left = plan->left.items[i];

		fprintf(stderr, "%s:%d: not carried over: %s\n", left->place.file, left->place.line,
			left->why);
	}
}

static int run(const struct verb_call *call, const struct kind *kind, enum table_mta mta)
{
	struct work work = {.plan = plan_new(mta), .call = call};
	int result = CLIENT_NO;

	if (work.plan == NULL) {
		fprintf(stderr, "milterctl: out of memory\n");
		return CLIENT_NO;
	}
	if (kind->import(&work) == 0) {
		bool is_good = plan_finish(
			work.plan, call->argument_count > 1 ? call->arguments[1] : "postconf");

		print_faults(&work.plan->faults);
		if (work.plan->has_no_memory)
			fprintf(stderr, "milterctl: out of memory\n");
		if (!is_good && work.plan->routes.count == 0)
			print_left(work.plan);
		if (is_good && write_out(work.plan, call) == 0) {
			print_summary(work.plan);
			result = CLIENT_DONE;
		}
	}
	plan_free(work.plan);
	import_files_free(&work.files);
	return result;
}

/* Whether there are as many files as that kind requires. */
static int check_files(const struct verb_call *call, const struct kind *kind)
{
	bool is_running = (call->options & VERB_RUNNING) != 0;
	int files = call->argument_count - 1;

	if (is_running && kind->import != import_postfix)
		fprintf(stderr, "milterctl: --running is only for import postfix\n");
	else if (is_running && files > 0)
		fprintf(stderr, "milterctl: --running reads no file\n");
	else if (!is_running && files == 0)
		fprintf(stderr, "milterctl: import %s requires a file\n", kind->name);
	else if (files > kind->files)
		fprintf(stderr, "milterctl: import %s reads one file\n", kind->name);
	else
		return 0;
	return -1;
}

int import_run(const struct verb_call *call)
{
	const struct kind *kind = find_kind(call->arguments[0]);
	enum table_mta mta;

	if (kind == NULL)
		return answer_usage("esa, postfix, sendmail or exim", call->arguments[0]);
	if (check_files(call, kind) == -1)
		return verbs_refuse(verbs_find("import"));
	mta = kind->mta;
	if (call->mta != NULL && strcmp(call->mta, "postfix") == 0)
		mta = TABLE_POSTFIX;
	else if (call->mta != NULL && strcmp(call->mta, "sendmail") == 0)
		mta = TABLE_SENDMAIL;
	else if (call->mta != NULL)
		return answer_usage("an MTA: postfix or sendmail", call->mta);
	return check_output(call) == -1 ? CLIENT_NO : run(call, kind, mta);
}
