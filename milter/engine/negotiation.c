/* negotiation: what is requested of the MTA, so that messages can be routed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/negotiation.h"

#include <string.h>

/* ---- steps */

/* What is told with MAIL: the sender, a declared size, macros. */
enum {
	WITH_MAIL = RULES_NEEDS_MAIL | RULES_NEEDS_SIZE | RULES_NEEDS_LISTENER | RULES_NEEDS_TLS |
		    RULES_NEEDS_AUTH | RULES_NEEDS_MACROS,
};

/* Sendmail says how large a message is. */
static bool has_body(struct engine_needs needs)
{
	return (needs.rules & RULES_NEEDS_SIZE) != 0 && !needs.aborts;
}

bool negotiation_has_step(enum negotiation_step step, bool is_tcp, struct engine_needs needs)
{
	switch (step) {
	case NEGOTIATION_CONNECT:
		return (needs.rules & RULES_NEEDS_CONNECT) != 0;
	case NEGOTIATION_HELO:
		return (needs.rules & RULES_NEEDS_HELO) != 0;
	case NEGOTIATION_MAIL:
		return needs.sender || needs.aborts || (needs.rules & WITH_MAIL) != 0;
	case NEGOTIATION_DATA:
		return is_tcp;
	case NEGOTIATION_HEADER:
		return (needs.rules & RULES_NEEDS_HEADERS) != 0 || has_body(needs);
	case NEGOTIATION_BODY:
		return has_body(needs);
	default:
		return true;
	}
}

const char *negotiation_step_name(enum negotiation_step step)
{
	static const char *const names[NEGOTIATION_STEP_COUNT] = {
		[NEGOTIATION_CONNECT] = "connect",
		[NEGOTIATION_HELO] = "helo",
		[NEGOTIATION_MAIL] = "mail",
		[NEGOTIATION_RCPT] = "rcpt",
		[NEGOTIATION_DATA] = "data",
		[NEGOTIATION_HEADER] = "header",
		[NEGOTIATION_BODY] = "body",
		[NEGOTIATION_END] = "eom",
	};

	return names[step];
}

/* ---- macros */

struct engine_needs negotiation_without_macros(struct engine_needs needs)
{
	if ((needs.rules & RULES_NEEDS_LISTENER) != 0)
		needs.rules |= RULES_NEEDS_CONNECT;
	if ((needs.rules & RULES_NEEDS_TLS) != 0)
		needs.rules |= RULES_NEEDS_HELO;
	return needs;
}

static void append(char *out, const char *name)
{
	size_t used = strlen(out);
	size_t length = strlen(name);

	if (used + length + 2 > ENGINE_MACROS_MAX)
		return;
	if (used > 0)
		out[used++] = ' ';
	memcpy(out + used, name, length + 1);
}

/* Those that rules name themselves. */
static void append_named(char *out, const struct rules *rules)
{
	const struct rules_range *range;

	if (rules == NULL)
		return;
	range = &rules->facts[RULES_MACRO];
	for (uint32_t i = range->first; i < range->first + range->count; i++)
		append(out, rules->tests[i].name);
}

static void append_session(char *out, unsigned wanted)
{
	if ((wanted & RULES_NEEDS_AUTH) != 0)
		append(out, "{auth_authen}");
	if ((wanted & RULES_NEEDS_TLS) != 0)
		append(out, "{tls_version} {verify} {cert_subject}");
	if ((wanted & RULES_NEEDS_LISTENER) != 0)
		append(out, "{daemon_name} {daemon_port}");
}

/* aborts: it is Sendmail, which knows the size by then. */
static void append_end(char *out, struct engine_needs needs)
{
	if (needs.aborts && (needs.rules & RULES_NEEDS_SIZE) != 0)
		append(out, "{msg_size}");
}

char *negotiation_macros(char out[ENGINE_MACROS_MAX], enum negotiation_step step,
	struct engine_needs needs, const struct rules *rules)
{
	out[0] = '\0';
	append(out, "i");
	if (step == NEGOTIATION_MAIL)
		append_session(out, needs.rules);
	if (step == NEGOTIATION_END) {
		append(out, "j");
		append_end(out, needs);
	}
	if (step == NEGOTIATION_MAIL || step == NEGOTIATION_END)
		append_named(out, rules);
	return out;
}

bool negotiation_needs_header_end(struct engine_needs needs)
{
	return needs.aborts && (needs.rules & (RULES_NEEDS_SIZE | RULES_NEEDS_MACROS)) != 0;
}

void negotiation_all_macros(
	char out[ENGINE_MACROS_MAX], struct engine_needs needs, const struct rules *rules)
{
	negotiation_macros(out, NEGOTIATION_MAIL, needs, rules);
	append(out, "j");
	append_end(out, needs);
}
