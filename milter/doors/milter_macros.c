/* milter_macros: which macros the milter asks the MTA for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_macros.h"
#include "core/hash.h"

#include <string.h>

static void append(char *out, const char *name)
{
	size_t used = strlen(out);
	size_t length = strlen(name);

	if (used + length + 2 > MILTER_MACROS_MAX)
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

char *milter_macros_list(char out[MILTER_MACROS_MAX], enum milter_macros_stage stage,
	struct engine_needs needs, const struct rules *rules)
{
	out[0] = '\0';
	append(out, "i");
	switch (stage) {
	case MILTER_MACROS_MAIL:
		append_session(out, needs.rules);
		append_named(out, rules);
		break;
	case MILTER_MACROS_RCPT:
		break;
	case MILTER_MACROS_END:
		append(out, "j");
		append_end(out, needs);
		append_named(out, rules);
		break;
	}
	return out;
}

bool milter_macros_need_header_end(struct engine_needs needs)
{
	return needs.aborts && (needs.rules & (RULES_NEEDS_SIZE | RULES_NEEDS_MACROS)) != 0;
}

void milter_macros_all(
	char out[MILTER_MACROS_MAX], struct engine_needs needs, const struct rules *rules)
{
	milter_macros_list(out, MILTER_MACROS_MAIL, needs, rules);
	append(out, "j");
	append_end(out, needs);
}

uint64_t milter_macros_hash(const struct rules *rules)
{
	char names[MILTER_MACROS_MAX] = "";

	append_named(names, rules);
	return hash_octets(names, strlen(names));
}
