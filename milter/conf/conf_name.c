/* conf_name: names of hosts and domains in the one form that the table has
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_name.h"
#include "text/idn.h"

#include <arpa/inet.h>
#include <string.h>

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

int conf_name_domain(const char *text, char out[DOMAIN_MAX + 1])
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

int conf_name_mail_domain(const char *text, char out[DOMAIN_MAX + 1])
{
	unsigned char octets[sizeof(struct in6_addr)];
	char inner[DOMAIN_MAX + 1];
	size_t length = strlen(text);

	if (*text != '[')
		return conf_name_domain(text, out);
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

int conf_name_host(const char *text, char out[DOMAIN_MAX + 1], enum host_kind *kind)
{
	unsigned char octets[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN + 1];
	size_t length = strlen(text);
	bool is_bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';

	if (is_bracketed) {
		text++;
		length -= 2;
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
	if (is_bracketed || conf_name_domain(text, out) == -1 || ends_in_number(out))
		return -1;
	return 0;
}

const char *conf_name_address(const char *text, struct address *address)
{
	char domain[DOMAIN_MAX + 1];

	address_parse(address, text);
	/* Only a quoted local part may stand without a domain here: "u@" is a mistake. */
	if (address->too_long || address->local_length == 0 ||
		(!address->has_domain && *text != '"'))
		return "is not an address";
	if (address->has_domain) {
		if (conf_name_mail_domain(address->text + address->domain, domain) == -1)
			return "has no valid domain";
		address_set_domain(address, domain);
	}
	return address->too_long ? "is too long" : NULL;
}
