/* address: a recipient or sender as the MTA gives it, in the one form that routes match
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/address.h"
#include "core/hash.h"

#include <string.h>

static char fold(char octet)
{
	if (octet >= 'A' && octet <= 'Z')
		octet = (char)(octet | 0x20);
	return octet;
}

void address_fold(char *to, const char *from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		to[i] = fold(from[i]);
}

/* A route of relays in front of the address is to be ignored: "@a,@b:user@dom" is "user@dom". */
static const char *skip_source_route(const char *text, const char *end)
{
	if (text == end || *text != '@')
		return text;

	const char *colon = memchr(text, ':', (size_t)(end - text));

	return colon == NULL ? text : colon + 1;
}

/* The last "@" that is neither quoted nor escaped: what is behind it is the domain. */
static const char *find_at(const char *text, const char *end)
{
	const char *at = NULL;
	bool quoted = false;

	for (const char *p = text; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '@' && !quoted)
			at = p;
	}
	return at;
}

/* Appends one octet to the text and to the hash; past the end only the hash goes on. */
static uint64_t put(struct address *address, uint64_t running, char octet)
{
	octet = fold(octet);
	if (address->length < ADDRESS_MAX)
		address->text[address->length++] = octet;
	else
		address->too_long = true;
	return hash_octet(running, (unsigned char)octet);
}

static uint64_t put_local(struct address *address, uint64_t running, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p == '"')
			continue;
		if (*p == '\\' && p + 1 < end)
			p++;
		running = put(address, running, *p);
	}
	return running;
}

static void forget_text(struct address *address)
{
	address->text[0] = '\0';
	address->length = 0;
	address->local_length = 0;
	address->domain = 0;
	address->has_domain = false;
	address->needs_ascii = false;
	address->too_long = true;
}

void address_split(struct address_parts *parts, const char *text)
{
	const char *end = text + strlen(text);
	const char *at;

	if (text < end && *text == '<' && end[-1] == '>') {
		text++;
		end--;
	}
	text = skip_source_route(text, end);
	at = find_at(text, end);
	parts->local = text;
	parts->local_length = (size_t)((at == NULL ? end : at) - text);
	parts->domain = at == NULL ? end : at + 1;
	if (at != NULL && end > parts->domain && end[-1] == '.')
		end--;
	parts->domain_length = (size_t)(end - parts->domain);
}

/* What is behind the local part: "@" and the domain, if there is one. */
static void finish(
	struct address *address, uint64_t running, const char *domain, size_t domain_length)
{
	address->local_length = address->length;
	if (domain_length > 0) {
		running = put(address, running, '@');
		address->has_domain = true;
	}
	address->domain = address->length;
	for (size_t i = 0; i < domain_length; i++) {
		running = put(address, running, domain[i]);
		address->needs_ascii |= (unsigned char)domain[i] > 127;
	}
	address->text[address->length] = '\0';
	address->hash = hash_finish(running);
	if (address->too_long)
		forget_text(address);
}

void address_parse(struct address *address, const char *text)
{
	struct address_parts parts;
	uint64_t running;

	address_split(&parts, text);
	memset(address, 0, sizeof(*address));
	running = put_local(address, HASH_START, parts.local, parts.local + parts.local_length);
	finish(address, running, parts.domain, parts.domain_length);
}

void address_parse_unquoted(struct address *address, const char *text)
{
	const char *end = text + strlen(text);
	const char *at = strrchr(text, '@');
	const char *domain = at == NULL ? end : at + 1;
	uint64_t running = HASH_START;

	memset(address, 0, sizeof(*address));
	for (const char *p = text; p < (at == NULL ? end : at); p++)
		running = put(address, running, *p);
	if (end > domain && end[-1] == '.')
		end--;
	finish(address, running, domain, (size_t)(end - domain));
}

void address_set_domain(struct address *address, const char *domain)
{
	size_t length = strlen(domain);

	if (!address->has_domain)
		return;
	address->needs_ascii = false;
	if (address->domain + length > ADDRESS_MAX) {
		forget_text(address);
		return;
	}
	address_fold(address->text + address->domain, domain, length);
	address->length = address->domain + length;
	address->text[address->length] = '\0';
	address->hash = hash_octets(address->text, address->length);
}

size_t address_base_length(const struct address *address, const char *delimiters)
{
	for (size_t i = 1; i < address->local_length; i++)
		if (strchr(delimiters, address->text[i]) != NULL)
			return i;
	return address->local_length;
}
