/* test_plan: equal sets of hosts are one pool, what the loader would refuse is a fault, names
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/plan.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan *plan;

static void begin(void)
{
	plan = plan_new(TABLE_POSTFIX);
	ck_assert_ptr_nonnull(plan);
}

static void end(void)
{
	plan_free(plan);
	plan = NULL;
}

static struct plan_place at(int line)
{
	return (struct plan_place){"table", line};
}

/* "host/port/priority host/port/priority", a "!" in front of one that goes by MX. */
static bool fill(struct plan_pool *pool, const char *transport, const char *hosts, int line)
{
	bool is_good = true;

	*pool = (struct plan_pool){.transport = transport};
	for (const char *word = hosts; *word != '\0';) {
		struct plan_host host = {.weight = 1};
		size_t length = strcspn(word, " ");
		size_t name = strcspn(word, " /");

		host.lookup = *word == '!' ? LOOKUP_MX : LOOKUP_HOST;
		host.name =
			plan_keep(plan, span_make(word + (*word == '!'), name - (*word == '!')));
		sscanf(word + name, "/%d/%d", &host.port, &host.priority);
		is_good = plan_add_host(plan, at(line), pool, &host) && is_good;
		word += length + strspn(word + length, " ");
	}
	return is_good;
}

static void route(int line, const char *match, const char *transport, const char *hosts)
{
	struct plan_pool pool;
	struct plan_target target = {.action = ACTION_POOL, .pool = &pool};

	if (fill(&pool, transport, hosts, line))
		plan_add_route(plan, at(line), match, &target);
}

static void act(int line, const char *match, enum action action)
{
	plan_add_route(plan, at(line), match, &(struct plan_target){.action = action});
}

/* ---- what pools are named, and which are one */

static const struct {
	const char *transport;
	const char *hosts;
	const char *name;
} sets[] = {
	{NULL, "mx1.example.com mx2.example.com", "mx-example-com"},
	{NULL, "mx2.example.com mx1.example.com", "mx-example-com"},
	{NULL, "MX1.Example.com. mx2.example.com", "mx-example-com"},
	{NULL, "mx1.example.com mx2.example.com/0/10", "mx-example-com-2"},
	{NULL, "mx1.example.com mx2.example.com/0/65535", "mx-example-com-2"},
	{NULL, "mx1.example.com/0/5 mx2.example.com/0/10", "mx-example-com-2"},
	{NULL, "mx2.example.com mx1.example.com/0/1", "mx-example-com-3"},
	{NULL, "!mx1.example.com !mx2.example.com", "mx-example-com-4"},
	{NULL, "mx1.example.com mx2.example.org", "mx1-example-com"},
	{NULL, "mx1.example.com/0/7 last.example.org", "last-example-org"},
	{NULL, "mx1.example.com/2525 mx2.example.com/2525", "mx-example-com-2525"},
	{NULL, "mx1.example.com/25 mx2.example.com/25", "mx-example-com-5"},
	{"lmtp", "mx1.example.com/24", "mx1-example-com-24-lmtp"},
	{"smtp", "mx1.example.com", "mx1-example-com-2"},
	{NULL, "192.0.2.1 192.0.2.2", "ip-192-0-2-1"},
	{NULL, "2001:db8::1", "ip-2001-db8-1"},
	{NULL, "2001:DB8:0:0:0:0:0:1", "ip-2001-db8-1"},
	{NULL, "3.example.com", "host-3-example-com"},
	{NULL, "1a.example.com 1b.example.com", "host-1a-example-com"},
	{NULL, "1.example.com 2.example.com", "host-1-example-com"},
	{NULL, "bücher.example", "xn-bcher-kva-example"},
	{NULL, "a-name-that-is-longer-than-all-the-others.example.com",
		"a-name-that-is-longer-tha"},
};

START_TEST(pools_have_names)
{
	char match[40];

	begin();
	for (int i = 0; i < COUNT(sets); i++) {
		snprintf(match, sizeof(match), "d%d.example", i);
		route(i + 1, match, sets[i].transport, sets[i].hosts);
	}
	ck_assert(plan_finish(plan, "table"));
	ck_assert_uint_eq(plan->routes.count, (size_t)COUNT(sets));
	for (int i = 0; i < COUNT(sets); i++) {
		const struct plan_route *added = plan->routes.items[i];

		ck_assert_msg(strcmp(added->set->name, sets[i].name) == 0, "row %d is %s", i,
			added->set->name);
	}
	end();
}
END_TEST

START_TEST(names_are_never_given_twice)
{
	begin();
	route(1, "a.example", NULL, "mx.example/0");
	route(2, "b.example", NULL, "mx.example/0 a.example/0/1");
	route(3, "c.example", NULL, "mx.example-2 b.example/0/2");
	route(4, "d.example", NULL, "mx.example/0 c.example/0/1");
	ck_assert(plan_finish(plan, "table"));
	for (size_t i = 0; i < plan->sets.count; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(((struct plan_set *)plan->sets.items[i])->name,
				((struct plan_set *)plan->sets.items[k])->name);
	ck_assert_uint_eq(plan->host_count, 5);
	end();
}
END_TEST

/* ---- what the loader would refuse */

static const struct {
	const char *match;
	const char *hosts; /* NULL: to be discarded */
	const char *fault; /* NULL: none */
} faults[] = {
	{"example.com", "mx1.example.com", NULL},
	{".example.com", "mx1.example.com", NULL},
	{"ALL", "mx1.example.com", NULL},
	{"all", "mx1.example.com",
		"table:7: \"all\" is not an address, a domain, a .domain or ALL"},
	{"u@example.com", "mx1.example.com", NULL},
	{"\"u x\"@example.com", "mx1.example.com", NULL},
	{"*", NULL, "table:7: \"*\" is not an address, a domain, a .domain or ALL"},
	{"*@example.com", NULL,
		"table:7: \"*@example.com\" is not an address, a domain, a .domain or ALL"},
	{"A <u@example.com>", NULL,
		"table:7: \"A <u@example.com>\" is not an address, a domain, a .domain or ALL"},
	{"a..example", NULL,
		"table:7: \"a..example\" is not an address, a domain, a .domain or ALL"},
	{"u\x1b@example.com", NULL, "table:7: \"u?@example.com\" has octets that are not text"},
	{"example.com", "mx1..example",
		"table:7: \"mx1..example\" is not a host name or IP address"},
	{"example.com", "[mx1.example]",
		"table:7: \"[mx1.example]\" is not a host name or IP address"},
	{"example.com", "192.0.2.300", "table:7: \"192.0.2.300\" is not a host name or IP address"},
	{"example.com", "mx1.example/70000",
		"table:7: host mx1.example: a port is 1 to 65535, a priority 0 to 65535"},
	{"example.com", "mx1.example/25/70000",
		"table:7: host mx1.example: a port is 1 to 65535, a priority 0 to 65535"},
	{"example.com", "mx1.example/25 MX1.example", NULL},
	{"example.com", "mx1.example mx1.example/0/5", "table:7: host mx1.example is there twice"},
	{"example.com", "", "table:7: no host"},
};

START_TEST(what_the_loader_refuses)
{
	char line[400] = "";

	begin();
	if (faults[_i].hosts == NULL)
		act(7, faults[_i].match, ACTION_DISCARD);
	else
		route(7, faults[_i].match, NULL, faults[_i].hosts);
	ck_assert(plan_finish(plan, "table") == (faults[_i].fault == NULL));
	if (plan->faults.count > 0)
		fault_format(line, sizeof(line), &plan->faults.faults[0]);
	ck_assert_str_eq(line, faults[_i].fault == NULL ? "" : faults[_i].fault);
	end();
}
END_TEST

START_TEST(nothing_is_a_fault)
{
	begin();
	ck_assert(!plan_finish(plan, "table"));
	ck_assert_uint_eq(plan->faults.errors, 1);
	ck_assert_str_eq(plan->faults.faults[0].text, "there is no route in it");
	end();
}
END_TEST

START_TEST(as_many_hosts_as_a_pool_has)
{
	char hosts[65 * 20] = "";

	begin();
	for (int i = 0; i < POOL_HOSTS_MAX; i++)
		snprintf(hosts + strlen(hosts), 20, "mx%d.example ", i);
	route(1, "a.example", NULL, hosts);
	ck_assert_uint_eq(plan->faults.errors, 0);
	snprintf(hosts + strlen(hosts), 20, "more.example");
	route(2, "b.example", NULL, hosts);
	ck_assert_uint_eq(plan->faults.errors, 1);
	ck_assert_str_eq(plan->faults.faults[0].text, "more than 64 hosts");
	end();
}
END_TEST

/* ---- the same match twice */

START_TEST(twice)
{
	begin();
	act(1, "a.example", ACTION_DNS);
	act(2, "A.example.", ACTION_DNS);
	act(3, "b.example", ACTION_DNS);
	act(4, "b.example", ACTION_DISCARD);
	ck_assert_uint_eq(plan->notes.count, 1);
	ck_assert_str_eq(
		((struct plan_remark *)plan->notes.items[0])->why, "the same stands at table:1");
	ck_assert_uint_eq(plan->faults.errors, 1);
	ck_assert_str_eq(plan->faults.faults[0].text, "b.example is there already, at table:3");
	end();
	begin();
	plan->twice = PLAN_TWICE_FIRST_COUNTS;
	act(1, "b.example", ACTION_DNS);
	act(2, "b.example", ACTION_DISCARD);
	ck_assert(plan_finish(plan, "table"));
	ck_assert_uint_eq(plan->left.count, 1);
	ck_assert_uint_eq(plan->routes.count, 1);
	ck_assert_int_eq(((struct plan_route *)plan->routes.items[0])->action, ACTION_DNS);
	end();
}
END_TEST

/* ---- senders, the pool that takes over, remarks */

START_TEST(addresses_go_before_domains)
{
	static const char *const senders[] = {"example.com", ".b.example", "a.example.com", "",
		"u@example.com", ".a.b.example", "a+b@example.com"};
	static const char *const sorted[] = {"a+b@example.com", "u@example.com", "a.example.com",
		"example.com", "", ".a.b.example", ".b.example"};

	begin();
	for (int i = 0; i < COUNT(senders); i++)
		plan_add_sender(
			plan, at(i), senders[i], &(struct plan_target){.action = ACTION_DNS});
	ck_assert(plan_finish(plan, "table"));
	for (int i = 0; i < COUNT(sorted); i++)
		ck_assert_str_eq(((struct plan_route *)plan->senders.items[i])->match, sorted[i]);
	plan_add_sender(plan, at(9), "*@example.com", &(struct plan_target){.action = ACTION_DNS});
	plan_add_sender(plan, at(9), "u*@example.com", &(struct plan_target){.action = ACTION_DNS});
	plan_add_sender(plan, at(9), "ALL", &(struct plan_target){.action = ACTION_DNS});
	ck_assert_uint_eq(plan->faults.errors, 3);
	end();
}
END_TEST

START_TEST(one_pool_takes_over)
{
	struct plan_pool pool;

	begin();
	route(1, "a.example", NULL, "mx1.example");
	route(2, "b.example", "smtp", "mx2.example");
	route(3, "c.example", "lmtp", "mx3.example");
	route(4, "d.example", NULL, "spare.example");
	ck_assert(fill(&pool, NULL, "spare.example", 5));
	plan_set_fallback(plan, at(5), &pool);
	ck_assert(plan_finish(plan, "table"));
	ck_assert_uint_eq(plan->sets.count, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct plan_set *set = plan->sets.items[i];

		ck_assert_msg((set->fallback != NULL) == (i < 2), "pool %s", set->name);
	}
	ck_assert_uint_eq(plan->fallback->uses, 3);
	end();
}
END_TEST

/* ---- a mailer of Sendmail has one port */

static const struct {
	const char *transport;
	const char *hosts;
	const char *mailer; /* NULL: the default */
	int host_count;
	const char *left; /* remarks, by their texts; NULL: none */
	const char *note;
} mailers[] = {
	{NULL, "a.example b.example/25", NULL, 2, NULL, NULL},
	{"relay", "a.example", "relay", 1, NULL, NULL},
	{NULL, "a.example/2525 b.example/2525", "esmtp2525", 2, NULL, "esmtp2525"},
	{"smtp", "a.example/26", "esmtp26", 1, NULL, "esmtp26"},
	{NULL, "a.example b.example/2525", NULL, 1, "b.example:2525", NULL},
	{NULL, "a.example/2525/10 b.example/0/0", NULL, 1, "a.example:2525", NULL},
	{"lmtp", "a.example/24", "lmtp24", 1, NULL, "lmtp24"},
	{"smtp.out", "a.example", "smtp-out", 1, NULL, "smtp-out"},
};

START_TEST(sendmail_has_one_port)
{
	const struct plan_route *added;

	plan = plan_new(TABLE_SENDMAIL);
	ck_assert_ptr_nonnull(plan);
	route(7, "a.example", mailers[_i].transport, mailers[_i].hosts);
	ck_assert(plan_finish(plan, "table"));
	added = plan->routes.items[0];
	ck_assert_pstr_eq(added->set->transport, mailers[_i].mailer);
	ck_assert_int_eq(added->set->host_count, mailers[_i].host_count);
	ck_assert_uint_eq(plan->left.count, mailers[_i].left != NULL);
	ck_assert_uint_eq(plan->notes.count, mailers[_i].note != NULL);
	if (mailers[_i].left != NULL) {
		const struct plan_remark *left = plan->left.items[0];

		ck_assert_str_eq(left->text, mailers[_i].left);
		ck_assert_int_eq(left->place.line, 7);
	}
	if (mailers[_i].note != NULL)
		ck_assert_str_eq(
			((struct plan_remark *)plan->notes.items[0])->text, mailers[_i].note);
	end();
}
END_TEST

START_TEST(foreign_octets_are_masked)
{
	char text[400];
	const struct plan_remark *remark;

	begin();
	memset(text, 'x', sizeof(text));
	memcpy(text, "a\x1b[31m\xff", 7);
	plan_leave(plan, at(1), span_make(text, sizeof(text)), "why %s", "\x07");
	remark = plan->left.items[0];
	ck_assert_int_eq(strncmp(remark->text, "a?[31m?x", 8), 0);
	ck_assert_uint_lt(strlen(remark->text), 200);
	ck_assert_str_eq(remark->why, "why ?");
	end();
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{pools_have_names, 1},
		{names_are_never_given_twice, 1},
		{what_the_loader_refuses, COUNT(faults)},
		{nothing_is_a_fault, 1},
		{as_many_hosts_as_a_pool_has, 1},
		{twice, 1},
		{addresses_go_before_domains, 1},
		{one_pool_takes_over, 1},
		{sendmail_has_one_port, COUNT(mailers)},
		{foreign_octets_are_masked, 1},
	};

	return suite_run("plan", tests, COUNT(tests));
}
