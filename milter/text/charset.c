/* charset: text in the charsets of mail, as UTF-8
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "text/charset.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 20 };

static const char utf8[] = "UTF-8";

/*
 * Names without what is no letter or digit, in the order of strcmp(). Where senders mean more than
 * they say, it is the charset that holds both.
 */
static const struct charset {
	const char *name;
	const char *charset;
} charsets[] = {
	{"ansix341968", utf8},
	{"ascii", utf8},
	{"big5", "CP950"},
	{"big5hkscs", "BIG5-HKSCS"},
	{"cp1250", "CP1250"},
	{"cp1251", "CP1251"},
	{"cp1252", "CP1252"},
	{"cp1253", "CP1253"},
	{"cp1254", "CP1254"},
	{"cp1255", "CP1255"},
	{"cp1256", "CP1256"},
	{"cp1257", "CP1257"},
	{"cp1258", "CP1258"},
	{"cp437", "IBM437"},
	{"cp850", "IBM850"},
	{"cp852", "IBM852"},
	{"cp858", "IBM858"},
	{"cp866", "IBM866"},
	{"cp874", "CP874"},
	{"cp932", "CP932"},
	{"cp936", "GB18030"},
	{"cp949", "CP949"},
	{"cp950", "CP950"},
	{"euccn", "GB18030"},
	{"eucjp", "EUC-JP-MS"},
	{"euckr", "CP949"},
	{"gb18030", "GB18030"},
	{"gb2312", "GB18030"},
	{"gbk", "GB18030"},
	{"ibm437", "IBM437"},
	{"ibm850", "IBM850"},
	{"ibm852", "IBM852"},
	{"ibm866", "IBM866"},
	{"iso2022jp", "ISO-2022-JP"},
	{"iso2022jp2", "ISO-2022-JP-2"},
	{"iso2022kr", "ISO-2022-KR"},
	{"iso88591", "CP1252"},
	{"iso885910", "ISO-8859-10"},
	{"iso885911", "CP874"},
	{"iso885913", "ISO-8859-13"},
	{"iso885914", "ISO-8859-14"},
	{"iso885915", "ISO-8859-15"},
	{"iso885916", "ISO-8859-16"},
	{"iso88592", "ISO-8859-2"},
	{"iso88593", "ISO-8859-3"},
	{"iso88594", "ISO-8859-4"},
	{"iso88595", "ISO-8859-5"},
	{"iso88596", "ISO-8859-6"},
	{"iso88597", "ISO-8859-7"},
	{"iso88598", "ISO-8859-8"},
	{"iso88598e", "ISO-8859-8"},
	{"iso88598i", "ISO-8859-8"},
	{"iso88599", "CP1254"},
	{"koi8r", "KOI8-R"},
	{"koi8u", "KOI8-U"},
	{"ksc56011987", "CP949"},
	{"latin1", "CP1252"},
	{"latin2", "ISO-8859-2"},
	{"latin9", "ISO-8859-15"},
	{"macintosh", "MACINTOSH"},
	{"macroman", "MACINTOSH"},
	{"shiftjis", "CP932"},
	{"sjis", "CP932"},
	{"tis620", "CP874"},
	{"unicode11utf7", "UTF-7"},
	{"unicode11utf8", utf8},
	{"usascii", utf8},
	{"utf16", "UTF-16"},
	{"utf16be", "UTF-16BE"},
	{"utf16le", "UTF-16LE"},
	{"utf32", "UTF-32"},
	{"utf7", "UTF-7"},
	{"utf8", utf8},
	{"viscii", "VISCII"},
	{"windows1250", "CP1250"},
	{"windows1251", "CP1251"},
	{"windows1252", "CP1252"},
	{"windows1253", "CP1253"},
	{"windows1254", "CP1254"},
	{"windows1255", "CP1255"},
	{"windows1256", "CP1256"},
	{"windows1257", "CP1257"},
	{"windows1258", "CP1258"},
	{"windows31j", "CP932"},
	{"windows874", "CP874"},
	{"windows949", "CP949"},
};

static int compare(const void *name, const void *entry)
{
	return strcmp(name, ((const struct charset *)entry)->name);
}

const char *charset_find(struct span name)
{
	char plain[NAME_ROOM];
	size_t length = 0;
	const struct charset *found;

	if (!span_take(&name, "x-"))
		span_take(&name, "X-");
	for (size_t i = 0; i < name.length; i++) {
		char octet = span_fold(name.at[i]);

		if ((octet < 'a' || octet > 'z') && !span_is_digit(octet))
			continue;
		if (length == NAME_ROOM - 1)
			return NULL;
		plain[length++] = octet;
	}
	plain[length] = '\0';
	found = bsearch(plain, charsets, sizeof(charsets) / sizeof(charsets[0]),
		sizeof(charsets[0]), compare);
	return found == NULL ? NULL : found->charset;
}

void charset_init(struct charset_converter *converter)
{
	converter->count = 0;
}

static void close_last(struct charset_converter *converter)
{
	iconv_close(converter->open[--converter->count].handle);
}

void charset_end(struct charset_converter *converter)
{
	while (converter->count > 0)
		close_last(converter);
}

void charset_begin(struct charset_converter *converter)
{
	for (int i = 0; i < converter->count; i++)
		converter->open[i].is_paid = false;
}

/* Puts it in front of all others. Those that this message has paid stand before the rest. */
static void put_in_front(
	struct charset_converter *converter, int place, const struct charset_open *one)
{
	struct charset_open front = *one;

	memmove(converter->open + 1, converter->open, (size_t)place * sizeof(front));
	converter->open[0] = front;
	converter->open[0].is_paid = true;
}

/* Ready for a text in that charset; NULL if it cannot be opened. */
static struct charset_open *open_charset(
	struct charset_converter *converter, const char *charset, struct pattern_budget *budget)
{
	struct charset_open one = {.charset = charset};
	int i = 0;

	while (i < converter->count && strcmp(converter->open[i].charset, charset) != 0)
		i++;
	if ((i == converter->count || !converter->open[i].is_paid) &&
		!pattern_spend(budget, CHARSET_OPEN_COST))
		return NULL;
	if (i < converter->count) {
		put_in_front(converter, i, &converter->open[i]);
		iconv(converter->open[0].handle, NULL, NULL, NULL, NULL);
		return &converter->open[0];
	}
	one.handle = iconv_open(utf8, charset);
	/* What it gives for a failure is no pointer to compare with. */
	if ((intptr_t)one.handle == -1)
		return NULL;
	if (converter->count == CHARSET_OPEN_MAX)
		close_last(converter);
	put_in_front(converter, converter->count++, &one);
	return &converter->open[0];
}

/* Puts U+FFFD, and leaves out an octet; glibc's CP949 has left out "\xa2\xe8" itself. */
static bool replace(int *broken, char **in, size_t *in_left, char **out, size_t *out_left)
{
	if (*broken == CHARSET_BROKEN_MAX || *out_left < 3)
		return false;
	*broken += 1;
	memcpy(*out, "\xef\xbf\xbd", 3);
	*out += 3;
	*out_left -= 3;
	if (*in_left > 0) {
		*in += 1;
		*in_left -= 1;
	}
	return true;
}

bool charset_convert(struct charset_converter *converter, const char *charset, struct span text,
	char *out, size_t *length, struct pattern_budget *budget)
{
	const struct charset_open *open;
	int broken = 0;
	char *in = (char *)(uintptr_t)text.at; /* iconv() only reads there */
	char *end = out;
	size_t in_left = text.length;
	size_t out_left = CHARSET_EXPANSION * text.length;

	if (strcmp(charset, utf8) == 0) {
		memcpy(out, text.at, text.length);
		*length = text.length;
		return true;
	}
	if (!pattern_spend(budget, CHARSET_TEXT_COST + CHARSET_OCTET_COST * (int64_t)text.length) ||
		(open = open_charset(converter, charset, budget)) == NULL)
		return false;
	while (iconv(open->handle, &in, &in_left, &end, &out_left) == (size_t)-1) {
		if (errno == E2BIG || !pattern_spend(budget, CHARSET_BROKEN_COST) ||
			!replace(&broken, &in, &in_left, &end, &out_left))
			return false;
	}
	/* Some keep a character until they see whether an accent follows. */
	if (iconv(open->handle, NULL, NULL, &end, &out_left) == (size_t)-1)
		return false;
	*length = (size_t)(end - out);
	return true;
}
