/* route_diff_rule: what has become of the rules
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/route_diff_rule.h"
#include "conf/arena.h"
#include "core/rules.h"
#include "migrate/route_diff_route.h"
#include "text/regex.h"

#include <search.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A side; `rules` may have none. */
struct side {
	const struct conf *conf;
	const struct rule *list;
	size_t count;
};

static struct side side_of(const struct conf *conf)
{
	const struct rules *rules = conf->table.rules;

	return (struct side){
		conf, rules == NULL ? NULL : rules->list, rules == NULL ? 0 : rules->count};
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* ---- conditions */

static bool same_pattern(const struct rules *old, const struct rules *new, const struct pattern *a,
	const struct pattern *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == PATTERN_REGEX)
		return strcmp(regex_set_pattern(old->regexes, a->regex),
			       regex_set_pattern(new->regexes, b->regex)) == 0;
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool same_value(const struct rules *old, const struct rules *new, const struct rules_test *a,
	const struct rules_test *b, size_t i)
{
	switch (a->fact) {
	case RULES_CLIENT:
		return a->networks[i].bits == b->networks[i].bits &&
		       memcmp(a->networks[i].octets, b->networks[i].octets, NETWORK_OCTETS) == 0;
	case RULES_TIME:
		return a->daytimes[i].days == b->daytimes[i].days &&
		       a->daytimes[i].from == b->daytimes[i].from &&
		       a->daytimes[i].to == b->daytimes[i].to;
	default:
		return same_pattern(old, new, &a->patterns[i], &b->patterns[i]);
	}
}

static bool same_test(const struct rules *old, const struct rules *new, const struct rules_test *a,
	const struct rules_test *b)
{
	bool is_same = a->fact == b->fact && same_text(a->name, b->name) && a->count == b->count &&
		       a->size == b->size && a->is_true == b->is_true && a->percent == b->percent &&
		       a->seed == b->seed;

	if (is_same && a->fact == RULES_TAG)
		return strcmp(old->tags[a->tag], new->tags[b->tag]) == 0;
	for (size_t i = 0; is_same && i < a->count; i++)
		is_same = same_value(old, new, a, b, i);
	return is_same;
}

static bool same_conditions(const struct rules *old, const struct rules *new, const struct rule *a,
	const struct rule *b)
{
	uint32_t count = old->nodes[a->node].end - a->node;
	bool is_same = count == new->nodes[b->node].end - b->node;

	for (uint32_t i = 0; is_same && i < count; i++) {
		const struct rules_node *x = &old->nodes[a->node + i];
		const struct rules_node *y = &new->nodes[b->node + i];

		is_same = x->kind == y->kind && x->end - a->node == y->end - b->node &&
			  (x->kind != RULES_TEST ||
				  same_test(old, new, &old->tests[x->test], &new->tests[y->test]));
	}
	return is_same;
}

/* ---- one rule */

static const char *does(struct route_diff *diff, const struct side *side, const struct rule *rule)
{
	if (rule->tag != 0)
		return route_diff_text(diff, "action = \"continue\", tag %s",
			side->conf->table.rules->tags[rule->tag - 1]);
	return route_diff_route_does(diff, &side->conf->table, &rule->route);
}

static struct route_diff_side place_of(const struct rule *rule, const char *text)
{
	return (struct route_diff_side){
		.text = text, .file = rule->route.file, .line = rule->route.line};
}

static void tell(struct route_diff *diff, const char *what, const struct rule *old,
	const char *old_text, const struct rule *new, const char *new_text)
{
	struct route_diff_item *item =
		route_diff_add(diff, ROUTE_DIFF_RULE, ROUTE_DIFF_CHANGED, new->name);

	if (item == NULL)
		return;
	item->what = what;
	item->old = place_of(old, old_text);
	item->new = place_of(new, new_text);
}

static void tell_of(struct route_diff *diff, enum route_diff_change change, const struct side *side,
	const struct rule *rule)
{
	struct route_diff_item *item = route_diff_add(diff, ROUTE_DIFF_RULE, change, rule->name);
	struct route_diff_side here = place_of(rule,
		route_diff_text(diff, "%s: %s", side->conf->table.rules->nodes[rule->node].text,
			does(diff, side, rule)));

	if (item != NULL)
		*(change == ROUTE_DIFF_ADDED ? &item->new : &item->old) = here;
}

static void compare(struct route_diff *diff, const struct side *old_side, const struct rule *old,
	const struct side *new_side, const struct rule *new)
{
	const struct rules *before = old_side->conf->table.rules;
	const struct rules *after = new_side->conf->table.rules;
	const char *did = does(diff, old_side, old);
	const char *doing = does(diff, new_side, new);

	if (!same_conditions(before, after, old, new))
		tell(diff, "when", old, before->nodes[old->node].text, new,
			after->nodes[new->node].text);
	if (old->tag != 0 || new->tag != 0 ? strcmp(did, doing) != 0
					   : !route_diff_route_same(diff, &old->route, &new->route))
		tell(diff, "action", old, did, new, doing);
	if (old->is_shadow != new->is_shadow)
		tell(diff, "mode", old, old->is_shadow ? "shadow" : "on", new,
			new->is_shadow ? "shadow" : "on");
	if (old->logs != new->logs)
		tell(diff, "log", old, old->logs ? "true" : "false", new,
			new->logs ? "true" : "false");
}

/* ---- all of them */

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct rule *)a)->name, ((const struct rule *)b)->name);
}

static void *index_of(struct route_diff *diff, const struct side *side)
{
	void *tree = NULL;

	for (size_t i = 0; i < side->count; i++)
		if (tsearch(&side->list[i], &tree, compare_names) == NULL)
			diff->has_no_memory = true;
	return tree;
}

static const struct rule *find(void *const *tree, const struct rule *rule)
{
	const struct rule *const *found = tfind(rule, tree, compare_names);

	return found == NULL ? NULL : *found;
}

/* "a, b, c": those that the other side has, too. */
static const char *order_of(struct route_diff *diff, const struct side *side, void *const *others)
{
	const char *text = "";

	for (size_t i = 0; i < side->count; i++)
		if (find(others, &side->list[i]) != NULL)
			text = route_diff_text(diff, "%s%s%s", text, *text == '\0' ? "" : ", ",
				side->list[i].name);
	return text;
}

/* Those of both sides stand one after the other on both. */
static bool same_order(
	const struct side *old, void *const *olds, const struct side *new, void *const *news)
{
	size_t i = 0;

	for (size_t k = 0; k < new->count; k++) {
		if (find(olds, &new->list[k]) == NULL)
			continue;
		while (find(news, &old->list[i]) == NULL)
			i++;
		if (strcmp(old->list[i++].name, new->list[k].name) != 0)
			return false;
	}
	return true;
}

static void compare_order(struct route_diff *diff, const struct side *old, void *const *olds,
	const struct side *new, void *const *news)
{
	struct route_diff_item *item;

	if (same_order(old, olds, new, news))
		return;
	item = route_diff_add(diff, ROUTE_DIFF_RULE, ROUTE_DIFF_CHANGED, NULL);
	if (item == NULL)
		return;
	item->what = "order of the rules";
	item->old.text = order_of(diff, old, news);
	item->new.text = order_of(diff, new, olds);
}

void route_diff_rule_all(struct route_diff *diff)
{
	const struct side old = side_of(diff->old);
	const struct side new = side_of(diff->new);
	void *olds = index_of(diff, &old);
	void *news = index_of(diff, &new);

	for (size_t i = 0; i < old.count && !diff->has_no_memory; i++) {
		const struct rule *other = find(&news, &old.list[i]);

		if (other == NULL)
			tell_of(diff, ROUTE_DIFF_REMOVED, &old, &old.list[i]);
		else
			compare(diff, &old, &old.list[i], &new, other);
	}
	for (size_t i = 0; i < new.count && !diff->has_no_memory; i++)
		if (find(&olds, &new.list[i]) == NULL)
			tell_of(diff, ROUTE_DIFF_ADDED, &new, &new.list[i]);
	if (!diff->has_no_memory)
		compare_order(diff, &old, &olds, &new, &news);
	tdestroy(olds, arena_keep);
	tdestroy(news, arena_keep);
}
