/* judge_hosts: what is the matter with a simulated host, and what it does in a session
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "judge_hosts.h"

#include <string.h>

enum {
	CONNECT_TIMEOUT_MS = 30000, /* smtp_connect_timeout; of the other commands: */
	COMMAND_TIMEOUT_MS = 300000,
	DATA_TIMEOUT_MS = 120000,
	END_TIMEOUT_MS = 600000,
	REPLIES = 6, /* greeting, EHLO, MAIL, RCPT, DATA, end */
};

/* ---- chance */

uint64_t judge_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

double judge_random_part(uint64_t *seed)
{
	return (double)(judge_random(seed) >> 11) / 9007199254740992.0;
}

int judge_random_below(uint64_t *seed, int below)
{
	return (int)(judge_random(seed) % (uint64_t)below);
}

/* The sum of some looks like a normal distribution; times two for each unit, like a lognormal one. */
int64_t judge_random_span(uint64_t *seed, int64_t median)
{
	double units = -3;
	double span = (double)median;

	for (int i = 0; i < 6; i++)
		units += judge_random_part(seed);
	for (; units > 1; units--)
		span *= 2;
	for (; units < -1; units++)
		span /= 2;
	span *= units > 0 ? 1 + units : 1 / (1 - units);
	return span < 2 ? 2 : (int64_t)span;
}

/* ---- words */

const char *judge_hosts_name(enum judge_truth truth)
{
	static const char *const names[JUDGE_TRUTH_COUNT] = {"well", "one address of two is dead",
		"greylists", "limit of a session", "limit of connections", "refuses connections",
		"connect timeout", "4xx greeting", "silent", "2 s a reply", "452 4.3.1",
		"451 4.7.1 at RCPT", "fails in part", "flaps"};

	return names[truth];
}

const char *judge_hosts_phase(enum observation_stage stage)
{
	switch (stage) {
	case OBSERVATION_STAGE_GREETING:
		return "receiving the initial server greeting";
	case OBSERVATION_STAGE_EHLO:
		return "performing the EHLO handshake";
	case OBSERVATION_STAGE_MAIL:
		return "sending MAIL FROM";
	case OBSERVATION_STAGE_RCPT:
		return "sending RCPT TO";
	case OBSERVATION_STAGE_DATA:
		return "sending DATA command";
	default:
		return "sending end of data -- message may be sent more than once";
	}
}

const char *judge_hosts_command(enum observation_stage stage)
{
	switch (stage) {
	case OBSERVATION_STAGE_MAIL:
		return "MAIL FROM command";
	case OBSERVATION_STAGE_RCPT:
		return "RCPT TO command";
	default:
		return "end of DATA command";
	}
}

/* ---- truth */

bool judge_hosts_is_sick(const struct judge_host *host, int64_t now)
{
	return now >= host->from && now < host->until;
}

enum judge_truth judge_hosts_truth(const struct judge_host *host, int64_t now)
{
	if (!judge_hosts_is_sick(host, now))
		return host->base;
	if (host->sick == JUDGE_FLAPS)
		return (now - host->from) / JUDGE_FLAP_MS % 2 == 0 ? JUDGE_REFUSES : JUDGE_WELL;
	return host->sick;
}

static enum observation_stage any_stage(uint64_t *seed, bool is_reply)
{
	static const enum observation_stage stages[] = {OBSERVATION_STAGE_MAIL,
		OBSERVATION_STAGE_RCPT, OBSERVATION_STAGE_END, OBSERVATION_STAGE_GREETING,
		OBSERVATION_STAGE_EHLO, OBSERVATION_STAGE_DATA};

	return stages[judge_random_below(seed, is_reply ? 3 : 6)];
}

void judge_hosts_make(struct judge_host *host, uint64_t *seed, int64_t length, bool may_be_sick)
{
	memset(host, 0, sizeof(*host));
	host->median = judge_random_span(seed, 60);
	host->limit = 3 + judge_random_below(seed, 20);
	host->percent = 10 + judge_random_below(seed, 41);
	host->is_unclear = judge_random_below(seed, 2) == 0;
	host->wake = (enum judge_wake)judge_random_below(seed, 3);
	if (judge_random_below(seed, 3) == 0)
		host->base = (enum judge_truth)(1 + judge_random_below(seed, 4));
	if (!may_be_sick)
		return;
	host->sick = (enum judge_truth)(
		JUDGE_REFUSES + judge_random_below(seed, JUDGE_TRUTH_COUNT - JUDGE_REFUSES));
	host->stage = any_stage(seed, host->sick != JUDGE_SILENT);
	host->from = (int64_t)((double)length * 0.6 * judge_random_part(seed));
	host->until =
		host->from + (int64_t)((double)length * (0.1 + 0.6 * judge_random_part(seed)));
	if (judge_random_below(seed, 4) == 0)
		host->until = INT64_MAX;
}

/* ---- sessions */

static int64_t timeout_of(enum observation_stage stage)
{
	return stage == OBSERVATION_STAGE_DATA	? DATA_TIMEOUT_MS
	       : stage == OBSERVATION_STAGE_END ? END_TIMEOUT_MS
						: COMMAND_TIMEOUT_MS;
}

static void say(struct judge_session *session, enum observation_stage stage, const char *text)
{
	session->span = session->setup + 1;
	if (stage == OBSERVATION_STAGE_RCPT) {
		session->rcpt_4xx = text;
		return;
	}
	session->end = JUDGE_SAYS_4XX;
	session->stage = stage;
	session->text = text;
}

static void fail_connection(struct judge_session *session, const char *why, int64_t span)
{
	session->end = JUDGE_NO_CONNECTION;
	session->text = why;
	session->span = span;
}

static void greet(struct judge_session *session, const char *text)
{
	session->end = JUDGE_NO_GREETING;
	session->text = text;
	session->span = session->setup;
}

static void be_silent(struct judge_session *session, enum observation_stage stage)
{
	session->end = JUDGE_TIMES_OUT;
	session->stage = stage;
	session->span = session->setup + timeout_of(stage);
}

/* Limits of a host that is well. */
static void meet_well(
	struct judge_host *host, enum judge_truth truth, struct judge_session *session)
{
	if (truth == JUDGE_LIMITS_CONNECTIONS && host->sessions > host->limit) {
		greet(session, "421 4.7.0 Too many connections, try again later");
	} else if (truth == JUDGE_LIMITS_SESSIONS && ++host->taken > host->limit) {
		host->taken = 0;
		say(session, OBSERVATION_STAGE_MAIL,
			"421 4.7.0 Too many messages in this connection");
	}
	session->is_dual = truth == JUDGE_DUAL_STACK;
}

void judge_hosts_meet(struct judge_host *host, uint64_t *seed, int64_t now, int64_t size,
	int recipients, struct judge_session *session)
{
	enum judge_truth truth = judge_hosts_truth(host, now);
	int64_t span = judge_random_span(seed, host->median);

	*session = (struct judge_session){.end = JUDGE_TAKES, .setup = span / 3};
	session->span = (span > 3000 ? 3000 : span) + size / 4000;
	switch (truth) {
	case JUDGE_REFUSES:
		fail_connection(session, "Connection refused", 1);
		return;
	case JUDGE_CONNECT_TIMEOUT:
		fail_connection(session, "Connection timed out", CONNECT_TIMEOUT_MS);
		return;
	case JUDGE_GREETS_4XX:
		greet(session, "431 4.3.1 mx ESMTP Mail system full");
		return;
	case JUDGE_SILENT:
		be_silent(session, host->stage);
		return;
	case JUDGE_SLOW:
		session->setup = 2 * JUDGE_SLOW_MS;
		session->span += (REPLIES + recipients - 1) * JUDGE_SLOW_MS;
		return;
	case JUDGE_SYSTEM_4XX:
		say(session, host->stage, "452 4.3.1 Insufficient system resources");
		return;
	case JUDGE_UNCLEAR_4XX:
		say(session, OBSERVATION_STAGE_RCPT, "451 4.7.1 Please try again later");
		return;
	case JUDGE_IN_PART:
		if (judge_random_below(seed, 100) < host->percent)
			say(session, host->stage,
				host->is_unclear ? "451 4.7.1 Please try again later"
						 : "451 4.3.0 Temporary server error");
		return;
	default:
		meet_well(host, truth, session);
	}
}

void judge_hosts_fall(const struct judge_host *host, int64_t now, struct judge_session *session)
{
	enum judge_truth truth = judge_hosts_truth(host, now);

	if (session->end != JUDGE_TAKES)
		return;
	session->setup = 0;
	if (truth == JUDGE_SILENT) {
		be_silent(session, OBSERVATION_STAGE_END);
	} else if (truth == JUDGE_REFUSES) {
		session->end = JUDGE_LOST;
		session->stage = OBSERVATION_STAGE_END;
		session->span = 1;
	}
}
