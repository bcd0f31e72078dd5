/* plan: routes and pools that an importer collects from another program's tables
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/plan.h"
#include "conf/arena.h"
#include "conf/conf_address.h"
#include "core/endpoint.h"
#include "core/enhanced.h"
#include "core/nexthop.h"
#include "core/printable.h"
#include "migrate/plan_mailer.h"
#include "migrate/plan_name.h"

#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	SHOWN_MAX = 200, /* octets of a line in a remark */
	WHY_MAX = 400,
	PORT_MAX = 65535,
	SMTP_PORT = 25,
	TRANSPORT_MAX = 63,
	WORD_ROOM = 1024,
	REPLY_MAX = 400, /* what the loader accepts */
	SET_KEY_MAX = 64 + POOL_HOSTS_MAX * (DOMAIN_MAX + 40),
};

struct plan *plan_new(enum table_mta mta)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (plan == NULL)
		return NULL;
	fault_list_init(&plan->faults);
	plan->mta = mta;
	plan->arena = arena_new();
	if (plan->arena != NULL)
		return plan;
	plan_free(plan);
	return NULL;
}

void plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	tdestroy(plan->by_match, arena_keep);
	tdestroy(plan->by_sender, arena_keep);
	tdestroy(plan->by_hosts, arena_keep);
	tdestroy(plan->by_host, arena_keep);
	free(plan->sets.items);
	free(plan->routes.items);
	free(plan->senders.items);
	free(plan->left.items);
	free(plan->notes.items);
	fault_list_free(&plan->faults);
	arena_free(plan->arena);
	free(plan);
}

/* ---- memory */

const char *plan_keep(struct plan *plan, struct span text)
{
	const char *copy = arena_copy(plan->arena, text.length == 0 ? "" : text.at, text.length);

	plan->has_no_memory |= copy == NULL;
	return copy == NULL ? "" : copy;
}

static const char *keep(struct plan *plan, const char *text)
{
	return plan_keep(plan, span_make(text, strlen(text)));
}

bool plan_list_add(struct plan_list *list, void *item)
{
	if (list->count == list->room) {
		size_t room = list->room == 0 ? 64 : 2 * list->room;
		void **items = realloc(list->items, room * sizeof(*items));

		if (items == NULL)
			return false;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = item;
	return true;
}

static void add(struct plan *plan, struct plan_list *list, void *item)
{
	plan->has_no_memory |= !plan_list_add(list, item);
}

/* NULL: out of memory, which is noted. */
static void *take(struct plan *plan, size_t count, size_t size)
{
	void *memory = arena_take(plan->arena, count, size);

	plan->has_no_memory |= memory == NULL;
	return memory;
}

/* What is in the tree already, or ITEM, which is put there; NULL: no memory, which is noted. */
static void *find_or_enter(
	struct plan *plan, void **tree, void *item, int (*compare)(const void *, const void *))
{
	void **place = tsearch(item, tree, compare);

	plan->has_no_memory |= place == NULL;
	return place == NULL ? NULL : *place;
}

/* ---- what is said of lines */

static const char *vformat(struct plan *plan, const char *format, va_list arguments)
{
	char text[WHY_MAX];
	char shown[WHY_MAX];

	vsnprintf(text, sizeof(text), format, arguments);
	return keep(plan, printable_copy(shown, sizeof(shown), text));
}

void plan_fault(struct plan *plan, struct plan_place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fault_add(&plan->faults, place.file, place.line, "%s", vformat(plan, format, arguments));
	va_end(arguments);
}

static void remark(struct plan *plan, struct plan_list *list, struct plan_place place,
	struct span text, const char *why)
{
	struct plan_remark *remark = take(plan, 1, sizeof(*remark));
	char cut[SHOWN_MAX];
	char shown[SHOWN_MAX];
	size_t length = text.length < sizeof(cut) ? text.length : sizeof(cut) - 1;

	if (remark == NULL)
		return;
	memcpy(cut, length == 0 ? "" : text.at, length);
	cut[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (cut[i] == '\t')
			cut[i] = ' ';
	*remark = (struct plan_remark){.place = place, .why = why};
	if (length > 0)
		remark->text = keep(plan, printable_copy(shown, sizeof(shown), cut));
	add(plan, list, remark);
}

void plan_leave(
	struct plan *plan, struct plan_place place, struct span text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	remark(plan, &plan->left, place, text, vformat(plan, format, arguments));
	va_end(arguments);
}

void plan_note(
	struct plan *plan, struct plan_place place, struct span text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	remark(plan, &plan->notes, place, text, vformat(plan, format, arguments));
	va_end(arguments);
}

/* ---- hosts and sets of them */

int plan_host_port(const struct plan_host *host)
{
	return host->port == 0 ? SMTP_PORT : host->port;
}

/* False, with a fault, if it is there with another priority. *IS_THERE: nothing is to be added. */
static bool check_twice(struct plan *plan, struct plan_place place, const struct plan_pool *pool,
	const struct plan_host *host, bool *is_there)
{
	int port = plan_host_port(host);

	*is_there = false;
	for (int i = 0; i < pool->host_count && !*is_there; i++) {
		const struct plan_host *other = &pool->hosts[i];
		char name[DOMAIN_MAX + 1], other_name[DOMAIN_MAX + 1];
		enum host_kind kind;

		if (plan_host_port(other) != port ||
			conf_address_host(other->name, other_name, &kind) == -1 ||
			conf_address_host(host->name, name, &kind) == -1 ||
			strcmp(other_name, name) != 0)
			continue;
		*is_there = true;
		if (other->priority != host->priority) {
			plan_fault(plan, place, "host %s is there twice", host->name);
			return false;
		}
	}
	return true;
}

bool plan_add_host(struct plan *plan, struct plan_place place, struct plan_pool *pool,
	const struct plan_host *host)
{
	char name[DOMAIN_MAX + 1];
	char shown[SHOWN_MAX];
	enum host_kind kind;
	bool is_there;

	printable_copy(shown, sizeof(shown), host->name);
	if (*host->name == '[' || conf_address_host(host->name, name, &kind) == -1 ||
		strlen(shown) != strlen(host->name)) {
		plan_fault(plan, place, "\"%s\" is not a host name or IP address", shown);
		return false;
	}
	if (plan->mta == TABLE_SENDMAIL && strlen(name) + 2 > NEXTHOP_SENDMAIL_MAX) {
		plan_fault(plan, place, "host %s: its name is too long for Sendmail", shown);
		return false;
	}
	if (host->port < 0 || host->port > PORT_MAX || host->priority < 0 ||
		host->priority > HOST_PRIORITY_MAX) {
		plan_fault(plan, place, "host %s: a port is 1 to %d, a priority 0 to %d", shown,
			PORT_MAX, HOST_PRIORITY_MAX);
		return false;
	}
	if (!check_twice(plan, place, pool, host, &is_there))
		return false;
	if (is_there)
		return true;
	if (pool->host_count == POOL_HOSTS_MAX) {
		plan_fault(plan, place, "more than %d hosts", POOL_HOSTS_MAX);
		return false;
	}
	pool->hosts[pool->host_count] = *host;
	if (kind != HOST_NAME)
		pool->hosts[pool->host_count].lookup = LOOKUP_HOST;
	pool->host_count++;
	return true;
}

static int compare_names(const struct plan_host *a, const struct plan_host *b)
{
	return strcasecmp(a->name, b->name);
}

/* The order in which equal sets are equal. */
static int compare_hosts(const void *a, const void *b)
{
	const struct plan_host *x = a;
	const struct plan_host *y = b;

	if (x->priority != y->priority)
		return x->priority - y->priority;
	return compare_names(x, y) != 0 ? compare_names(x, y) : x->port - y->port;
}

/*
 * A port that was written counts as another one than none, even if it is 25: Postfix finds TLS policies
 * and passwords by the text.
 */
static void make_key(char *out, size_t size, const struct plan_pool *pool)
{
	struct plan_host sorted[POOL_HOSTS_MAX];
	size_t used =
		(size_t)snprintf(out, size, "%s", pool->transport == NULL ? "" : pool->transport);
	int tier = 0;

	memcpy(sorted, pool->hosts, (size_t)pool->host_count * sizeof(*sorted));
	qsort(sorted, (size_t)pool->host_count, sizeof(*sorted), compare_hosts);
	for (int i = 0; i < pool->host_count && used < size; i++) {
		const struct plan_host *host = &sorted[i];
		char name[DOMAIN_MAX + 1];
		enum host_kind kind;

		tier += i > 0 && host->priority != sorted[i - 1].priority;
		conf_address_host(host->name, name, &kind);
		used += (size_t)snprintf(out + used, size - used, " %d/%s/%d/%d/%d", tier, name,
			host->port, host->weight, (int)host->lookup);
	}
}

static int compare_sets(const void *a, const void *b)
{
	return strcmp(((const struct plan_set *)a)->key, ((const struct plan_set *)b)->key);
}

/* A service of master.cf, or a mailer. */
static bool is_transport(const char *name)
{
	return *name != '\0' && strlen(name) <= TRANSPORT_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(name);
}

/* NULL: there was a fault, or no memory. */
static struct plan_set *find_set(
	struct plan *plan, struct plan_place place, const struct plan_pool *wanted)
{
	char key[SET_KEY_MAX];
	struct plan_pool fitted;
	const struct plan_pool *pool = wanted;
	struct plan_set probe = {.key = key};
	struct plan_set **found;
	struct plan_set *set;
	struct plan_host *hosts;

	if (wanted->host_count == 0) {
		plan_fault(plan, place, "no host");
		return NULL;
	}
	if (wanted->transport != NULL && !is_transport(wanted->transport)) {
		plan_fault(plan, place, "\"%s\" is not the name of a %s", wanted->transport,
			plan->mta == TABLE_SENDMAIL ? "mailer" : "transport");
		return NULL;
	}
	if (plan->mta == TABLE_SENDMAIL) {
		plan_mailer_fit(plan, place, wanted, &fitted);
		pool = &fitted;
	}
	make_key(key, sizeof(key), pool);
	found = tfind(&probe, &plan->by_hosts, compare_sets);
	if (found != NULL)
		return *found;
	set = take(plan, 1, sizeof(*set));
	hosts = take(plan, (size_t)pool->host_count, sizeof(*hosts));
	if (set == NULL || hosts == NULL)
		return NULL;
	memcpy(hosts, pool->hosts, (size_t)pool->host_count * sizeof(*hosts));
	*set = (struct plan_set){
		.transport = pool->transport,
		.is_smtp = wanted->transport == NULL || strcmp(wanted->transport, "smtp") == 0,
		.key = keep(plan, key),
		.hosts = hosts,
		.host_count = pool->host_count,
		.place = place,
	};
	add(plan, &plan->sets, set);
	return find_or_enter(plan, &plan->by_hosts, set, compare_sets);
}

void plan_set_fallback(struct plan *plan, struct plan_place place, const struct plan_pool *pool)
{
	plan->fallback = find_set(plan, place, pool);
}

/* ---- routes and rules */

static int compare_routes(const void *a, const void *b)
{
	return strcmp(((const struct plan_route *)a)->key, ((const struct plan_route *)b)->key);
}

bool plan_has_route(const struct plan *plan, const char *match)
{
	char key[ADDRESS_MAX + 1];
	struct plan_route probe = {.key = key};

	return conf_address_match(match, key) == NULL &&
	       tfind(&probe, (void *const *)&plan->by_match, compare_routes) != NULL;
}

bool plan_has_wider_route(const struct plan *plan, const char *match)
{
	const char *dot = match + (*match == '.');

	if (plan_has_route(plan, "ALL"))
		return true;
	for (dot = strchr(dot, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
		if (plan_has_route(plan, dot))
			return true;
	return false;
}

/* What is wrong with it, or NULL and its one form in KEY. */
static const char *check_match(const char *match, char key[ADDRESS_MAX + 1])
{
	char shown[4 * ADDRESS_MAX];

	/* The loader takes these for another program's way of writing, and refuses them. */
	if (*match == '*' || strchr(match, '<') != NULL ||
		(strcasecmp(match, "ALL") == 0 && strcmp(match, "ALL") != 0))
		return "is not an address, a domain, a .domain or ALL";
	if (strcmp(printable_copy(shown, sizeof(shown), match), match) != 0)
		return "has octets that are not text";
	return conf_address_match(match, key);
}

static bool is_same_target(const struct plan_route *a, const struct plan_route *b)
{
	return a->action == b->action && a->set == b->set &&
	       (a->text == NULL || b->text == NULL ? a->text == b->text
						   : strcmp(a->text, b->text) == 0);
}

/* Of an equal match before, at another place. */
static void say_twice(struct plan *plan, const struct plan_route *earlier,
	const struct plan_route *route, const char *what)
{
	struct span shown = span_make(route->match, strlen(route->match));

	if (is_same_target(earlier, route))
		plan_note(plan, route->place, shown, "the same stands at %s:%d",
			earlier->place.file, earlier->place.line);
	else if (plan->twice == PLAN_TWICE_FIRST_COUNTS)
		plan_leave(plan, route->place, shown,
			"the %s is there already, at %s:%d, and that counts", what,
			earlier->place.file, earlier->place.line);
	else
		plan_fault(plan, route->place, "%s is there already, at %s:%d", route->match,
			earlier->place.file, earlier->place.line);
}

/* The text of a reply; a status of another class than the action's is left out. */
static const char *keep_reply(
	struct plan *plan, struct plan_place place, const struct plan_target *target)
{
	struct span text = span_make(target->text, strlen(target->text));
	size_t length = enhanced_length(text);
	char kept[WORD_ROOM];
	char shown[REPLY_MAX + 1];

	if (length > 0 && *text.at != (target->action == ACTION_REJECT ? '5' : '4')) {
		plan_note(plan, place, text,
			"the status is not one of action = \"%s\", so it is left out",
			table_action_name(target->action));
		span_skip(&text, length);
		text = span_trim(text);
	}
	snprintf(kept, sizeof(kept), "%.*s", (int)text.length, text.at);
	return keep(plan, printable_copy(shown, sizeof(shown), kept));
}

/* NULL: there was a fault, or no memory. */
static struct plan_route *make_route(struct plan *plan, struct plan_place place, const char *match,
	const char *key, const struct plan_target *target)
{
	struct plan_route *route = take(plan, 1, sizeof(*route));

	if (route == NULL)
		return NULL;
	*route = (struct plan_route){
		.match = keep(plan, match),
		.key = keep(plan, key),
		.place = place,
		.action = target->action,
	};
	if (target->text != NULL)
		route->text = keep_reply(plan, place, target);
	if (target->action == ACTION_POOL)
		route->set = find_set(plan, place, target->pool);
	return plan->has_no_memory || (target->action == ACTION_POOL && route->set == NULL) ? NULL
											    : route;
}

static void enter(struct plan *plan, struct plan_list *list, void **tree, struct plan_route *route,
	const char *what)
{
	struct plan_route *earlier = find_or_enter(plan, tree, route, compare_routes);

	if (earlier == route)
		add(plan, list, route);
	else if (earlier != NULL)
		say_twice(plan, earlier, route, what);
}

void plan_add_route(struct plan *plan, struct plan_place place, const char *match,
	const struct plan_target *target)
{
	char key[ADDRESS_MAX + 1];
	char shown[SHOWN_MAX];
	const char *wrong = check_match(match, key);
	struct plan_route *route;

	if (wrong != NULL) {
		plan_fault(plan, place, "\"%s\" %s", printable_copy(shown, sizeof(shown), match),
			wrong);
		return;
	}
	route = make_route(plan, place, match, key, target);
	if (route != NULL)
		enter(plan, &plan->routes, &plan->by_match, route, "match");
}

void plan_add_sender(struct plan *plan, struct plan_place place, const char *sender,
	const struct plan_target *target)
{
	char key[ADDRESS_MAX + 1] = "";
	char shown[SHOWN_MAX];
	/* "" is the sender of bounces. */
	const char *wrong = *sender == '\0' ? NULL : check_match(sender, key);
	struct plan_route *route;

	if (wrong == NULL && (strpbrk(sender, "*?\\") != NULL || strcmp(sender, "ALL") == 0))
		wrong = "is not an address, a domain or a .domain";
	if (wrong != NULL) {
		plan_fault(plan, place, "sender \"%s\" %s",
			printable_copy(shown, sizeof(shown), sender), wrong);
		return;
	}
	route = make_route(plan, place, sender, key, target);
	if (route != NULL)
		enter(plan, &plan->senders, &plan->by_sender, route, "sender");
}

/* ---- the order of rules */

/* Of a rule: an address goes before a domain, the longer domain before its parents. */
static int compare_senders(const void *a, const void *b)
{
	const struct plan_route *x = *(void *const *)a;
	const struct plan_route *y = *(void *const *)b;
	bool is_x = strchr(x->key, '@') != NULL;
	bool is_y = strchr(y->key, '@') != NULL;
	size_t x_length = strlen(x->key);
	size_t y_length = strlen(y->key);

	if (is_x != is_y)
		return is_x ? -1 : 1;
	if (!is_x && (*x->key == '.') != (*y->key == '.'))
		return *x->key == '.' ? 1 : -1;
	if (!is_x && x_length != y_length)
		return x_length > y_length ? -1 : 1;
	return strcmp(x->key, y->key);
}

/* ---- the end */

static void count_uses(const struct plan_list *routes)
{
	for (size_t i = 0; i < routes->count; i++) {
		const struct plan_route *route = routes->items[i];

		if (route->set != NULL)
			route->set->uses++;
	}
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void count_hosts(struct plan *plan, const struct plan_set *set)
{
	for (int i = 0; i < set->host_count; i++) {
		const struct plan_host *host = &set->hosts[i];
		char name[DOMAIN_MAX + 1];
		char text[ENDPOINT_TEXT_MAX];
		enum host_kind kind;

		conf_address_host(host->name, name, &kind);
		endpoint_format(text, name, plan_host_port(host));
		if (tfind(text, &plan->by_host, compare_texts) != NULL)
			continue;
		find_or_enter(plan, &plan->by_host, (void *)keep(plan, text), compare_texts);
		plan->host_count++;
	}
}

bool plan_finish(struct plan *plan, const char *file)
{
	if (plan->senders.count > 0)
		qsort(plan->senders.items, plan->senders.count, sizeof(*plan->senders.items),
			compare_senders);
	count_uses(&plan->routes);
	count_uses(&plan->senders);
	for (size_t i = 0; i < plan->sets.count; i++) {
		struct plan_set *set = plan->sets.items[i];

		count_hosts(plan, set);
		if (plan->fallback != NULL && set != plan->fallback && set->is_smtp &&
			set->uses > 0) {
			set->fallback = plan->fallback;
			plan->fallback->uses++;
		}
	}
	plan_name_all(plan);
	if (plan->routes.count == 0 && plan->senders.count == 0 && plan->faults.errors == 0)
		fault_add(&plan->faults, file, 0, "there is no route in it");
	fault_list_sort(&plan->faults);
	return plan->faults.errors == 0 && !plan->has_no_memory;
}
