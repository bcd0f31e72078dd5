/* test_attempt_record: what is kept of what the log says of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/attempt_record.h"
#include "suite.h"

#include <string.h>

static struct attempt_record record;

static void add(uint32_t host, enum blame_class class, enum observation_outcome outcome,
	const char *name, const char *text, bool is_repeat)
{
	const struct attempt_record_said said = {
		.at = 5,
		.host = host,
		.name = name,
		.stage = OBSERVATION_STAGE_MAIL,
		.outcome = outcome,
		.blame = {class, HEALTH_REASON_MAIL_4XX},
		.text = text,
		.is_repeat = is_repeat,
	};

	attempt_record_add(&record, &said);
}

static void refuse(uint32_t host, const char *text)
{
	add(host, BLAME_COMPARED, OBSERVATION_PASSED_ON, "", text, false);
}

static void begin(void)
{
	attempt_record_begin(&record, NULL, NULL);
	attempt_record_try(&record);
}

START_TEST(what_decided_is_kept)
{
	char source[200];

	attempt_record_begin(&record, "lists", "/etc/routes.cfg:14");
	ck_assert_str_eq(record.rule, "lists");
	ck_assert_str_eq(record.source, "/etc/routes.cfg:14");
	memset(source, 'x', sizeof(source));
	strcpy(source + 150, "/routes.cfg:14");
	attempt_record_begin(&record, NULL, source);
	ck_assert_str_eq(record.rule, "");
	ck_assert_uint_eq(strlen(record.source), ATTEMPT_RECORD_SOURCE_MAX - 1);
	ck_assert_str_eq(record.source + strlen(record.source) - 14, "/routes.cfg:14");
}
END_TEST

START_TEST(the_same_again_is_counted)
{
	begin();
	refuse(1, "452 full");
	refuse(1, "452 full");
	ck_assert_int_eq(record.count, 1);
	ck_assert_int_eq(record.entries[0].lines, 2);
	refuse(1, "452 other words");
	refuse(2, "452 full");
	ck_assert_int_eq(record.count, 3);
	add(2, BLAME_SUCCESS, OBSERVATION_SENT, "", "250 one", false);
	add(2, BLAME_SUCCESS, OBSERVATION_SENT, "", "250 two", false);
	ck_assert_int_eq(record.count, 4);
	ck_assert_int_eq(record.entries[3].lines, 2);
	for (int i = 0; i < 300; i++)
		add(2, BLAME_SUCCESS, OBSERVATION_SENT, "", "250 one", false);
	ck_assert_int_eq(record.entries[3].lines, 255);
	/* In the next try it is news. */
	attempt_record_try(&record);
	add(2, BLAME_SUCCESS, OBSERVATION_SENT, "", "250 one", false);
	ck_assert_int_eq(record.count, 5);
	ck_assert_int_eq(record.entries[4].turn, 2);
}
END_TEST

START_TEST(a_repeat_tells_the_outcome)
{
	begin();
	add(1, BLAME_HOST_AT_ONCE, OBSERVATION_PASSED_ON, "", "refused", false);
	add(1, BLAME_NONE, OBSERVATION_DEFERRED, "", "refused: longer", true);
	ck_assert_int_eq(record.count, 1);
	ck_assert_int_eq(record.entries[0].outcome, OBSERVATION_DEFERRED);
	ck_assert_int_eq(record.entries[0].class, BLAME_HOST_AT_ONCE);
	/* What it repeats was lost. */
	begin();
	add(1, BLAME_HOST_AT_ONCE, OBSERVATION_DEFERRED, "", "refused", true);
	ck_assert_int_eq(record.count, 1);
}
END_TEST

START_TEST(the_oldest_is_dropped)
{
	char text[] = "452 a";

	begin();
	for (int i = 0; i < ATTEMPT_RECORD_ENTRIES + 3; i++) {
		text[4] = (char)('a' + i);
		refuse(1, text);
	}
	ck_assert_int_eq(record.count, ATTEMPT_RECORD_ENTRIES);
	ck_assert_int_eq(record.dropped, 3);
	ck_assert_str_eq(record.entries[0].text, "452 d");
	ck_assert_str_eq(record.entries[ATTEMPT_RECORD_ENTRIES - 1].text, "452 k");
}
END_TEST

START_TEST(long_words_are_cut)
{
	char text[500];

	memset(text, 'y', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	begin();
	add(UINT32_MAX, BLAME_NONE, OBSERVATION_SENT, text, text, false);
	ck_assert_uint_eq(strlen(record.entries[0].text), ATTEMPT_RECORD_TEXT_MAX - 1);
	ck_assert_int_eq(record.entries[0].name_length, ATTEMPT_RECORD_NAME_MAX - 1);
	/* Two strangers are two. */
	add(UINT32_MAX, BLAME_NONE, OBSERVATION_SENT, "a", "250", false);
	add(UINT32_MAX, BLAME_NONE, OBSERVATION_SENT, "b", "250", false);
	ck_assert_int_eq(record.count, 3);
	ck_assert_str_eq(record.entries[2].text, "b250");
}
END_TEST

START_TEST(a_comparison_is_lost)
{
	const struct blame verdict = {BLAME_HOST, HEALTH_REASON_MAIL_4XX};

	begin();
	refuse(1, "452 full");
	attempt_record_try(&record);
	refuse(1, "452 full");
	refuse(2, "452 full");
	add(1, BLAME_RECIPIENT, OBSERVATION_PASSED_ON, "", "450 greylisted", false);
	attempt_record_lose(&record, 1, verdict);
	/* That of the try before is over; that of another host, and what words have cleared, stay. */
	ck_assert(!record.entries[0].is_lost && record.entries[1].is_lost);
	ck_assert_int_eq(record.entries[0].class, BLAME_COMPARED);
	ck_assert_int_eq(record.entries[1].class, BLAME_HOST);
	ck_assert_int_eq(record.entries[2].class, BLAME_COMPARED);
	ck_assert_int_eq(record.entries[3].class, BLAME_RECIPIENT);
}
END_TEST

static const struct put_off_row {
	const char *name;
	const char
		*play; /* "a" taken up; of host 1 "s" sent, "d" put off, "p" passed on; "L" left */
	bool is_open;
	bool is_put_off;
} put_offs[] = {
	{"nothing is said", "a", false, false},
	{"put off", "ad", false, true},
	{"put off, for the last of some hosts", "apd", false, true},
	{"passed on", "ap", true, false},
	{"delivered", "as", false, false},
	{"delivered in the second try", "adas", false, false},
	{"put off, and in a new try", "ada", true, false},
	{"put off, and that try was given up", "ada", false, true},
	{"put off twice", "adad", false, true},
	{"one recipient has it", "asd", false, true},
	{"the other one has it", "ads", false, true},
	{"it has left", "adL", false, false},
};

START_TEST(put_off)
{
	const struct put_off_row *row = &put_offs[_i];

	attempt_record_begin(&record, NULL, NULL);
	for (const char *step = row->play; *step != '\0'; step++) {
		if (*step == 'a')
			attempt_record_try(&record);
		else if (*step == 'L')
			record.left = 7;
		else
			add(1, BLAME_COMPARED,
				*step == 's'   ? OBSERVATION_SENT
				: *step == 'd' ? OBSERVATION_DEFERRED
					       : OBSERVATION_PASSED_ON,
				"", *step == 'p' ? "451 first" : "451 second", false);
	}
	ck_assert_msg((attempt_record_put_off(&record, row->is_open) != NULL) == row->is_put_off,
		"%s", row->name);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{what_decided_is_kept, 1},
		{the_same_again_is_counted, 1},
		{a_repeat_tells_the_outcome, 1},
		{the_oldest_is_dropped, 1},
		{long_words_are_cut, 1},
		{a_comparison_is_lost, 1},
		{put_off, COUNT(put_offs)},
	};

	return suite_run("attempt_record", tests, COUNT(tests));
}
