/* table: the pools and routes of one configuration, and which route an address takes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/table.h"
#include "core/hash.h"

#include <string.h>
#include <strings.h>

static const char match_all[] = "ALL";

size_t table_places_for(size_t routes)
{
	size_t places = 8;

	while (places < routes + routes / 2 + 1)
		places *= 2;
	return places;
}

/*
 * Keys are hashed from their end to their start: one walk over an address then meets the hash of
 * each parent domain, of the domain and of the address in turn.
 */
static uint64_t walk(uint64_t running, const char *text, size_t length)
{
	while (length > 0)
		running = hash_octet(running, (unsigned char)text[--length]);
	return running;
}

static uint64_t key_hash(const char *text, size_t length)
{
	return hash_finish(walk(HASH_START, text, length));
}

/* The place of the key: where it is, or the empty one where it would be. */
static struct table_place *find(
	const struct table *table, uint64_t hash, const char *key, size_t length)
{
	size_t mask = table->place_count - 1;

	for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
		struct table_place *place = &table->places[i];

		if (place->route == 0)
			return place;
		if (place->hash != hash)
			continue;

		const char *match = table->routes[place->route - 1].match;

		if (strncmp(match, key, length) == 0 && match[length] == '\0')
			return place;
	}
}

const struct route *table_insert(struct table *table, size_t index)
{
	const char *match = table->routes[index].match;
	size_t length = strlen(match);

	if (strcmp(match, match_all) == 0) {
		if (table->all != 0)
			return &table->routes[table->all - 1];
		table->all = (uint32_t)index + 1;
		return NULL;
	}

	uint64_t hash = key_hash(match, length);
	struct table_place *place = find(table, hash, match, length);

	if (place->route != 0)
		return &table->routes[place->route - 1];
	place->hash = hash;
	place->route = (uint32_t)index + 1;
	return NULL;
}

static const struct route *route_at(
	const struct table *table, uint64_t running, const char *key, size_t length)
{
	const struct table_place *place = find(table, hash_finish(running), key, length);

	return place->route == 0 ? NULL : &table->routes[place->route - 1];
}

/* The address without its extension: the only key that is no suffix of the address. */
static const struct route *lookup_base(const struct table *table, const struct address *address)
{
	size_t base = address_base_length(address, table->delimiters);
	size_t rest = address->length - address->local_length;
	char key[ADDRESS_MAX + 1];

	if (base == address->local_length)
		return NULL;
	memcpy(key, address->text, base);
	memcpy(key + base, address->text + address->local_length, rest);
	key[base + rest] = '\0';
	return route_at(table, walk(HASH_START, key, base + rest), key, base + rest);
}

static const struct route *lookup_address(
	const struct table *table, const struct address *address, uint64_t domain_hash)
{
	size_t before = address->domain;

	/* Unquoted, "a@b" without a domain looks like another address, ".b" like a parent domain. */
	if (!address->has_domain && (address->text[0] == '.' || strchr(address->text, '@') != NULL))
		return NULL;

	const struct route *route = NULL;

	if (!address->too_long)
		route = route_at(table, walk(domain_hash, address->text, before), address->text,
			address->length);
	if (route == NULL && *table->delimiters != '\0')
		route = lookup_base(table, address);
	return route;
}

const struct route *table_lookup(const struct table *table, const struct address *address)
{
	const struct route *all = table->all == 0 ? NULL : &table->routes[table->all - 1];
	const struct route *parent = NULL;
	const char *domain = address->text + address->domain;
	size_t length = address->length - address->domain;
	uint64_t running = HASH_START;

	if (address->length == 0)
		return all;
	for (size_t i = length; i > 0; i--) {
		running = hash_octet(running, (unsigned char)domain[i - 1]);
		if (domain[i - 1] != '.' || i == 1)
			continue;

		const struct route *longer =
			route_at(table, running, domain + i - 1, length - i + 1);

		if (longer != NULL)
			parent = longer;
	}

	const struct route *route = lookup_address(table, address, running);

	if (route == NULL && address->has_domain && *domain != '.')
		route = route_at(table, running, domain, length);
	if (route == NULL)
		route = parent;
	return route == NULL ? all : route;
}

static bool has_match(const struct table *table, const char *match)
{
	size_t length = strlen(match);

	if (strcmp(match, match_all) == 0)
		return table->all != 0;
	return table->place_count > 0 &&
	       find(table, key_hash(match, length), match, length)->route != 0;
}

size_t table_count_missing(const struct table *table, const struct table *other)
{
	size_t count = 0;

	for (size_t i = 0; i < table->route_count; i++)
		count += !has_match(other, table->routes[i].match);
	return count;
}

void table_address_of(struct address *address, const char *match)
{
	static const char nobody[] = "\1@\1";
	char text[sizeof(nobody) + ADDRESS_MAX];
	size_t before = strchr(match, '@') != NULL ? 0 : *match == '.' ? 3 : 2;

	if (strcmp(match, match_all) == 0) {
		address_parse_unquoted(address, nobody);
		return;
	}
	memcpy(text, nobody, before);
	strcpy(text + before, match);
	address_parse_unquoted(address, text);
}

static bool refuses(const struct route *route)
{
	return route != NULL && (route->action == ACTION_REJECT || route->action == ACTION_DEFER);
}

static bool is_released(const struct table *before, const struct table *after, const char *match)
{
	struct address address;
	const struct route *old, *new;

	table_address_of(&address, match);
	old = table_lookup(before, &address);
	if (!refuses(old))
		return false;
	new = table_lookup(after, &address);
	return !refuses(new) || new->action != old->action ||
	       strcmp(new->enhanced, old->enhanced) != 0 || strcmp(new->text, old->text) != 0;
}

size_t table_count_released(const struct table *before, const struct table *after)
{
	size_t count = 0;

	for (size_t i = 0; i < before->route_count; i++)
		count += is_released(before, after, before->routes[i].match);
	for (size_t i = 0; i < after->route_count; i++)
		count += is_released(before, after, after->routes[i].match);
	return count;
}

const struct pool_host *table_find_host(const struct table_hosts *hosts, const char *text)
{
	size_t low = 0;
	size_t high = hosts->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcasecmp(text, hosts->hosts[middle]->nexthop);

		if (order == 0)
			return hosts->hosts[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* Sendmail asks for names without the brackets; so it does for addresses of hosts that have a name. */
static const struct pool_host *find_for_sendmail(const struct table_hosts *hosts, const char *text)
{
	char bracketed[DOMAIN_MAX + 3] = "[";
	bool is_bare = *text != '[';
	const struct pool_host *host;

	if (strlen(text) > DOMAIN_MAX)
		return NULL;
	host = table_find_host(hosts, is_bare ? strcat(strcat(bracketed, text), "]") : text);
	return host != NULL && (host->kind == HOST_NAME) == is_bare ? host : NULL;
}

const struct table_auth *table_login(const struct table *table, const char *text)
{
	const struct pool_host *host = table->mta == TABLE_SENDMAIL
					       ? find_for_sendmail(&table->logins, text)
					       : table_find_host(&table->logins, text);

	return host == NULL ? NULL : host->auth;
}

const struct table_tls *table_policy(const struct table *table, const char *text)
{
	const struct pool_host *host = table_find_host(&table->policies, text);

	return host == NULL ? NULL : host->tls;
}

bool table_tls_encrypts(enum tls_level level)
{
	return level >= TLS_LEVEL_ENCRYPT && level != TLS_LEVEL_DANE;
}

uint64_t table_host_key(const char *name, int port)
{
	return hash_pair(hash_octets(name, strlen(name)), (uint64_t)port);
}

uint64_t table_pool_key(const char *name)
{
	return hash_octets(name, strlen(name));
}

bool table_needs_sender(const struct table *table)
{
	for (size_t i = 0; i < table->pool_count; i++)
		if (table->pools[i].balance == BALANCE_HASH &&
			table->pools[i].hash_on == HASH_ON_SENDER)
			return true;
	return false;
}

const char *table_action_name(enum action action)
{
	switch (action) {
	case ACTION_NONE:
		return "none";
	case ACTION_POOL:
		return "pool";
	case ACTION_DNS:
		return "dns";
	case ACTION_DISCARD:
		return "discard";
	case ACTION_REJECT:
		return "reject";
	case ACTION_DEFER:
		return "defer";
	}
	return "none";
}

const char *table_balance_name(enum balance balance)
{
	static const char *const names[] = {
		[BALANCE_ROUND_ROBIN] = "round-robin",
		[BALANCE_HASH] = "hash",
		[BALANCE_LEAST_PENDING] = "least-pending",
	};

	return names[balance];
}
