/* encoded_word: one word of a header that stands for other text (RFC 2047)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "text/encoded_word.h"

#include <string.h>

static bool is_of_charset(char octet)
{
	return octet > ' ' && octet < 0x7f && strchr("()<>@,;:\"/[]?=", octet) == NULL;
}

/* Takes all up to a "?" after it, which it takes, too. */
static bool take_charset(struct span *rest, struct span *charset)
{
	size_t length = 0;

	while (length < rest->length && is_of_charset(rest->at[length]))
		length++;
	if (length == 0 || length == rest->length || rest->at[length] != '?')
		return false;
	*charset = span_make(rest->at, length);
	span_skip(rest, length + 1);

	const char *language = span_find(*charset, "*");

	if (language != NULL)
		*charset = span_before(*charset, language);
	return true;
}

bool encoded_word_parse(struct encoded_word *word, struct span text)
{
	struct span rest = text;
	size_t length = 0;

	if (!span_take(&rest, "=?") || !take_charset(&rest, &word->charset))
		return false;
	word->is_base64 = span_take(&rest, "B?") || span_take(&rest, "b?");
	if (!word->is_base64 && !span_take(&rest, "Q?") && !span_take(&rest, "q?"))
		return false;
	for (; length + 1 < rest.length; length++) {
		unsigned char octet = (unsigned char)rest.at[length];

		if (octet < ' ' || octet == 0x7f)
			return false;
		if (octet != '?')
			continue;
		if (rest.at[length + 1] == '=')
			break;
		if (length > 0 && rest.at[length - 1] == '=')
			return false;
	}
	if (length + 1 >= rest.length)
		return false;
	word->text = span_make(rest.at, length);
	word->length = (size_t)(rest.at - text.at) + length + 2;
	return true;
}

/* -1: none. */
static int hex_digit(char octet)
{
	if (octet >= '0' && octet <= '9')
		return octet - '0';
	if (octet >= 'A' && octet <= 'F')
		return octet - 'A' + 10;
	if (octet >= 'a' && octet <= 'f')
		return octet - 'a' + 10;
	return -1;
}

static size_t decode_q(struct span text, char *out)
{
	size_t length = 0;

	for (size_t i = 0; i < text.length; i++) {
		char octet = text.at[i];

		if (octet == '=' && text.length - i > 2) {
			int high = hex_digit(text.at[i + 1]);
			int low = hex_digit(text.at[i + 2]);

			if (high != -1 && low != -1) {
				octet = (char)(16 * high + low);
				i += 2;
			}
		} else if (octet == '_') {
			octet = ' ';
		}
		out[length++] = octet;
	}
	return length;
}

/* -1: none. */
static int base64_digit(char octet)
{
	if (octet >= 'A' && octet <= 'Z')
		return octet - 'A';
	if (octet >= 'a' && octet <= 'z')
		return octet - 'a' + 26;
	if (octet >= '0' && octet <= '9')
		return octet - '0' + 52;
	if (octet == '+')
		return 62;
	return octet == '/' ? 63 : -1;
}

static bool decode_base64(struct span text, char *out, size_t *length)
{
	unsigned bits = 0;
	size_t digits = 0;
	size_t count = 0;
	size_t pads = 0;

	for (size_t i = 0; i < text.length; i++) {
		char octet = text.at[i];
		int digit = base64_digit(octet);

		if (octet == ' ')
			continue;
		/* As mail programs do: one too many is passed over, enough of them end the text. */
		if (octet == '=' && (digits % 4 < 2 || digits % 4 + ++pads < 4))
			continue;
		if (octet == '=')
			break;
		if (digit == -1)
			return false;
		pads = 0;
		bits = bits << 6 | (unsigned)digit;
		if (digits++ % 4 != 0)
			out[count++] = (char)(bits >> (6 - 2 * ((digits - 1) % 4)) & 0xff);
	}
	*length = count;
	return digits % 4 != 1;
}

bool encoded_word_decode(const struct encoded_word *word, char *out, size_t *length)
{
	if (word->is_base64)
		return decode_base64(word->text, out, length);
	*length = decode_q(word->text, out);
	return true;
}
