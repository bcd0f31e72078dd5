/* log_sendmail: what a line of Sendmail's log shows of a host
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_sendmail.h"
#include "core/log_cause.h"
#include "core/log_peer.h"
#include "core/log_reply.h"
#include "core/span.h"

#include <string.h>

static void set(struct observation *observation, enum observation_what what,
	enum observation_stage stage, struct span text)
{
	observation->what = what;
	observation->stage = stage;
	observation_set_text(observation, text.at, text.length);
}

/* ---- the stage */

static enum observation_stage find_stage(struct span text)
{
	static const struct {
		const char *text; /* of "during client …", and of the field "stage" */
		enum observation_stage stage;
	} words[] = {
		{"greeting", OBSERVATION_STAGE_GREETING},
		{"GREET", OBSERVATION_STAGE_GREETING},
		{"EHLO", OBSERVATION_STAGE_EHLO},
		{"HELO", OBSERVATION_STAGE_EHLO},
		{"LHLO", OBSERVATION_STAGE_EHLO},
		{"STARTTLS", OBSERVATION_STAGE_TLS},
		{"AUTH", OBSERVATION_STAGE_AUTH},
		{"MAIL", OBSERVATION_STAGE_MAIL},
		{"RCPT", OBSERVATION_STAGE_RCPT},
		{"DATA status", OBSERVATION_STAGE_END},
		{"DATA2", OBSERVATION_STAGE_END},
		{"EOM", OBSERVATION_STAGE_END},
		{"DATA", OBSERVATION_STAGE_DATA},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_starts(text, words[i].text))
			return words[i].stage;
	return OBSERVATION_STAGE_NONE;
}

/* "Connection timed out with mx1.example.com. during client EHLO" */
static enum observation_stage find_phase(struct span text)
{
	static const char mark[] = " during client ";
	const char *at = span_find(text, mark);

	return at == NULL ? OBSERVATION_STAGE_NONE
			  : find_stage(span_from(text, at + sizeof(mark) - 1));
}

/* ---- the fields of a delivery */

struct fields {
	struct span delay;
	struct span xdelay;
	struct span relay;
	struct span dsn;
	struct span stage;
	struct span reply;
	struct span stat;
};

/* Takes "<a@example.com>", "<"a b"@example.com>" or, of users of this machine, the same bare. */
static bool take_address(struct span *rest)
{
	bool angle = span_take(rest, "<");
	bool is_quoted = span_take_quoted(rest);
	bool has_word = span_take_word(rest, "<>(),;\"\\");

	return (is_quoted || has_word) && (!angle || span_take(rest, ">"));
}

/* Takes "<a@example.com> (1000/1000), " */
static bool take_user(struct span *rest)
{
	struct span ids;

	return take_address(rest) &&
	       (span_take(rest, ", ") ||
		       (span_take(rest, " (") && span_take_until(rest, "), ", &ids)));
}

/*
 * Takes "to=<…>,<…>, " and what stands before the delay, which comes next. Of a long list there are
 * several lines, all but the last with "[more]". Sendmail parts it at any comma, in quotes too, so
 * that a line may begin with what a sender wrote; but all have Sendmail's own fields at their end.
 */
static bool take_recipients(struct span *rest)
{
	struct span again;
	struct span before;

	if (!span_take(rest, "to="))
		return false;
	do
		if (!take_address(rest))
			return false;
	while (!span_starts(*rest, ", ") && span_take(rest, ","));
	if (!span_take(rest, ", "))
		return false;
	span_take(rest, "[more], ");
	if (span_take(rest, "ctladdr=") && !take_user(rest))
		return false;
	again = *rest;
	/* Some lines have the time without its key. */
	return (span_starts(*rest, "delay=") || (rest->length > 0 && span_is_digit(*rest->at))) &&
	       (!span_take_until(&again, ", delay=", &before) ||
		       span_find(again, ", mailer=") == NULL);
}

static struct span *find_field(struct fields *fields, struct span key)
{
	return span_is(key, "delay")	? &fields->delay
	       : span_is(key, "xdelay") ? &fields->xdelay
	       : span_is(key, "relay")	? &fields->relay
	       : span_is(key, "dsn")	? &fields->dsn
	       : span_is(key, "stage")	? &fields->stage
					: NULL;
}

static bool split_fields(struct span rest, struct fields *fields)
{
	struct span key, value;

	memset(fields, 0, sizeof(*fields));
	while (span_take_until(&rest, "=", &key)) {
		struct span *field = find_field(fields, key);

		if (span_is(key, "stat")) {
			fields->stat = rest;
			return true;
		}
		if (span_is(key, "reply")) {
			if (!span_take_until(&rest, ", stat=", &fields->reply))
				return false;
			fields->stat = rest;
			return true;
		}
		if (!span_take_until(&rest, ", ", &value))
			return false;
		if (field != NULL)
			*field = value;
	}
	return false;
}

/* "00:00:02", "1+02:03:04" (days), as ms; -1 if it is none, or too long to be told. */
static int32_t parse_interval(struct span text)
{
	int days = 0, hours, minutes, seconds;
	struct span part;

	if (span_find(text, "+") != NULL &&
		(!span_take_until(&text, "+", &part) || !span_take_number(&part, 2, &days)))
		return -1;
	if (days > 20 || !span_take_number(&text, 2, &hours) || !span_take(&text, ":") ||
		!span_take_number(&text, 2, &minutes) || !span_take(&text, ":") ||
		!span_take_number(&text, 2, &seconds))
		return -1;
	return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

static void parse_delays(const struct fields *fields, struct observation *observation)
{
	int32_t whole = parse_interval(fields->delay);
	int32_t attempt = parse_interval(fields->xdelay);

	if (whole >= 0 && attempt >= 0 && whole >= attempt)
		observation->delays[0] = whole - attempt;
	observation->delays[OBSERVATION_DELAYS - 1] = attempt;
}

/* ---- what happened */

/* A host's name after a mark, up to the next one or the end. */
static void find_host(
	struct span text, const char *mark, const char *behind, struct observation *observation)
{
	struct log_peer peer;
	struct span before, name;

	if (observation->host[0] != '\0' || !span_take_until(&text, mark, &before))
		return;
	name = text;
	if (!span_take_until(&text, behind, &name))
		name = text;
	if (log_peer_parse_name(name, &peer))
		log_peer_store(&peer, observation);
}

static bool find_cause(struct span reason, enum observation_what *what)
{
	if (span_starts(reason, "Host ") && span_ends(reason, " is down")) {
		*what = OBSERVATION_UNREACHABLE;
		return true;
	}
	return log_cause_find(reason, what);
}

/* The words after "Deferred: " that are Sendmail's own. */
static void parse_reason(struct span reason, struct observation *observation)
{
	enum observation_what what = OBSERVATION_OTHER;
	enum observation_stage stage = find_phase(reason);
	struct span rest = reason;
	struct span host;

	if (span_starts(reason, "Name server: ") || span_find(reason, "(Name server: ") != NULL) {
		find_host(reason, "Name server: ", ": ", observation);
		what = OBSERVATION_NO_ADDRESS;
	} else if (span_starts(reason, "Operating system error")) {
		what = OBSERVATION_OURS;
	} else if (span_starts(reason, "I/O error")) {
		what = OBSERVATION_LOST;
	} else if (!find_cause(reason, &what) && span_take_until(&rest, ": ", &host)) {
		/* "mx1.example.com.: No route to host" */
		find_cause(rest, &what);
	}
	/* Of what times out later Sendmail says the phase. */
	if (what == OBSERVATION_REFUSED || what == OBSERVATION_UNREACHABLE ||
		what == OBSERVATION_NO_NETWORK ||
		(what == OBSERVATION_TIMEOUT && stage == OBSERVATION_STAGE_NONE))
		stage = OBSERVATION_STAGE_CONNECT;
	set(observation, what, stage, reason);
}

/* "454 4.7.0 TLS handshake failed." is what Sendmail makes its own rules say. */
static bool is_tls_failure(struct span reply)
{
	return span_ends(reply, " TLS handshake failed.") || span_ends(reply, " TLS handshake.");
}

/* What etc/sendmail/nexthop.m4 says: where a password was refused, or would have gone in the clear. */
static bool is_login_failure(struct span reply)
{
	return span_ends(reply, " AUTH has failed") || span_ends(reply, " AUTH without TLS");
}

/*
 * The field is what the host said last: that may have been its answer to QUIT, after the reply
 * that counts, and a lost connection is a reply of Sendmail's own making.
 */
static bool parse_reply(const struct fields *fields, struct observation *observation)
{
	struct span reply = fields->reply;

	if (fields->dsn.length == 0 || !log_reply_parse(reply, observation) ||
		observation->code / 100 != *fields->dsn.at - '0') {
		observation->code = 0;
		observation->enhanced[0] = '\0';
		return false;
	}
	if (span_starts(reply, "421 4.4.1 Connection reset by ")) {
		observation->code = 0;
		set(observation, OBSERVATION_LOST, OBSERVATION_STAGE_NONE, reply);
	} else {
		set(observation, OBSERVATION_REPLY, OBSERVATION_STAGE_NONE, reply);
	}
	return true;
}

static void parse_stat(const struct fields *fields, struct observation *observation)
{
	struct span stat = fields->stat;
	bool is_deferred = span_take(&stat, "Deferred");

	if (is_deferred && stat.length == 0) {
		/* The reply was never read. */
		set(observation,
			span_is(fields->dsn, "4.4.2") ? OBSERVATION_LOST : OBSERVATION_OTHER,
			OBSERVATION_STAGE_NONE, fields->stat);
		return;
	}
	span_take(&stat, ": ");
	if (is_tls_failure(stat))
		set(observation, OBSERVATION_TLS_FAILED, OBSERVATION_STAGE_TLS, stat);
	else if (log_reply_parse(stat, observation))
		set(observation, OBSERVATION_REPLY, OBSERVATION_STAGE_NONE, stat);
	else
		parse_reason(stat, observation);
}

static void parse_sent(struct span stat, struct observation *observation)
{
	if (span_take(&stat, "Sent (") && span_ends(stat, ")"))
		stat.length--;
	observation->code = 250;
	set(observation, OBSERVATION_REPLY, OBSERVATION_STAGE_END, stat);
}

/* The first digit of the status; before 8.10 only its text is logged. '\0': it was not tried. */
static char status_class(const struct fields *fields)
{
	if (fields->dsn.length > 0)
		return *fields->dsn.at;
	if (span_starts(fields->stat, "Sent"))
		return '2';
	if (span_starts(fields->stat, "Deferred"))
		return '4';
	return span_is(fields->stat, "queued") ? '\0' : '5';
}

/* to=…, delay=…, xdelay=…, mailer=…, pri=…, relay=…, dsn=…, reply=…, stat=… */
static bool parse_delivery(struct span rest, struct observation *observation)
{
	struct fields fields;
	struct log_peer relay;
	char class;

	if (!take_recipients(&rest) || !split_fields(rest, &fields) || fields.relay.length == 0 ||
		span_is(fields.relay, "local"))
		return false;
	class = status_class(&fields);
	if (log_peer_parse_sendmail(fields.relay, &relay))
		log_peer_store(&relay, observation);
	switch (class) {
	case '2':
		observation->outcome = OBSERVATION_SENT;
		parse_sent(fields.stat, observation);
		break;
	case '4':
	case '5':
		observation->outcome = class == '4' ? OBSERVATION_DEFERRED : OBSERVATION_BOUNCED;
		if (!parse_reply(&fields, observation))
			parse_stat(&fields, observation);
		break;
	default:
		return false;
	}
	if (observation->enhanced[0] == '\0')
		log_reply_take_enhanced(&fields.dsn, observation);
	if (fields.stage.length > 0)
		observation->stage = find_stage(fields.stage);
	parse_delays(&fields, observation);
	return observation->host[0] != '\0';
}

/* ---- what is said of a host that is passed by */

/* timeout waiting for input from HOST during client PHASE */
static bool parse_timeout(struct span text, struct observation *observation)
{
	if (span_find(text, " during client ") == NULL)
		return false;
	find_host(text, " from ", " during client ", observation);
	set(observation, OBSERVATION_TIMEOUT, find_phase(text), text);
	return observation->host[0] != '\0';
}

/* makeconnection (HOST [ADDRESS].PORT (FAMILY)) failed: ERROR */
static bool parse_connection(struct span text, struct observation *observation)
{
	enum observation_what what = OBSERVATION_OTHER;
	struct span rest = text;
	struct span host, port;
	struct log_peer peer;
	const char *end;

	span_take(&rest, "makeconnection (");
	if (!span_take_until(&rest, " (", &host) || !span_take_until(&rest, ") failed: ", &port))
		return false;
	end = span_find_last(host, "].");
	if (end == NULL || !log_peer_parse_sendmail(span_before(host, end + 1), &peer))
		return false;
	port = span_from(host, end + 2);
	if (!span_take_number(&port, 5, &peer.port) || peer.port > 65535)
		return false;
	find_cause(rest, &what);
	log_peer_store(&peer, observation);
	set(observation, what, OBSERVATION_STAGE_CONNECT, rest);
	return true;
}

/* --- 451 4.4.1 reply: read error from HOST (hold) */
static bool parse_read_error(struct span text, struct observation *observation)
{
	find_host(text, "reply: read error from ", " (hold)", observation);
	set(observation, OBSERVATION_LOST, OBSERVATION_STAGE_NONE, text);
	return observation->host[0] != '\0';
}

/*
 * ruleset=tls_server, arg1=SOFTWARE, relay=HOST, reject=454 4.7.0 TLS handshake failed.
 * ruleset=tls_rcpt, arg1=RECIPIENT, relay=HOST, reject=454 4.7.8 AUTH has failed
 */
static bool parse_ruleset(struct span text, struct observation *observation)
{
	static const char mark[] = ", relay=";
	/* A recipient may look like what follows it. */
	const char *relay = span_find_last(text, mark);
	struct span rest, host;
	struct log_peer peer;

	if (relay == NULL || (!is_tls_failure(text) && !is_login_failure(text)))
		return false;
	rest = span_from(text, relay + sizeof(mark) - 1);
	if (!span_take_until(&rest, ", reject=", &host) || !log_peer_parse_sendmail(host, &peer))
		return false;
	log_peer_store(&peer, observation);
	log_reply_parse(rest, observation);
	if (is_login_failure(rest)) {
		set(observation, OBSERVATION_REPLY, OBSERVATION_STAGE_AUTH, rest);
	} else {
		observation->code = 0;
		set(observation, OBSERVATION_TLS_FAILED, OBSERVATION_STAGE_TLS, rest);
	}
	return true;
}

static const struct kind {
	const char *prefix;
	bool (*parse)(struct span text, struct observation *observation);
} kinds[] = {
	{"to=", parse_delivery},
	{"timeout waiting for input from ", parse_timeout},
	{"makeconnection (", parse_connection},
	{"--- 451 4.4.1 reply: read error from ", parse_read_error},
	{"ruleset=tls_server, ", parse_ruleset},
	{"ruleset=tls_rcpt, ", parse_ruleset},
};

static bool is_id_octet(char octet)
{
	return span_is_digit(octet) || (octet >= 'A' && octet <= 'Z') ||
	       (octet >= 'a' && octet <= 'z');
}

/*
 * Takes "6AONUbnJ009552: " into the observation. What Sendmail splits for syslog goes on under
 * "6AONUbnJ009552[2]: ", anywhere in the text of others.
 */
static void take_queue_id(struct span *message, struct observation *observation)
{
	size_t length = 0;

	while (length < message->length && length < OBSERVATION_QUEUE_ID_MAX &&
		is_id_octet(message->at[length]))
		length++;
	if (length == 0 || length + 2 > message->length || message->at[length] != ':' ||
		message->at[length + 1] != ' ')
		return;
	if (length != strlen("NOQUEUE") || memcmp(message->at, "NOQUEUE", length) != 0)
		memcpy(observation->queue_id, message->at, length);
	span_skip(message, length + 2);
}

bool log_sendmail_parse(const struct logline *line, struct observation *observation)
{
	struct span rest = span_make(line->message, line->length);

	if (memchr(line->program, '/', line->program_length) != NULL)
		return false;
	observation_init(observation);
	observation->at = line->at;
	observation->pid = line->pid;
	take_queue_id(&rest, observation);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_starts(rest, kinds[i].prefix))
			return kinds[i].parse(rest, observation);
	return false;
}
