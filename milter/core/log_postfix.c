/* log_postfix: what a line of Postfix's log shows of a host
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

/* "smtp" of "postfix/relay/smtp"; *SLASH is the last one, or NULL. */
static struct span program_name(const struct logline *line, const char **slash)
{
	struct span name = span_make(line->program, line->program_length);

	*slash = memrchr(name.at, '/', name.length);
	return *slash == NULL ? name : span_from(name, *slash + 1);
}

static enum source find_source(const struct logline *line)
{
	const char *slash;
	struct span name = program_name(line, &slash);

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

/* None of a field can stand in a text without these: with them, Postfix puts it in quotes. */
static const char specials[] = "<>(),;\"\\@";

/* Takes ADDRESS>, and the comma after it. */
static bool take_address(struct span *rest, bool *has_domain)
{
	bool has_local = span_take_quoted(rest) || span_take_word(rest, specials);

	*has_domain = span_take(rest, "@");
	return has_local && (!*has_domain || span_take_word(rest, specials)) &&
	       span_take(rest, ">, ");
}

/*
 * Takes to=<…>, and orig_to=<…> if there is one: that may be the name of an alias alone. Without a
 * domain the first one may be what is in front of a ">" within a local part, if those are logged
 * without their quotes: then the domain and the real fields are still to come.
 */
static bool take_recipient(struct span *rest, bool *is_rewritten)
{
	bool has_domain;

	if (!span_take(rest, "to=<") || !take_address(rest, &has_domain) ||
		(!has_domain && span_find(*rest, ">, relay=") != NULL))
		return false;
	*is_rewritten = span_take(rest, "orig_to=<");
	return !*is_rewritten || take_address(rest, &has_domain);
}

/* ---- the other fields */

struct fields {
	struct span relay;
	struct span delays;
	struct span dsn;
	struct span status;
	struct span reason;
};

/* status=WORD (REASON), to the end of the line; one that was cut has no end. "sent" says all. */
static bool split_status(struct span rest, struct fields *fields)
{
	if (!span_take_until(&rest, " (", &fields->status))
		return false;
	if (span_ends(rest, ")"))
		rest.length--;
	else if (!span_is(fields->status, "sent"))
		return false;
	fields->reason = rest;
	return true;
}

static bool is_key(struct span key)
{
	for (size_t i = 0; i < key.length; i++)
		if ((key.at[i] < 'a' || key.at[i] > 'z') && key.at[i] != '_')
			return false;
	return key.length > 0;
}

/* The relay comes first, the status last; of what is between them new releases have more. */
static bool split_fields(struct span rest, struct fields *fields)
{
	struct span key, value;

	memset(fields, 0, sizeof(*fields));
	if (!span_take(&rest, "relay=") || !span_take_until(&rest, ", ", &fields->relay))
		return false;
	while (span_take_until(&rest, "=", &key) && is_key(key)) {
		if (span_is(key, "status"))
			return split_status(rest, fields);
		if (!span_take_until(&rest, ", ", &value))
			return false;
		if (span_is(key, "delays"))
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
	/* An address that was only to be verified is known after RCPT. */
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
	bool has_relay, is_rewritten;

	if (!take_recipient(&rest, &is_rewritten) || !split_fields(rest, &fields) ||
		!parse_outcome(&fields, observation))
		return false;
	/* Another agent's reason may be the output of a command, and so anybody's words. */
	has_relay = log_peer_take(&fields.relay, &relay);
	if (!has_relay && !span_is(fields.relay, "none"))
		return false;
	outcome = observation->outcome;
	if (outcome == OBSERVATION_SENT)
		parse_success(&fields, observation);
	else if (!parse_failure(&fields, observation) && source == SOURCE_QUEUE)
		return false;
	observation->outcome = outcome;
	observation->is_rewritten = is_rewritten;
	/* A connection that fails has a line of its own, "connect to …", before this one. */
	observation->is_repeat = observation->stage == OBSERVATION_STAGE_CONNECT &&
				 observation->what != OBSERVATION_REPLY;
	/* Without a connection there is no relay; then only the reason may name the host. */
	if (has_relay)
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

	/* Who has written what stands last in a line that was cut cannot be told. */
	if (source == SOURCE_NONE || line->length >= LOG_POSTFIX_TEXT_MAX ||
		!take_queue_id(&rest, &id))
		return false;
	observation_init(observation);
	if (span_starts(rest, "to=<"))
		found = id.length > 0 && parse_status(rest, source, observation);
	else
		found = source != SOURCE_QUEUE && log_postfix_reason_parse(rest, observation) &&
			observation->host[0] != '\0';
	observation->at = line->at;
	observation->pid = line->pid;
	memcpy(observation->queue_id, id.at, id.length);
	return found;
}

/* "from=<…>, size=1234, nrcpt=1 (queue active)": the address may have anything in it. */
static bool parse_active(struct span rest, int64_t *size)
{
	static const char mark[] = ">, size=";
	const char *at = NULL;
	int number;

	if (!span_starts(rest, "from=<") || !span_ends(rest, " (queue active)"))
		return false;
	for (const char *next = span_find(rest, mark); next != NULL;
		next = span_find(span_from(rest, next + 1), mark))
		at = next;
	if (at == NULL)
		return false;
	rest = span_from(rest, at + sizeof(mark) - 1);
	*size = span_take_number(&rest, 9, &number) ? number : 0;
	return true;
}

bool log_postfix_queue(const struct logline *line, struct log_postfix_queue *queue)
{
	const char *slash;
	struct span program = program_name(line, &slash);
	struct span rest = span_make(line->message, line->length);
	struct span id;

	if (!span_is(program, "qmgr") && !span_is(program, "postsuper") &&
		find_source(line) != SOURCE_ANY)
		return false;
	if (!take_queue_id(&rest, &id) || id.length == 0)
		return false;
	queue->size = 0;
	queue->is_deleted = span_is(program, "postsuper") || span_is(rest, "requeued");
	queue->is_active = parse_active(rest, &queue->size);
	if (!queue->is_active && !span_is(rest, "removed") && !span_is(rest, "requeued"))
		return false;
	memcpy(queue->id, id.at, id.length);
	queue->id[id.length] = '\0';
	return true;
}
