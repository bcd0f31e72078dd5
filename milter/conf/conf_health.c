/* conf_health: when hosts are deferred and tried again, as configured
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_health.h"
#include "core/blame.h"
#include "core/enhanced.h"

#include <string.h>

enum {
	SECOND = 1000,
	ADDRESS_TEXT_MAX = 254, /* RFC 5321, 4.5.3.1.3: a path of 256 octets, with its brackets */
};

/* What a pool takes over from all pools was found fault with there. */
static bool says(const config_setting_t *setting, const char *name)
{
	return config_setting_get_member(setting, name) != NULL;
}

/* ---- classify */

/* "4", "4.3" or "4.3.1", of what is refused. */
static bool is_enhanced(const char *text)
{
	return *text != '2' && enhanced_is_beginning(text);
}

static void read_rule(
	struct schema_reader *reader, const config_setting_t *setting, struct conf_health *health)
{
	struct schema_classify from;
	struct blame_rule *rule = &health->rules[health->rule_count];

	if (!config_setting_is_group(setting)) {
		schema_fault(reader, setting, "classify must have groups: { class = \"…\"; }");
		return;
	}
	schema_read(reader, SCHEMA_CLASSIFY, setting, &from);
	if (config_setting_get_member(setting, "class") == NULL)
		schema_fault(reader, setting, "class is missing");
	else if (from.code > 5 && from.code < 400)
		schema_fault(reader, setting, "code = %d is not 4, 5, or a code of 400 to 599",
			from.code);
	else if (from.enhanced != NULL && !is_enhanced(from.enhanced))
		schema_fault(reader, setting,
			"enhanced = \"%s\" is not a status code such as 4.3.1, or its beginning",
			from.enhanced);
	else if (!says(setting, "stage") && !says(setting, "code") && !says(setting, "enhanced") &&
		 !says(setting, "text"))
		schema_fault(reader, setting, "this fits every reply");
	if (from.class == -1)
		return;
	*rule = (struct blame_rule){
		.stages = from.stage == -1 ? 0 : 1u << from.stage,
		.code = from.code,
		.enhanced = from.enhanced,
		.text = from.text,
		.class = (enum blame_class)from.class,
	};
	health->rule_count++;
}

static void read_rules(
	struct schema_reader *reader, const config_setting_t *setting, struct conf_health *health)
{
	int length = config_setting_length(setting);

	health->rule_count = 0;
	health->rules = arena_take(reader->arena, (size_t)length + 1, sizeof(*health->rules));
	if (health->rules == NULL) {
		reader->no_memory = true;
		return;
	}
	for (int i = 0; i < length; i++)
		read_rule(reader, config_setting_get_elem(setting, (unsigned)i), health);
}

/* ---- probes */

/* Probes speak neither SMTPUTF8 nor IDN. */
static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 126)
			return false;
	return true;
}

/* What goes into a command of SMTP may not end it. */
static void check_path(struct schema_reader *reader, const config_setting_t *setting,
	const char *name, const char *text)
{
	if (text == NULL || !says(setting, name))
		return;
	if (strlen(text) > ADDRESS_TEXT_MAX || strpbrk(text, "<> \t") != NULL || !is_ascii(text))
		schema_fault(reader, config_setting_get_member(setting, name),
			"%s = \"%s\" is not an address", name, text);
}

static bool is_helo(const char *text)
{
	return *text != '\0' && strlen(text) <= DOMAIN_MAX && strpbrk(text, " \t") == NULL &&
	       is_ascii(text);
}

static void read_probe(
	struct schema_reader *reader, const config_setting_t *setting, struct conf_health *health)
{
	struct schema_probe *probe = &health->probe;

	schema_read_over(reader, SCHEMA_PROBE, setting, probe);
	health->has_probe = probe->interval > 0;
	check_path(reader, setting, "sender", probe->sender);
	check_path(reader, setting, "recipient", probe->recipient);
	if (says(setting, "helo") && probe->helo != NULL && !is_helo(probe->helo))
		schema_fault(reader, config_setting_get_member(setting, "helo"),
			"helo = \"%s\" is not a host name", probe->helo);
	if (probe->depth == PROBE_DEPTH_RCPT && probe->recipient == NULL && says(setting, "depth"))
		schema_fault(reader, setting, "depth = \"rcpt\" needs a recipient");
}

/* ---- health */

static void read_over(
	struct schema_reader *reader, const config_setting_t *setting, struct conf_health *health)
{
	struct schema_health *values = &health->values;

	values->probe = NULL;
	values->rate = NULL;
	values->classify = NULL;
	schema_read_over(reader, SCHEMA_HEALTH, setting, values);
	if (values->rate != NULL)
		schema_read_over(reader, SCHEMA_RATE, values->rate, &health->rate);
	if (values->classify != NULL)
		read_rules(reader, values->classify, health);
	if (values->probe != NULL)
		read_probe(reader, values->probe, health);
	if (values->backoff_max < values->backoff &&
		(says(setting, "backoff") || says(setting, "backoff_max")))
		schema_fault(reader, setting, "backoff_max = %d is less than backoff = %d",
			values->backoff_max, values->backoff);
}

void conf_health_read(
	struct schema_reader *reader, const config_setting_t *setting, struct conf_health *health)
{
	memset(health, 0, sizeof(*health));
	schema_defaults(SCHEMA_HEALTH, &health->values);
	schema_defaults(SCHEMA_RATE, &health->rate);
	schema_defaults(SCHEMA_PROBE, &health->probe);
	if (setting != NULL)
		read_over(reader, setting, health);
}

void conf_health_read_over(struct schema_reader *reader, const config_setting_t *setting,
	const struct conf_health *all, struct conf_health *health)
{
	*health = *all;
	if (setting != NULL)
		read_over(reader, setting, health);
}

void conf_health_apply(const struct conf_health *health, struct pool *pool)
{
	const struct schema_health *values = &health->values;

	pool->policy = (struct breaker_policy){
		.failures = values->failures,
		.messages = values->messages,
		.window = (int64_t)values->window * SECOND,
		.backoff = (int64_t)values->backoff * SECOND,
		.backoff_max = (int64_t)values->backoff_max * SECOND,
		.jitter = values->jitter,
		.recover = values->recover,
		.trial = (int64_t)values->trial * SECOND,
		.slow_start = (int64_t)values->slow_start * SECOND,
		.spent = (int64_t)values->spent * SECOND,
		.silence = values->silence,
		.rate = {.percent = health->rate.percent, .of = health->rate.of},
		.has_probe = health->has_probe,
	};
	pool->rules = health->rules;
	pool->rule_count = health->rule_count;
	if (!health->has_probe)
		return;
	pool->probe = (struct pool_probe){
		.interval = (int64_t)health->probe.interval * SECOND,
		.timeout = (int64_t)health->probe.timeout * SECOND,
		.depth = (enum probe_depth)health->probe.depth,
		.helo = health->probe.helo,
		.sender = health->probe.sender,
		.recipient = health->probe.recipient,
	};
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_policy(const struct breaker_policy *a, const struct breaker_policy *b)
{
	return a->failures == b->failures && a->messages == b->messages && a->window == b->window &&
	       a->backoff == b->backoff && a->backoff_max == b->backoff_max &&
	       a->jitter == b->jitter && a->recover == b->recover && a->trial == b->trial &&
	       a->slow_start == b->slow_start && a->spent == b->spent && a->silence == b->silence &&
	       a->rate.percent == b->rate.percent && a->rate.of == b->rate.of &&
	       a->has_probe == b->has_probe;
}

bool conf_health_equal(const struct pool *a, const struct pool *b)
{
	return same_policy(&a->policy, &b->policy) && a->rules == b->rules &&
	       a->rule_count == b->rule_count && a->probe.interval == b->probe.interval &&
	       a->probe.timeout == b->probe.timeout && a->probe.depth == b->probe.depth &&
	       same_text(a->probe.helo, b->probe.helo) &&
	       same_text(a->probe.sender, b->probe.sender) &&
	       same_text(a->probe.recipient, b->probe.recipient);
}
