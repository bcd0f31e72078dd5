/* probe: the client's side of an SMTP conversation that asks how a host is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/probe.h"
#include "core/enhanced.h"
#include "core/printable.h"
#include "core/span.h"

#include <assert.h>
#include <string.h>

enum {
	CLOSING = 421,	/* the host ends the conversation (RFC 5321, 3.8) */
	JUNK_MAX = 128, /* octets of a line that is no reply, before it is called so */
};

static const char *const depth_names[PROBE_DEPTH_COUNT] = {
	[PROBE_DEPTH_CONNECT] = "connect",
	[PROBE_DEPTH_GREETING] = "greeting",
	[PROBE_DEPTH_EHLO] = "ehlo",
	[PROBE_DEPTH_MAIL] = "mail",
	[PROBE_DEPTH_RCPT] = "rcpt",
};

/* What is seen while the probe is in a state, and how deep that is. */
static const struct state_row {
	enum observation_stage stage;
	enum probe_depth depth;
} states[] = {
	[PROBE_CONNECTING] = {OBSERVATION_STAGE_CONNECT, PROBE_DEPTH_CONNECT},
	[PROBE_GREETING] = {OBSERVATION_STAGE_GREETING, PROBE_DEPTH_GREETING},
	[PROBE_EHLO] = {OBSERVATION_STAGE_EHLO, PROBE_DEPTH_EHLO},
	[PROBE_HELO] = {OBSERVATION_STAGE_EHLO, PROBE_DEPTH_EHLO},
	[PROBE_MAIL] = {OBSERVATION_STAGE_MAIL, PROBE_DEPTH_MAIL},
	[PROBE_RCPT] = {OBSERVATION_STAGE_RCPT, PROBE_DEPTH_RCPT},
};

/* ---- the plan */

static bool is_spoken(const char *text, const char *forbidden)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e || strchr(forbidden, *text) != NULL)
			return false;
	return true;
}

bool probe_plan_valid(const struct probe_plan *plan)
{
	if (plan->depth >= PROBE_DEPTH_COUNT || plan->helo[0] == '\0')
		return false;
	if (plan->depth == PROBE_DEPTH_RCPT && plan->recipient[0] == '\0')
		return false;
	return is_spoken(plan->helo, " ") && is_spoken(plan->sender, "<>") &&
	       is_spoken(plan->recipient, "<>");
}

void probe_init(struct probe *probe, const struct probe_plan *plan)
{
	assert(probe_plan_valid(plan));
	memset(probe, 0, sizeof(*probe));
	observation_init(&probe->result);
	probe->result.is_probe = true;
	probe->plan = *plan;
}

/* ---- the result */

static void decide(struct probe *probe, enum observation_what what,
	enum observation_outcome outcome, const char *text)
{
	struct observation *result = &probe->result;

	if (probe->is_decided)
		return;
	result->what = what;
	result->outcome = outcome;
	result->stage = states[probe->state].stage;
	printable_copy(result->text, sizeof(result->text), text);
	probe->is_decided = true;
}

static void decide_by_reply(
	struct probe *probe, enum observation_what what, enum observation_outcome outcome)
{
	if (probe->is_decided)
		return;
	decide(probe, what, outcome, probe->reply.text);
	probe->result.code = probe->reply.code;
	memcpy(probe->result.enhanced, probe->reply.enhanced, sizeof(probe->result.enhanced));
}

/* The host does not speak SMTP: there is no way to part in peace. */
static void give_up(struct probe *probe, const char *why, const char *line)
{
	char text[64 + PROBE_LINE_KEPT];
	size_t length = strlen(why);

	assert(length < 64);
	memcpy(text, why, length);
	memcpy(text + length, line, strlen(line) + 1);
	decide(probe, OBSERVATION_NO_SMTP, OBSERVATION_PASSED_ON, text);
	probe->state = PROBE_ENDED;
}

/* ---- what we say */

static void say(struct probe *probe, const char *verb, const char *argument, const char *end)
{
	const char *const parts[] = {verb, argument, end, "\r\n"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t length = strlen(parts[i]);

		assert(probe->out_length + length <= PROBE_OUT_MAX);
		memcpy(probe->out + probe->out_length, parts[i], length);
		probe->out_length += length;
	}
}

static void say_next(struct probe *probe)
{
	probe->state = probe->state == PROBE_GREETING ? PROBE_EHLO
		       : probe->state == PROBE_MAIL   ? PROBE_RCPT
						      : PROBE_MAIL;
	if (probe->state == PROBE_EHLO)
		say(probe, probe->plan.protocol == PROTOCOL_LMTP ? "LHLO " : "EHLO ",
			probe->plan.helo, "");
	else if (probe->state == PROBE_MAIL)
		say(probe, "MAIL FROM:<", probe->plan.sender, ">");
	else
		say(probe, "RCPT TO:<", probe->plan.recipient, ">");
}

static void say_goodbye(struct probe *probe)
{
	if (probe->in_transaction) {
		probe->in_transaction = false;
		probe->state = PROBE_RSET;
		say(probe, "RSET", "", "");
	} else if (probe->state != PROBE_QUIT) {
		probe->state = PROBE_QUIT;
		say(probe, "QUIT", "", "");
	} else {
		probe->state = PROBE_ENDED;
	}
}

/* ---- what the host says */

static void take_reply(struct probe *probe)
{
	int code = probe->reply.code;
	int class = code / 100;

	if (code == CLOSING) {
		decide_by_reply(probe, OBSERVATION_REPLY, OBSERVATION_PASSED_ON);
		probe->state = PROBE_ENDED;
		return;
	}
	if (!probe->is_decided && probe->state == PROBE_EHLO && class == 5 &&
		probe->plan.protocol == PROTOCOL_SMTP) {
		probe->state = PROBE_HELO;
		say(probe, "HELO ", probe->plan.helo, "");
		return;
	}
	if (probe->state == PROBE_MAIL && class == 2)
		probe->in_transaction = true;
	if (!probe->is_decided && class == 2 && states[probe->state].depth < probe->plan.depth) {
		say_next(probe);
		return;
	}
	decide_by_reply(probe, class == 3 ? OBSERVATION_NO_SMTP : OBSERVATION_REPLY,
		class == 2 ? OBSERVATION_SENT : OBSERVATION_PASSED_ON);
	say_goodbye(probe);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The code that a line of a reply begins with (RFC 5321, 4.2), or -1. */
static int line_code(const char *line)
{
	if (line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]))
		return -1;
	if (line[3] != ' ' && line[3] != '-' && line[3] != '\0')
		return -1;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

static void keep_line(struct probe_reply *reply)
{
	size_t length = strlen(reply->line);
	size_t room = sizeof(reply->text) - 1 - reply->length;
	struct span found;

	if (reply->lines > 1 && room > 0) {
		reply->text[reply->length++] = ' ';
		room--;
	}
	if (length > room)
		length = room;
	memcpy(reply->text + reply->length, reply->line, length);
	reply->length += length;
	reply->text[reply->length] = '\0';
	if (reply->line[3] == '\0')
		return;
	if (enhanced_find(span_make(reply->line + 4, strlen(reply->line + 4)), &found)) {
		memcpy(reply->enhanced, found.at, found.length);
		reply->enhanced[found.length] = '\0';
	}
}

/* Makes a string of the line so far. */
static void seal_line(struct probe_reply *reply, bool is_whole)
{
	size_t length = reply->column;

	if (length > sizeof(reply->line) - 1)
		length = sizeof(reply->line) - 1;
	else if (is_whole && length > 0 && reply->line[length - 1] == '\r')
		length--;
	reply->line[length] = '\0';
}

static void take_line(struct probe *probe)
{
	struct probe_reply *reply = &probe->reply;
	int code = line_code(reply->line);

	reply->column = 0;
	if (code == -1) {
		give_up(probe, "no SMTP reply: ", reply->line);
		return;
	}
	if (++reply->lines > PROBE_LINES_MAX) {
		give_up(probe, "a reply of too many lines: ", reply->text);
		return;
	}
	reply->code = code;
	keep_line(reply);
	if (reply->line[3] == '-')
		return;
	take_reply(probe);
	memset(reply, 0, sizeof(*reply));
}

static void take_octet(struct probe *probe, char octet)
{
	struct probe_reply *reply = &probe->reply;

	if (++probe->octets > PROBE_OCTETS_MAX) {
		seal_line(reply, false);
		give_up(probe, "too much of an answer: ", reply->line);
		return;
	}
	if (octet == '\n') {
		seal_line(reply, true);
		take_line(probe);
		return;
	}
	/* It would end the text; like all that is not printable it shows as "?". */
	if (octet == '\0')
		octet = '?';
	if (reply->column < sizeof(reply->line) - 1)
		reply->line[reply->column] = octet;
	if (++reply->column == JUNK_MAX && line_code(reply->line) == -1) {
		seal_line(reply, false);
		give_up(probe, "no SMTP reply: ", reply->line);
	}
}

static enum probe_step next_step(const struct probe *probe)
{
	if (probe->state == PROBE_ENDED)
		return PROBE_DONE;
	return probe->out_length > 0 ? PROBE_WRITE : PROBE_READ;
}

enum probe_step probe_connected(struct probe *probe)
{
	assert(probe->state == PROBE_CONNECTING);
	if (probe->plan.depth == PROBE_DEPTH_CONNECT)
		decide(probe, OBSERVATION_REPLY, OBSERVATION_SENT, "connected");
	probe->state = PROBE_GREETING;
	return next_step(probe);
}

enum probe_step probe_feed(struct probe *probe, const char *bytes, size_t length)
{
	assert(probe->state != PROBE_CONNECTING);
	probe->out_length = 0;
	for (size_t i = 0; i < length && probe->state != PROBE_ENDED; i++)
		take_octet(probe, bytes[i]);
	return next_step(probe);
}

void probe_fail(struct probe *probe, enum observation_what what, const char *text)
{
	assert(what != OBSERVATION_REPLY);
	decide(probe, what, OBSERVATION_PASSED_ON,
		text == NULL ? observation_what_name(what) : text);
	probe->state = PROBE_ENDED;
	probe->out_length = 0;
}

const char *probe_depth_name(enum probe_depth depth)
{
	return depth < PROBE_DEPTH_COUNT ? depth_names[depth] : "?";
}
