/* authinfo: a user and a password as Sendmail's ruleset of that name wants them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/authinfo.h"

#include <assert.h>
#include <string.h>

static const char mechanisms[] = "\"M:PLAIN LOGIN\"";

static size_t encoded_length(size_t length)
{
	return (length + 2) / 3 * 4;
}

static char *encode(char *to, const char *octets, size_t length)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/=";
	enum { PADDING = 64 };

	for (size_t i = 0; i < length; i += 3) {
		unsigned three = 0;

		for (size_t k = i; k < i + 3; k++)
			three = three << 8 | (k < length ? (unsigned char)octets[k] : 0U);
		*to++ = letters[three >> 18];
		*to++ = letters[three >> 12 & 63];
		*to++ = letters[i + 1 < length ? three >> 6 & 63 : PADDING];
		*to++ = letters[i + 2 < length ? three & 63 : PADDING];
	}
	return to;
}

/* "T=BASE64", a space */
static char *put_part(char *to, char tag, const char *octets, size_t length)
{
	*to++ = '"';
	*to++ = tag;
	*to++ = '=';
	to = encode(to, octets, length);
	*to++ = '"';
	*to++ = ' ';
	return to;
}

int authinfo_write(char *out, size_t size, const char *login)
{
	static const size_t around = sizeof("\"U=\" \"P=\" ") - 1;
	const char *colon = strchr(login, ':');
	size_t user, password;

	assert(colon != NULL && size > 0);
	user = (size_t)(colon - login);
	password = strlen(colon + 1);
	out[0] = '\0';
	if (encoded_length(user) + encoded_length(password) + around + sizeof(mechanisms) > size)
		return -1;
	out = put_part(out, 'U', login, user);
	out = put_part(out, 'P', colon + 1, password);
	memcpy(out, mechanisms, sizeof(mechanisms));
	return 0;
}
