/* blame: whose fault an observation is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/blame.h"

#include "core/phrase.h"

#include <stdbool.h>
#include <string.h>

/* ---- words that clear a host, whatever another host says to the same message */

#define WORDS(name) static const char *const name[]

/* The same message is taken some minutes later. */
WORDS(greylisting) = {"greylist*", "graylist*", "grey list*", "gray list*", "postgrey",
	"not yet authorized to deliver", "not whitelisted by this recipient", NULL};

/* What postscreen(8) says to a client that it has just tested: the next session is welcome. */
WORDS(postscreen) = {"service currently unavailable", NULL};

/* One session has had its share, or was left waiting. */
WORDS(session) = {"in this connection", "in this session", "per session", "per connection",
	"this smtp session", "session * too long", "session * expired", "session limit*",
	"session timeout", "session timed out", "connection expired", "connection * too long",
	"timeout waiting for", "timed out waiting for", "timeout exceeded", "idle", "inactiv*",
	"too many messages", "too many transactions", "too many mails", "too many commands",
	"submission rate", "maximum number of messages", "maximum messages", "message limit",
	"transaction limit", "connection time", "for this session", "for this connection",
	"connection time", "for this session", "for this connection", NULL};

/* The client: its address, its name, what it is known for. */
WORDS(client) = {"blocked", "block list", "blocklist*", "blacklist*", "black list*", "blackhole*",
	"denylist*", "deny list*", "rbl", "dnsbl", "spamhaus", "barracuda", "reputation",
	"sending spam", "as spam", "like spam", "from spam", "of spam", "spamming", "spammer*",
	"spam source*", "spam detected", "unsolicited", "abuse", "abusive", "complaint*",
	"suspicious", "untrusted", "reverse dns", "rdns", "ptr", "reverse lookup", "your hostname",
	"your host name", "name lookup", "helo", "client host", "sending ip*", "access denied",
	"relay access", "relaying", "open relay", "listed in", "listed by", "listed at",
	"is listed", "login attempts", "auth* attempts", "password transition", "connecting ip",
	NULL};

/* The sender, or what is in the message. */
WORDS(sender) = {"sender address", "sender domain", "sender s domain", "sending domain",
	"from domain", "sender verif*", "sender verify", "sender callout", "verify sender",
	"domain not found", "domain does not exist", "unresolvable", "dns lookup", "dns timeout",
	"dns temporary failure", "spf", "dkim", "dmarc", "unauthenticated", "policy rejection",
	"policy reason*", "policy violation", "message size", "size limit", "message too large",
	"message too big", "bare line feed", "bare lf", "date in message", "received headers",
	"too many hops", "temporary dns", "dns failure", "dns error", NULL};

/* How much a sender may send. */
WORDS(rate) = {"rate limited", "rate limiting", "throttle*", "too much mail",
	"too many messages from", "too many bounces", "quota for sending", "excessive",
	"unusual rate", "unexpected volume", "high volume", "per hour", "per day", "hourly",
	"daily", "sending limit*", "limits for how many", "number of connections", NULL};

/*
 * Where all mailboxes of a system are. What is said of it is of the system, although a mailbox, an
 * account or an alias is named: one of them is never mounted, or offline.
 */
#define OUT_OF_USE(place) \
	place " * not * mounted", place " * unmounted", place " * dismounted", place " * offline", \
		place " * off line", place " * unavailable", place " * not * available", \
		place " * inaccessible", place " * not * accessible", place " * not responding", \
		place " * unreachable", place " * is down"
WORDS(store) = {OUT_OF_USE("database"), OUT_OF_USE("databases"), OUT_OF_USE("mailbox store"),
	OUT_OF_USE("mail store"), OUT_OF_USE("mailstore"), OUT_OF_USE("message store"),
	OUT_OF_USE("information store"), OUT_OF_USE("mailbox server"), "mailbox server * busy",
	"mailbox server * enough memory", "mailbox disk * full", NULL};

/* The recipient, and his mailbox. */
WORDS(recipient) = {"mailbox*", "inbox", "quota", "user unknown", "unknown user", "user not found",
	"no such user", "no such recipient", "no such address", "recipient unknown",
	"unknown recipient", "invalid recipient", "recipient not found", "recipient unavailable",
	"recipient temporarily unavailable", "address temporarily unavailable", "account*",
	"recipient thread limit", "recipient rate", "message rate", "receiving mail at a rate",
	"messages to", "too many recent", "unverified address", "address verification",
	"verify address", "recipient verify", "recipient callout", "mailing list", "alias*",
	"sieve", "domain failure", "too many recipients", "recipients limit", "recipient limit",
	"per transaction", "separate transaction", "dns query", "for user", "for this user", NULL};

/* Another host, to which it passes mail on. */
WORDS(behind) = {"upstream", "remote server", "destination", NULL};

/* ---- words that convict it: a system in trouble says so */

WORDS(trouble) = {"service * unavailable", "service * not available", "service not active",
	"server * unavailable", "server * not available", "system * unavailable",
	"system * not available", "resource* * unavailable", "insufficient * storage",
	"insufficient * resource*", "insufficient * space", "insufficient * memory",
	"out of memory", "out of space", "out of disk", "out of resources", "not enough * space",
	"not enough * memory", "not enough * resources", "no space", "low on * space",
	"low on * resources", "space shortage", "lack of * resources", "disk full", "disk is full",
	"disk space", "system full", "system is full", "queue full", "queue is full",
	"local problem", "local error", "local failure", "system error", "system problem*",
	"system failure", "server error", "server problem*", "server failure",
	"server configuration", "configuration error", "configuration problem", "internal error",
	"internal failure", "internal problem", "internal resource*", "internal server",
	"software error", "unexpected failure", "unexpected error", "unexpected exception",
	"temporary problem", "technical problem*", "technical difficult*", "technical issue*",
	"error in processing", "processing error", "i o error", "read error", "write error",
	"queue file", "spool", "cannot create", "cannot write", "cannot open", "could not write",
	"unable to write", "unable to create", "unable to open", "unable to process",
	"unable to queue", "could not queue", "replica*", "replicated", "database", "ldap",
	"backend*", "too many open files", "too many processes", "busy", "overload*",
	"load average", "load too high", "high load", "server load", "system load", "heavy load",
	"shutting down", "shutdown", "going down", "maintenance", "license", "licence",
	"connection dropped", "connection reset", "connectionreset", "closed abruptly",
	"connection lost", "lost connection", "try another server", "proxy session", NULL};

/* Of a greeting that is 5xx: it is we who are not welcome, with any message. */
WORDS(unwelcome) = {"refuse*", "reject*", "denied", "deny", "not allowed", "not permitted",
	"prohibit*", "banned", "spam*", "policy", "your ip", "your host", "your server",
	"your domain", "your address", "your access", "synchronization", NULL};

/* As many sessions as it takes are under way. */
WORDS(crowd) = {"too many * connections", "too many * sessions", "connection limit",
	"connections limit", "session limit", "maximum * connections", "maximum * sessions", NULL};

/* Of 421: nobody has said anything for too long. */
WORDS(timeout) = {"timeout", "timed out", "time out", NULL};

/* ---- the table, first match wins */

#define AT(stage)   (1u << OBSERVATION_STAGE_##stage)
#define ANY_STAGE   0u
#define BEFORE_MAIL (AT(GREETING) | AT(EHLO) | AT(TLS) | AT(AUTH))
#define ENVELOPE    (AT(MAIL) | AT(RCPT) | AT(NONE))

enum { ANY_WHAT = OBSERVATION_WHAT_COUNT };

static const struct row {
	unsigned what; /* enum observation_what, or ANY_WHAT */
	unsigned stages;
	int code;		  /* 421, or 4 for all 4xx; 0: any, also none */
	const char *status;	  /* RFC 3463 without its class, or the beginning: "3", "3.4" */
	const char *const *words; /* one of them is said */
	enum blame_class class;
	enum health_reason reason;
} rows[] = {
#define CASE(what, stages, class, reason) \
	{ \
		OBSERVATION_##what, stages, 0, NULL, NULL, BLAME_##class, HEALTH_REASON_##reason \
	}
#define CODE(code, stages, class, reason) \
	{ \
		OBSERVATION_REPLY, stages, code, NULL, NULL, BLAME_##class, HEALTH_REASON_##reason \
	}
#define STATUS(code, status, stages, class, reason) \
	{ \
		OBSERVATION_REPLY, stages, code, status, NULL, BLAME_##class, \
			HEALTH_REASON_##reason \
	}
#define SAYS(code, words, stages, class, reason) \
	{ \
		OBSERVATION_REPLY, stages, code, NULL, words, BLAME_##class, \
			HEALTH_REASON_##reason \
	}

	/* Not the host's affair at all. */
	CASE(OURS, ANY_STAGE, OURS, OUR_SHORTAGE),
	CASE(NO_NETWORK, ANY_STAGE, OURS, NO_NETWORK),
	CASE(NO_ADDRESS, ANY_STAGE, OURS, NO_ADDRESS),
	CASE(SUSPENDED, ANY_STAGE, NONE, SUSPENDED),

	/* No conversation. */
	CASE(REFUSED, ANY_STAGE, HOST_AT_ONCE, CONNECTION_REFUSED),
	CASE(UNREACHABLE, ANY_STAGE, HOST_AT_ONCE, UNREACHABLE),
	CASE(TIMEOUT, AT(CONNECT), HOST_AT_ONCE, CONNECT_TIMEOUT),
	CASE(TIMEOUT, ANY_STAGE, HOST, CONVERSATION_TIMEOUT),
	CASE(LOST, ANY_STAGE, HOST, LOST_CONNECTION),
	CASE(TLS_FAILED, ANY_STAGE, HOST, TLS_FAILED),
	CASE(NO_SMTP, AT(GREETING), HOST_AT_ONCE, NO_SMTP),
	CASE(NO_SMTP, ANY_STAGE, HOST, NO_SMTP),

	/* Whatever the words are, a host that greets with 4xx takes nothing from us now. */
	SAYS(4, crowd, AT(GREETING), HOST_AT_ONCE, SESSION_LIMIT),
	CODE(421, AT(GREETING), HOST_AT_ONCE, REPLY_421),
	CODE(4, AT(GREETING), HOST_AT_ONCE, GREETING_4XX),
	/* With 5xx it may mean us, and for good: no other time is better. */
	STATUS(5, "7", AT(GREETING), SENDER, REJECTED_5XX),
	STATUS(5, "2", AT(GREETING), SENDER, REJECTED_5XX),
	SAYS(5, client, AT(GREETING), SENDER, REJECTED_5XX),
	SAYS(5, unwelcome, AT(GREETING), SENDER, REJECTED_5XX),
	CODE(554, AT(GREETING), HOST_AT_ONCE, GREETING_5XX), /* RFC 5321, 3.1: no service */
	CODE(521, AT(GREETING), HOST_AT_ONCE, GREETING_5XX), /* RFC 7504: takes no mail */
	STATUS(5, "3", AT(GREETING), HOST_AT_ONCE, GREETING_5XX),
	CODE(5, AT(GREETING), COMPARED, GREETING_5XX),
	/* The password is this host's alone: another may take the message, and it has its own. */
	CODE(5, AT(AUTH), HOST, AUTH_FAILED),
	/* RFC 4954, 3207: not without AUTH, or TLS. To RCPT it may be about relaying for that recipient. */
	CODE(530, AT(MAIL), HOST, AUTH_FAILED),
	CODE(5, ANY_STAGE, SENDER, REJECTED_5XX),

	/* It clears the host, in words or by its status. */
	SAYS(4, greylisting, ANY_STAGE, RECIPIENT, GREYLISTED),
	{OBSERVATION_REPLY, AT(RCPT), 450, "3.2", postscreen, BLAME_SENDER,
		HEALTH_REASON_GREYLISTED},
	SAYS(4, client, ANY_STAGE, SENDER, SENDER_4XX),
	SAYS(4, sender, ANY_STAGE, SENDER, SENDER_4XX),
	SAYS(4, rate, ANY_STAGE, SENDER, SENDER_4XX),
	SAYS(4, session, ANY_STAGE, SESSION, SESSION_LIMIT),
	/* Before the words of a recipient, for it is named with them. */
	SAYS(4, behind, ANY_STAGE, RECIPIENT, RECIPIENT_4XX),
	SAYS(421, store, ANY_STAGE, HOST_AT_ONCE, REPLY_421),
	SAYS(4, store, ANY_STAGE, HOST, SYSTEM_TROUBLE),
	SAYS(4, recipient, ANY_STAGE, RECIPIENT, RECIPIENT_4XX),
	STATUS(4, "1.7", ENVELOPE, SENDER, SENDER_4XX), /* the sender's address */
	STATUS(4, "1.8", ENVELOPE, SENDER, SENDER_4XX), /* the sender's domain */
	STATUS(4, "1", ENVELOPE, RECIPIENT, RECIPIENT_4XX),
	STATUS(4, "2", ANY_STAGE, RECIPIENT, RECIPIENT_4XX),
	STATUS(4, "3.4", ANY_STAGE, SENDER, SENDER_4XX),       /* too big */
	STATUS(4, "5.3", ANY_STAGE, RECIPIENT, RECIPIENT_4XX), /* too many recipients */

	/* It convicts the host; with 421 (RFC 5321, 3.8) the service is gone. */
	CODE(421, BEFORE_MAIL, HOST_AT_ONCE, REPLY_421),
	SAYS(421, trouble, ANY_STAGE, HOST_AT_ONCE, REPLY_421),
	STATUS(421, "3", ANY_STAGE, HOST_AT_ONCE, REPLY_421),
	STATUS(4, "3", ANY_STAGE, HOST, SYSTEM_4_3),
	CODE(4, AT(EHLO), HOST, EHLO_4XX),
	CODE(4, AT(TLS), HOST, TLS_FAILED),
	CODE(4, AT(AUTH), HOST, AUTH_FAILED),
	SAYS(4, trouble, ANY_STAGE, HOST, SYSTEM_TROUBLE),

	/* What is left of 4.4.2, bad connection, and of 421. */
	STATUS(4, "4.2", ANY_STAGE, SESSION, SESSION_LIMIT),
	SAYS(421, timeout, ANY_STAGE, SESSION, SESSION_LIMIT),

	/* It does neither: another host's word on the same message has to tell. */
	CODE(421, ANY_STAGE, COMPARED, REPLY_421),
	STATUS(4, "7", ANY_STAGE, COMPARED, POLICY_4_7),
	CODE(4, AT(MAIL), COMPARED, MAIL_4XX),
	CODE(4, AT(RCPT), COMPARED, RCPT_4XX),
	CODE(4, AT(DATA), COMPARED, DATA_4XX),
	CODE(4, AT(END), COMPARED, END_4XX),
	CODE(4, ANY_STAGE, COMPARED, REPLY_4XX),

	{ANY_WHAT, ANY_STAGE, 0, NULL, NULL, BLAME_NONE, HEALTH_REASON_UNCLASSIFIED},
};

static const char *const class_names[BLAME_CLASS_COUNT] = {
	[BLAME_NONE] = "none",
	[BLAME_HOST_AT_ONCE] = "host_at_once",
	[BLAME_HOST] = "host",
	[BLAME_RECIPIENT] = "recipient",
	[BLAME_SENDER] = "sender",
	[BLAME_OURS] = "ours",
	[BLAME_COMPARED] = "compared",
	[BLAME_SESSION] = "session",
	[BLAME_SPENT] = "spent",
	[BLAME_SUCCESS] = "success",
};

/* "4.3" begins "4.3.1", not "4.31.1". */
static bool enhanced_fits(const char *wanted, const char *enhanced)
{
	size_t length = strlen(wanted);

	return strncmp(wanted, enhanced, length) == 0 &&
	       (enhanced[length] == '\0' || enhanced[length] == '.' || wanted[length - 1] == '.');
}

static bool code_fits(int wanted, int code)
{
	return wanted == 0 || wanted == code || wanted == code / 100;
}

static bool stage_fits(unsigned stages, enum observation_stage stage)
{
	return stages == 0 || (stages & 1u << stage) != 0;
}

static bool rule_fits(const struct blame_rule *rule, const struct observation *observation)
{
	return stage_fits(rule->stages, observation->stage) &&
	       code_fits(rule->code, observation->code) &&
	       (rule->enhanced == NULL || enhanced_fits(rule->enhanced, observation->enhanced)) &&
	       (rule->text == NULL || strcasestr(observation->text, rule->text) != NULL);
}

/* A 4xx reply with 5.1.1 is of a recipient as one with 4.1.1 is. */
static bool status_fits(const char *wanted, const char *enhanced)
{
	return enhanced[0] != '\0' && enhanced_fits(wanted, enhanced + strlen("4."));
}

static bool row_fits(const struct row *row, const struct observation *observation,
	const struct phrase_words *words)
{
	if (row->what == ANY_WHAT)
		return true;
	return row->what == observation->what && stage_fits(row->stages, observation->stage) &&
	       code_fits(row->code, observation->code) &&
	       (row->status == NULL || status_fits(row->status, observation->enhanced)) &&
	       (row->words == NULL || phrase_find_any(words, row->words));
}

struct blame blame_find(
	const struct blame_rule *rules, size_t count, const struct observation *observation)
{
	const struct row *row = rows;
	struct phrase_words words;

	/* An address that was only verified was not delivered to. */
	if (observation->outcome == OBSERVATION_SENT && !observation->is_probe &&
		observation->stage == OBSERVATION_STAGE_RCPT)
		return (struct blame){BLAME_NONE, HEALTH_REASON_UNCLASSIFIED};
	if (observation->outcome == OBSERVATION_SENT)
		return (struct blame){BLAME_SUCCESS,
			observation->is_probe ? HEALTH_REASON_PROBED : HEALTH_REASON_DELIVERED};
	for (size_t i = 0; i < count && observation->what == OBSERVATION_REPLY; i++)
		if (rule_fits(&rules[i], observation))
			return (struct blame){rules[i].class, HEALTH_REASON_CLASSIFIED};
	phrase_split(&words, span_make(observation->text, strlen(observation->text)));
	while (!row_fits(row, observation, &words))
		row++;
	return (struct blame){row->class, row->reason};
}

const char *blame_class_name(enum blame_class class)
{
	return class < BLAME_CLASS_COUNT ? class_names[class] : "?";
}
