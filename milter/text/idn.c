/* idn: internationalised domains in their A-label form
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "text/idn.h"

#include <idn2.h>
#include <stdbool.h>
#include <string.h>

int idn_to_ascii(const char *domain, char out[DOMAIN_MAX + 1])
{
	char *ascii = NULL;
	int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;

	if (idn2_to_ascii_8z(domain, &ascii, flags) != IDN2_OK)
		return -1;

	size_t length = strlen(ascii);
	/* Labels of nothing but characters that are mapped to nothing are no labels. */
	bool is_whole = length > 0 && ascii[0] != '.' && strstr(ascii, "..") == NULL;
	int result = is_whole && length <= DOMAIN_MAX ? 0 : -1;

	if (result == 0) {
		address_fold(out, ascii, length);
		out[length] = '\0';
	}
	idn2_free(ascii);
	return result;
}

/* "LABEL." of at most 63 octets before what stands at TO already; gives where it begins, or NULL. */
static char *put_label_before(char *to, const char *floor, const char *label, bool is_last)
{
	char ascii[DOMAIN_MAX + 1];
	size_t length;

	if (idn_to_ascii(label, ascii) == -1)
		return NULL;
	length = strlen(ascii);
	if ((size_t)(to - floor) < length + 1)
		return NULL;
	if (!is_last)
		*--to = '.';
	memcpy(to - length, ascii, length);
	return to - length;
}

/*
 * As many of the last labels as are some, after one that no domain has: for the routes of its
 * parents. OUT holds DOMAIN_MAX and a NUL. Gives where it begins in OUT.
 */
static const char *last_labels(char *domain, char out[DOMAIN_MAX + 1])
{
	static const char no_label[] = ADDRESS_NO_LABEL ".";
	char *floor = out + sizeof(no_label) - 1;
	char *to = out + DOMAIN_MAX;
	bool is_last = true;

	*to = '\0';
	for (;;) {
		char *dot = strrchr(domain, '.');
		char *before = put_label_before(to, floor, dot == NULL ? domain : dot + 1, is_last);

		if (before == NULL)
			break;
		to = before;
		is_last = false;
		if (dot == NULL)
			return to;
		*dot = '\0';
	}
	if (is_last)
		return NULL;
	memcpy(to - sizeof(no_label) + 1, no_label, sizeof(no_label) - 1);
	return to - sizeof(no_label) + 1;
}

/* Has each of those between labels be a dot. */
static void copy_with_dots(char *to, const char *from)
{
	while (*from != '\0') {
		size_t length = address_dot_length(from);

		*to++ = (char)(length > 0 ? '.' : *from);
		from += length > 0 ? length : 1;
	}
	*to = '\0';
}

void idn_fold_address(struct address *address)
{
	char ascii[DOMAIN_MAX + 1];
	char labels[ADDRESS_MAX + 1];
	const char *domain = ascii;

	if (!address->needs_ascii)
		return;
	if (idn_to_ascii(address->text + address->domain, ascii) == -1) {
		copy_with_dots(labels, address->text + address->domain);
		domain = last_labels(labels, ascii);
		address->too_long = true;
	}
	if (domain != NULL)
		address_set_domain(address, domain);
}
