/* test_conf: each configuration of the corpus gives just the faults that are written beside it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf.h"
#include "suite.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the corpus: NAME.cfg, and NAME.expected with a line for each fault */

static glob_t corpus;
static char folder[PATH_MAX];

static void find_corpus(void)
{
	const char *top = getenv("srcdir");
	char pattern[PATH_MAX + 16];

	snprintf(folder, sizeof(folder), "%s/test/corpus/conf", top == NULL ? "." : top);
	snprintf(pattern, sizeof(pattern), "%s/*.cfg", folder);
	if (glob(pattern, 0, NULL, &corpus) != 0)
		corpus.gl_pathc = 0;
}

static void read_file(const char *path, char *out, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t length;

	ck_assert_msg(file != NULL, "%s is missing", path);
	length = fread(out, 1, size - 1, file);
	out[length] = '\0';
	fclose(file);
}

/* All faults, a line each, with file names relative to the corpus. */
static void list_faults(const struct fault_list *faults, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < faults->count; i++) {
		char line[2048];
		size_t prefix = strlen(folder) + 1;
		char *at;

		fault_format(line, sizeof(line), &faults->faults[i]);
		while ((at = strstr(line, folder)) != NULL)
			memmove(at, at + prefix, strlen(at + prefix) + 1);
		used += (size_t)snprintf(out + used, size - used, "%s\n", line);
		ck_assert_uint_lt(used, size);
	}
}

START_TEST(corpus_file)
{
	const char *path = corpus.gl_pathv[_i];
	static char expected[65536], got[65536];
	char beside[PATH_MAX];
	struct fault_list faults;
	struct conf *conf;

	snprintf(beside, sizeof(beside), "%.*s.expected", (int)strlen(path) - 4, path);
	read_file(beside, expected, sizeof(expected));
	fault_list_init(&faults);
	conf = conf_load(path, &faults);
	list_faults(&faults, got, sizeof(got));
	ck_assert_msg(strcmp(got, expected) == 0, "%s gives:\n%s", path, got);
	ck_assert_msg((conf == NULL) == (faults.errors > 0), "%s: loaded with errors", path);
	conf_free(conf);
	fault_list_free(&faults);
}
END_TEST

START_TEST(the_corpus_is_there)
{
	ck_assert_uint_gt(corpus.gl_pathc, 20);
}
END_TEST

/* ---- what a good one means */

static struct conf *load_corpus(const char *name)
{
	char path[PATH_MAX + 64];
	struct fault_list faults;
	struct conf *conf;

	snprintf(path, sizeof(path), "%s/%s.cfg", folder, name);
	fault_list_init(&faults);
	conf = conf_load(path, &faults);
	ck_assert_msg(conf != NULL, "%s", path);
	fault_list_free(&faults);
	return conf;
}

static const struct route *lookup(const struct conf *conf, const char *text)
{
	struct address address;
	const struct route *route;

	address_parse(&address, text);
	route = table_lookup(&conf->table, &address);
	ck_assert_msg(route != NULL, "%s has no route", text);
	return route;
}

static const struct pool *pool_of(const struct conf *conf, const char *text)
{
	const struct route *route = lookup(conf, text);

	ck_assert_int_eq(route->action, ACTION_POOL);
	return &conf->table.pools[route->pool];
}

START_TEST(defaults)
{
	struct conf *conf = load_corpus("least");

	ck_assert_str_eq(conf->milter_socket.path, "/run/nexthop-milter/milter.sock");
	ck_assert_str_eq(conf->control_socket.path, "/run/nexthop-milter/control.sock");
	ck_assert_ptr_null(conf->map_socket.text);
	ck_assert_ptr_null(conf->status_listen.text);
	ck_assert_uint_eq(conf->socket_mode, 0660);
	ck_assert_ptr_null(conf->socket_group);
	ck_assert_ptr_null(conf->pid_file);
	ck_assert_str_eq(conf->state_file, "/var/lib/nexthop-milter/state");
	ck_assert_int_eq(conf->on_error, CONF_ON_ERROR_TEMPFAIL);
	ck_assert_int_eq(conf->log_to, CONF_LOG_TO_STDERR);
	ck_assert_str_eq(conf->log, "none");
	ck_assert_uint_eq(conf->table.route_count, 1);
	ck_assert_str_eq(conf->table.delimiters, "");
	conf_free(conf);
}
END_TEST

START_TEST(settings)
{
	struct conf *conf = load_corpus("good");

	ck_assert_ptr_null(conf->milter_socket.path);
	ck_assert_str_eq(conf->milter_socket.host, "127.0.0.1");
	ck_assert_int_eq(conf->milter_socket.port, 8891);
	ck_assert_str_eq(conf->status_listen.host, "::1");
	ck_assert_uint_eq(conf->socket_mode, 0600);
	ck_assert_int_eq(conf->on_error, CONF_ON_ERROR_ACCEPT);
	ck_assert_int_eq(conf->log_to, CONF_LOG_TO_SYSLOG);
	ck_assert_str_eq(conf->table.delimiters, "+-");
	conf_free(conf);
}
END_TEST

START_TEST(pools)
{
	struct conf *conf = load_corpus("good");
	const struct pool *pool = pool_of(conf, "u@example.com");

	ck_assert_str_eq(pool->name, "exchange");
	ck_assert_str_eq(pool->transport, "relay");
	ck_assert_int_eq(pool->balance, BALANCE_HASH);
	ck_assert_int_eq(pool->hash_on, HASH_ON_SENDER);
	ck_assert_int_eq(pool->host_count, 5);
	/* By priority, else as in the file. */
	ck_assert_str_eq(pool->hosts[0].nexthop, "[192.0.2.1]");
	ck_assert_str_eq(pool->hosts[1].nexthop, "[2001:DB8:0::1]:2525");
	ck_assert_int_eq(pool->hosts[1].kind, HOST_IPV6);
	ck_assert_str_eq(pool->hosts[2].nexthop, "xn--bcher-kva.example");
	ck_assert_int_eq(pool->hosts[2].weight, 7);
	ck_assert_str_eq(pool->hosts[3].nexthop, "[MX_1.example.com]");
	ck_assert_str_eq(pool->hosts[4].name, "last.example.com");
	ck_assert_int_eq(pool->hosts[4].priority, 65535);
	ck_assert(pool->hosts[0].key == table_host_key("192.0.2.1", 25));
	ck_assert_str_eq(pool_of(conf, "ceo@example.com")->name, "route:ceo@example.com");
	ck_assert_int_eq(pool->all_deferred, ALL_DEFERRED_TRY);
	ck_assert_int_eq(pool->on_recovery, ON_RECOVERY_FLUSH);
	ck_assert_int_eq(pool_of(conf, "ceo@example.com")->on_recovery, ON_RECOVERY_NONE);
	ck_assert_str_eq(conf->table.pools[pool->fallback].name, "spare");
	ck_assert_int_eq(conf->table.pools[pool->fallback].all_deferred, ALL_DEFERRED_TEMPFAIL);
	ck_assert_int_eq(conf->table.pools[pool->fallback].fallback, -1);
	conf_free(conf);
}
END_TEST

START_TEST(health)
{
	struct conf *conf = load_corpus("good");
	const struct pool *pool = pool_of(conf, "u@example.com");
	const struct pool *in_place = pool_of(conf, "ceo@example.com");

	ck_assert_str_eq(conf->log, "journal");
	ck_assert_int_eq(pool->policy.failures, 1);
	ck_assert_int_eq(pool->policy.messages, 1);
	ck_assert_int_eq(pool->policy.window, 86400000);
	ck_assert_int_eq(pool->policy.backoff, 1000);
	ck_assert_int_eq(pool->policy.backoff_max, 604800000);
	ck_assert_int_eq(pool->policy.jitter, 0);
	ck_assert_int_eq(pool->policy.recover, 1000);
	ck_assert_int_eq(pool->policy.trial, 60000);
	ck_assert_int_eq(pool->policy.slow_start, 120000);
	ck_assert(pool->policy.has_probe);
	/* The pool's own settings go over those of all pools. */
	ck_assert_int_eq(pool->probe.interval, 10000);
	ck_assert_int_eq(in_place->probe.interval, 5000);
	ck_assert_int_eq(pool->probe.timeout, 3000);
	ck_assert_int_eq(pool->probe.depth, PROBE_DEPTH_RCPT);
	ck_assert_str_eq(pool->probe.helo, "mx.example.com");
	ck_assert_str_eq(pool->probe.sender, "probe@example.com");
	ck_assert_str_eq(pool->probe.recipient, "probe@example.org");
	ck_assert_uint_eq(pool->rule_count, 3);
	ck_assert_uint_eq(pool->rules[0].stages, 1u << OBSERVATION_STAGE_RCPT);
	ck_assert_int_eq(pool->rules[0].code, 450);
	ck_assert_str_eq(pool->rules[0].enhanced, "4.3");
	ck_assert_str_eq(pool->rules[0].text, "busy");
	ck_assert_int_eq(pool->rules[0].class, BLAME_HOST);
	ck_assert_int_eq(pool->rules[1].class, BLAME_COMPARED);
	ck_assert_int_eq(pool->rules[2].class, BLAME_SESSION);
	conf_free(conf);
}
END_TEST

static const struct route_row {
	const char *recipient;
	const char *match;
	enum action action;
	const char *reply;
} route_rows[] = {
	{"U@EXAMPLE.org", "example.org", ACTION_POOL, NULL},
	{"u@x.example.org", ".example.org", ACTION_POOL, NULL},
	{"u@xn--bcher-kva.example", "xn--bcher-kva.example", ACTION_DNS, NULL},
	{"u@old.example.net", "old.example.net", ACTION_DISCARD, NULL},
	{"u@gone.example.net", "gone.example.net", ACTION_REJECT, "550 5.1.2 moved away"},
	{"u@bare.example.net", "bare.example.net", ACTION_REJECT,
		"550 5.7.1 Recipient address rejected"},
	{"u@coded.example.net", "coded.example.net", ACTION_REJECT, "554 5.7.1 no"},
	{"u@full.example.net", "full.example.net", ACTION_DEFER, "452 4.2.2 mailbox full"},
	{"u@later.example.net", "later.example.net", ACTION_DEFER, "451 4.7.1 Try again later"},
	{"\"odd name\"@example.com", "odd name@example.com", ACTION_DNS, NULL},
	{"u@[192.0.2.1]", "[192.0.2.1]", ACTION_DNS, NULL},
	{"u@[ipv6:2001:db8::1]", "[ipv6:2001:db8::1]", ACTION_DNS, NULL},
	{"postmaster", "postmaster", ACTION_DNS, NULL},
	{"jos\xc3\xa9@example.com", "jos\xc3\xa9@example.com", ACTION_DNS, NULL},
	{"u@nowhere.example", "ALL", ACTION_POOL, NULL},
};

START_TEST(routes)
{
	const struct route_row *row = &route_rows[_i];
	struct conf *conf = load_corpus("good");
	const struct route *route = lookup(conf, row->recipient);
	char reply[600];

	ck_assert_msg(
		strcmp(route->match, row->match) == 0, "%s: %s", row->recipient, route->match);
	ck_assert_int_eq(route->action, row->action);
	if (row->reply != NULL) {
		snprintf(reply, sizeof(reply), "%s %s %s", route->code, route->enhanced,
			route->text);
		ck_assert_str_eq(reply, row->reply);
	}
	conf_free(conf);
}
END_TEST

START_TEST(sample_file_is_good)
{
	const char *top = getenv("srcdir");
	char path[PATH_MAX];
	struct fault_list faults;
	struct conf *conf;

	snprintf(path, sizeof(path), "%s/etc/routes.cfg", top == NULL ? "." : top);
	fault_list_init(&faults);
	conf = conf_load(path, &faults);
	ck_assert_ptr_nonnull(conf);
	ck_assert_str_eq(conf->milter_socket.path, "/var/spool/postfix/nexthop-milter/milter.sock");
	ck_assert_str_eq(pool_of(conf, "u@example.com")->name, "exchange");
	ck_assert_uint_eq(conf->table.route_count, 6);
	conf_free(conf);
	fault_list_free(&faults);
}
END_TEST

/* ---- many */

START_TEST(a_hundred_thousand_routes)
{
	char path[] = "/tmp/nexthop-unit.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct fault_list faults;
	struct conf *conf;

	ck_assert_ptr_nonnull(file);
	fprintf(file,
		"pools = { p = { hosts = ( { host = \"mx.example\"; } ); }; };\nroutes = (\n");
	for (int i = 0; i < 100000; i++)
		fprintf(file, "%s{ match = \"d%d.example.com\"; pool = \"p\"; }\n",
			i == 0 ? "" : ",", i);
	fprintf(file, ");\n");
	ck_assert_int_eq(fclose(file), 0);
	fault_list_init(&faults);
	conf = conf_load(path, &faults);
	unlink(path);
	ck_assert_ptr_nonnull(conf);
	ck_assert_uint_eq(conf->table.route_count, 100000);
	ck_assert_int_eq(lookup(conf, "u@d99999.example.com")->line, 3 + 99999);
	conf_free(conf);
	fault_list_free(&faults);
}
END_TEST

START_TEST(faults_past_the_limit_are_counted)
{
	char path[] = "/tmp/nexthop-unit.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct fault_list faults;

	ck_assert_ptr_nonnull(file);
	fprintf(file, "routes = (\n");
	for (int i = 0; i < 3000; i++)
		fprintf(file, "%s{ match = \"d%d.example.com\"; pool = \"none\"; }\n",
			i == 0 ? "" : ",", i);
	fprintf(file, ");\n");
	ck_assert_int_eq(fclose(file), 0);
	fault_list_init(&faults);
	ck_assert_ptr_null(conf_load(path, &faults));
	unlink(path);
	ck_assert_uint_eq(faults.count, FAULT_LIST_MAX);
	ck_assert_uint_eq(faults.unlisted, 3000 - FAULT_LIST_MAX);
	ck_assert_uint_eq(faults.errors, 3000);
	fault_list_free(&faults);
}
END_TEST

int main(void)
{
	find_corpus();

	const struct suite_test tests[] = {{the_corpus_is_there, 1},
		{corpus_file, (int)corpus.gl_pathc}, {defaults, 1}, {settings, 1}, {pools, 1},
		{health, 1}, {routes, COUNT(route_rows)}, {sample_file_is_good, 1},
		{a_hundred_thousand_routes, 1}, {faults_past_the_limit_are_counted, 1}};
	int status = suite_run("conf", tests, COUNT(tests));

	globfree(&corpus);
	return status;
}
