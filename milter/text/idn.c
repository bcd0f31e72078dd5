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

void idn_fold_address(struct address *address)
{
	char ascii[DOMAIN_MAX + 1];

	if (address->needs_ascii && idn_to_ascii(address->text + address->domain, ascii) == 0)
		address_set_domain(address, ascii);
}
