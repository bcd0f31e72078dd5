/* log_peer: a host as MTAs name it in their logs
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_peer.h"
#include "core/endpoint.h"

#include <string.h>

/* A name or an address: nothing else may stand where a host is to stand. */
static bool is_name(struct span text)
{
	if (text.length == 0)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		unsigned char octet = (unsigned char)text.at[i];

		if (octet <= ' ' || octet > '~' || strchr("[](),;<>\"'=/\\", octet) != NULL)
			return false;
	}
	return true;
}

static bool is_path(struct span text)
{
	if (text.length == 0)
		return false;
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.at[i] < ' ')
			return false;
	return true;
}

/* An address has no slash, so it is no path. */
static void set_unix(struct log_peer *peer)
{
	static const char prefix[] = "unix:";
	const size_t length = sizeof(prefix) - 1;

	_Static_assert(sizeof(peer->address) + sizeof(prefix) <= sizeof(peer->host),
		"a name holds a path");
	memcpy(peer->host, prefix, length);
	memcpy(peer->host + length, peer->address, strlen(peer->address) + 1);
}

bool log_peer_take(struct span *rest, struct log_peer *peer)
{
	struct span after = *rest;
	struct span host, address;

	/* A host's name is short: a long reply is not to be searched through for a bracket. */
	if (after.length > sizeof(peer->host))
		after.length = sizeof(peer->host);
	if (!span_take_until(&after, "[", &host) || !is_name(host))
		return false;
	after = span_from(*rest, after.at);
	if (!span_take_until(&after, "]", &address) || !is_path(address))
		return false;
	if (!span_copy_folded(host, peer->host, sizeof(peer->host)) ||
		address.length >= sizeof(peer->address))
		return false;
	memcpy(peer->address, address.at, address.length);
	peer->address[address.length] = '\0';
	if (endpoint_path_valid(peer->address))
		set_unix(peer);
	peer->port = 0;
	*rest = after;
	if (span_take(&after, ":") && span_take_number(&after, 5, &peer->port) && peer->port >= 1 &&
		peer->port <= 65535)
		*rest = after;
	else
		peer->port = 0;
	return true;
}

/* Sendmail writes an IPv6 address with all its zeros; all others shorten it (RFC 5952, 4.2). */
static void shorten_zeros(char *address)
{
	enum { GROUPS = 8 };
	char copy[sizeof(((struct log_peer *)NULL)->host)];
	char *groups[GROUPS];
	char *p = copy;
	char *to = address;
	int count = 0, best = GROUPS, best_length = 1;

	memcpy(copy, address, strlen(address) + 1);
	for (;; *p++ = '\0') {
		if (count == GROUPS)
			return;
		groups[count++] = p;
		p = strchr(p, ':');
		if (p == NULL)
			break;
	}
	for (int i = 0; i < count; i++) {
		int run = 0;

		while (i + run < count && strcmp(groups[i + run], "0") == 0)
			run++;
		if (run > best_length) {
			best = i;
			best_length = run;
		}
	}
	if (count < GROUPS || best == GROUPS)
		return;
	for (int i = 0; i < GROUPS;) {
		if (i > 0 || i == best)
			*to++ = ':';
		if (i == best) {
			i += best_length;
			if (i == GROUPS)
				*to++ = ':';
			continue;
		}
		memmove(to, groups[i], strlen(groups[i]));
		to += strlen(groups[i++]);
	}
	*to = '\0';
}

bool log_peer_parse_name(struct span text, struct log_peer *peer)
{
	memset(peer, 0, sizeof(*peer));
	if (span_take(&text, "[")) {
		if (!span_ends(text, "]"))
			return false;
		text.length--;
	}
	if (text.length > 1 && span_ends(text, "."))
		text.length--;
	if (!is_name(text) || !span_copy_folded(text, peer->host, sizeof(peer->host)))
		return false;
	if (strncmp(peer->host, "ipv6:", 5) == 0) {
		memmove(peer->host, peer->host + 5, strlen(peer->host + 5) + 1);
		shorten_zeros(peer->host);
	}
	return peer->host[0] != '\0';
}

bool log_peer_parse_sendmail(struct span text, struct log_peer *peer)
{
	const char *at = span_find(text, " [");
	struct log_peer address;

	if (at == NULL)
		return log_peer_parse_name(text, peer) && strstr(peer->host, "...") == NULL;
	if (!log_peer_parse_name(span_from(text, at + 1), &address))
		return false;
	if (!log_peer_parse_name(span_before(text, at), peer) || strstr(peer->host, "...") != NULL)
		memcpy(peer->host, address.host, sizeof(peer->host));
	if (strlen(address.host) >= sizeof(peer->address))
		return false;
	memcpy(peer->address, address.host, strlen(address.host) + 1);
	return true;
}

void log_peer_store(const struct log_peer *peer, struct observation *observation)
{
	memcpy(observation->host, peer->host, sizeof(observation->host));
	memcpy(observation->address, peer->address, sizeof(observation->address));
	observation->port = peer->port;
}
