/* plan_name: names for the pools of a plan
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/plan_name.h"
#include "conf/arena.h"
#include "conf/conf_address.h"

#include <search.h>
#include <stdio.h>
#include <string.h>

enum { BASE_MAX = POOL_NAME_MAX - 8 }; /* a number goes after it */

/* "mx1.example.com" as "mx.example.com"; false if that leaves no label. */
static bool find_stem(const char *name, char stem[DOMAIN_MAX + 1])
{
	size_t label = strcspn(name, ".");
	size_t length = label;

	while (length > 0 && strchr("0123456789-_", name[length - 1]) != NULL)
		length--;
	snprintf(stem, DOMAIN_MAX + 1, "%.*s%s", (int)length, name, name + label);
	return length > 0;
}

static const struct plan_host *first_host(const struct plan_set *set)
{
	const struct plan_host *first = &set->hosts[0];

	for (int i = 1; i < set->host_count; i++)
		if (set->hosts[i].priority < first->priority)
			first = &set->hosts[i];
	return first;
}

/* The stem that all hosts have, else the first host; in lower case. */
static void find_base(const struct plan_set *set, char base[DOMAIN_MAX + 1], enum host_kind *kind)
{
	char stem[DOMAIN_MAX + 1], other[DOMAIN_MAX + 1], name[DOMAIN_MAX + 1];
	bool is_common = set->host_count > 1;

	conf_address_host(first_host(set)->name, base, kind);
	is_common = is_common && *kind == HOST_NAME && find_stem(base, stem);
	for (int i = 0; i < set->host_count && is_common; i++) {
		enum host_kind other_kind;

		conf_address_host(set->hosts[i].name, name, &other_kind);
		is_common = other_kind == HOST_NAME && find_stem(name, other) &&
			    strcmp(stem, other) == 0;
	}
	if (is_common)
		memcpy(base, stem, strlen(stem) + 1);
}

/* The port that all hosts have; 0: that of SMTP, or several. */
static int common_port(const struct plan_set *set)
{
	int port = set->hosts[0].port;

	for (int i = 1; i < set->host_count; i++)
		if (set->hosts[i].port != port)
			return 0;
	return port == 25 ? 0 : port;
}

/* What a name may have, and one "-" for whatever else stands together. */
static void make_slug(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		bool is_good = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_",
				       *text) != NULL;

		if (is_good || to[-1] != '-')
			*to++ = (char)(is_good ? *text : '-');
	}
	*to = '\0';
}

static void propose_name(const struct plan_set *set, char name[BASE_MAX])
{
	char base[DOMAIN_MAX + 1];
	char port[12] = "";
	char transport[20] = "";
	enum host_kind kind = HOST_NAME;
	int number = common_port(set);
	bool is_plain = set->transport == NULL || strcmp(set->transport, "smtp") == 0 ||
			strcmp(set->transport, "esmtp") == 0;

	find_base(set, base, &kind);
	if (number != 0)
		snprintf(port, sizeof(port), "-%d", number);
	if (!is_plain)
		snprintf(transport, sizeof(transport), "-%.18s", set->transport);
	snprintf(name, BASE_MAX, "%s%.25s%s%s",
		kind != HOST_NAME		   ? "ip-"
		: base[0] >= '0' && base[0] <= '9' ? "host-"
						   : "",
		base, port, transport);
	/* The first octet is a letter. */
	make_slug(name + 1);
}

/* A name that was given, or proposed, and how often. */
struct name {
	const char *text;
	size_t count;
};

static int compare_texts(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* Gives how often it was asked for before; 0 without memory. */
static size_t count_name(struct plan *plan, void **tree, const char *text)
{
	struct name probe = {.text = text};
	struct name **found = tfind(&probe, tree, compare_texts);
	struct name *name;

	if (found != NULL)
		return (*found)->count++;
	name = arena_take(plan->arena, 1, sizeof(*name));
	if (name != NULL)
		*name = (struct name){plan_keep(plan, span_make(text, strlen(text))), 1};
	if (name == NULL || tsearch(name, tree, compare_texts) == NULL)
		plan->has_no_memory = true;
	return 0;
}

/* The second of a name is "name-2". */
static void name_set(struct plan *plan, void **tree, struct plan_set *set)
{
	char base[BASE_MAX];
	char name[BASE_MAX + 12];
	size_t count;

	propose_name(set, base);
	count = count_name(plan, tree, base);
	snprintf(name, sizeof(name), "%s", base);
	while (count > 0 && !plan->has_no_memory) {
		snprintf(name, sizeof(name), "%s-%zu", base, count + 1);
		if (count_name(plan, tree, name) == 0)
			break;
		count = count_name(plan, tree, base);
	}
	set->name = plan_keep(plan, span_make(name, strlen(name)));
}

void plan_name_all(struct plan *plan)
{
	void *tree = NULL;

	for (size_t i = 0; i < plan->sets.count; i++)
		name_set(plan, &tree, plan->sets.items[i]);
	tdestroy(tree, arena_keep);
}
