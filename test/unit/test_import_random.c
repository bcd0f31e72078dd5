/* test_import_random: whatever an importer writes, for either MTA, the loader accepts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf.h"
#include "migrate/import_esa.h"
#include "migrate/import_exim.h"
#include "migrate/import_postfix_main.h"
#include "migrate/import_sendmail.h"
#include "migrate/plan_print.h"
#include "rules_file.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Tables by chance, the same in each run: rows of the words that such a table has, some of them bent by an
 * octet. Most rows are good, so that most tables have something to load.
 */

enum { ROUNDS = SUITE_IS_SLOW ? 300 : 3000, ROWS = 6, TABLE_MAX = 16 * 1024, WORDS_MAX = 40 };

static unsigned seed;

static unsigned chance(unsigned of)
{
	return suite_random(&seed) % of;
}

/* ---- words; "%h" is a host, "%n" a name without a port, "%d" a domain, "%t" a transport or mailer */

static const char long_name[] =
	"a23456789012345678901234567890123456789012345678901234567890."
	"a23456789012345678901234567890123456789012345678901234567890."
	"a23456789012345678901234567890123456789012345678901234567890."
	"a23456789012345678901234567890123456789012345678901234567890.example";

static const char *const names[] = {"mx1.example.com", "mx2.example.com", "a", "MX1.Example.Com.",
	"192.0.2.1", "x-y.z.example",
	"b\xc3\xbc"
	"cher.example",
	"under_score.example", "h\"q.example", "1.example", "10", long_name};
static const char *const ports[] = {
	"", "", "", ":25", ":2525", ":587", ":24", ":smtp", ":0", ":70000"};
static const char *const domains[] = {"example.com", ".example.com", "example.net", "u@example.com",
	"U+x@Example.com", "host", ".net", "a.b.example", "\"u x\"@example.com", "@example.com",
	"[192.0.2.9]",
	"b\xc3\xbc"
	"cher.example",
	"*", "ALL", "<>", "*.example.org", "postmaster", "a\"b\\c.example", "u\\@x@example.com"};
static const char *const transports[] = {"smtp", "smtp", "smtp", "relay", "esmtp", "lmtp", "local",
	"smtp.out", "esmtp2525", "out-1", "a/b", "a b", "dsmtp", "error", "discard", "retry", "",
	"a-name-of-a-transport-that-is-longer-than-any-that-a-configuration-may-have"};
static const char *const replies[] = {"5.1.2 moved", "4.2.1 later", "gone",
	"5.1.2:550 No \"such\" host", "2.0.0 fine", "nohost not here", "tempfail", "550 x", "4.7.1",
	"", "\xff\x1b[31m", "a \\n %s $x"};

/* What one importer reads. NULL ends a list; rows are put together in any order. */
struct kind {
	const char *name;
	void (*read)(struct plan *plan, const char *file, struct span text);
	const char *head;
	const char *rows[WORDS_MAX];
};

static const char *pick(const char *const *from, size_t count)
{
	return from[chance((unsigned)count)];
}

#define PICK(list) pick(list, sizeof(list) / sizeof((list)[0]))

/* One of the words that stand for others, at the end of TABLE. */
static void put_word(char *table, char which)
{
	char *end = table + strlen(table);
	size_t room = TABLE_MAX - strlen(table);
	bool is_bracketed = chance(3) > 0;

	if (which == 'n')
		snprintf(end, room, "%s", PICK(names));
	else if (which == 'h')
		snprintf(end, room, is_bracketed ? "[%s]%s" : "%s%s", PICK(names), PICK(ports));
	else if (which == 'd')
		snprintf(end, room, "%s", PICK(domains));
	else if (which == 't')
		snprintf(end, room, "%s", PICK(transports));
	else if (which == 'r')
		snprintf(end, room, "%s", PICK(replies));
	else
		snprintf(end, room, "%u", chance(4) * chance(40));
}

static void put_row(char *table, const char *row)
{
	size_t length = strlen(table);

	for (; *row != '\0'; row++) {
		if (*row == '%' && row[1] != '\0') {
			put_word(table, *++row);
		} else if (length + 1 < TABLE_MAX) {
			length = strlen(table);
			table[length] = *row;
			table[length + 1] = '\0';
		}
	}
	/* One octet is another one. */
	length = strlen(table);
	if (chance(12) == 0 && length > 1)
		table[length - 1 - chance((unsigned)length / 2)] = (char)(1 + chance(255));
	strncat(table, "\n", TABLE_MAX - strlen(table) - 1);
}

static void make_table(const struct kind *kind, char table[TABLE_MAX])
{
	unsigned count = 0;

	while (kind->rows[count] != NULL)
		count++;
	snprintf(table, TABLE_MAX, "%s", kind->head);
	for (unsigned i = chance(ROWS) + 1; i > 0; i--)
		put_row(table, kind->rows[chance(count)]);
}

/* ---- importers */

static void read_table(struct plan *plan, const char *file, struct span text)
{
	struct import_postfix import = {.plan = plan};

	plan->twice = PLAN_TWICE_FIRST_COUNTS;
	import_postfix_table(&import, IMPORT_POSTFIX_TRANSPORT, file, text);
}

static void read_main(struct plan *plan, const char *file, struct span text)
{
	struct import_postfix import = {.plan = plan};

	plan->twice = PLAN_TWICE_FIRST_COUNTS;
	import_postfix_main_read(&import, file, text, NULL);
}

static const struct kind kinds[] = {
	{"esa", import_esa_read, "",
		{"%d %h", "%d %h,%h", "%d %h/pri=%i, %h/pri=%i", "%d USEDNS", "%d /dev/null",
			"%d %h, %n/pri=0 profile", NULL}},
	{"transport", read_table, "",
		{"%d smtp:%h", "%d smtp:%h,%h", "%d %t:%h", "%d %t:%h, %h",
			"%d %t:", "%d :", "%d error:%r", "%d retry:%r",
			"%d discard:", "%d lmtp:inet:%h", "%d lmtp:unix:/x", NULL}},
	{"main.cf", read_main, "myhostname = mail.example.net\n",
		{"relayhost = %h", "default_transport = %t:%h", "relay_transport = %t:%h",
			"local_transport = %t:%h", "virtual_transport = %t:%h",
			"relay_domains = %d, %d", "mydestination = %d, $myhostname",
			"virtual_mailbox_domains = %d", "smtp_fallback_relay = %h, %h",
			"recipient_delimiter = +", "recipient_delimiter = +.-",
			"transport_maps = inline:{ { %d = %t:%h }, { %d = error:%r } }",
			"transport_maps = inline:{ %d=%t:%h }",
			"sender_dependent_relayhost_maps = inline:{ %d=%h }",
			"sender_dependent_default_transport_maps = inline:{ { %d = %t:%h } }",
			"sender_dependent_default_transport_maps = inline:{ { %d = error:%r } }",
			"disable_dns_lookups = yes", NULL}},
	{"mailertable", import_sendmail_read, "",
		{"%d esmtp:[%n]", "%d %t:[%n]", "%d %t:%n,[%n]:[%n]", "%d error:%r",
			"%d discard:", "%d local:", NULL}},
	{"sendmail.mc", import_sendmail_read, "FEATURE(`nouucp')dnl\n",
		{"define(`SMART_HOST', `%t:[%n]')dnl", "define(`SMART_HOST', `[%n]')dnl",
			"define(`confFALLBACK_MX', `%n')dnl",
			"define(`FALLBACK_SMARTHOST', `%t:%n')dnl", NULL}},
	{"exim", import_exim_read,
		"HOST = h.example\ndomainlist some = a.example : *.b.example\nbegin routers\nr:\n"
		"driver = manualroute\n",
		{"route_list = %d %n", "route_list = * %n:%n",
			"route_list = %d \"%n:+:%n\" ; %d HOST", "domains = %d : %d",
			"domains = +some", "domains = ! +some : %d", "hosts_randomize",
			"route_data = %n", "route_data = \"<+ %h + %h/MX\"",
			"r:\ndriver = manualroute", NULL}},
};

/* ---- the loader */

/* A line of what was written, for a message. */
static void check_loads(const struct plan *plan, const char *what, const char *table)
{
	FILE *file = rules_file_begin();
	struct fault_list faults;
	struct conf *conf;
	const char *path;
	char line[1024] = "";

	plan_print(plan, "a test", file);
	path = rules_file_close(file);
	fault_list_init(&faults);
	conf = conf_load(path, &faults);
	for (size_t i = 0; conf == NULL && i < faults.count; i++)
		if (!faults.faults[i].warning)
			fault_format(line, sizeof(line), &faults.faults[i]);
	ck_assert_msg(conf != NULL, "%s: %s\n%s", what, line, table);
	remove(path);
	conf_free(conf);
	fault_list_free(&faults);
}

START_TEST(what_is_written_loads)
{
	static char table[TABLE_MAX];
	const struct kind *kind = &kinds[_i / 2];
	enum table_mta mta = _i % 2 == 0 ? TABLE_POSTFIX : TABLE_SENDMAIL;
	char what[100];
	int loaded = 0;

	for (unsigned i = 1; i <= ROUNDS; i++) {
		struct plan *plan = plan_new(mta);

		ck_assert_ptr_nonnull(plan);
		seed = i;
		make_table(kind, table);
		snprintf(what, sizeof(what), "%s, for %s, table %u", kind->name,
			mta == TABLE_POSTFIX ? "Postfix" : "Sendmail", i);
		kind->read(plan, kind->name, span_make(table, strlen(table)));
		if (plan_finish(plan, kind->name)) {
			check_loads(plan, what, table);
			loaded++;
		}
		plan_free(plan);
	}
	ck_assert_msg(loaded > ROUNDS / 20, "%s: only %d of %d have something to load", what,
		loaded, ROUNDS);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{what_is_written_loads, 2 * COUNT(kinds)}};

	return suite_run("import_random", tests, COUNT(tests));
}
