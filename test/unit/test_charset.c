/* test_charset: charsets by the names that senders give them, as UTF-8
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "suite.h"
#include "text/charset.h"

#include <stdlib.h>
#include <string.h>

static const struct name_row {
	const char *name;
	const char *charset; /* NULL: none that is known */
} name_rows[] = {
	{"utf-8", "UTF-8"},
	{"UTF8", "UTF-8"},
	{"us-ascii", "UTF-8"},
	{"ANSI_X3.4-1968", "UTF-8"},
	{"ISO-8859-1", "CP1252"},
	{"iso8859_1", "CP1252"},
	{"iso-8859-2", "ISO-8859-2"},
	{"ISO-8859-8-I", "ISO-8859-8"},
	{"iso-8859-16", "ISO-8859-16"},
	{"Windows-1251", "CP1251"},
	{"x-cp1251", "CP1251"},
	{"X-SJIS", "CP932"},
	{"GB2312", "GB18030"},
	{"ks_c_5601-1987", "CP949"},
	{"unicode-1-1-utf-7", "UTF-7"},
	{"ansix341968", "UTF-8"},
	{"windows-949", "CP949"},
	{"", NULL},
	{"-", NULL},
	{"x", NULL},
	{"x-", NULL},
	{"utf", NULL},
	{"utf-88", NULL},
	{"utf-8\xff\xc3", "UTF-8"},
	{"iso-8859-12", NULL},
	{"IBM1364", NULL}, /* the C library knows it, and once looped for ever */
	{"iso-2022-cn-ext", NULL},
	{"a-name-that-is-longer-than-those-we-know", NULL},
	{"a123456789012345678", NULL},
	{"a1234567890123456789", NULL},
};

START_TEST(finds)
{
	const struct name_row *row = &name_rows[_i];
	const char *found = charset_find(span_make(row->name, strlen(row->name)));

	if (row->charset == NULL)
		ck_assert_msg(found == NULL, "%s: %s", row->name, found);
	else
		ck_assert_msg(found != NULL && strcmp(found, row->charset) == 0, "%s: %s",
			row->name, found == NULL ? "none" : found);
}
END_TEST

static const struct row {
	const char *name; /* every one that is known */
	const char *given;
	const char *expected;
} rows[] = {
	{"ansi_x3.4-1968", "abc", "abc"},
	{"ascii", "abc", "abc"},
	{"big5", "\xa7\x41\xa6\x6e", "\u4f60\u597d"},
	{"big5-hkscs", "\x88\x62", "\u00ca\u0304"},
	{"cp1250", "\xb3", "\u0142"},
	{"cp1251", "\xcf\xf0\xe8", "\u041f\u0440\u0438"},
	{"cp1252", "\x80\xe9", "\u20ac\u00e9"},
	{"cp1253", "\xe1", "\u03b1"},
	{"cp1254", "\xfd", "\u0131"},
	{"cp1255", "\xe9", "\u05d9"},
	{"cp1256", "\xc7", "\u0627"},
	{"cp1257", "\xe0", "\u0105"},
	{"cp1258", "a\xcc", "\u00e0"},
	{"cp437", "\x81", "\u00fc"},
	{"cp850", "\x81", "\u00fc"},
	{"cp852", "\x88", "\u0142"},
	{"cp858", "\xd5", "\u20ac"},
	{"cp866", "\x8f", "\u041f"},
	{"cp874", "\xa1", "\u0e01"},
	{"cp932", "\x93\xfa", "\u65e5"},
	{"cp936", "\xc4\xe3", "\u4f60"},
	{"cp949", "\xb0\xa1", "\uac00"},
	{"cp950", "\xa7\x41", "\u4f60"},
	{"euc-cn", "\xc4\xe3", "\u4f60"},
	{"euc-jp", "\xc6\xfc", "\u65e5"},
	{"euc-kr", "\xb0\xa1", "\uac00"},
	{"gb18030", "\x81\x30\x81\x30", "\xc2\x80"},
	{"gb2312", "\xc4\xe3", "\u4f60"},
	{"gbk", "\xc4\xe3", "\u4f60"},
	{"ibm437", "\x81", "\u00fc"},
	{"ibm850", "\x81", "\u00fc"},
	{"ibm852", "\x88", "\u0142"},
	{"ibm866", "\x8f", "\u041f"},
	{"iso-2022-jp", "\x1b$BF|K\\\x1b(B", "\u65e5\u672c"},
	{"iso-2022-jp-2", "\x1b$BF|K\\\x1b(B", "\u65e5\u672c"},
	{"iso-2022-kr", "\x1b$)C\x0e\x30\x21\x0f", "\uac00"},
	{"iso-8859-1", "\xfc\x80", "\u00fc\u20ac"},
	{"iso-8859-10", "\xa2", "\u0112"},
	{"iso-8859-11", "\xa1", "\u0e01"},
	{"iso-8859-13", "\xe0", "\u0105"},
	{"iso-8859-14", "\xa1", "\u1e02"},
	{"iso-8859-15", "\xa4", "\u20ac"},
	{"iso-8859-16", "\xa4", "\u20ac"},
	{"iso-8859-2", "\xb3", "\u0142"},
	{"iso-8859-3", "\xa1", "\u0126"},
	{"iso-8859-4", "\xa1", "\u0104"},
	{"iso-8859-5", "\xbf", "\u041f"},
	{"iso-8859-6", "\xc7", "\u0627"},
	{"iso-8859-7", "\xe1", "\u03b1"},
	{"iso-8859-8", "\xe9", "\u05d9"},
	{"iso-8859-8-e", "\xe9", "\u05d9"},
	{"iso-8859-8-i", "\xe9", "\u05d9"},
	{"iso-8859-9", "\xfd", "\u0131"},
	{"koi8-r", "\xf0\xd2\xc9", "\u041f\u0440\u0438"},
	{"koi8-u", "\xa4", "\u0454"},
	{"ks_c_5601-1987", "\xb0\xa1", "\uac00"},
	{"latin1", "\xfc", "\u00fc"},
	{"latin2", "\xb3", "\u0142"},
	{"latin-9", "\xa4", "\u20ac"},
	{"macintosh", "\x8a", "\u00e4"},
	{"x-mac-roman", "\x8a", "\u00e4"},
	{"shift_jis", "\x93\xfa", "\u65e5"},
	{"sjis", "\x93\xfa", "\u65e5"},
	{"tis-620", "\xa1", "\u0e01"},
	{"unicode-1-1-utf-7", "+AOQ-", "\u00e4"},
	{"unicode-1-1-utf-8", "\u00e4", "\u00e4"},
	{"us-ascii", "abc", "abc"},
	{"utf-16", "\xfe\xff\x20\xac", "\u20ac"},
	{"utf-16be", "\x20\xac", "\u20ac"},
	{"utf-16le", "\xac\x20", "\u20ac"},
	{"utf-32", "\xff\xfe\x00\x00\xac\x20\x00\x00", "\u20ac"},
	{"utf-7", "+AOQ-", "\u00e4"},
	{"utf-8", "\xff\u20ac", "\xff\u20ac"},
	{"viscii", "\xd5", "\u1ea1"},
	{"windows-1250", "\xb3", "\u0142"},
	{"windows-1251", "\xcf\xf0\xe8", "\u041f\u0440\u0438"},
	{"windows-1252", "\x80\xe9", "\u20ac\u00e9"},
	{"windows-1253", "\xe1", "\u03b1"},
	{"windows-1254", "\xfd", "\u0131"},
	{"windows-1255", "\xe9", "\u05d9"},
	{"windows-1256", "\xc7", "\u0627"},
	{"windows-1257", "\xe0", "\u0105"},
	{"windows-1258", "a", "a"}, /* kept until the end */
	{"windows-31j", "\x93\xfa", "\u65e5"},
	{"windows-874", "\xa1", "\u0e01"},
	{"windows-949", "\xb0\xa1", "\uac00"},

	/* no characters */
	{"windows-1252", "a\x81z", "a\ufffdz"},
	{"euc-kr", "a\xb0", "a\ufffd"},
	{"euc-kr", "\xff\xb0\xa1\xff", "\ufffd\uac00\ufffd"},
	{"gb2312", "\xc4", "\ufffd"},
	{"utf-16be", "\xd8\x01\x01\x41", "\ufffd\u0101\ufffd"},
	{"euc-kr", "\xa2\xe8", "\ufffd"},
};

static struct pattern_budget budget = {.left = INT64_MAX};

static const char *charset_of(const struct row *row)
{
	const char *charset = charset_find(span_make(row->name, strlen(row->name)));

	ck_assert_msg(charset != NULL, "%s", row->name);
	return charset;
}

/* No row above has the same charset. */
static bool is_first(const struct row *row)
{
	for (const struct row *other = rows; other < row; other++) {
		if (strcmp(charset_of(other), charset_of(row)) == 0)
			return false;
	}
	return true;
}

static struct span given_by(const struct row *row)
{
	bool has_nul = strcmp(row->name, "utf-32") == 0;

	return span_make(row->given, has_nul ? 8 : strlen(row->given));
}

/* In memory as large as it says; a C library without its converter is no failure of ours. */
START_TEST(converts)
{
	const struct row *row = &rows[_i];
	struct span given = given_by(row);
	char *out = malloc(CHARSET_EXPANSION * given.length);
	struct charset_converter converter;
	size_t length;

	charset_init(&converter);
	ck_assert_msg(charset_convert(&converter, charset_of(row), given, out, &length, &budget),
		"%s", row->name);
	ck_assert_msg(span_is(span_make(out, length), row->expected), "%s: %.*s", row->name,
		(int)length, out);
	charset_end(&converter);
	free(out);
}
END_TEST

/* One octet and any two: none of the charsets needs more room than there is. */
START_TEST(has_room_for_all)
{
	const char *charset = charset_of(&rows[_i]);
	char out[CHARSET_EXPANSION * 2];
	struct charset_converter converter;
	size_t length;

	if (!is_first(&rows[_i]))
		return;
	charset_init(&converter);
	for (int pair = 0; pair < 256 * 256 + 256; pair++) {
		char octets[] = {(char)(pair / 256), (char)pair};
		struct span text =
			pair < 256 * 256 ? span_make(octets, 2) : span_make(octets + 1, 1);

		ck_assert_msg(charset_convert(&converter, charset, text, out, &length, &budget),
			"%s %04x", charset, (unsigned)pair);
		ck_assert(length <= CHARSET_EXPANSION * text.length);
	}
	charset_end(&converter);
}
END_TEST

/* Long texts of octets that look random, with those that change the state among them. */
START_TEST(has_room_for_long_texts)
{
	enum { LONG = 300 };
	static const char *const pieces[] = {"\x1b$B", "\x1b(B", "\x1b$)C", "\x0e", "\x0f", "+",
		"-", "\x1b(J", "\x1b.A", "\x1bN", "\x88\x62", "\xcc", "a", "\xff\xfe"};
	const char *charset = charset_of(&rows[_i]);
	struct charset_converter converter;
	char out[CHARSET_EXPANSION * LONG];
	unsigned seed = 1;
	char text[LONG];
	size_t converted;

	if (!is_first(&rows[_i]))
		return;
	charset_init(&converter);
	for (int turn = 0; turn < 300; turn++) {
		size_t length = 0;

		while (length < LONG) {
			const char *piece = pieces[suite_random(&seed) % COUNT(pieces)];

			if (suite_random(&seed) % 4 != 0 || length + strlen(piece) > LONG) {
				text[length++] = (char)suite_random(&seed);
				continue;
			}
			memcpy(text + length, piece, strlen(piece));
			length += strlen(piece);
		}
		ck_assert_msg(charset_convert(&converter, charset, span_make(text, LONG), out,
				      &converted, &budget),
			"%s, turn %d", charset, turn);
	}
	charset_end(&converter);
}
END_TEST

/* What a message pays for its words, an octet each. */
static int64_t cost_of(struct charset_converter *converter, const char *const *names, int count)
{
	struct pattern_budget paid = {.left = INT64_MAX};
	char out[3];
	size_t length;

	charset_begin(converter);
	for (int i = 0; i < count; i++)
		ck_assert_msg(charset_convert(
				      converter, names[i], span_make("a", 1), out, &length, &paid),
			"%s", names[i]);
	return INT64_MAX - paid.left - count * (CHARSET_TEXT_COST + CHARSET_OCTET_COST);
}

static const char *const many[] = {"KOI8-R", "KOI8-U", "CP1250", "CP1251", "CP1253", "CP1254",
	"CP1255", "CP1256", "CP1257", "CP1258"};
static const char *const repeated[] = {"KOI8-R", "KOI8-U", "KOI8-R", "KOI8-U", "KOI8-R"};
static const char *const around[] = {"KOI8-R", "KOI8-U", "CP1250", "CP1251", "CP1253", "CP1254",
	"CP1255", "CP1256", "KOI8-R", "CP1257", "KOI8-R", "KOI8-U"};

START_TEST(pays_once_for_what_stays_open)
{
	static const struct {
		const char *const *names;
		int count;
		int opens;
	} bills[] = {{repeated, COUNT(repeated), 2}, {many, COUNT(many), 10},
		{around, COUNT(around), 10}, {many, 8, 8}, {repeated, 1, 1}};
	struct charset_converter converter;

	charset_init(&converter);
	/* Whatever was open before. */
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i < COUNT(bills); i++)
			ck_assert_msg(cost_of(&converter, bills[i].names, bills[i].count) ==
					      (int64_t)bills[i].opens * CHARSET_OPEN_COST,
				"turn %d, row %d", turn, i);
		ck_assert_int_le(converter.count, CHARSET_OPEN_MAX);
	}
	charset_end(&converter);
	ck_assert_int_eq(converter.count, 0);
}
END_TEST

START_TEST(keeps_them_open)
{
	struct charset_converter converter;
	iconv_t first;

	charset_init(&converter);
	cost_of(&converter, repeated, COUNT(repeated));
	first = converter.open[0].handle;
	for (int i = 0; i < 100; i++)
		cost_of(&converter, repeated, COUNT(repeated));
	ck_assert_int_eq(converter.count, 2);
	ck_assert(converter.open[0].handle == first);
	charset_end(&converter);
}
END_TEST

START_TEST(converts_nothing_when_the_budget_is_spent)
{
	struct pattern_budget poor = {.left = CHARSET_OPEN_COST + 600};
	struct charset_converter converter;
	char out[300];
	size_t length;

	charset_init(&converter);
	ck_assert(charset_convert(&converter, "KOI8-R", span_make("a", 1), out, &length, &poor));
	ck_assert(!charset_convert(&converter, "KOI8-R",
		span_make("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 40), out, &length, &poor));
	ck_assert(pattern_is_spent(&poor));
	ck_assert(!charset_convert(&converter, "KOI8-R", span_make("a", 1), out, &length, &poor));
	/* That costs no conversion. */
	ck_assert(charset_convert(&converter, "UTF-8", span_make("a", 1), out, &length, &poor));
	charset_end(&converter);
}
END_TEST

START_TEST(does_without_one_that_is_missing)
{
	struct charset_converter converter;
	char out[3];
	size_t length;

	charset_init(&converter);
	ck_assert(
		!charset_convert(&converter, "NO-SUCH", span_make("a", 1), out, &length, &budget));
	ck_assert(charset_convert(&converter, "KOI8-R", span_make("a", 1), out, &length, &budget));
	charset_end(&converter);
}
END_TEST

START_TEST(replaces_a_thousand)
{
	struct charset_converter converter;
	char broken[CHARSET_BROKEN_MAX + 1];
	char *out = malloc((size_t)CHARSET_EXPANSION * sizeof(broken));
	size_t length;

	memset(broken, 0x81, sizeof(broken));
	charset_init(&converter);
	ck_assert(charset_convert(&converter, "CP1252", span_make(broken, sizeof(broken) - 1), out,
		&length, &budget));
	ck_assert_uint_eq(length, (size_t)3 * CHARSET_BROKEN_MAX);
	ck_assert(
		charset_convert(&converter, "CP1252", span_make("\xfc", 1), out, &length, &budget));
	charset_end(&converter);
	charset_init(&converter);
	ck_assert(!charset_convert(
		&converter, "CP1252", span_make(broken, sizeof(broken)), out, &length, &budget));
	charset_end(&converter);
	free(out);
}
END_TEST

/* What one text leaves of a state is not the next one's. */
START_TEST(begins_anew)
{
	struct charset_converter converter;
	char broken[CHARSET_BROKEN_MAX + 10];
	char *large = malloc((size_t)CHARSET_EXPANSION * sizeof(broken));
	char out[18];
	size_t length;

	charset_init(&converter);
	ck_assert(charset_convert(
		&converter, "ISO-2022-JP", span_make("\x1b$BF|", 5), out, &length, &budget));
	ck_assert(charset_convert(
		&converter, "ISO-2022-JP", span_make("F|", 2), out, &length, &budget));
	ck_assert(span_is(span_make(out, length), "F|"));
	/* And not after a failure, either. */
	memset(broken, 0xff, sizeof(broken));
	memcpy(broken, "\x1b$B", 3);
	ck_assert(!charset_convert(&converter, "ISO-2022-JP", span_make(broken, sizeof(broken)),
		large, &length, &budget));
	ck_assert(charset_convert(
		&converter, "ISO-2022-JP", span_make("F|", 2), out, &length, &budget));
	ck_assert(span_is(span_make(out, length), "F|"));
	charset_end(&converter);
	free(large);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{finds, COUNT(name_rows)}, {converts, COUNT(rows)},
		{has_room_for_all, COUNT(rows)}, {has_room_for_long_texts, COUNT(rows)},
		{pays_once_for_what_stays_open, 1}, {keeps_them_open, 1},
		{converts_nothing_when_the_budget_is_spent, 1},
		{does_without_one_that_is_missing, 1}, {replaces_a_thousand, 1}, {begins_anew, 1}};

	return suite_run("charset", tests, COUNT(tests));
}
