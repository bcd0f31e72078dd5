/* test_http_origin: whose pages may ask
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/http_origin.h"
#include "suite.h"

#include <string.h>
#include <strings.h>

static const struct host_row {
	const char *host;
	bool is_own;
} hosts[] = {
	{NULL, true},
	{"192.0.2.1", true},
	{"192.0.2.1:9797", true},
	{"[2001:db8::1]:9797", true},
	{"[::1]", true},
	{"localhost", true},
	{"LOCALHOST.:80", true},
	{"mx1.example.com", true},
	{"MX1.example.com:9797", true},
	{"mx1", true},
	{"", false},
	{".", false},
	{"mx", false},
	{"mx12", false},
	{"example.com", false},
	{"evil.example", false},
	{"mx1.example.com mx1", false},
	{"mx1.example.com.evil.example", false},
	{"127.0.0.1.evil.example", false},
	{"localhost:port", false},
	{"[::1", false},
	{"0x7f.1", false},
	{"2130706433", false},
};

START_TEST(a_host)
{
	const struct host_row *row = &hosts[_i];

	ck_assert_msg(http_origin_is_own(row->host, "mx1.example.com mx1") == row->is_own, "%s",
		row->host == NULL ? "(none)" : row->host);
	if (row->is_own && row->host != NULL && strncasecmp(row->host, "mx1", 3) == 0)
		ck_assert(!http_origin_is_own(row->host, ""));
}
END_TEST

static const struct origin_row {
	const char *origin;
	const char *host;
	bool is_same;
} origins[] = {
	{NULL, "mx1:9797", true},
	{NULL, NULL, true},
	{"http://mx1:9797", "mx1:9797", true},
	{"https://MX1", "mx1", true},
	{"http://mx1", "mx1:9797", false},
	{"http://mx1:9797", NULL, false},
	{"http://evil.example", "mx1", false},
	{"http://mx1.evil.example", "mx1", false},
	{"null", "null", false},
	{"", "", false},
};

START_TEST(an_origin)
{
	const struct origin_row *row = &origins[_i];

	ck_assert_msg(http_origin_is_same(row->origin, row->host) == row->is_same, "%s",
		row->origin == NULL ? "(none)" : row->origin);
}
END_TEST

static const struct bare_row {
	const char *host;
	bool is_bare;
} bare[] = {
	{"localhost", true},
	{"nexthop", true},
	{"nexthop:80", true},
	{NULL, false},
	{"", false},
	{"localhost.", false},
	{"evil.example", false},
	{"evil.example:80", false},
	{"192.0.2.1", false},
	{"[::1]", false},
};

START_TEST(a_bare_name)
{
	const struct bare_row *row = &bare[_i];

	ck_assert_msg(http_origin_is_bare(row->host) == row->is_bare, "%s",
		row->host == NULL ? "(none)" : row->host);
}
END_TEST

static const struct fetch_row {
	const char *site;
	const char *mode;
	bool is_get;
	bool is_own;
} fetches[] = {
	{NULL, NULL, true, true},
	{NULL, NULL, false, true},
	{"same-origin", "cors", false, true},
	{"none", "navigate", true, true},
	/* A link on another page. */
	{"cross-site", "navigate", true, true},
	{"same-site", "navigate", true, true},
	/* A form there. */
	{"cross-site", "navigate", false, false},
	{"same-site", "navigate", false, false},
	/* A script there. */
	{"cross-site", "cors", true, false},
	{"cross-site", "no-cors", true, false},
	{"same-site", "no-cors", true, false},
	{"cross-site", NULL, true, false},
	{"", NULL, true, false},
};

START_TEST(a_fetch)
{
	const struct fetch_row *row = &fetches[_i];

	ck_assert_msg(http_origin_fetch_is_own(row->site, row->mode, row->is_get) == row->is_own,
		"%s %s", row->site == NULL ? "(none)" : row->site,
		row->mode == NULL ? "(none)" : row->mode);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{a_host, COUNT(hosts)}, {an_origin, COUNT(origins)},
		{a_bare_name, COUNT(bare)}, {a_fetch, COUNT(fetches)}};

	return suite_run("http_origin", tests, COUNT(tests));
}
