/* test_table: the most specific match wins
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/table.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUTES_MAX = 100000 };

static struct route routes[ROUTES_MAX];
static char names[ROUTES_MAX][40];
static struct table table;

static void begin(const char *delimiters)
{
	table = (struct table){.routes = routes, .delimiters = delimiters};
	table.place_count = table_places_for(ROUTES_MAX);
	table.places = calloc(table.place_count, sizeof(*table.places));
	ck_assert_ptr_nonnull(table.places);
}

static const struct route *add(const char *match)
{
	routes[table.route_count] = (struct route){.match = match, .action = ACTION_DNS};

	const struct route *earlier = table_insert(&table, table.route_count);

	table.route_count += earlier == NULL;
	return earlier;
}

static const char *lookup(const char *text)
{
	struct address address;
	const struct route *route;

	address_parse(&address, text);
	route = table_lookup(&table, &address);
	return route == NULL ? "none" : route->match;
}

static const char *const matches[] = {
	"user@example.com",
	"user+list@example.com",
	"example.com",
	".example.com",
	".lab.example.com",
	"x.lab.example.com",
	"postmaster",
	".com",
	"[192.0.2.1]",
	"odd name@example.com",
	"xn--bcher-kva.example",
};

#define X100 \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxx"
#define X400 X100 X100 X100 X100

static const struct row {
	const char *given;
	const char *expected;
	bool with_all;
} rows[] = {
	{"user@example.com", "user@example.com", false},
	{"<USER@Example.Com.>", "user@example.com", false},
	{"user+list@example.com", "user+list@example.com", false},
	{"user+other@example.com", "user@example.com", false},
	{"other+list@example.com", "example.com", false},
	{"other@example.com", "example.com", false},
	{"user@a.example.com", ".example.com", false},
	{"user@b.a.example.com", ".example.com", false},
	{"user@lab.example.com", ".example.com", false},
	{"user@a.lab.example.com", ".lab.example.com", false},
	{"user@x.lab.example.com", "x.lab.example.com", false},
	{"user@y.x.lab.example.com", ".lab.example.com", false},
	{"user@notexample.com", ".com", false},
	{"user@com", "none", false},
	/* Whatever stands before it, a domain is that domain. */
	{X400 "@example.com", "example.com", true},
	{"\"" X400 "@a.b\"@Example.com.", "example.com", true},
	{X400 "@x.example.com", ".example.com", true},
	{"user+" X400 "@example.com", "user@example.com", true},
	{"@relay.example:" X400 "@a.lab.example.com", ".lab.example.com", true},
	{"user@" X400 ".lab.example.com", ".lab.example.com", true},
	{"user@" X400 "example.com", ".com", true},
	{"user@" X400, "ALL", true},
	{"user@example.com..", "user@example.com", true},
	{X400, "ALL", true},
	{"user@com", "ALL", true},
	{"user@elsewhere.example", "none", false},
	{"user@elsewhere.example", "ALL", true},
	{"<@relay.example:user@example.com>", "user@example.com", false},
	{"\"odd name\"@example.com", "odd name@example.com", false},
	{"user@[192.0.2.1]", "[192.0.2.1]", false},
	{"user@[192.0.2.2]", "ALL", true},
	{"postmaster", "postmaster", false},
	{"root", "none", false},
	{"root", "ALL", true},
	{"\"user@example.com\"", "ALL", true},
	{"\".com\"", "ALL", true},
	{".com", "ALL", true},
	{"u@xn--bcher-kva.example", "xn--bcher-kva.example", false},
	{"<>", "ALL", true},
	{"", "none", false},
	{"@example.com", "example.com", false},
	{"user@.example.com", ".com", false},
};

START_TEST(finds)
{
	begin("+");
	for (int i = 0; i < COUNT(matches); i++)
		ck_assert_ptr_null(add(matches[i]));
	if (rows[_i].with_all)
		ck_assert_ptr_null(add("ALL"));
	ck_assert_msg(strcmp(lookup(rows[_i].given), rows[_i].expected) == 0, "%s: %s",
		rows[_i].given, lookup(rows[_i].given));
	free(table.places);
}
END_TEST

START_TEST(names_the_earlier_of_two)
{
	begin("");
	ck_assert_ptr_null(add("example.com"));
	ck_assert_ptr_null(add("ALL"));
	ck_assert_ptr_eq(add("example.com"), &routes[0]);
	ck_assert_ptr_eq(add("ALL"), &routes[1]);
	ck_assert_ptr_null(add(".example.com"));
	ck_assert_uint_eq(table.route_count, 3);
	free(table.places);
}
END_TEST

/* The beginning that is kept of it is no address of its own. */
START_TEST(too_long_an_address_is_no_exact_one)
{
	struct address address;
	char given[2000];

	memset(given, 'x', sizeof(given));
	strcpy(given + 1000, "@example.com");
	address_parse(&address, given);
	begin("+");
	add(address.text);
	ck_assert_str_eq(lookup(address.text), address.text);
	ck_assert_str_eq(lookup(given), "none");
	add("ALL");
	ck_assert_str_eq(lookup(given), "ALL");
	free(table.places);
}
END_TEST

START_TEST(finds_each_of_many)
{
	char address[64];

	begin("");
	for (int i = 0; i < ROUTES_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "%sd%d.example.%s", i % 3 == 0 ? "." : "", i,
			i % 2 == 0 ? "com" : "org");
		ck_assert_ptr_null(add(names[i]));
	}
	for (int i = 0; i < ROUTES_MAX; i++) {
		snprintf(address, sizeof(address), "u@%s%.50s", i % 3 == 0 ? "host" : "", names[i]);
		ck_assert_str_eq(lookup(address), names[i]);
	}
	ck_assert_str_eq(lookup("u@d100000.example.com"), "none");
	free(table.places);
}
END_TEST

/* ---- against a plain reading of the rules */

static int specificity(const char *match, const char *address, const char *base)
{
	const char *domain = strchr(address, '@') + 1;
	size_t domain_length = strlen(domain);
	size_t length = strlen(match);

	if (strcmp(match, address) == 0)
		return 1000;
	if (strcmp(match, base) == 0)
		return 999;
	if (strcmp(match, domain) == 0)
		return 998;
	if (*match == '.' && length < domain_length &&
		strcmp(domain + domain_length - length, match) == 0)
		return (int)length;
	return strcmp(match, "ALL") == 0 ? 0 : -1;
}

static void random_name(unsigned *seed, char *out, bool is_match)
{
	static const char *const labels[] = {"a", "b", "ab", "c"};
	unsigned count = 1 + suite_random(seed) % 3;

	out[0] = '\0';
	if (!is_match || suite_random(seed) % 3 == 0)
		sprintf(out, "%s%s@", labels[suite_random(seed) % 4],
			suite_random(seed) % 2 == 0 ? "+x" : "");
	else if (suite_random(seed) % 2 == 0)
		strcpy(out, ".");
	for (unsigned i = 0; i < count; i++) {
		strcat(out, i == 0 ? "" : ".");
		strcat(out, labels[suite_random(seed) % 4]);
	}
}

START_TEST(agrees_with_a_plain_search)
{
	unsigned seed = 4711 + (unsigned)_i;

	begin("+");
	for (int i = 0; i < 40; i++) {
		if (i == 20 && _i % 2 == 0)
			strcpy(names[i], "ALL");
		else
			random_name(&seed, names[i], true);
		add(names[i]);
	}
	for (int i = 0; i < 400; i++) {
		char address[64], base[64];
		const char *best = "none";
		int most = -1;

		random_name(&seed, address, false);
		strcpy(base, address);
		if (strchr(base, '+') != NULL)
			strcpy(strchr(base, '+'), strchr(address, '@'));
		for (size_t k = 0; k < table.route_count; k++) {
			int one = specificity(routes[k].match, address, base);

			if (one > most) {
				most = one;
				best = routes[k].match;
			}
		}
		ck_assert_msg(strcmp(lookup(address), best) == 0, "seed %d: %s is %s, not %s", _i,
			address, best, lookup(address));
	}
	free(table.places);
}
END_TEST

START_TEST(knows_who_needs_the_sender)
{
	struct pool pools[2] = {{.balance = BALANCE_ROUND_ROBIN, .hash_on = HASH_ON_SENDER},
		{.balance = BALANCE_HASH, .hash_on = HASH_ON_RECIPIENT}};
	struct table with = {.pools = pools, .pool_count = 2};

	ck_assert(!table_needs_sender(&with));
	pools[1].hash_on = HASH_ON_SENDER;
	ck_assert(table_needs_sender(&with));
}
END_TEST

START_TEST(host_keys_have_name_and_port)
{
	ck_assert(table_host_key("a", 25) == table_host_key("a", 25));
	ck_assert(table_host_key("a", 25) != table_host_key("a", 26));
	ck_assert(table_host_key("a", 25) != table_host_key("b", 25));
}
END_TEST

START_TEST(actions_have_their_words)
{
	static const char *const words[] = {"none", "pool", "dns", "discard", "reject", "defer"};

	for (int i = 0; i < COUNT(words); i++)
		ck_assert_str_eq(table_action_name((enum action)i), words[i]);
	ck_assert_str_eq(table_action_name((enum action)77), "none");
}
END_TEST

/* A table of its own. */
static void make(struct table *made, struct route *list, const char *const *texts, size_t count)
{
	made->place_count = table_places_for(count);
	made->places = calloc(made->place_count, sizeof(*made->places));
	made->routes = list;
	for (size_t i = 0; i < count; i++) {
		list[i].match = texts[i];
		ck_assert_ptr_null(table_insert(made, i));
	}
	made->route_count = count;
}

START_TEST(missing_routes_are_counted)
{
	static const char *const one[] = {"a.example", ".a.example", "u@a.example", "ALL"};
	static const char *const two[] = {"u@a.example", "b.example", ".a.example"};
	struct route lists[2][COUNT(one)] = {{{0}}};
	struct table first = {.delimiters = ""};
	struct table second = {.delimiters = ""};
	const struct table none = {.delimiters = ""};

	make(&first, lists[0], one, COUNT(one));
	make(&second, lists[1], two, COUNT(two));
	ck_assert_uint_eq(table_count_missing(&first, &first), 0);
	ck_assert_uint_eq(table_count_missing(&first, &second), 2);
	ck_assert_uint_eq(table_count_missing(&second, &first), 1);
	ck_assert_uint_eq(table_count_missing(&first, &none), 4);
	ck_assert_uint_eq(table_count_missing(&none, &first), 0);
	free(first.places);
	free(second.places);
}
END_TEST

/* What the two tables make of example.com and its parent, and how many matches are no longer refused. */
static const struct released_row {
	const char *before[3];
	const char *after[3];
	size_t expected;
} released[] = {
	{{"example.com"}, {"example.com"}, 0},
	{{"!example.com"}, {"!example.com"}, 0},
	{{"!example.com"}, {"example.com"}, 2},
	{{"example.com"}, {"!example.com"}, 0},
	{{"!example.com"}, {NULL}, 1},
	{{"!ALL"}, {"example.com"}, 2},
	{{"!.example.com"}, {"!.example.com", "a.example.com"}, 1},
	{{"!.example.com"}, {"!.example.com", "u@a.example.com"}, 1},
	{{"!example.com", "u@example.com"}, {"!example.com", "u@example.com"}, 0},
	{{"!u@example.com"}, {"!example.com"}, 0},
	{{"!ALL"}, {"!ALL"}, 0},
	{{"!postmaster"}, {"ALL"}, 1},
};

/* "!" in front of a match says that it refuses. */
static void fill_table(struct table *to, struct route list[3], const char *const words[3])
{
	*to = (struct table){.routes = list, .delimiters = "", .place_count = table_places_for(3)};
	to->places = calloc(to->place_count, sizeof(*to->places));
	ck_assert_ptr_nonnull(to->places);
	for (size_t i = 0; i < 3 && words[i] != NULL; i++) {
		bool refuses = *words[i] == '!';

		list[i] = (struct route){.match = words[i] + refuses,
			.action = refuses ? ACTION_REJECT : ACTION_DNS,
			.enhanced = "5.1.1",
			.text = "no"};
		ck_assert_ptr_null(table_insert(to, i));
		to->route_count++;
	}
}

START_TEST(counts_what_is_released)
{
	struct route lists[2][3];
	struct table before, after;

	fill_table(&before, lists[0], released[_i].before);
	fill_table(&after, lists[1], released[_i].after);
	ck_assert_uint_eq(table_count_released(&before, &after), released[_i].expected);
	free(before.places);
	free(after.places);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{finds, COUNT(rows)}, {names_the_earlier_of_two, 1},
		{too_long_an_address_is_no_exact_one, 1}, {finds_each_of_many, 1},
		{agrees_with_a_plain_search, 50}, {knows_who_needs_the_sender, 1},
		{host_keys_have_name_and_port, 1}, {actions_have_their_words, 1},
		{counts_what_is_released, COUNT(released)}, {missing_routes_are_counted, 1}};

	return suite_run("table", tests, COUNT(tests));
}
