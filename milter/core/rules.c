/* rules: what decides about whole messages, before the routes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/rules.h"
#include "core/span.h"

static const struct fact {
	const char *name;
	unsigned needs;
} facts[RULES_FACT_COUNT] = {
	[RULES_SENDER] = {"sender", RULES_NEEDS_MAIL},
	[RULES_RECIPIENT] = {"recipient", 0},
	[RULES_ALL_RECIPIENTS] = {"all_recipients", 0},
	[RULES_CLIENT] = {"client", RULES_NEEDS_CONNECT},
	[RULES_CLIENT_NAME] = {"client_name", RULES_NEEDS_CONNECT},
	[RULES_HELO] = {"helo", RULES_NEEDS_HELO},
	[RULES_AUTH_USER] = {"auth_user", RULES_NEEDS_AUTH},
	[RULES_TLS] = {"tls", RULES_NEEDS_TLS},
	[RULES_TLS_VERIFIED] = {"tls_verified", RULES_NEEDS_TLS},
	[RULES_LISTENER] = {"listener", RULES_NEEDS_LISTENER},
	[RULES_LISTENER_PORT] = {"listener_port", RULES_NEEDS_LISTENER},
	[RULES_HEADER] = {"header", RULES_NEEDS_HEADERS},
	/* A size is declared with the sender. */
	[RULES_SIZE_OVER] = {"size_over", RULES_NEEDS_MAIL | RULES_NEEDS_SIZE},
	[RULES_SIZE_UNDER] = {"size_under", RULES_NEEDS_MAIL | RULES_NEEDS_SIZE},
	[RULES_MACRO] = {"macro", RULES_NEEDS_MACROS},
	[RULES_TIME] = {"time", 0},
	[RULES_PERCENT] = {"percent", RULES_NEEDS_MAIL},
	[RULES_TAG] = {"tag", 0},
	[RULES_RECIPIENTS_OVER] = {"recipients_over", 0},
	[RULES_RECIPIENTS_UNDER] = {"recipients_under", 0},
};

unsigned rules_needs(const struct rules *rules)
{
	unsigned needs = 0;

	for (int fact = 0; fact < RULES_FACT_COUNT; fact++)
		if (rules->facts[fact].count > 0)
			needs |= facts[fact].needs;
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->list[i];

		if (!rules_decides(rule))
			continue;
		if (rule->route.action == ACTION_POOL)
			needs |= RULES_NEEDS_POOLS | RULES_NEEDS_CHANGES;
		else if (rule->route.action == ACTION_DNS)
			needs |= RULES_NEEDS_CHANGES;
	}
	return needs;
}

bool rules_have(const struct rules *rules, enum action action)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->list[i].route.action == action)
			return true;
	return false;
}

const char *rules_fact_name(enum rules_fact fact)
{
	return facts[fact].name;
}

bool rules_decides(const struct rule *rule)
{
	return !rule->is_shadow && rule->tag == 0 && rule->route.action != ACTION_NONE;
}

/* Below 0, 0 or above it: LOWER comes before NAME in lower case, is that, or comes after it. */
static int compare(const char *lower, const char *name)
{
	while (*lower != '\0' && *lower == span_fold(*name)) {
		lower++;
		name++;
	}
	return (unsigned char)*lower - (unsigned char)span_fold(*name);
}

size_t rules_find_header(const struct rules *rules, const char *name)
{
	size_t first = 0;
	size_t behind = rules->header_count;

	while (first < behind) {
		size_t middle = first + (behind - first) / 2;
		int order = compare(rules->headers[middle].name, name);

		if (order == 0)
			return middle;
		if (order < 0)
			first = middle + 1;
		else
			behind = middle;
	}
	return rules->header_count;
}
