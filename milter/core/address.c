/* address: a recipient or sender as the MTA gives it, in the one form that routes match
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/address.h"
#include "core/hash.h"
#include "core/span.h"

#include <assert.h>
#include <string.h>

void address_fold(char *to, const char *from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		to[i] = span_fold(from[i]);
}

/* A route of relays in front of the address is to be ignored: "@a,@b:user@dom" is "user@dom". */
static const char *skip_source_route(const char *text, const char *end)
{
	if (text == end || *text != '@')
		return text;

	const char *colon = memchr(text, ':', (size_t)(end - text));

	return colon == NULL ? text : colon + 1;
}

/* The last "@" that is neither quoted nor escaped: what is after it is the domain. */
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

/* Appends one octet to the text, if there is ROOM, and to the hash. */
static uint64_t put(struct address *address, size_t room, uint64_t running, char octet)
{
	octet = span_fold(octet);
	if (address->length < room)
		address->text[address->length++] = octet;
	else
		address->too_long = true;
	return hash_octet(running, (unsigned char)octet);
}

size_t address_dot_length(const char *text)
{
	static const char *const dots[] = {".", "\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1"};

	for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++) {
		size_t length = strlen(dots[i]);

		if (strncmp(text, dots[i], length) == 0)
			return length;
	}
	return 0;
}

/*
 * A domain of which the text has no room for all: its last labels, after one that no domain has. So
 * no route is that domain's, and those of its parents hold.
 */
static void put_last_labels(struct address *address, const char *domain, size_t length)
{
	const char *at = domain + length - (ADDRESS_MAX - 1 - sizeof(ADDRESS_NO_LABEL) - 1);
	const char *end = domain + length;

	while (at < end && address_dot_length(at) == 0)
		at++;
	if (at < end)
		at += address_dot_length(at);
	memcpy(address->text + address->length, ADDRESS_NO_LABEL ".", sizeof(ADDRESS_NO_LABEL));
	address->length += sizeof(ADDRESS_NO_LABEL);
	address_fold(address->text + address->length, at, (size_t)(end - at));
	address->length += (size_t)(end - at);
	address->too_long = true;
}

/* The text's room for a local part beside that domain. */
static size_t local_room(size_t domain_length)
{
	if (domain_length == 0)
		return ADDRESS_MAX;
	return domain_length < ADDRESS_MAX ? ADDRESS_MAX - 1 - domain_length : 0;
}

static uint64_t put_local(struct address *address, size_t room, const char *p, const char *end)
{
	uint64_t running = HASH_START;

	for (; p < end; p++) {
		if (*p == '"')
			continue;
		if (*p == '\\' && p + 1 < end)
			p++;
		running = put(address, room, running, *p);
	}
	return running;
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
	while (at != NULL && end > parts->domain && end[-1] == '.')
		end--;
	parts->domain_length = (size_t)(end - parts->domain);
}

/* Of a local part that was cut no half character is left: it would be no text to a pattern. */
static size_t whole_characters(const char *text, size_t length)
{
	while (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
		length--;
	if (length > 0 && (unsigned char)text[length - 1] >= 0xc0)
		length--;
	return length;
}

/* What is after the local part: "@" and the domain, if there is one. */
static void finish(
	struct address *address, uint64_t running, const char *domain, size_t domain_length)
{
	bool has_room = domain_length < ADDRESS_MAX;

	if (address->too_long)
		address->length = whole_characters(address->text, address->length);
	address->local_length = address->length;
	if (domain_length > 0) {
		running = put(address, ADDRESS_MAX, running, '@');
		address->has_domain = true;
	}
	address->domain = address->length;
	for (size_t i = 0; i < domain_length; i++) {
		running = put(address, has_room ? ADDRESS_MAX : 0, running, domain[i]);
		address->needs_ascii |= (unsigned char)domain[i] > 127;
	}
	if (!has_room)
		put_last_labels(address, domain, domain_length);
	address->text[address->length] = '\0';
	address->hash = hash_finish(running);
}

void address_parse(struct address *address, const char *text)
{
	struct address_parts parts;
	uint64_t running;

	address_split(&parts, text);
	memset(address, 0, sizeof(*address));
	running = put_local(address, local_room(parts.domain_length), parts.local,
		parts.local + parts.local_length);
	finish(address, running, parts.domain, parts.domain_length);
}

void address_parse_unquoted(struct address *address, const char *text)
{
	const char *end = text + strlen(text);
	const char *at = strrchr(text, '@');
	const char *domain = at == NULL ? end : at + 1;
	uint64_t running = HASH_START;

	memset(address, 0, sizeof(*address));
	while (end > domain && end[-1] == '.')
		end--;
	for (const char *p = text; p < (at == NULL ? end : at); p++)
		running = put(address, local_room((size_t)(end - domain)), running, *p);
	finish(address, running, domain, (size_t)(end - domain));
}

void address_set_domain(struct address *address, const char *domain)
{
	size_t length = strlen(domain);

	assert(length < ADDRESS_MAX);
	if (!address->has_domain)
		return;
	address->needs_ascii = false;
	if (address->local_length > local_room(length)) {
		address->local_length = whole_characters(address->text, local_room(length));
		address->text[address->local_length] = '@';
		address->domain = address->local_length + 1;
		address->too_long = true;
	}
	address_fold(address->text + address->domain, domain, length);
	address->length = address->domain + length;
	address->text[address->length] = '\0';
	/* Of a text that is not the whole the hash says more. */
	if (!address->too_long)
		address->hash = hash_octets(address->text, address->length);
}

size_t address_base_length(const struct address *address, const char *delimiters)
{
	for (size_t i = 1; i < address->local_length; i++)
		if (strchr(delimiters, address->text[i]) != NULL)
			return i;
	return address->local_length;
}
