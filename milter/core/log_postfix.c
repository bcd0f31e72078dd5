/* log_postfix: what a line of Postfix's log says about a host
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_postfix.h"
#include "core/log_peer.h"
#include "core/log_postfix_reason.h"
#include "core/log_reply.h"
#include "core/span.h"

#include <string.h>

/* ---- which program */

enum source {
	SOURCE_NONE,
	SOURCE_CLIENT, /* smtp, lmtp, and tlsproxy for them */
	SOURCE_QUEUE,  /* error, retry, qmgr: what was not tried */
	SOURCE_ANY,    /* the log does not say */
};

static enum source find_source(const struct logline *line)
{
	struct span name = span_make(line->program, line->program_length);
	const char *slash = memrchr(name.at, '/', name.length);

	if (slash != NULL)
		name = span_from(name, slash + 1);
	if (span_is(name, "smtp") || span_is(name, "lmtp") || span_is(name, "tlsproxy"))
		return SOURCE_CLIENT;
	if (span_is(name, "error") || span_is(name, "retry") || span_is(name, "qmgr"))
		return SOURCE_QUEUE;
	return slash == NULL && span_starts(name, "postfix") ? SOURCE_ANY : SOURCE_NONE;
}

/* ---- the queue id */

static bool is_id_octet(char octet)
{
	return span_is_digit(octet) || (octet >= 'A' && octet <= 'Z') ||
	       (octet >= 'a' && octet <= 'z');
}

/* Takes "3C2EEA743BB: " or "4jYzYD5qxYz1bclR: ". Without one, TAKEN is empty. */
static bool take_queue_id(struct span *message, struct span *taken)
{
	size_t length = 0;

	*taken = span_make(message->at, 0);
	while (length < message->length && length <= OBSERVATION_QUEUE_ID_MAX &&
		is_id_octet(message->at[length]))
		length++;
	if (length == 0 || length + 2 > message->length || message->at[length] != ':' ||
		message->at[length + 1] != ' ')
		return true;
	if (length > OBSERVATION_QUEUE_ID_MAX)
		return false;
	*taken = span_make(message->at, length);
	span_skip(message, length + 2);
	return !span_is(*taken, "warning") && !span_is(*taken, "error") &&
	       !span_is(*taken, "fatal") && !span_is(*taken, "panic");
}

/* ---- the address in to=<> */

/* The local part in quotes, from which anything can be read. */
static size_t quoted_length(struct span text)
{
	if (text.length == 0 || text.at[0] != '"')
		return 0;
	for (size_t i = 1; i < text.length; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '"')
			return i + 1;
	}
	return 0;
}

/*
 * Takes an address and its ">", of which the next field must follow. Unquoted, as old releases
 * log it, a local part may have ">" and ", relay=" in it, but no "@": so the address ends behind
 * one, if it has any.
 */
static bool take_address_end(struct span *rest, bool with_domain)
{
	struct span after = *rest;
	struct span before;
	size_t quoted = quoted_length(after);

	span_skip(&after, quoted);
	if (with_domain) {
		const char *at = memchr(after.at, '@', after.length);

		if (at == NULL)
			return false;
		after = span_from(after, at);
	}
	while (span_take_until(&after, ">", &before)) {
		if (span_starts(after, ", relay=") || span_starts(after, ", orig_to=<")) {
			*rest = after;
			return true;
		}
	}
	return false;
}

static bool take_address(struct span *rest)
{
	return (take_address_end(rest, true) || take_address_end(rest, false)) &&
	       span_take(rest, ", ");
}

/* Takes to=<…>, and orig_to=<…> if there is one, and the comma behind it. */
static bool take_recipient(struct span *rest)
{
	return span_take(rest, "to=<") && take_address(rest) &&
	       (!span_take(rest, "orig_to=<") || take_address(rest));
}

/* ---- the other fields */

struct fields {
	struct span relay;
	struct span delays;
	struct span dsn;
	struct span status;
	struct span reason;
};

/* status=WORD (REASON), to the end of the line. */
static void split_status(struct span rest, struct fields *fields)
{
	if (!span_take_until(&rest, " (", &fields->status)) {
		fields->status = rest;
		fields->reason = span_make(rest.at, 0);
		return;
	}
	/* A line that was too long for syslog has no end. */
	if (span_ends(rest, ")"))
		rest.length--;
	fields->reason = rest;
}

static bool split_fields(struct span rest, struct fields *fields)
{
	struct span key, value;

	memset(fields, 0, sizeof(*fields));
	while (span_take_until(&rest, "=", &key)) {
		if (span_is(key, "status")) {
			split_status(rest, fields);
			return fields->relay.length > 0;
		}
		if (!span_take_until(&rest, ", ", &value))
			return false;
		if (span_is(key, "relay"))
			fields->relay = value;
		else if (span_is(key, "delays"))
			fields->delays = value;
		else if (span_is(key, "dsn"))
			fields->dsn = value;
	}
	return false;
}

/* Seconds, with a fraction or without, as ms. */
static bool take_ms(struct span *rest, int32_t *ms)
{
	int seconds, unit = 100;

	if (!span_take_number(rest, 6, &seconds))
		return false;
	*ms = seconds * 1000;
	if (span_take(rest, ".")) {
		for (; rest->length > 0 && span_is_digit(*rest->at); unit /= 10) {
			*ms += (*rest->at - '0') * unit;
			span_skip(rest, 1);
		}
	}
	return true;
}

static void parse_delays(struct span text, struct observation *observation)
{
	for (int i = 0; i < OBSERVATION_DELAYS; i++) {
		int32_t ms;

		if (!take_ms(&text, &ms))
			return;
		observation->delays[i] = ms;
		if (!span_take(&text, "/"))
			return;
	}
}

static bool parse_outcome(const struct fields *fields, struct observation *observation)
{
	if (span_is(fields->status, "sent") || span_is(fields->status, "deliverable"))
		observation->outcome = OBSERVATION_SENT;
	else if (span_is(fields->status, "bounced"))
		observation->outcome = OBSERVATION_BOUNCED;
	else if (span_is(fields->status, "deferred") || span_is(fields->status, "SOFTBOUNCE"))
		observation->outcome = OBSERVATION_DEFERRED;
	else if (span_is(fields->status, "undeliverable"))
		observation->outcome =
			span_starts(fields->dsn, "5.") ? OBSERVATION_BOUNCED : OBSERVATION_DEFERRED;
	else
		return false;
	return true;
}

/* ---- a whole line */

/* What became of a recipient: the reason is the host's reply. */
static void parse_success(const struct fields *fields, struct observation *observation)
{
	observation->what = OBSERVATION_REPLY;
	/* An address that was only to be verified is known behind RCPT. */
	observation->stage =
		span_is(fields->status, "sent") ? OBSERVATION_STAGE_END : OBSERVATION_STAGE_RCPT;
	log_reply_parse(fields->reason, observation);
	observation_set_text(observation, fields->reason.at, fields->reason.length);
}

static bool parse_failure(const struct fields *fields, struct observation *observation)
{
	struct span reason = fields->reason;
	bool suspended = span_take(&reason, "delivery temporarily suspended: ");

	if (!log_postfix_reason_parse(reason, observation)) {
		observation_init(observation);
		observation->what = OBSERVATION_OTHER;
		observation_set_text(observation, reason.at, reason.length);
	}
	if (suspended)
		observation->what = OBSERVATION_SUSPENDED;
	return suspended;
}

/* to=<…>, relay=…, delays=…, dsn=…, status=… (reason) */
static bool parse_status(struct span rest, enum source source, struct observation *observation)
{
	struct fields fields;
	struct log_peer relay;
	enum observation_outcome outcome;

	if (!take_recipient(&rest) || !split_fields(rest, &fields) ||
		!parse_outcome(&fields, observation))
		return false;
	outcome = observation->outcome;
	if (outcome == OBSERVATION_SENT)
		parse_success(&fields, observation);
	else if (!parse_failure(&fields, observation) && source == SOURCE_QUEUE)
		return false;
	observation->outcome = outcome;
	/* A connection that fails has a line of its own, "connect to …", before this one. */
	observation->is_repeat = observation->stage == OBSERVATION_STAGE_CONNECT &&
				 observation->what != OBSERVATION_REPLY;
	/* Without a connection there is no relay; then only the reason may name the host. */
	if (log_peer_take(&fields.relay, &relay))
		log_peer_store(&relay, observation);
	parse_delays(fields.delays, observation);
	if (observation->enhanced[0] == '\0')
		log_reply_take_enhanced(&fields.dsn, observation);
	return observation->host[0] != '\0';
}

bool log_postfix_parse(const struct logline *line, struct observation *observation)
{
	enum source source = find_source(line);
	struct span rest = span_make(line->message, line->length);
	struct span id;
	bool found;

	if (source == SOURCE_NONE || !take_queue_id(&rest, &id))
		return false;
	observation_init(observation);
	if (span_starts(rest, "to=<"))
		found = id.length > 0 && parse_status(rest, source, observation);
	else
		found = source != SOURCE_QUEUE && log_postfix_reason_parse(rest, observation) &&
			observation->host[0] != '\0';
	observation->at = line->at;
	memcpy(observation->queue_id, id.at, id.length);
	return found;
}
