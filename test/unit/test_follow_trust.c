/* test_follow_trust: whose entries of the journal are the MTA's
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_trust.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct follow_trust trust;

static bool has(const char *unit, const char *user)
{
	return follow_trust_has(&trust, unit, strlen(unit), user, strlen(user));
}

static const struct unit_row {
	const char *name;
	const char *units; /* NULL: the defaults */
	const char *unit;
	bool expected;
} unit_rows[] = {
	{"Debian 12", NULL, "postfix@-.service", true},
	{"Debian 13, RHEL", NULL, "postfix.service", true},
	{"an instance", NULL, "postfix@out.service", true},
	{"Sendmail", NULL, "sendmail.service", true},
	{"RHEL's queue runner", NULL, "sm-client.service", true},
	{"a session", NULL, "session-3.scope", false},
	{"a user's own", NULL, "user@1000.service", false},
	{"one that is called alike", NULL, "not-postfix.service", false},
	{"of no unit", NULL, "", true},
	{"what is configured", "mail.service  x@*.service", "x@1.service", true},
	{"in place of the defaults", "mail.service", "postfix.service", false},
	{"any", "mail.service *", "session-3.scope", true},
	{"any, and none", "*", "", true},
	{"none", "", "a.service", false},
	{"a pattern is no slash's affair", "*", "a/b", true},
};

START_TEST(units)
{
	const struct unit_row *row = &unit_rows[_i];

	follow_trust_init(&trust, row->units, NULL);
	ck_assert_msg(has(row->unit, "0") == row->expected, "%s", row->name);
}
END_TEST

START_TEST(long_units)
{
	char many[FOLLOW_TRUST_TEXT_MAX + 1];
	char unit[400];

	memset(many, '*', FOLLOW_TRUST_TEXT_MAX);
	many[FOLLOW_TRUST_TEXT_MAX] = '\0';
	follow_trust_init(&trust, many, NULL);
	ck_assert(!has("postfix.service", "0"));
	memset(unit, 'a', sizeof(unit));
	follow_trust_init(&trust, "*", NULL);
	ck_assert(!follow_trust_has(&trust, unit, sizeof(unit), "0", 1));
	ck_assert(!follow_trust_has(&trust, "a\0b", 3, "0", 1));
	ck_assert(follow_trust_has(&trust, "ab", 2, "0", 1));
}
END_TEST

static const struct user_row {
	const char *name;
	const char *users; /* NULL: the defaults */
	const char *user;
	bool expected;
} user_rows[] = {
	{"root", NULL, "0", true},
	{"somebody", NULL, "65000", false},
	{"of no user", NULL, "", false},
	{"a number", "65000 65001", "65001", true},
	{"in place of the defaults", "65000", "0", false},
	{"any", "root *", "65000", true},
	{"any, and none", "*", "", true},
	{"none", "", "0", false},
	{"only one that is not there", "no-such-user", "65000", false},
	{"only one that is not there, for root", "no-such-user", "0", false},
	{"no number", NULL, "root", false},
	{"a number that is too large", NULL, "4294967296", false},
	{"a number behind a sign", NULL, "+0", false},
};

START_TEST(users)
{
	const struct user_row *row = &user_rows[_i];

	follow_trust_init(&trust, NULL, row->users);
	ck_assert_msg(has("postfix.service", row->user) == row->expected, "%s", row->name);
}
END_TEST

START_TEST(many_users)
{
	char text[512] = "";
	char number[16];

	for (int i = 1; i <= FOLLOW_TRUST_USERS_MAX + 1; i++) {
		snprintf(number, sizeof(number), " %d", 70000 + i);
		strcat(text, number);
	}
	follow_trust_init(&trust, NULL, text);
	ck_assert(has("postfix.service", "70001") && has("", "70016"));
	ck_assert(!has("postfix.service", "70017"));
}
END_TEST

/* Without a unit the user has to be one. */
START_TEST(neither)
{
	follow_trust_init(&trust, NULL, "*");
	ck_assert(has("postfix.service", "65000") && has("postfix.service", ""));
	ck_assert(!has("", "65000") && !has("", "0") && !has("", ""));
	follow_trust_init(&trust, "*", "*");
	ck_assert(has("", "65000") && has("", ""));
	follow_trust_init(&trust, NULL, NULL);
	ck_assert(!has("", "") && !has("", "65000"));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{units, COUNT(unit_rows)}, {long_units, 1},
		{users, COUNT(user_rows)}, {many_users, 1}, {neither, 1}};

	return suite_run("follow_trust", tests, COUNT(tests));
}
