/* address: a recipient or sender as the MTA gives it, in the one form that routes match
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_ADDRESS_H
#define CORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one form: no angle brackets, no source route (RFC 5321, appendix C), the local part without
 * its quotes and backslashes, ASCII letters in lower case, no dots at the domain's end. A domain
 * that is not ASCII stays in UTF-8 until the caller has given its A-label form to
 * address_set_domain(): that takes a library, and the core has none.
 *
 * Every octet string is an address. What has no domain matches less, in the end only ALL. Of one that
 * is too long the domain is kept, with as much of the local part as there is room for: the routes and
 * rules of a domain hold whatever a sender writes before it. Of a domain that is too long itself the
 * last labels are kept, for the routes of its parents.
 */

/* RFC 5321, 4.5.3.1: 64 octets of local part, "@", 255 octets of domain. */
#define ADDRESS_MAX 320
/* RFC 1035, 3.1, as text without the last dot. */
#define DOMAIN_MAX 253
/* Stands for the first labels of a domain that is too long. No domain of a route has such a label. */
#define ADDRESS_NO_LABEL "?"

struct address {
	char text[ADDRESS_MAX + 1]; /* local@domain, or only local */
	size_t length;		    /* of text */
	size_t local_length;
	size_t domain; /* where the domain starts in text; length when there is none */
	uint64_t hash; /* of all octets as given, case folded */
	bool has_domain;
	bool needs_ascii; /* the domain has octets above 127 */
	bool too_long;	  /* the text is not the whole: no exact address is equal to it */
};

/* Where an address's local part and domain stand in its text, in the form it was given in. */
struct address_parts {
	const char *local;
	size_t local_length;
	const char *domain;   /* without dots at its end */
	size_t domain_length; /* 0: it has none */
};
void address_split(struct address_parts *parts, const char *text);

/* Reads TEXT, which need not be in angle brackets, into ADDRESS. */
void address_parse(struct address *address, const char *text);

/*
 * The same for TEXT that has nothing around it and no quotes or backslashes but those that belong
 * to it: the domain is what is after the last "@".
 */
void address_parse_unquoted(struct address *address, const char *text);

/*
 * Puts DOMAIN (ASCII, shorter than ADDRESS_MAX) in the place of the address's own. If the result
 * would be longer than ADDRESS_MAX the address becomes too long.
 */
void address_set_domain(struct address *address, const char *domain);

/*
 * The length of the local part without its extension: up to the first of DELIMITERS, which may
 * not be its first octet. The whole length if there is no extension.
 */
size_t address_base_length(const struct address *address, const char *delimiters);

/*
 * The length of what parts labels if TEXT begins with such: a dot, or one of those that IDNA makes a
 * dot of, in UTF-8. Else 0.
 */
size_t address_dot_length(const char *text);

/* Copies LENGTH octets of FROM in ASCII lower case. */
void address_fold(char *to, const char *from, size_t length);

#endif
