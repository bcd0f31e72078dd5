/* milter_steps: which steps of the protocol the milter asks the MTA for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_steps.h"

#include <stddef.h>

#include <libmilter/mfapi.h>

/* What is told with MAIL: the sender, a declared size, macros. */
enum {
	WITH_MAIL = RULES_NEEDS_MAIL | RULES_NEEDS_SIZE | RULES_NEEDS_LISTENER | RULES_NEEDS_TLS |
		    RULES_NEEDS_AUTH | RULES_NEEDS_MACROS,
};

bool milter_steps_has_mail(struct engine_needs needs)
{
	return needs.sender || needs.aborts || (needs.rules & WITH_MAIL) != 0;
}

/* Sendmail says how large a message is. */
static bool has_body(struct engine_needs needs)
{
	return (needs.rules & RULES_NEEDS_SIZE) != 0 && !needs.aborts;
}

static bool has_headers(struct engine_needs needs)
{
	return needs.headers || (needs.rules & RULES_NEEDS_HEADERS) != 0 || has_body(needs);
}

unsigned long milter_steps_protocol(bool is_tcp, struct engine_needs needs)
{
	unsigned long protocol = SMFIP_NOUNKNOWN | SMFIP_NOEOH | SMFIP_NR_HDR;

	protocol |= (needs.rules & RULES_NEEDS_CONNECT) != 0 ? SMFIP_NR_CONN : SMFIP_NOCONNECT;
	protocol |= (needs.rules & RULES_NEEDS_HELO) != 0 ? SMFIP_NR_HELO : SMFIP_NOHELO;
	if (!needs.aborts)
		protocol |= SMFIP_NR_MAIL;
	if (!milter_steps_has_mail(needs))
		protocol |= SMFIP_NOMAIL;
	if (!has_headers(needs))
		protocol |= SMFIP_NOHDRS;
	protocol |= has_body(needs) ? SMFIP_SKIP : SMFIP_NOBODY;
	if (!is_tcp)
		protocol |= SMFIP_NODATA;
	return protocol;
}

const char *milter_steps_name(bool is_tcp, struct engine_needs needs, int index)
{
	const struct {
		const char *name;
		bool is_asked;
	} steps[] = {
		{"connect", (needs.rules & RULES_NEEDS_CONNECT) != 0},
		{"helo", (needs.rules & RULES_NEEDS_HELO) != 0},
		{"mail", milter_steps_has_mail(needs)},
		{"rcpt", true},
		{"data", is_tcp},
		{"header", has_headers(needs)},
		{"body", has_body(needs)},
		{"eom", true},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].is_asked && index-- == 0)
			return steps[i].name;
	return NULL;
}
