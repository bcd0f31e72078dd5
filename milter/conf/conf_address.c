/* conf_address: hosts, domains, networks and sockets as people write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_address.h"
#include "core/decimal.h"
#include "core/endpoint.h"
#include "text/idn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- names of hosts and domains */

enum { LABEL_MAX = 63 };

static bool is_label_octet(char octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' ||
	       octet == '_';
}

/* In lower case already. */
static bool is_label(const char *label, size_t length)
{
	if (length == 0 || length > LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_label_octet(label[i]))
			return false;
	return true;
}

static bool are_labels(const char *name)
{
	for (;;) {
		size_t length = strcspn(name, ".");

		if (!is_label(name, length))
			return false;
		if (name[length] == '\0')
			return true;
		name += length + 1;
	}
}

int conf_address_domain(const char *text, char out[DOMAIN_MAX + 1])
{
	size_t length = strlen(text);
	char name[4 * DOMAIN_MAX];
	bool is_ascii = true;

	if (length > 0 && text[length - 1] == '.')
		length--;
	if (length == 0 || length >= sizeof(name))
		return -1;
	memcpy(name, text, length);
	name[length] = '\0';
	for (size_t i = 0; i < length; i++)
		is_ascii = is_ascii && (unsigned char)name[i] < 128;
	if (!is_ascii) {
		if (idn_to_ascii(name, out) == -1)
			return -1;
	} else {
		if (length > DOMAIN_MAX)
			return -1;
		address_fold(out, name, length);
		out[length] = '\0';
	}
	return are_labels(out) ? 0 : -1;
}

int conf_address_mail_domain(const char *text, char out[DOMAIN_MAX + 1])
{
	unsigned char octets[sizeof(struct in6_addr)];
	char inner[DOMAIN_MAX + 1];
	size_t length = strlen(text);

	if (*text != '[')
		return conf_address_domain(text, out);
	if (length < 3 || length > DOMAIN_MAX || text[length - 1] != ']')
		return -1;
	address_fold(out, text, length);
	out[length] = '\0';
	memcpy(inner, out + 1, length - 2);
	inner[length - 2] = '\0';
	if (strncmp(inner, "ipv6:", 5) == 0)
		return inet_pton(AF_INET6, inner + 5, octets) == 1 ? 0 : -1;
	return inet_pton(AF_INET, inner, octets) == 1 ? 0 : -1;
}

static bool ends_in_number(const char *name)
{
	const char *last = strrchr(name, '.');

	last = last == NULL ? name : last + 1;
	return last[strspn(last, "0123456789")] == '\0';
}

static int parse_unix_host(const char *text, char out[DOMAIN_MAX + 1])
{
	const char *path = text + strlen("unix:");

	if (strlen(path) > CONF_ADDRESS_PATH_MAX || !endpoint_path_valid(path))
		return -1;
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

int conf_address_host(const char *text, char out[DOMAIN_MAX + 1], enum host_kind *kind)
{
	unsigned char octets[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN + 1];
	size_t length = strlen(text);
	char inner[DOMAIN_MAX + 1];

	if (endpoint_is_unix(text)) {
		*kind = HOST_UNIX;
		return parse_unix_host(text, out);
	}
	if (length > 2 && text[0] == '[' && text[length - 1] == ']' && length - 2 < sizeof(inner)) {
		length -= 2;
		memcpy(inner, text + 1, length);
		inner[length] = '\0';
		text = inner;
	}
	if (length < sizeof(address)) {
		memcpy(address, text, length);
		address[length] = '\0';
		if (inet_pton(AF_INET, address, octets) == 1) {
			*kind = HOST_IPV4;
			inet_ntop(AF_INET, octets, out, DOMAIN_MAX + 1);
			return 0;
		}
		if (inet_pton(AF_INET6, address, octets) == 1) {
			*kind = HOST_IPV6;
			inet_ntop(AF_INET6, octets, out, DOMAIN_MAX + 1);
			return 0;
		}
	}
	*kind = HOST_NAME;
	return conf_address_domain(text, out) == -1 || ends_in_number(out) ? -1 : 0;
}

const char *conf_address_host_written(const char *text, const char *name, char out[DOMAIN_MAX + 1])
{
	size_t length = strlen(text);

	if (*text == '[') {
		text++;
		length -= 2;
	}
	if (length > 0 && text[length - 1] == '.')
		length--;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] > 127)
			return name;
	assert(length <= DOMAIN_MAX);
	memcpy(out, text, length);
	out[length] = '\0';
	return out;
}

const char *conf_address_mail(const char *text, struct address *address)
{
	char domain[DOMAIN_MAX + 1];

	address_parse(address, text);
	/* Only a quoted local part may stand without a domain here: "u@" is a mistake. */
	if (address->too_long || address->local_length == 0 ||
		(!address->has_domain && *text != '"'))
		return "is not an address";
	if (address->has_domain) {
		if (conf_address_mail_domain(address->text + address->domain, domain) == -1)
			return "has no valid domain";
		address_set_domain(address, domain);
	}
	return address->too_long ? "is too long" : NULL;
}

static const char *match_domain(const char *text, char out[ADDRESS_MAX + 1])
{
	bool is_parent = *text == '.';
	char domain[DOMAIN_MAX + 1];

	if ((is_parent ? conf_address_domain(text + 1, domain)
		       : conf_address_mail_domain(text, domain)) == -1)
		return "is not an address, a domain, a .domain or ALL";
	snprintf(out, ADDRESS_MAX + 1, "%s%s", is_parent ? "." : "", domain);
	return NULL;
}

const char *conf_address_match(const char *text, char out[ADDRESS_MAX + 1])
{
	struct address address;
	const char *wrong;

	if (strcmp(text, "ALL") == 0) {
		strcpy(out, text);
		return NULL;
	}
	if (strchr(text, '@') == NULL && *text != '"')
		return match_domain(text, out);
	wrong = conf_address_mail(text, &address);
	if (wrong == NULL)
		memcpy(out, address.text, address.length + 1);
	return wrong;
}

/* ---- networks */

static void clear_behind(struct network *network)
{
	for (int bit = network->bits; bit < NETWORK_BITS_MAX; bit++)
		network->octets[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

/* "192.0.2.0/24", in the family that it was written in. */
static void format(const struct network *network, bool is_ipv4, char *out, size_t size)
{
	size_t first = is_ipv4 ? NETWORK_IPV4_BITS / 8 : 0;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(is_ipv4 ? AF_INET : AF_INET6, network->octets + first, text, sizeof(text));
	snprintf(out, size, "%s/%d", text, network->bits - 8 * (int)first);
}

const char *conf_address_network(
	const char *text, struct network *network, char wrong[CONF_ADDRESS_WRONG_MAX])
{
	const char *slash = strchr(text, '/');
	size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);
	int first = 0;
	int64_t bits;
	char address[INET6_ADDRSTRLEN] = "";
	char clean[INET6_ADDRSTRLEN + sizeof("/128")];
	uint8_t ipv4[4];

	if (length < sizeof(address))
		memcpy(address, text, length);
	if (inet_pton(AF_INET, address, ipv4) == 1) {
		network_from_ipv4(network->octets, ipv4);
		first = NETWORK_IPV4_BITS;
	} else if (inet_pton(AF_INET6, address, network->octets) != 1) {
		return strcpy(wrong, "is not an IP address or a network");
	}
	bits = NETWORK_BITS_MAX - first;
	if (slash != NULL)
		bits = decimal_parse(slash + 1, 0, bits);
	if (bits == -1) {
		snprintf(wrong, CONF_ADDRESS_WRONG_MAX, "has no prefix of 0 to %d bits",
			NETWORK_BITS_MAX - first);
		return wrong;
	}
	network->bits = first + (int)bits;
	if (network_is_clean(network))
		return NULL;
	clear_behind(network);
	format(network, first != 0, clean, sizeof(clean));
	snprintf(wrong, CONF_ADDRESS_WRONG_MAX, "has bits after its prefix: %s?", clean);
	return wrong;
}

/* ---- sockets */

static int parse_unix(struct conf_socket *socket, const char *path)
{
	size_t length = strlen(path);

	if (*path != '/' || length > CONF_ADDRESS_PATH_MAX || path[length - 1] == '/')
		return -1;
	socket->path = path;
	return 0;
}

static int parse_inet(struct conf_socket *socket, const char *text)
{
	const char *at = strchr(text, '@');
	char port[6];
	unsigned char octets[sizeof(struct in6_addr)];

	if (at == NULL || (size_t)(at - text) >= sizeof(port))
		return -1;
	memcpy(port, text, (size_t)(at - text));
	port[at - text] = '\0';
	socket->port = (int)decimal_parse(port, 1, 65535);
	socket->host = strcmp(at + 1, "localhost") == 0 ? "127.0.0.1" : at + 1;
	if (socket->port == -1)
		return -1;
	return inet_pton(AF_INET, socket->host, octets) == 1 ||
			       inet_pton(AF_INET6, socket->host, octets) == 1
		       ? 0
		       : -1;
}

int conf_address_socket(struct conf_socket *socket, const char *text)
{
	*socket = (struct conf_socket){.text = text};
	if (text == NULL)
		return 0;
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(socket, text + 5);
	if (strncmp(text, "inet:", 5) == 0)
		return parse_inet(socket, text + 5);
	return -1;
}

bool conf_address_same_socket(const struct conf_socket *a, const struct conf_socket *b)
{
	if (a->text == NULL || b->text == NULL || (a->path == NULL) != (b->path == NULL))
		return false;
	if (a->path != NULL)
		return strcmp(a->path, b->path) == 0;
	return a->port == b->port && strcmp(a->host, b->host) == 0;
}
