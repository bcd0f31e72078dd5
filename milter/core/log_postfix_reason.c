/* log_postfix_reason: why a delivery failed, in the words of Postfix's SMTP client
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_postfix_reason.h"
#include "core/log_cause.h"
#include "core/log_peer.h"
#include "core/log_reply.h"

/* ---- the stage */

static const struct stage_word {
	const char *text; /* "in reply to …", "while sending …", "while performing the …" */
	enum observation_stage stage;
} stage_words[] = {
	{"MAIL FROM", OBSERVATION_STAGE_MAIL},
	{"RCPT TO", OBSERVATION_STAGE_RCPT},
	{"DATA command", OBSERVATION_STAGE_DATA},
	{"end of DATA", OBSERVATION_STAGE_END},
	{"end of data", OBSERVATION_STAGE_END},
	{"message body", OBSERVATION_STAGE_END},
	{"initial server greeting", OBSERVATION_STAGE_GREETING},
	{"EHLO", OBSERVATION_STAGE_EHLO},
	{"HELO", OBSERVATION_STAGE_EHLO},
	{"LHLO", OBSERVATION_STAGE_EHLO},
	{"XFORWARD", OBSERVATION_STAGE_EHLO},
	{"STARTTLS", OBSERVATION_STAGE_TLS},
	{"TLS handshake", OBSERVATION_STAGE_TLS},
	{"AUTH", OBSERVATION_STAGE_AUTH},
};

static enum observation_stage find_stage(struct span text)
{
	for (size_t i = 0; i < sizeof(stage_words) / sizeof(stage_words[0]); i++)
		if (span_starts(text, stage_words[i].text))
			return stage_words[i].stage;
	return OBSERVATION_STAGE_NONE;
}

/* "sending MAIL FROM", "performing the EHLO handshake", "receiving the STARTTLS response" */
static enum observation_stage find_phase(struct span text)
{
	(void)(span_take(&text, "sending ") || span_take(&text, "performing the ") ||
		span_take(&text, "receiving the "));
	return find_stage(text);
}

/*
 * Hosts repeat the recipient, <"…"@example.com>, in which its sender may say anything. If the quotes
 * do not close, the line was cut in it.
 */
static bool has_open_quote(struct span reply)
{
	const char *at;

	while ((at = span_find(reply, "<\"")) != NULL) {
		reply = span_from(reply, at + 1);
		if (!span_take_quoted(&reply))
			return true;
	}
	return false;
}

/*
 * Takes " (in reply to MAIL FROM command)" from the end: a host may say that too, but not last.
 * Without it the line was cut.
 */
static bool take_command(struct span *reply, enum observation_stage *stage)
{
	static const char mark[] = " (in reply to ";
	const char *at = span_ends(*reply, ")") ? span_find_last(*reply, mark) : NULL;

	if (at == NULL || has_open_quote(*reply))
		return false;
	*stage = find_stage(span_from(*reply, at + sizeof(mark) - 1));
	*reply = span_before(*reply, at);
	return true;
}

/* ---- each kind of reason; REST is what is after its prefix */

static void set(struct observation *observation, enum observation_what what,
	enum observation_stage stage, struct span text)
{
	observation->what = what;
	observation->stage = stage;
	observation_set_text(observation, text.at, text.length);
}

static void set_reply(
	struct observation *observation, enum observation_stage stage, struct span reply)
{
	bool is_reply = log_reply_parse(reply, observation);

	set(observation, is_reply ? OBSERVATION_REPLY : OBSERVATION_OTHER, stage, reply);
}

static bool take_peer(struct span *rest, struct observation *observation)
{
	struct log_peer peer;

	if (!log_peer_take(rest, &peer))
		return false;
	log_peer_store(&peer, observation);
	return true;
}

/* host PEER said: REPLY (in reply to COMMAND), host PEER refused to talk to me: REPLY */
static bool host(struct span reason, struct span rest, struct observation *observation)
{
	enum observation_stage stage = OBSERVATION_STAGE_GREETING;

	(void)reason;
	if (!take_peer(&rest, observation))
		return false;
	if (span_take(&rest, " refused to talk to me: ")) {
		bool is_reply = log_reply_parse_greeting(rest, observation);

		set(observation, is_reply ? OBSERVATION_REPLY : OBSERVATION_OTHER, stage, rest);
		return true;
	}
	if (!span_take(&rest, " said: ") || !take_command(&rest, &stage))
		return false;
	set_reply(observation, stage, rest);
	return true;
}

/* lost connection with PEER while PHASE */
static bool lost(struct span reason, struct span rest, struct observation *observation)
{
	if (!take_peer(&rest, observation) || !span_take(&rest, " while "))
		return false;
	set(observation, OBSERVATION_LOST, find_phase(rest), reason);
	return true;
}

/* conversation with PEER timed out while PHASE */
static bool timed_out(struct span reason, struct span rest, struct observation *observation)
{
	if (!take_peer(&rest, observation) || !span_take(&rest, " timed out while "))
		return false;
	set(observation, OBSERVATION_TIMEOUT, find_phase(rest), reason);
	return true;
}

/* connect to PEER: ERROR */
static bool connect_to(struct span reason, struct span rest, struct observation *observation)
{
	enum observation_what what = OBSERVATION_OTHER;

	if (!take_peer(&rest, observation) || !span_take(&rest, ": "))
		return false;
	log_cause_find(rest, &what);
	set(observation, what, OBSERVATION_STAGE_CONNECT, reason);
	return true;
}

/* TLS is required, but host PEER refused to start TLS: REPLY; … was not offered by host PEER */
static bool tls_required(struct span reason, struct span rest, struct observation *observation)
{
	enum observation_what what = OBSERVATION_TLS_FAILED;

	if (span_take(&rest, "host ")) {
		if (!take_peer(&rest, observation) || !span_take(&rest, " refused to start TLS: "))
			return false;
		log_reply_parse(rest, observation);
		reason = rest;
	} else if (span_take(&rest, "was not offered by host ")) {
		if (!take_peer(&rest, observation))
			return false;
	} else {
		what = OBSERVATION_OURS; /* "our TLS engine is unavailable" */
	}
	set(observation, what, OBSERVATION_STAGE_TLS, reason);
	return true;
}

/* SSL_connect error to PEER: ERROR, certificate verification failed for PEER: ERROR, whosever it is */
static bool tls_error(struct span reason, struct span rest, struct observation *observation)
{
	if (!take_peer(&rest, observation) || !span_starts(rest, ": "))
		return false;
	set(observation, OBSERVATION_TLS_FAILED, OBSERVATION_STAGE_TLS, reason);
	return true;
}

/* TLS handshake failed for service=SERVICE peer=[ADDRESS]:PORT: what tlsproxy(8) says */
static bool tls_proxy(struct span reason, struct span rest, struct observation *observation)
{
	struct log_peer peer;
	struct span service, address;
	int port;

	/* Of Postfix's server the peer is a client. */
	if (!span_take_until(&rest, " peer=[", &service) || span_starts(service, "smtpd") ||
		!span_take_until(&rest, "]:", &address) || !span_take_number(&rest, 5, &port) ||
		rest.length > 0 || port > 65535 || !log_peer_parse_name(address, &peer))
		return false;
	peer.port = port;
	log_peer_store(&peer, observation);
	set(observation, OBSERVATION_TLS_FAILED, OBSERVATION_STAGE_TLS, reason);
	return true;
}

/* SASL authentication failed; server PEER said: REPLY; and others that name the server */
static bool sasl(struct span reason, struct span rest, struct observation *observation)
{
	struct log_peer peer;
	struct span text;

	if (!span_take_until(&rest, "server ", &text))
		return false;
	if (log_peer_take(&rest, &peer)) {
		if (!span_take(&rest, " said: ")) {
			log_peer_store(&peer, observation);
			/* Without a mechanism that both have, nothing was tried. */
			bool is_ours = span_find(reason, " no mechanism ") != NULL ||
				       span_find(reason, " no compatible ") != NULL;

			set(observation, is_ours ? OBSERVATION_OURS : OBSERVATION_OTHER,
				OBSERVATION_STAGE_AUTH, reason);
			return true;
		}
	} else if (!span_take_until(&rest, " said: ", &text) || !log_peer_parse_name(text, &peer)) {
		/* A failure that is remembered ("[CACHED]") has the name alone. */
		return false;
	}
	log_peer_store(&peer, observation);
	set_reply(observation, OBSERVATION_STAGE_AUTH, rest);
	return true;
}

static const struct kind {
	const char *prefix;
	bool (*parse)(struct span reason, struct span rest, struct observation *observation);
} kinds[] = {
	{"host ", host},
	{"lost connection with ", lost},
	{"conversation with ", timed_out},
	{"connect to ", connect_to},
	{"TLS is required, but ", tls_required},
	{"SASL authentication failed", sasl},
	{"SASL [CACHED] authentication failed", sasl},
	{"SSL_connect error to ", tls_error},
	{"certificate verification failed for ", tls_error},
	{"server certificate verification failed for ", tls_error},
	{"CA certificate verification failed for ", tls_error},
	{"TLS handshake failed for service=", tls_proxy},
};

/* ---- reasons of which only the host is to be found */

enum name_form {
	NAME_NONE,    /* no host is named */
	NAME_PEER,    /* in Postfix's form */
	NAME_ALONE,   /* up to `behind` or the end */
	NAME_NEXTHOP, /* the same, perhaps as "[name]:port" */
};

static const struct plain {
	const char *prefix;
	const char *before; /* the name; NULL: it is right after the prefix */
	const char *behind;
	enum name_form form;
	enum observation_what what;
	enum observation_stage stage;
} plains[] = {
#define PLAIN(prefix, before, behind, form, what, stage) \
	{ \
		prefix, before, behind, NAME_##form, OBSERVATION_##what, OBSERVATION_STAGE_##stage \
	}
	PLAIN("Host or domain name not found. ", "for name=", " type=", ALONE, NO_ADDRESS, NONE),
	PLAIN("Name service error for name=", NULL, " type=", ALONE, NO_ADDRESS, NONE),
	PLAIN("Name service error for ", NULL, ": ", ALONE, NO_ADDRESS, NONE),
	PLAIN("Error looking up name=", NULL, " type=", ALONE, NO_ADDRESS, NONE),
	PLAIN("Name server loop for ", NULL, NULL, ALONE, NO_ADDRESS, NONE),
	PLAIN("unable to look up host ", NULL, ": ", ALONE, NO_ADDRESS, NONE),
	PLAIN("unable to find primary relay for ", NULL, NULL, ALONE, NO_ADDRESS, NONE),
	PLAIN("Domain ", NULL, " does not ", ALONE, NO_ADDRESS, NONE),
	PLAIN("TLSA lookup error for ", NULL, NULL, NEXTHOP, NO_ADDRESS, TLS),
	PLAIN("Cannot start TLS", NULL, NULL, NONE, TLS_FAILED, TLS),
	PLAIN("Server certificate not ", NULL, NULL, NONE, TLS_FAILED, TLS),
	PLAIN("mail for ", NULL, " loops back to myself", NEXTHOP, OTHER, NONE),
	PLAIN("message size ", " of server ", NULL, PEER, OTHER, MAIL),
	PLAIN("SMTPUTF8 is required, ", "by host ", NULL, PEER, OTHER, EHLO),
	PLAIN("message requires SMTPUTF8, ", "last attempted server was ", NULL, PEER, OTHER, EHLO),
	/* A host's own words may stand after its name, so that is the first to look for. */
	PLAIN("Sender requested REQUIRETLS, ", "host ", NULL, PEER, OTHER, TLS),
	PLAIN("Sender requested REQUIRETLS, ", "last attempted server was ", NULL, PEER, OTHER,
		TLS),
	PLAIN("Sender requested REQUIRETLS, ", "last attempted server was ", NULL, ALONE, OTHER,
		TLS),
	PLAIN("server unavailable or unable to receive mail", NULL, NULL, NONE, OTHER, NONE),
	PLAIN("unexpected server message", NULL, NULL, NONE, OTHER, NONE),
	PLAIN("local data error while talking to ", NULL, NULL, PEER, OURS, NONE),
	PLAIN("client TLS configuration problem", NULL, NULL, NONE, OURS, TLS),
	PLAIN("unreadable mail queue entry", NULL, NULL, NONE, OURS, NONE),
	PLAIN("network address conversion failed", NULL, NULL, NONE, OURS, CONNECT),
	PLAIN("server configuration error", NULL, NULL, NONE, OURS, NONE),
	PLAIN("Server configuration error", NULL, NULL, NONE, OURS, NONE),
	PLAIN("all network protocols are disabled", NULL, NULL, NONE, OURS, CONNECT),
#undef PLAIN
};

/* "[192.0.2.1]:25" is "192.0.2.1" and 25. */
static void cut_port(struct span *name, int *port)
{
	const char *colon = span_find_last(*name, ":");
	struct span number;

	*port = 0;
	if (colon == NULL)
		return;
	number = span_from(*name, colon + 1);
	if (span_take_number(&number, 5, port) && number.length == 0 &&
		(span_ends(span_before(*name, colon), "]") || span_find(*name, ":") == colon))
		*name = span_before(*name, colon);
	else
		*port = 0;
}

static bool find_name(const struct plain *plain, struct span rest, struct log_peer *peer)
{
	struct span name = rest;
	int port = 0;

	if (plain->before != NULL && !span_take_until(&rest, plain->before, &name))
		return false;
	if (plain->form == NAME_PEER)
		return log_peer_take(&rest, peer);
	name = rest;
	if (plain->behind != NULL && !span_take_until(&rest, plain->behind, &name))
		return false;
	if (plain->form == NAME_NEXTHOP)
		cut_port(&name, &port);
	if (!log_peer_parse_name(name, peer))
		return false;
	peer->port = port;
	return true;
}

static bool parse_plain(struct span reason, struct observation *observation)
{
	for (size_t i = 0; i < sizeof(plains) / sizeof(plains[0]); i++) {
		const struct plain *plain = &plains[i];
		struct span rest = reason;
		struct log_peer peer;

		if (!span_take(&rest, plain->prefix))
			continue;
		if (plain->form != NAME_NONE) {
			if (!find_name(plain, rest, &peer))
				continue;
			log_peer_store(&peer, observation);
		}
		set(observation, plain->what, plain->stage, reason);
		return true;
	}
	return false;
}

/* NAME: host not found */
static bool parse_not_found(struct span reason, struct observation *observation)
{
	struct log_peer peer;
	struct span name;
	struct span rest = reason;

	if (!span_take_until(&rest, ": host not found", &name) || rest.length > 0 ||
		!log_peer_parse_name(name, &peer))
		return false;
	log_peer_store(&peer, observation);
	set(observation, OBSERVATION_NO_ADDRESS, OBSERVATION_STAGE_NONE, reason);
	return true;
}

bool log_postfix_reason_parse(struct span reason, struct observation *observation)
{
	/* The reply was not one to the command: "354" to MAIL. */
	span_take(&reason, "Protocol error: ");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct span rest = reason;

		if (span_take(&rest, kinds[i].prefix))
			return kinds[i].parse(reason, rest, observation);
	}
	return parse_plain(reason, observation) || parse_not_found(reason, observation);
}
