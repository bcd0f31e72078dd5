/* test_migrate_roundtrip: what is exported and imported again does the same
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/export_esa.h"
#include "migrate/export_postfix.h"
#include "migrate/export_sendmail.h"
#include "migrate/import_esa.h"
#include "migrate/import_postfix.h"
#include "migrate/import_sendmail.h"
#include "migrate/plan_print.h"
#include "rules_file.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Configurations of whatever the format can express, by chance but the same in each run. For whether two do
 * the same their tables are queried, for each match and for addresses around these.
 */

enum { ROUNDS = SUITE_IS_SLOW ? 60 : 300, POOLS = 5, HOSTS = 6, ROUTES = 12, QUESTIONS = 40 };

static unsigned seed;
static unsigned round_number;

static unsigned chance(unsigned of)
{
	return suite_random(&seed) % of;
}

static const char *pick(const char *const *from, unsigned count)
{
	return from[chance(count)];
}

/* ---- configurations */

static const char *const hosts[] = {"mx1.example.com", "mx2.example.com", "relay.example.net", "a",
	"x-y.z.example", "xn--bcher-kva.example", "192.0.2.1", "192.0.2.2", "198.51.100.77",
	"2001:db8::1", "2001:db8:1:2:3:4:5:6", "::ffff:192.0.2.9"};
enum { NAMES = 6 }; /* of these */
static const char *const matches[] = {"example.com", ".example.com", "lab.example.com",
	".lab.example.com", "deep.lab.example.com", "example.net", ".net", "host", "[192.0.2.9]",
	"[IPv6:2001:db8::9]", "xn--bcher-kva.example", "ALL"};
enum { LITERALS = 8 }; /* the first of two */
static const char *const addresses[] = {"u@example.com", "U+x@EXAMPLE.com", "u@a.example.com",
	"u@lab.example.com", "u@b.lab.example.com", "u@deep.lab.example.com",
	"u@very.deep.lab.example.com", "u@example.net", "u@a.example.net", "u@host", "u@a.host",
	"u@[192.0.2.9]", "u@[IPv6:2001:db8::9]", "u@xn--bcher-kva.example", "postmaster",
	"u@other"};

/* What a format can say, beside the order of the hosts. */
struct format {
	int (*run)(const struct conf *conf, FILE *to, size_t *left_out);
	void (*read)(struct plan *plan, const char *file, struct span text);
	bool has_priorities; /* equal ones as well: else its hosts are tried one after the other */
	bool has_literals;   /* "[192.0.2.9]" as a domain */
	bool has_ports;
};

static void put_host(FILE *to, const struct format *format, unsigned i, bool is_first)
{
	static const int priorities[] = {0, 0, 0, 5, 10, 65535};
	static const char *const ports[] = {"", "", " port = 2525;", " port = 65535;"};
	bool is_mx = i < NAMES && chance(3) == 0;
	const char *port = pick(ports, COUNT(ports));

	fprintf(to, "%s{ host = \"%s\"; priority = %d;%s%s }", is_first ? "" : ", ", hosts[i],
		priorities[chance(COUNT(priorities))], format->has_ports ? port : "",
		is_mx ? " lookup = \"mx\";" : "");
}

/* Every host at most once. */
static void put_pool(FILE *to, const struct format *format, int number)
{
	unsigned first = chance(COUNT(hosts));
	unsigned count = 1 + chance(HOSTS);

	fprintf(to, "p%d = { hosts = ( ", number);
	for (unsigned i = 0; i < count; i++)
		put_host(to, format, (first + 5 * i) % COUNT(hosts), i == 0);
	fprintf(to, " ); };\n");
}

static void put_route(FILE *to, const char *match, bool is_first)
{
	/* Without a pool there may be nothing to write. */
	unsigned what = chance(is_first ? POOLS : POOLS + 2);

	fprintf(to, "%s{ match = \"%s\"; ", is_first ? "" : ",\n", match);
	if (what < POOLS)
		fprintf(to, "pool = \"p%u\"; }", what);
	else
		fprintf(to, "action = \"%s\"; }", what == POOLS ? "dns" : "discard");
}

/* A pool that nobody uses gets a warning, which is none of ours. */
static struct conf *load(FILE *file)
{
	const char *path = rules_file_close(file);
	struct fault_list faults;
	struct conf *conf;
	char line[1024] = "";

	fault_list_init(&faults);
	conf = conf_load(path, &faults);
	if (conf == NULL)
		fault_format(line, sizeof(line), &faults.faults[0]);
	ck_assert_msg(conf != NULL, "round %u: %s", round_number, line);
	fault_list_free(&faults);
	remove(path);
	return conf;
}

static struct conf *random_conf(const struct format *format)
{
	FILE *file = rules_file_begin();
	unsigned first = chance(COUNT(matches));
	unsigned count = 1 + chance(ROUTES);
	bool is_first = true;

	fprintf(file, "mixed = \"split\";\npools = {\n");
	for (int i = 0; i < POOLS; i++)
		put_pool(file, format, i);
	fprintf(file, "};\nroutes = (\n");
	for (unsigned i = 0; i < count || is_first; i++) {
		unsigned match = (first + 7 * i) % COUNT(matches);

		if (!format->has_literals && match / 2 == LITERALS / 2)
			continue;
		put_route(file, matches[match], is_first);
		is_first = false;
	}
	fprintf(file, " );\n");
	return load(file);
}

/* ---- there and back */

static char *export_of(const struct format *format, const struct conf *conf)
{
	char *text = NULL;
	size_t length = 0;
	size_t left_out = 1;
	FILE *to = open_memstream(&text, &length);

	ck_assert_int_eq(format->run(conf, to, &left_out), 0);
	ck_assert_int_eq(fclose(to), 0);
	ck_assert_msg(left_out == 0 || !format->has_priorities,
		"round %u: something is left out:\n%s", round_number, text);
	return text;
}

static struct conf *import_of(const struct format *format, const char *text)
{
	struct plan *plan = plan_new(TABLE_POSTFIX);
	FILE *file = rules_file_begin();
	struct conf *conf;

	format->read(plan, "table", span_make(text, strlen(text)));
	ck_assert_msg(plan_finish(plan, "table"), "round %u: %s\n%s", round_number,
		plan->faults.count == 0 ? "no fault" : plan->faults.faults[0].text, text);
	plan_print(plan, "a test", file);
	conf = load(file);
	plan_free(plan);
	return conf;
}

/* ---- the same */

static void check_priorities(const struct pool *a, const struct pool *b, const char *address)
{
	for (int i = 0; i < a->host_count; i++)
		ck_assert_msg(a->hosts[i].priority == b->hosts[i].priority &&
				      a->hosts[i].weight == b->hosts[i].weight,
			"round %u: %s: host %d: %s", round_number, address, i, a->hosts[i].nexthop);
}

static void check_pools(const struct format *format, const struct pool *a, const struct pool *b,
	const char *address)
{
	ck_assert_msg(a->host_count == b->host_count, "round %u: %s", round_number, address);
	ck_assert_str_eq(a->transport, b->transport);
	for (int i = 0; i < a->host_count; i++)
		ck_assert_msg(strcmp(a->hosts[i].name, b->hosts[i].name) == 0 &&
				      a->hosts[i].port == b->hosts[i].port &&
				      a->hosts[i].lookup == b->hosts[i].lookup,
			"round %u: %s: host %d: %s and %s", round_number, address, i,
			a->hosts[i].nexthop, b->hosts[i].nexthop);
	if (format->has_priorities)
		check_priorities(a, b, address);
}

/* NULL: left to the MTA, by no route or by one that says so. */
static const struct route *route_of(const struct conf *conf, const struct address *address)
{
	const struct route *route = table_lookup(&conf->table, address);

	return route == NULL || route->action == ACTION_DNS ? NULL : route;
}

static void check_address(const struct format *format, const struct conf *a, const struct conf *b,
	const struct address *address)
{
	const struct route *old = route_of(a, address);
	const struct route *new = route_of(b, address);

	ck_assert_msg((old == NULL) == (new == NULL), "round %u: %s", round_number, address->text);
	if (old == NULL)
		return;
	ck_assert_msg(strcmp(old->match, new->match) == 0 && old->action == new->action,
		"round %u: %s: %s and %s", round_number, address->text, old->match, new->match);
	if (old->action == ACTION_POOL)
		check_pools(format, &a->table.pools[old->pool], &b->table.pools[new->pool],
			address->text);
}

static void check_same(const struct format *format, const struct conf *a, const struct conf *b)
{
	struct address address;

	for (size_t i = 0; i < a->table.route_count; i++) {
		table_address_of(&address, a->table.routes[i].match);
		check_address(format, a, b, &address);
	}
	for (int i = 0; i < QUESTIONS; i++) {
		address_parse(&address, pick(addresses, COUNT(addresses)));
		check_address(format, a, b, &address);
	}
}

/* The lines that are no comments: these name files. */
static void check_rows(char *a, char *b)
{
	char *rest_a = a, *rest_b = b;
	const char *row_a, *row_b;

	do {
		do
			row_a = strsep(&rest_a, "\n");
		while (row_a != NULL && (*row_a == '#' || *row_a == '\0'));
		do
			row_b = strsep(&rest_b, "\n");
		while (row_b != NULL && (*row_b == '#' || *row_b == '\0'));
		ck_assert_pstr_eq(row_a, row_b);
	} while (row_a != NULL);
}

static void go_there_and_back(const struct format *format)
{
	struct conf *conf = random_conf(format);
	char *text = export_of(format, conf);
	struct conf *again = import_of(format, text);
	char *again_text = export_of(format, again);

	check_same(format, conf, again);
	check_rows(text, again_text);
	free(text);
	free(again_text);
	conf_free(conf);
	conf_free(again);
}

/* Its table alone: main.cf is read elsewhere. */
static void read_postfix(struct plan *plan, const char *file, struct span text)
{
	struct import_postfix import = {.plan = plan};

	import_postfix_table(&import, IMPORT_POSTFIX_TRANSPORT, file, text);
}

static const struct row {
	const char *name;
	struct format format;
} rows[] = {
	{"esa", {export_esa, import_esa_read, true, true, true}},
	{"postfix", {export_postfix_transport, read_postfix, false, true, true}},
	{"sendmail", {export_sendmail, import_sendmail_read, false, false, false}},
};

START_TEST(there_and_back)
{
	for (unsigned i = 1; i <= ROUNDS; i++) {
		seed = i;
		round_number = i;
		go_there_and_back(&rows[_i].format);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{there_and_back, COUNT(rows)},
	};

	return suite_run("migrate_roundtrip", tests, COUNT(tests));
}
