/* test_wiring: mail that does not go where it was told
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/wiring.h"
#include "suite.h"

#include <string.h>

enum { NOW = 1000000, HOUR = 3600000 };

/* '.' is a message that went right, 'x' one that went elsewhere. */
static const struct row {
	const char *name;
	const char *messages;
	bool is_wrong; /* in the end */
	int told;      /* so often */
} rows[] = {
	{"nothing yet", "", false, 0},
	{"all is well", "....................", false, 0},
	{"two may have their reasons", "..x....x....", false, 0},
	{"three have not", "..x....x....x", true, 1},
	{"all", "xxxxxxxxxx", true, 1},
	{"mended", "xxx....................", false, 1},
	{"not quite mended", "xxx.................", true, 1},
};

START_TEST(messages)
{
	const struct row *row = &rows[_i];
	struct wiring wiring = {.count = 0};
	char text[WIRING_TEXT_MAX];
	int told = 0;

	for (size_t i = 0; row->messages[i] != '\0'; i++) {
		if (row->messages[i] == '.')
			wiring_right(&wiring);
		else
			told += wiring_wrong(&wiring, true, "mx.example", "4XyZ", NOW);
	}
	ck_assert_msg(wiring_describe(&wiring, text) == row->is_wrong, "%s", row->name);
	ck_assert_msg(told == row->told, "%s: told %d", row->name, told);
}
END_TEST

START_TEST(told_once_an_hour)
{
	struct wiring wiring = {.count = 0};
	int told = 0;

	for (int i = 0; i < 100; i++)
		told += wiring_wrong(&wiring, true, "mx.example", "4XyZ", NOW + i);
	ck_assert_int_eq(told, 1);
	ck_assert(wiring_wrong(&wiring, true, "mx.example", "4XyZ", NOW + HOUR + 10));
	/* A clock that was set back. */
	ck_assert(wiring_wrong(&wiring, true, "mx.example", "4XyZ", NOW));
}
END_TEST

START_TEST(where_to_look)
{
	static const struct {
		bool is_kept;
		const char *relay;
		const char *wanted[2];
	} texts[] = {
		{true, "mx.example", {"4XyZ lately went to mx.example", "milter_header_checks"}},
		{true, "", {"4XyZ lately left without SMTP:", "milter_header_checks"}},
		{false, "mx.example", {"mx.example", "transport_maps"}},
	};

	for (int i = 0; i < COUNT(texts); i++) {
		struct wiring wiring = {.count = 0};
		char text[WIRING_TEXT_MAX];

		for (int k = 0; k < 3; k++)
			wiring_wrong(&wiring, texts[i].is_kept, texts[i].relay, "4XyZ", NOW);
		ck_assert(wiring_describe(&wiring, text));
		for (int k = 0; k < 2; k++)
			ck_assert_msg(strstr(text, texts[i].wanted[k]) != NULL, "%s", text);
	}
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{messages, COUNT(rows)}, {told_once_an_hour, 1}, {where_to_look, 1}};

	return suite_run("wiring", tests, COUNT(tests));
}
