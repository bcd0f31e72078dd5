/* test_log_postfix_reason: why a delivery failed; more of it in the corpus of log_postfix
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_postfix_reason.h"
#include "suite.h"

#include <string.h>

#define MX "mx1.example.com[192.0.2.1]"

static const struct row {
	const char *reason;
	const char *host; /* NULL: not a known reason; "": it names no host */
	enum observation_what what;
	enum observation_stage stage;
	int code;
	const char *text; /* NULL: the reason */
} rows[] = {
	{"host " MX " said: 452 4.3.1 full (in reply to MAIL FROM command)", "mx1.example.com",
		OBSERVATION_REPLY, OBSERVATION_STAGE_MAIL, 452, "452 4.3.1 full"},
	{"host " MX " said: 452 4.3.1 full (in reply to XYZ command)", "mx1.example.com",
		OBSERVATION_REPLY, OBSERVATION_STAGE_NONE, 452, "452 4.3.1 full"},
	{"host " MX " said: 452 4.3.1 cut (in reply to MAIL FR", NULL, 0, 0, 0, NULL},
	{"host " MX " said: 452 4.3.1 <\"x\\\" (in reply to DATA command)", NULL, 0, 0, 0, NULL},
	{"host " MX " said: 452 <\"x\\\" y\"@a.example> z (in reply to DATA command)",
		"mx1.example.com", OBSERVATION_REPLY, OBSERVATION_STAGE_DATA, 452,
		"452 <\"x\\\" y\"@a.example> z"},
	{"host " MX " said: nothing (in reply to DATA command)", "mx1.example.com",
		OBSERVATION_OTHER, OBSERVATION_STAGE_DATA, 0, "nothing"},
	{"host " MX " said:", NULL, 0, 0, 0, NULL},
	{"host " MX " offers SMTPUTF8 support, but not 8BITMIME", NULL, 0, 0, 0, NULL},
	{"host " MX " refused to talk to me: 554 5.7.1 no", "mx1.example.com", OBSERVATION_REPLY,
		OBSERVATION_STAGE_GREETING, 554, "554 5.7.1 no"},
	{"lost connection with " MX " while sending final RSET", "mx1.example.com",
		OBSERVATION_LOST, OBSERVATION_STAGE_NONE, 0, NULL},
	{"lost connection with " MX, NULL, 0, 0, 0, NULL},
	{"lost connection after RCPT from " MX, NULL, 0, 0, 0, NULL},
	{"conversation with " MX " timed out while receiving the STARTTLS response",
		"mx1.example.com", OBSERVATION_TIMEOUT, OBSERVATION_STAGE_TLS, 0, NULL},
	{"connect to " MX ":25: Connection refused", "mx1.example.com", OBSERVATION_REFUSED,
		OBSERVATION_STAGE_CONNECT, 0, NULL},
	{"connect to mx[private/lmtp]: Permission denied", "unix:private/lmtp", OBSERVATION_OURS,
		OBSERVATION_STAGE_CONNECT, 0, NULL},
	{"connect to transport private/smtp: Connection refused", NULL, 0, 0, 0, NULL},
	{"mail for [mx1.example.com]:25 loops back to myself", "mx1.example.com", OBSERVATION_OTHER,
		OBSERVATION_STAGE_NONE, 0, NULL},
	{"mail for [2001:db8::1] loops back to myself", "2001:db8::1", OBSERVATION_OTHER,
		OBSERVATION_STAGE_NONE, 0, NULL},
	{"mail for example.com:smtp loops back to myself", "example.com:smtp", OBSERVATION_OTHER,
		OBSERVATION_STAGE_NONE, 0, NULL},
	{"mail for u@x loops back", NULL, 0, 0, 0, NULL},
	{"Cannot start TLS: handshake failure", "", OBSERVATION_TLS_FAILED, OBSERVATION_STAGE_TLS,
		0, NULL},
	{"TLS handshake failed for service=smtp peer=[2001:db8::1]:25", "2001:db8::1",
		OBSERVATION_TLS_FAILED, OBSERVATION_STAGE_TLS, 0, NULL},
	{"TLS handshake failed for service=smtpd peer=[192.0.2.1]:2525", NULL, 0, 0, 0, NULL},
	{"TLS handshake failed for service=smtp peer=[192.0.2.1]:99999", NULL, 0, 0, 0, NULL},
	{"TLS handshake failed for service=smtp peer=[192.0.2.1]:25 x", NULL, 0, 0, 0, NULL},
	{"TLS is required, but was not offered by host " MX, "mx1.example.com",
		OBSERVATION_TLS_FAILED, OBSERVATION_STAGE_TLS, 0, NULL},
	{"TLS is required, but unavailable", "", OBSERVATION_OURS, OBSERVATION_STAGE_TLS, 0, NULL},
	{"SASL authentication failed; server " MX, "mx1.example.com", OBSERVATION_OTHER,
		OBSERVATION_STAGE_AUTH, 0, NULL},
	{"SASL authentication failed", NULL, 0, 0, 0, NULL},
	{"no reason", NULL, 0, 0, 0, NULL},
	{"", NULL, 0, 0, 0, NULL},
};

START_TEST(reason)
{
	const struct row *row = &rows[_i];
	struct observation got;
	bool found;

	observation_init(&got);
	found = log_postfix_reason_parse(span_make(row->reason, strlen(row->reason)), &got);
	ck_assert_msg(found == (row->host != NULL), "%s", row->reason);
	if (!found)
		return;
	ck_assert_msg(strcmp(got.host, row->host) == 0, "%s: %s", row->reason, got.host);
	ck_assert_msg(
		got.what == row->what, "%s: %s", row->reason, observation_what_name(got.what));
	ck_assert_msg(
		got.stage == row->stage, "%s: %s", row->reason, observation_stage_name(got.stage));
	ck_assert_msg(got.code == row->code, "%s: %d", row->reason, got.code);
	ck_assert_str_eq(got.text, row->text == NULL ? row->reason : row->text);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{reason, COUNT(rows)}};

	return suite_run("log_postfix_reason", tests, COUNT(tests));
}
