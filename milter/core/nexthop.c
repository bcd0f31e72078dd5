/* nexthop: hosts as a next hop in the MTA's own form
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/nexthop.h"
#include "core/decimal.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static char *put_text(char *to, const char *text)
{
	size_t length = strlen(text);

	memcpy(to, text, length);
	return to + length;
}

void nexthop_host(char *out, const struct pool_host *host, const struct nexthop_written *written,
	enum table_mta mta)
{
	bool is_literal = host->lookup == LOOKUP_HOST;
	bool is_postfix = mta == TABLE_POSTFIX;

	assert(strlen(host->name) <= DOMAIN_MAX && strlen(written->name) <= DOMAIN_MAX);
	if (host->kind == HOST_UNIX) {
		*put_text(out, host->name) = '\0';
		return;
	}
	assert(host->port > 0 && host->port <= 65535);
	if (is_literal)
		*out++ = '[';
	if (!is_postfix && host->kind == HOST_IPV6)
		out = put_text(out, "IPv6:");
	out = put_text(out, is_postfix ? written->name : host->name);
	if (is_literal)
		*out++ = ']';
	if (is_postfix && written->has_port) {
		*out++ = ':';
		out = decimal_put(out, host->port);
	}
	*out = '\0';
}

/* What stands before the host of that place in a list for Sendmail. */
static char separator(const struct pool *pool, const struct candidates *candidates, int place)
{
	/* It shuffles hosts of one preference: whose turn it is, and who waits, is none of them. */
	if (place <= 1 || place >= candidates->tiered || (candidates->parted >> place & 1) != 0)
		return ':';
	return pool->hosts[candidates->hosts[place - 1]].priority ==
			       pool->hosts[candidates->hosts[place]].priority
		       ? ','
		       : ':';
}

/* Whether so many octets may stand after transport and colon. */
static bool has_room(size_t length, enum table_mta mta)
{
	return mta == TABLE_POSTFIX || length <= NEXTHOP_SENDMAIL_MAX;
}

int nexthop_fits(const struct pool *pool, enum table_mta mta)
{
	size_t used = 0;
	int count = 0;

	for (; count < pool->host_count; count++) {
		used += strlen(pool->hosts[count].nexthop) + (count > 0);
		if (!has_room(used, mta))
			break;
	}
	return count;
}

int nexthop_append(char *out, size_t size, int length, const char *host)
{
	size_t used = (size_t)length;
	size_t more = strlen(host);

	if (used + 1 + more >= size)
		return -1;
	out[used] = ',';
	memcpy(out + used + 1, host, more + 1);
	return (int)(used + 1 + more);
}

int nexthop_list(char *out, size_t size, const struct pool *pool,
	const struct candidates *candidates, enum table_mta mta)
{
	size_t used = strlen(pool->transport);
	size_t mailer = used + 1; /* with its colon */
	bool is_postfix = mta == TABLE_POSTFIX;
	char before = ':';

	if (used + 1 >= size)
		return -1;
	memcpy(out, pool->transport, used);
	for (int i = 0; i < candidates->count; i++) {
		const char *host = pool->hosts[candidates->hosts[i]].nexthop;
		size_t length = strlen(host);

		if (!is_postfix) {
			if (!has_room(used + 1 + length - mailer, mta))
				break;
			before = separator(pool, candidates, i);
		}
		if (used + 1 + length >= size)
			return -1;
		out[used] = before;
		memcpy(out + used + 1, host, length);
		used += 1 + length;
		before = ',';
	}
	out[used] = '\0';
	return (int)used;
}

bool nexthop_is_alone(const struct pool *pool)
{
	return pool->host_count > 0 && pool->hosts[0].kind == HOST_UNIX;
}

enum protocol nexthop_protocol(const char *transport)
{
	return strncmp(transport, "lmtp", 4) == 0 ? PROTOCOL_LMTP : PROTOCOL_SMTP;
}

int nexthop_default_port(enum protocol protocol)
{
	enum { SMTP_PORT = 25, LMTP_PORT = 24 };

	return protocol == PROTOCOL_LMTP ? LMTP_PORT : SMTP_PORT;
}

bool nexthop_is_smtp_mailer(const char *mailer)
{
	/* cf/mailer/smtp.m4 in Sendmail's source. */
	static const char *const names[] = {"smtp", "esmtp", "smtp8", "dsmtp", "relay"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(mailer, names[i]) == 0)
			return true;
	return false;
}
