/* milter_door: the MTA's messages, by libmilter
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_door.h"
#include "core/token.h"
#include "doors/milter_macros.h"
#include "doors/milter_replies.h"
#include "doors/milter_routing.h"
#include "doors/milter_session.h"
#include "doors/milter_socket.h"
#include "doors/milter_steps.h"
#include "engine/log.h"
#include "text/idn.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <libmilter/mfapi.h>

static const char no_memory[] = "out of memory";

static struct {
	struct engine *engine;
	bool is_tcp;
	void (*on_end)(void);
	atomic_bool is_stopping;
} door;

static void begin_message(struct milter_session *session)
{
	milter_session_begin(session, atomic_load(&door.is_stopping));
}

static sfsistat refuse_stopping(SMFICTX *ctx)
{
	return milter_replies_tempfail(
		ctx, "4.3.2", "The routing service is stopping, try again later");
}

/* ---- what is asked of the MTA */

/*
 * Where the MTA cannot be asked for macros, it gives its own choice of them with each step: those of
 * the listener at the beginning of a connection, those of TLS with HELO.
 */
static struct engine_needs without_symlist(struct engine_needs needs)
{
	if ((needs.rules & RULES_NEEDS_LISTENER) != 0)
		needs.rules |= RULES_NEEDS_CONNECT;
	if ((needs.rules & RULES_NEEDS_TLS) != 0)
		needs.rules |= RULES_NEEDS_HELO;
	return needs;
}

static void ask_for_macros(SMFICTX *ctx, struct engine_needs needs, const struct rules *rules)
{
	char list[MILTER_MACROS_MAX];

	if (milter_steps_has_mail(needs))
		smfi_setsymlist(ctx, SMFIM_ENVFROM,
			milter_macros_list(list, MILTER_MACROS_MAIL, needs, rules));
	smfi_setsymlist(
		ctx, SMFIM_ENVRCPT, milter_macros_list(list, MILTER_MACROS_RCPT, needs, rules));
	smfi_setsymlist(ctx, SMFIM_EOM, milter_macros_list(list, MILTER_MACROS_END, needs, rules));
	if (milter_macros_need_header_end(needs))
		smfi_setsymlist(
			ctx, SMFIM_EOH, milter_macros_list(list, MILTER_MACROS_RCPT, needs, rules));
}

/* The changes to a message that the table in force takes. */
static unsigned long wanted_changes(struct engine_needs needs)
{
	if (needs.headers)
		return SMFIF_ADDHDRS | SMFIF_CHGHDRS;
	return needs.pools ? SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT : 0;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
	unsigned long unused2, unsigned long unused3, unsigned long *wanted_actions,
	unsigned long *wanted_steps, unsigned long *wanted2, unsigned long *wanted3)
{
	struct engine_needs needs = engine_needs(door.engine);
	unsigned long wanted = wanted_changes(needs);
	struct milter_session *session;
	struct ruleset *ruleset;
	const struct rules *rules;

	(void)unused2;
	(void)unused3;
	if ((actions & wanted) != wanted) {
		log_error("the MTA does not let a milter add and change %s",
			needs.headers ? "headers" : "recipients with their parameters");
		return SMFIS_REJECT;
	}
	if ((actions & SMFIF_SETSYMLIST) == 0)
		needs = without_symlist(needs);
	session = milter_session_new(door.engine, needs);
	/* Without a session each recipient is a fault. */
	smfi_setpriv(ctx, session);
	ruleset = engine_rules(door.engine);
	rules = ruleset == NULL ? NULL : ruleset_rules(ruleset);
	if ((actions & SMFIF_SETSYMLIST) != 0) {
		wanted |= SMFIF_SETSYMLIST;
		ask_for_macros(ctx, needs, rules);
	}
	*wanted_actions = wanted;
	*wanted_steps = milter_steps_protocol(door.is_tcp, needs) & steps;
	if (session != NULL) {
		session->rules.macros = milter_macros_hash(rules);
		session->can_skip = (*wanted_steps & SMFIP_SKIP) != 0;
	}
	ruleset_drop(ruleset);
	*wanted2 = 0;
	*wanted3 = 0;
	return SMFIS_CONTINUE;
}

/* ---- the connection */

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	struct milter_session *session = smfi_getpriv(ctx);

	if (session != NULL)
		milter_rules_connect(&session->rules, name, address);
	return SMFIS_NOREPLY;
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	struct milter_session *session = smfi_getpriv(ctx);

	if (session != NULL)
		milter_rules_helo(&session->rules, name);
	return SMFIS_NOREPLY;
}

/* ---- the envelope */

/* As it was negotiated: an answer that the MTA does not wait for would be taken for the next one. */
static sfsistat mail_reply(struct engine_needs asked)
{
	return asked.aborts ? SMFIS_CONTINUE : SMFIS_NOREPLY;
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
	struct milter_session *session = smfi_getpriv(ctx);
	struct address sender;

	if (session == NULL)
		return mail_reply(engine_needs(door.engine));
	milter_session_end(session);
	begin_message(session);
	address_parse(&sender, arguments[0]);
	idn_fold_address(&sender);
	session->sender_hash = sender.hash;
	milter_rules_mail(&session->rules, ctx, &sender, arguments);
	return mail_reply(session->asked);
}

/*
 * A connection that is older than the table in force may lack steps that its routes need now. The
 * MTA comes back on a new one.
 */
static bool lacks_steps(const struct milter_session *session, const struct view_route *route)
{
	bool is_sendmail = session->policy.envelope.mta == TABLE_SENDMAIL;

	if (route->action == ACTION_DISCARD && is_sendmail)
		return !session->asked.pools;
	if (route->action != ACTION_POOL)
		return false;
	return !session->asked.pools ||
	       (route->hash_on == HASH_ON_SENDER && !session->asked.sender);
}

static sfsistat has_changed(SMFICTX *ctx)
{
	return milter_replies_tempfail(
		ctx, "4.3.5", "Routing has changed, try again on a new connection");
}

static sfsistat take(SMFICTX *ctx, struct milter_session *session, const struct address *recipient,
	const struct view_route *route, char **arguments)
{
	const struct view_route *in_force = session->envelope.is_ruled ? &session->route : route;
	char id[MILTER_SESSION_ID_MAX];

	if (view_route_refuses(in_force) && session->envelope.is_ruled)
		milter_rules_settle(&session->rules, milter_session_id(ctx, id));
	if (view_route_refuses(in_force))
		return milter_replies_refuse(ctx, session, in_force, arguments[0]);
	if (lacks_steps(session, in_force))
		return has_changed(ctx);
	switch (milter_session_take(session, recipient, route, arguments)) {
	case MILTER_SESSION_SPLIT:
		return milter_replies_split(ctx, session, route, arguments[0]);
	case MILTER_SESSION_NO_MEMORY:
		return milter_replies_fault(ctx, door.engine, session, no_memory);
	default:
		return SMFIS_CONTINUE;
	}
}

static sfsistat on_recipient(SMFICTX *ctx, char **arguments)
{
	struct milter_session *session = smfi_getpriv(ctx);
	struct address recipient;
	struct view_route route;
	sfsistat status;

	if (session == NULL)
		return milter_replies_fault(ctx, door.engine, NULL, no_memory);
	begin_message(session);
	if (session->is_refused)
		return refuse_stopping(ctx);
	if (session->policy.envelope.mta == TABLE_SENDMAIL && token_is_in(arguments[0]))
		return milter_replies_forged(ctx, session, arguments[0]);
	address_parse(&recipient, arguments[0]);
	idn_fold_address(&recipient);
	engine_route(door.engine, &recipient, &route);
	if (session->has_no_memory)
		return milter_replies_fault(ctx, door.engine, session, no_memory);
	if (milter_rules_lack(&session->rules, session->asked))
		return has_changed(ctx);
	/* What a rule has decided holds, whatever the recipient's route says. */
	if (milter_rules_recipient(&session->rules, &recipient) >= 0 &&
		milter_session_rule(session) == -1)
		return milter_replies_fault(ctx, door.engine, session, milter_routing_gone);
	status = take(ctx, session, &recipient, &route, arguments);
	if (status != SMFIS_CONTINUE && !session->envelope.is_ruled)
		milter_rules_take_back(&session->rules);
	return status;
}

static sfsistat on_data(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct milter_session *session = smfi_getpriv(ctx);

	if (session == NULL)
		return SMFIS_NOREPLY;
	/* Where headers are not for changing, rules alone have asked for them. */
	if (session->asked.headers && strcasecmp(name, MILTER_ROUTING_HEADER) == 0)
		session->forged++;
	milter_rules_header(&session->rules, name, value);
	return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *octets, size_t length)
{
	struct milter_session *session = smfi_getpriv(ctx);

	(void)octets;
	if (session == NULL)
		return SMFIS_CONTINUE;
	if (milter_rules_body(&session->rules, length) || !session->can_skip)
		return SMFIS_CONTINUE;
	return SMFIS_SKIP;
}

/* ---- ends */

static sfsistat on_end_of_message(SMFICTX *ctx)
{
	struct milter_session *session = smfi_getpriv(ctx);

	if (session == NULL)
		return milter_replies_fault(ctx, door.engine, NULL, no_memory);
	begin_message(session);
	if (session->is_refused)
		return refuse_stopping(ctx);
	engine_count(door.engine, ENGINE_MESSAGES, 1);

	sfsistat status = milter_routing_end(ctx, session);

	milter_session_end(session);
	return status;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	struct milter_session *session = smfi_getpriv(ctx);

	if (session != NULL)
		milter_session_end(session);
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	milter_session_free(smfi_getpriv(ctx));
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

/* ---- life */

int milter_door_open(const struct milter_door_settings *settings, char *error, size_t size)
{
	struct smfiDesc description = {
		.xxfi_name = "nexthop-milter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR |
			      SMFIF_DELRCPT | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_recipient,
		.xxfi_header = on_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end_of_message,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};

	door.is_tcp = settings->is_tcp;
	if (smfi_register(description) == MI_FAILURE) {
		snprintf(error, size, "libmilter refuses to be registered with");
		return -1;
	}
	return milter_socket_open(settings->socket, settings->is_tcp, error, size);
}

static void *serve(void *unused)
{
	(void)unused;
	smfi_main();
	if (!atomic_load(&door.is_stopping))
		door.on_end();
	return NULL;
}

int milter_door_start(struct engine *engine, void (*on_end)(void), char *error, size_t size)
{
	pthread_t thread;

	door.engine = engine;
	door.on_end = on_end;

	int failure = pthread_create(&thread, NULL, serve, NULL);

	if (failure != 0) {
		snprintf(error, size, "cannot start a thread: %s", strerror(failure));
		return -1;
	}
	pthread_detach(thread);
	return 0;
}

void milter_door_drain(void)
{
	atomic_store(&door.is_stopping, true);
}
