/* token: the address that stands for a recipient in Sendmail's queue
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/token.h"
#include "core/decimal.h"
#include "core/table.h"

#include <string.h>

static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char digits[] = "0123456789abcdef";
static const char tail[] = ".nexthop";

enum { KEY_DIGITS = 16, POSITION_MAX = 999999, PARTS_MAX = 2 * ADDRESS_MAX };

/* ---- names */

static char *put(char *to, const char *text, size_t length)
{
	memcpy(to, text, length);
	return to + length;
}

static char *put_pool(char *to, const char *pool)
{
	size_t length = strlen(pool);
	uint64_t key;

	if (length <= TOKEN_POOL_MAX && strspn(pool, plain) == length)
		return put(to, pool, length);
	key = table_pool_key(pool);
	*to++ = '_';
	for (int shift = 60; shift >= 0; shift -= 4)
		*to++ = digits[key >> shift & 0xf];
	return to;
}

void token_name(char out[TOKEN_NAME_MAX], const char *pool, int position)
{
	out = put_pool(out, pool);
	*out++ = '.';
	*decimal_put(out, position) = '\0';
}

/* The key of a pool in hexadecimal. */
static int parse_key(const char *text, size_t length, uint64_t *key)
{
	if (length != KEY_DIGITS)
		return -1;
	*key = 0;
	for (size_t i = 0; i < length; i++) {
		const char *digit = memchr(digits, text[i], sizeof(digits) - 1);

		if (digit == NULL)
			return -1;
		*key = *key << 4 | (uint64_t)(digit - digits);
	}
	return 0;
}

int token_parse(struct token *token, const char *name)
{
	char folded[TOKEN_NAME_MAX];
	size_t length = strlen(name);
	char *dot;

	if (length >= sizeof(folded))
		return -1;
	address_fold(folded, name, length + 1);
	dot = strchr(folded, '.');
	if (dot == NULL || dot == folded)
		return -1;
	*dot = '\0';

	int64_t position = decimal_parse(dot + 1, 0, POSITION_MAX);

	if (position == -1)
		return -1;
	token->position = (int)position;
	if (*folded == '_')
		return parse_key(folded + 1, (size_t)(dot - folded) - 1, &token->pool);
	if (strspn(folded, plain) != (size_t)(dot - folded))
		return -1;
	token->pool = table_pool_key(folded);
	return 0;
}

/* ---- addresses */

int token_address(char out[TOKEN_MAX], const char *recipient, const char *home, const char *name)
{
	struct address_parts parts;
	size_t home_length = strlen(home);

	address_split(&parts, recipient);
	if (parts.domain_length == 0) {
		parts.domain = home;
		parts.domain_length = home_length;
	}
	if (parts.local_length + parts.domain_length > PARTS_MAX)
		return -1;
	*out++ = '<';
	out = put(out, parts.local, parts.local_length);
	*out++ = '%';
	out = put(out, parts.domain, parts.domain_length);
	*out++ = '@';
	out = put(out, name, strlen(name));
	out = put(out, tail, sizeof(tail) - 1);
	*out++ = '>';
	*out = '\0';
	return 0;
}

static bool ends_domain(const char *text)
{
	if (*text == '.')
		text++;
	return strchr(plain, *text | 0x20) == NULL || *text == '\0';
}

bool token_is_in(const char *recipient)
{
	bool is_quoted = false;

	for (const char *p = recipient; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0') {
			p++;
		} else if (*p == '"') {
			is_quoted = !is_quoted;
		} else if (*p == '.' && !is_quoted) {
			char part[sizeof(tail)];
			size_t length = strnlen(p, sizeof(tail) - 1);

			address_fold(part, p, length);
			part[length] = '\0';
			if (strcmp(part, tail) == 0 && ends_domain(p + length))
				return true;
		}
	}
	return false;
}
