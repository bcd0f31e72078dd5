/* milter_facts: what the MTA reports of a client and its message, for the rules
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_facts.h"
#include "core/decimal.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* What is too long to be a name is not cut to look like another one. */
static void keep_name(char out[MILTER_FACTS_NAME_MAX], const char *name)
{
	size_t length = strnlen(name, MILTER_FACTS_NAME_MAX);

	if (length == MILTER_FACTS_NAME_MAX)
		length = 0;
	memcpy(out, name, length);
	out[length] = '\0';
}

void milter_facts_connect(
	struct milter_facts *facts, const char *name, const struct sockaddr *address)
{
	/* A client without a name is called by its address, in brackets. */
	keep_name(facts->client_name, name == NULL || *name == '[' ? "unknown" : name);
	facts->has_address = address != NULL;
	if (address != NULL && address->sa_family == AF_INET)
		network_from_ipv4(facts->address,
			(const uint8_t *)&((const struct sockaddr_in *)(const void *)address)
				->sin_addr);
	else if (address != NULL && address->sa_family == AF_INET6)
		memcpy(facts->address,
			&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
			NETWORK_OCTETS);
	else
		facts->has_address = false;
}

void milter_facts_helo(struct milter_facts *facts, const char *name)
{
	keep_name(facts->helo, name);
}

void milter_facts_begin(const struct milter_facts *facts, struct routing_rules *rules)
{
	routing_rules_client(rules, facts->has_address ? facts->address : NULL);
	routing_rules_text(rules, RULES_CLIENT_NAME, facts->client_name);
	routing_rules_text(rules, RULES_HELO, facts->helo);
	routing_rules_now(rules);
}

/* ---- macros */

static const char *macro(SMFICTX *ctx, const char *name)
{
	const char *value = smfi_getsymval(ctx, (char *)name);

	return value == NULL ? "" : value;
}

/*
 * Sendmail says in {verify} what became of the client's certificate. Postfix has no such macro, and
 * gives a certificate's subject only if it is verified.
 */
static bool is_verified(SMFICTX *ctx)
{
	const char *verify = macro(ctx, "{verify}");

	return *verify == '\0' ? *macro(ctx, "{cert_subject}") != '\0' : strcmp(verify, "OK") == 0;
}

static void tell_macros(struct routing_rules *rules, SMFICTX *ctx)
{
	const char *name;

	for (uint32_t i = 0; (name = routing_rules_macro_name(rules, i)) != NULL; i++) {
		const char *value = smfi_getsymval(ctx, (char *)name);

		if (value != NULL)
			routing_rules_macro(rules, name, value);
	}
}

/* ---- the message */

/* SIZE=N (RFC 1870). */
static void tell_declared_size(struct routing_rules *rules, char *const *arguments)
{
	for (int i = 1; arguments[0] != NULL && arguments[i] != NULL; i++) {
		int64_t size;

		if (strncasecmp(arguments[i], "SIZE=", 5) != 0)
			continue;
		size = decimal_parse(arguments[i] + 5, 1, INT64_MAX);
		if (size == -1)
			continue;
		routing_rules_declared_size(rules, size);
		return;
	}
}

void milter_facts_mail(struct routing_rules *rules, SMFICTX *ctx, char *const *arguments)
{
	unsigned needs = routing_rules_needs(rules);

	if (needs == 0)
		return;
	tell_declared_size(rules, arguments);
	if ((needs & RULES_NEEDS_AUTH) != 0)
		routing_rules_text(rules, RULES_AUTH_USER, macro(ctx, "{auth_authen}"));
	if ((needs & RULES_NEEDS_TLS) != 0) {
		routing_rules_text(rules, RULES_TLS, macro(ctx, "{tls_version}"));
		routing_rules_tls_verified(rules, is_verified(ctx));
	}
	if ((needs & RULES_NEEDS_LISTENER) != 0) {
		routing_rules_text(rules, RULES_LISTENER, macro(ctx, "{daemon_name}"));
		routing_rules_text(rules, RULES_LISTENER_PORT, macro(ctx, "{daemon_port}"));
	}
	tell_macros(rules, ctx);
}

int64_t milter_facts_end(struct routing_rules *rules, SMFICTX *ctx)
{
	bool asks = (routing_rules_needs(rules) & RULES_NEEDS_SIZE) != 0;
	int64_t size = asks ? decimal_parse(macro(ctx, "{msg_size}"), 0, INT64_MAX) : -1;

	tell_macros(rules, ctx);
	return size;
}
