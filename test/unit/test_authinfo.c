/* test_authinfo: a user and a password as Sendmail wants them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/authinfo.h"
#include "suite.h"

#include <string.h>

#define MECHANISMS " \"M:PLAIN LOGIN\""

static const struct row {
	const char *login;
	const char *text;
} rows[] = {
	{"gw1:secret", "\"U=Z3cx\" \"P=c2VjcmV0\"" MECHANISMS},
	{"u:p", "\"U=dQ==\" \"P=cA==\"" MECHANISMS},
	{"us:pw", "\"U=dXM=\" \"P=cHc=\"" MECHANISMS},
	/* The first colon parts them; quotes, spaces, and octets with the highest bit. */
	{"u:a:b", "\"U=dQ==\" \"P=YTpi\"" MECHANISMS},
	{"u:\" <\\>", "\"U=dQ==\" \"P=IiA8XD4=\"" MECHANISMS},
	{"u:\303\274\377\373", "\"U=dQ==\" \"P=w7z/+w==\"" MECHANISMS},
};

START_TEST(a_login)
{
	const struct row *row = &rows[_i];
	size_t needed = strlen(row->text) + 1;
	char out[200];

	ck_assert_int_eq(authinfo_write(out, sizeof(out), row->login), 0);
	ck_assert_str_eq(out, row->text);
	/* It fits exactly, and into no less. */
	memset(out, '#', sizeof(out));
	ck_assert_int_eq(authinfo_write(out, needed, row->login), 0);
	ck_assert_str_eq(out, row->text);
	ck_assert_int_eq(out[needed], '#');
	memset(out, '#', sizeof(out));
	ck_assert_int_eq(authinfo_write(out, needed - 1, row->login), -1);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(out[1], '#');
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{a_login, COUNT(rows)},
	};

	return suite_run("authinfo", tests, COUNT(tests));
}
