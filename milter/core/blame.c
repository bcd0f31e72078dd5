/* blame: whose fault an observation is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/blame.h"

#include <stdbool.h>
#include <string.h>

#define AT(stage) (1u << OBSERVATION_STAGE_##stage)

enum { ANY_WHAT = OBSERVATION_WHAT_COUNT };

static const struct row {
	unsigned what; /* enum observation_what, or ANY_WHAT */
	struct blame_rule rule;
	enum health_reason reason;
} rows[] = {
	/* Not the host's affair at all. */
	{OBSERVATION_OURS, {.class = BLAME_OURS}, HEALTH_REASON_OUR_SHORTAGE},
	{OBSERVATION_NO_ADDRESS, {.class = BLAME_OURS}, HEALTH_REASON_NO_ADDRESS},
	{OBSERVATION_SUSPENDED, {.class = BLAME_NONE}, HEALTH_REASON_SUSPENDED},

	/* No conversation. */
	{OBSERVATION_REFUSED, {.class = BLAME_HOST_AT_ONCE}, HEALTH_REASON_CONNECTION_REFUSED},
	{OBSERVATION_UNREACHABLE, {.class = BLAME_HOST_AT_ONCE}, HEALTH_REASON_UNREACHABLE},
	{OBSERVATION_TIMEOUT, {.stages = AT(CONNECT), .class = BLAME_HOST_AT_ONCE},
		HEALTH_REASON_CONNECT_TIMEOUT},
	{OBSERVATION_TIMEOUT, {.class = BLAME_HOST}, HEALTH_REASON_CONVERSATION_TIMEOUT},
	{OBSERVATION_LOST, {.class = BLAME_HOST}, HEALTH_REASON_LOST_CONNECTION},
	{OBSERVATION_TLS_FAILED, {.class = BLAME_HOST}, HEALTH_REASON_TLS_FAILED},

	/* RFC 5321, 3.8 and 4.2.3: 421 is of the service, whatever the command was. */
	{OBSERVATION_REPLY, {.code = 421, .class = BLAME_HOST_AT_ONCE}, HEALTH_REASON_REPLY_421},
	{OBSERVATION_REPLY, {.stages = AT(GREETING), .code = 4, .class = BLAME_HOST_AT_ONCE},
		HEALTH_REASON_GREETING_4XX},

	/* RFC 3463: 3 is the mail system; 1 addresses, 2 mailboxes, 7 policy; 4.5.3 too many
	 * recipients. */
	{OBSERVATION_REPLY, {.code = 4, .enhanced = "4.3", .class = BLAME_HOST},
		HEALTH_REASON_SYSTEM_4_3},
	{OBSERVATION_REPLY, {.code = 4, .enhanced = "4.7", .class = BLAME_SENDER},
		HEALTH_REASON_POLICY_4_7},
	{OBSERVATION_REPLY, {.code = 4, .enhanced = "4.1", .class = BLAME_RECIPIENT},
		HEALTH_REASON_RECIPIENT_4XX},
	{OBSERVATION_REPLY, {.code = 4, .enhanced = "4.2", .class = BLAME_RECIPIENT},
		HEALTH_REASON_RECIPIENT_4XX},
	{OBSERVATION_REPLY, {.code = 4, .enhanced = "4.5.3", .class = BLAME_RECIPIENT},
		HEALTH_REASON_RECIPIENT_4XX},
	{OBSERVATION_REPLY, {.stages = AT(RCPT), .code = 4, .class = BLAME_RECIPIENT},
		HEALTH_REASON_RECIPIENT_4XX},

	{OBSERVATION_REPLY, {.stages = AT(EHLO), .code = 4, .class = BLAME_HOST},
		HEALTH_REASON_EHLO_4XX},
	{OBSERVATION_REPLY, {.stages = AT(TLS), .code = 4, .class = BLAME_HOST},
		HEALTH_REASON_TLS_FAILED},
	{OBSERVATION_REPLY, {.stages = AT(MAIL), .code = 4, .class = BLAME_HOST},
		HEALTH_REASON_MAIL_4XX},
	{OBSERVATION_REPLY, {.stages = AT(DATA), .code = 4, .class = BLAME_HOST},
		HEALTH_REASON_DATA_4XX},
	{OBSERVATION_REPLY, {.stages = AT(END), .code = 4, .class = BLAME_HOST},
		HEALTH_REASON_END_4XX},
	{OBSERVATION_REPLY, {.code = 5, .class = BLAME_SENDER}, HEALTH_REASON_REJECTED_5XX},
	{ANY_WHAT, {.class = BLAME_NONE}, HEALTH_REASON_UNCLASSIFIED},
};

static const char *const class_names[BLAME_CLASS_COUNT] = {
	[BLAME_NONE] = "none",
	[BLAME_HOST_AT_ONCE] = "host_at_once",
	[BLAME_HOST] = "host",
	[BLAME_RECIPIENT] = "recipient",
	[BLAME_SENDER] = "sender",
	[BLAME_OURS] = "ours",
	[BLAME_SUCCESS] = "success",
};

/* "4.3" begins "4.3.1", not "4.31.1". */
static bool enhanced_fits(const char *wanted, const char *enhanced)
{
	size_t length = strlen(wanted);

	return strncmp(wanted, enhanced, length) == 0 &&
	       (enhanced[length] == '\0' || enhanced[length] == '.' || wanted[length - 1] == '.');
}

static bool fits(const struct blame_rule *rule, const struct observation *observation)
{
	int code = observation->code;

	if (rule->stages != 0 && (rule->stages & 1u << observation->stage) == 0)
		return false;
	if (rule->code != 0 && rule->code != code && rule->code != code / 100)
		return false;
	if (rule->enhanced != NULL && !enhanced_fits(rule->enhanced, observation->enhanced))
		return false;
	return rule->text == NULL || strcasestr(observation->text, rule->text) != NULL;
}

struct blame blame_find(
	const struct blame_rule *rules, size_t count, const struct observation *observation)
{
	const struct row *row = rows;

	/* An address that was only verified was not delivered to. */
	if (observation->outcome == OBSERVATION_SENT && !observation->is_probe &&
		observation->stage == OBSERVATION_STAGE_RCPT)
		return (struct blame){BLAME_NONE, HEALTH_REASON_UNCLASSIFIED};
	if (observation->outcome == OBSERVATION_SENT)
		return (struct blame){BLAME_SUCCESS,
			observation->is_probe ? HEALTH_REASON_PROBED : HEALTH_REASON_DELIVERED};
	for (size_t i = 0; i < count && observation->what == OBSERVATION_REPLY; i++)
		if (fits(&rules[i], observation))
			return (struct blame){rules[i].class, HEALTH_REASON_CLASSIFIED};
	while ((row->what != ANY_WHAT && row->what != observation->what) ||
		!fits(&row->rule, observation))
		row++;
	return (struct blame){row->rule.class, row->reason};
}

const char *blame_class_name(enum blame_class class)
{
	return class < BLAME_CLASS_COUNT ? class_names[class] : "?";
}
