/* observation: what one line of the MTA's log, or one probe, says about a host
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/observation.h"
#include "core/printable.h"

#include <string.h>

static const char *const stage_names[OBSERVATION_STAGE_COUNT] = {
	[OBSERVATION_STAGE_NONE] = "none",
	[OBSERVATION_STAGE_CONNECT] = "connect",
	[OBSERVATION_STAGE_GREETING] = "greeting",
	[OBSERVATION_STAGE_EHLO] = "ehlo",
	[OBSERVATION_STAGE_TLS] = "tls",
	[OBSERVATION_STAGE_AUTH] = "auth",
	[OBSERVATION_STAGE_MAIL] = "mail",
	[OBSERVATION_STAGE_RCPT] = "rcpt",
	[OBSERVATION_STAGE_DATA] = "data",
	[OBSERVATION_STAGE_END] = "end",
};

static const char *const what_names[OBSERVATION_WHAT_COUNT] = {
	[OBSERVATION_REPLY] = "reply",
	[OBSERVATION_REFUSED] = "refused",
	[OBSERVATION_UNREACHABLE] = "unreachable",
	[OBSERVATION_TIMEOUT] = "timeout",
	[OBSERVATION_LOST] = "lost",
	[OBSERVATION_TLS_FAILED] = "tls_failed",
	[OBSERVATION_NO_ADDRESS] = "no_address",
	[OBSERVATION_OURS] = "ours",
	[OBSERVATION_SUSPENDED] = "suspended",
	[OBSERVATION_OTHER] = "other",
	[OBSERVATION_NO_SMTP] = "no_smtp",
	[OBSERVATION_NO_NETWORK] = "no_network",
};

static const char *const outcome_names[OBSERVATION_OUTCOME_COUNT] = {
	[OBSERVATION_PASSED_ON] = "passed_on",
	[OBSERVATION_SENT] = "sent",
	[OBSERVATION_DEFERRED] = "deferred",
	[OBSERVATION_BOUNCED] = "bounced",
};

void observation_init(struct observation *observation)
{
	memset(observation, 0, sizeof(*observation));
	for (int i = 0; i < OBSERVATION_DELAYS; i++)
		observation->delays[i] = -1;
}

void observation_set_text(struct observation *observation, const char *text, size_t length)
{
	/* What does not fit may begin with a part of a character: that is "?", and does not fit. */
	char copy[sizeof(observation->text) + 4];

	if (length > sizeof(copy) - 1)
		length = sizeof(copy) - 1;
	memcpy(copy, text, length);
	copy[length] = '\0';
	for (char *nul = memchr(copy, '\0', length); nul != NULL;
		nul = memchr(nul, '\0', (size_t)(copy + length - nul)))
		*nul = '?';
	printable_copy(observation->text, sizeof(observation->text), copy);
}

const char *observation_stage_name(enum observation_stage stage)
{
	return stage < OBSERVATION_STAGE_COUNT ? stage_names[stage] : "?";
}

const char *observation_what_name(enum observation_what what)
{
	return what < OBSERVATION_WHAT_COUNT ? what_names[what] : "?";
}

const char *observation_outcome_name(enum observation_outcome outcome)
{
	return outcome < OBSERVATION_OUTCOME_COUNT ? outcome_names[outcome] : "?";
}
