/* test_encoded_word: what is one, and its octets
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "suite.h"
#include "text/encoded_word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
	const char *given;
	const char *charset;
	const char *octets; /* NULL: it is none */
	size_t behind;	    /* how much of what is given is not of the word */
} rows[] = {
	{"=?utf-8?Q?abc?=", "utf-8", "abc", 0},
	{"=?UTF-8?q?abc?=x", "UTF-8", "abc", 1},
	{"=?koi8-r*ru?Q?abc?=", "koi8-r", "abc", 0},
	{"=?koi8-r**?Q?abc?=", "koi8-r", "abc", 0},
	{"=?*de?Q?abc?=", "", "abc", 0},
	{"=?a?Q?\?=", "a", "", 0},
	{"=?a?B?\?=", "a", "", 0},
	{"=?a?B?YWJj?=", "a", "abc", 0},
	{"=?a?b?YWI=?=", "a", "ab", 0},
	{"=?a?b?YQ==?= x", "a", "a", 2},

	/* Q */
	{"=?a?Q?a_b=20c=5fd?=", "a", "a b c_d", 0},
	{"=?a?Q?=C3=bc=fF=0a?=", "a", "\xc3\xbc\xff\n", 0},
	{"=?a?Q?=41=4F=6f=60?=", "a", "AOo`", 0},
	{"=?a?Q?a b  c?=", "a", "a b  c", 0},
	{"=?a?Q?how are you? x?=", "a", "how are you? x", 0},
	{"=?a?Q?how are you?\?=", "a", "how are you?", 0},
	{"=?a?Q?a=b=4=g4=4g=?=", "a", "a=b=4=g4=4g=", 0},
	{"=?a?Q?a==41=?=", "a", "a=A=", 0},
	{"=?a?Q?x=4?=", "a", "x=4", 0},
	{"=?a?Q?=41?=", "a", "A", 0},
	{"=?a?Q?=@1=G1=/1=:1=`1?=", "a", "=@1=G1=/1=:1=`1", 0},
	{"=?a?Q?\xc3\xbc?=", "a", "\xc3\xbc", 0},

	/* base64 */
	{"=?a?B?YWI?=", "a", "ab", 0},
	{"=?a?B?YQ?=", "a", "a", 0},
	{"=?a?B?YQ=?=", "a", "a", 0},
	{"=?a?B?Y WJ j?=", "a", "abc", 0},
	{"=?a?B?+/+/AZaz09?=", "a", "\xfb\xff\xbf\x01\x96\xb3\xd3", 0},
	{"=?a?B?YWJjZGVmZ2g=?=", "a", "abcdefgh", 0},
	{"=?a?B?Y?=", "a", NULL, 0},
	{"=?a?B?YWJjZ?=", "a", NULL, 0},
	{"=?a?B?Y===?=", "a", NULL, 0},
	{"=?a?B?====?=", "a", "", 0},
	{"=?a?B?YWJj=?=", "a", "abc", 0},
	{"=?a?B?=YWJj?=", "a", "abc", 0},
	{"=?a?B?Y=WJj?=", "a", "abc", 0},
	{"=?a?B?YW=Jj?=", "a", "abc", 0},
	{"=?a?B?YWJ=j?=", "a", "ab", 0},
	{"=?a?B?YWJjZGVm=Z2g=?=", "a", "abcdefgh", 0},
	{"=?a?B?YQ==YQ==?=", "a", "a", 0},
	{"=?a?B?YQ==YW?=", "a", "a", 0},
	{"=?a?B?YW*j?=", "a", NULL, 0},
	{"=?a?B?YW-j?=", "a", NULL, 0},
	{"=?a?B?YW\xc3j?=", "a", NULL, 0},

	/* none */
	{"", NULL, NULL, 0},
	{"=", NULL, NULL, 0},
	{"=?", NULL, NULL, 0},
	{"=?a", NULL, NULL, 0},
	{"=?a?", NULL, NULL, 0},
	{"=?a?Q", NULL, NULL, 0},
	{"=?a?Q?", NULL, NULL, 0},
	{"=?a?Q??", NULL, NULL, 0},
	{"=?a?Q?=", NULL, NULL, 0},
	{"=?a?Q?abc?", NULL, NULL, 0},
	{"=?a?Q?abc", NULL, NULL, 0},
	{"=?a?Q?abc=?", NULL, NULL, 0},
	{"=?a?Q?abc? =", NULL, NULL, 0},
	{" =?a?Q?abc?=", NULL, NULL, 0},
	{"=a?Q?abc?=", NULL, NULL, 0},
	{"=??Q?abc?=", NULL, NULL, 0},
	{"=?a?X?abc?=", NULL, NULL, 0},
	{"=?a?QQ?abc?=", NULL, NULL, 0},
	{"=?a b?Q?abc?=", NULL, NULL, 0},
	{"=?a=b?Q?abc?=", NULL, NULL, 0},
	{"=?a\x7f?Q?abc?=", NULL, NULL, 0},
	{"=?a?Q?ab\nc?=", NULL, NULL, 0},
	{"=?a?Q?ab\tc?=", NULL, NULL, 0},
	{"=?a?Q?ab\x7f"
	 "c?=",
		NULL, NULL, 0},
	{"=?a?Q?abc =?b?Q?def?=", NULL, NULL, 0},
};

/* Nothing is read after the text, and no more written than its length. */
START_TEST(parses_and_decodes)
{
	const struct row *row = &rows[_i];
	size_t length = strlen(row->given);
	char *exact = malloc(length == 0 ? 1 : length);
	struct encoded_word word;
	size_t decoded;

	ck_assert(exact != NULL);
	memcpy(exact, row->given, length);

	bool is_word = encoded_word_parse(&word, span_make(exact, length));

	ck_assert_msg(is_word == (row->charset != NULL), "%s", row->given);
	if (is_word) {
		char *out = malloc(word.text.length + 1);

		ck_assert_msg(span_is(word.charset, row->charset), "%s", row->given);
		ck_assert_msg(word.length == length - row->behind, "%s", row->given);
		ck_assert_msg(encoded_word_decode(&word, out, &decoded) == (row->octets != NULL),
			"%s", row->given);
		if (row->octets != NULL) {
			ck_assert_msg(decoded <= word.text.length, "%s", row->given);
			ck_assert_msg(span_is(span_make(out, decoded), row->octets), "%s: %.*s",
				row->given, (int)decoded, out);
		}
		free(out);
	}
	free(exact);
}
END_TEST

START_TEST(takes_nul_for_a_control_character)
{
	struct encoded_word word;

	ck_assert(!encoded_word_parse(&word, span_make("=?a?Q?a\0b?=", 11)));
	ck_assert(!encoded_word_parse(&word, span_make("=?a\0?Q?ab?=", 11)));
	ck_assert(!encoded_word_parse(&word, span_make("=?a?\0?ab?=", 10)));
}
END_TEST

START_TEST(decodes_each_octet)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct encoded_word word;
	char given[64];
	char out[64];
	size_t length;

	snprintf(given, sizeof(given), "=?a?Q?=%02X=%02x?=", _i, _i);
	ck_assert(encoded_word_parse(&word, span_make(given, strlen(given))));
	ck_assert(encoded_word_decode(&word, out, &length) && length == 2);
	ck_assert_int_eq((unsigned char)out[0], _i);
	ck_assert_int_eq((unsigned char)out[1], _i);

	snprintf(given, sizeof(given), "=?a?B?AAA%c%c%c==?=", digits[_i % 64], digits[_i / 4],
		digits[_i % 4 * 16]);
	ck_assert(encoded_word_parse(&word, span_make(given, strlen(given))));
	ck_assert(encoded_word_decode(&word, out, &length) && length == 4);
	ck_assert_int_eq((unsigned char)out[2], _i % 64);
	ck_assert_int_eq((unsigned char)out[3], _i);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{parses_and_decodes, COUNT(rows)},
		{takes_nul_for_a_control_character, 1}, {decodes_each_octet, 256}};

	return suite_run("encoded_word", tests, COUNT(tests));
}
