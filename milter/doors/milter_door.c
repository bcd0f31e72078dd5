/* milter_door: the MTA's messages, by libmilter
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_door.h"
#include "core/printable.h"
#include "doors/milter_socket.h"
#include "doors/milter_steps.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "text/idn.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libmilter/mfapi.h>

enum {
	FAULT_INTERVAL_MS = 10000,
	QUEUE_ID_MAX = 64,
};

/* One connection of the MTA, and the message on it. */
struct session {
	struct engine_needs asked; /* what was in force when the steps were negotiated */
	/* The message: */
	bool in_message;
	bool is_refused; /* it began while we were stopping */
	bool has_failed; /* a fault of ours, with on_error = "accept" */
	bool is_mixed;
	int recipients;		 /* accepted */
	int forged;		 /* headers of our name that the client sent */
	uint64_t recipient_hash; /* of the first */
	uint64_t sender_hash;
	struct view_route route; /* of the first */
	struct view_route other; /* the first that differs, if mixed */
};

static struct {
	struct engine *engine;
	bool is_tcp;
	void (*on_end)(void);
	atomic_int on_error;
	atomic_bool is_stopping;
	struct log_limit fault_limit;
} door;

static const char *queue_id(SMFICTX *ctx, char out[QUEUE_ID_MAX])
{
	const char *id = smfi_getsymval(ctx, "i");

	return printable_copy(out, QUEUE_ID_MAX, id == NULL ? "NOQUEUE" : id);
}

/* ---- when something is wrong with us */

static sfsistat tempfail(SMFICTX *ctx, char *enhanced, char *text)
{
	/* Without a reply of ours the MTA says one of its own. */
	if (smfi_setreply(ctx, "451", enhanced, text) == MI_FAILURE)
		log_debug("cannot set the reply");
	return SMFIS_TEMPFAIL;
}

/* The one place that decides what a fault of our own does to a message. */
static sfsistat fault(SMFICTX *ctx, struct session *session, const char *what)
{
	char id[QUEUE_ID_MAX];
	unsigned suppressed;
	bool accepts = atomic_load(&door.on_error) == MILTER_ACCEPT;

	engine_count(door.engine, ENGINE_FAULTS, 1);
	if (log_may_repeat(&door.fault_limit, clock_now(), FAULT_INTERVAL_MS, &suppressed))
		log_error("%s: fault=\"%s\" on_error=%s suppressed=%u", queue_id(ctx, id), what,
			accepts ? "accept" : "tempfail", suppressed);
	if (!accepts)
		return tempfail(ctx, "4.3.0", "Cannot route this message now, try again later");
	if (session != NULL)
		session->has_failed = true;
	return SMFIS_CONTINUE;
}

/* ---- messages on a connection */

static void begin_message(struct session *session)
{
	if (session->in_message)
		return;
	session->in_message = true;
	session->is_refused = atomic_load(&door.is_stopping);
	session->has_failed = false;
	session->is_mixed = false;
	session->recipients = 0;
	session->forged = 0;
	session->recipient_hash = 0;
	session->sender_hash = 0;
	if (!session->is_refused)
		engine_count(door.engine, ENGINE_IN_FLIGHT, 1);
}

static void end_message(struct session *session)
{
	if (session->in_message && !session->is_refused)
		engine_count(door.engine, ENGINE_IN_FLIGHT, -1);
	session->in_message = false;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
	unsigned long unused2, unsigned long unused3, unsigned long *wanted_actions,
	unsigned long *wanted_steps, unsigned long *wanted2, unsigned long *wanted3)
{
	struct session *session = calloc(1, sizeof(*session));
	struct engine_needs needs = engine_needs(door.engine);
	unsigned long wanted = needs.pools ? SMFIF_ADDHDRS | SMFIF_CHGHDRS : 0;

	(void)unused2;
	(void)unused3;
	if ((actions & wanted) != wanted) {
		log_error("the MTA does not let a milter add and change headers");
		free(session);
		return SMFIS_REJECT;
	}
	/* Without a session each recipient is a fault. */
	if (session != NULL) {
		session->asked = needs;
		engine_count(door.engine, ENGINE_SESSIONS, 1);
	}
	smfi_setpriv(ctx, session);
	if ((actions & SMFIF_SETSYMLIST) != 0) {
		wanted |= SMFIF_SETSYMLIST;
		if (needs.sender)
			smfi_setsymlist(ctx, SMFIM_ENVFROM, "i");
		smfi_setsymlist(ctx, SMFIM_ENVRCPT, "i");
		smfi_setsymlist(ctx, SMFIM_EOM, "i");
	}
	*wanted_actions = wanted;
	*wanted_steps = milter_steps_protocol(door.is_tcp, needs) & steps;
	*wanted2 = 0;
	*wanted3 = 0;
	return SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
	struct session *session = smfi_getpriv(ctx);
	struct address sender;

	if (session == NULL)
		return SMFIS_NOREPLY;
	end_message(session);
	begin_message(session);
	address_parse(&sender, arguments[0]);
	idn_fold_address(&sender);
	session->sender_hash = sender.hash;
	return SMFIS_NOREPLY;
}

/* ---- recipients */

/* "dns" and no route at all are the same to the MTA. */
static bool same_decision(const struct view_route *a, const struct view_route *b)
{
	enum action x = a->action == ACTION_NONE ? ACTION_DNS : a->action;
	enum action y = b->action == ACTION_NONE ? ACTION_DNS : b->action;

	return x == y && (x != ACTION_POOL || a->pool == b->pool);
}

static sfsistat refuse(SMFICTX *ctx, const struct view_route *route, const char *recipient)
{
	char id[QUEUE_ID_MAX];
	char shown[ADDRESS_MAX + 1];
	char text[2 * VIEW_REPLY_MAX];
	char code[sizeof(route->code)];
	char enhanced[sizeof(route->enhanced)];
	bool is_reject = route->action == ACTION_REJECT;
	size_t used = 0;

	/* Sendmail formats the text, Postfix does as if: "%%" is a "%" to both. */
	for (const char *p = route->text; *p != '\0'; p++) {
		text[used++] = *p;
		if (*p == '%')
			text[used++] = '%';
	}
	text[used] = '\0';
	memcpy(code, route->code, sizeof(code));
	memcpy(enhanced, route->enhanced, sizeof(enhanced));
	if (smfi_setreply(ctx, code, enhanced, text) == MI_FAILURE)
		log_warning("%s: cannot set the reply \"%s %s %s\"", route->source, code, enhanced,
			route->text);
	engine_count(door.engine,
		is_reject	    ? ENGINE_RCPT_REJECTED
		: route->is_put_off ? ENGINE_PUT_OFF
				    : ENGINE_RCPT_DEFERRED,
		1);
	log_debug("%s: to=%s action=%s match=%s source=%s reply=\"%s %s %s\"", queue_id(ctx, id),
		printable_copy(shown, sizeof(shown), recipient), table_action_name(route->action),
		route->match, route->source, route->code, route->enhanced, route->text);
	return is_reject ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

/*
 * A connection that is older than the table in force may lack steps that its routes need now. The
 * MTA comes back on a new one.
 */
static bool lacks_steps(const struct session *session, const struct view_route *route)
{
	if (route->action != ACTION_POOL)
		return false;
	return !session->asked.pools ||
	       (route->hash_on == HASH_ON_SENDER && !session->asked.sender);
}

static sfsistat on_recipient(SMFICTX *ctx, char **arguments)
{
	struct session *session = smfi_getpriv(ctx);
	struct address recipient;
	struct view_route route;

	if (session == NULL)
		return fault(ctx, NULL, "out of memory");
	begin_message(session);
	if (session->is_refused)
		return tempfail(ctx, "4.3.2", "The routing service is stopping, try again later");
	address_parse(&recipient, arguments[0]);
	idn_fold_address(&recipient);
	engine_route(door.engine, &recipient, &route);
	if (route.action == ACTION_REJECT || route.action == ACTION_DEFER || route.is_put_off)
		return refuse(ctx, &route, arguments[0]);
	if (lacks_steps(session, &route))
		return tempfail(ctx, "4.3.5", "Routing has changed, try again on a new connection");
	if (session->recipients++ == 0) {
		session->route = route;
		session->recipient_hash = recipient.hash;
	} else if (!session->is_mixed && !same_decision(&session->route, &route)) {
		session->is_mixed = true;
		session->other = route;
	}
	return SMFIS_CONTINUE;
}

static sfsistat on_data(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *session = smfi_getpriv(ctx);

	(void)value;
	if (session != NULL && strcasecmp(name, MILTER_DOOR_HEADER) == 0)
		session->forged++;
	return SMFIS_NOREPLY;
}

/* ---- end of message */

/* Headers of our name from the client are never acted on, but they are not to be passed on. */
static int delete_forged(SMFICTX *ctx, struct session *session)
{
	for (; session->forged > 0; session->forged--)
		if (smfi_chgheader(ctx, MILTER_DOOR_HEADER, session->forged, NULL) == MI_FAILURE)
			return -1;
	return 0;
}

static sfsistat send_to_pool(SMFICTX *ctx, struct session *session)
{
	const struct view_route *route = &session->route;
	struct engine_choice choice;
	const char *macro = smfi_getsymval(ctx, "i");
	char id[QUEUE_ID_MAX];
	const struct engine_message message = {
		.pool = route->pool,
		.recipient_hash = session->recipient_hash,
		.sender_hash = session->sender_hash,
		.queue_id = macro == NULL ? "" : macro,
	};

	if (engine_choose(door.engine, &message, &choice) == -1)
		return fault(ctx, session, "the pool has left the configuration");
	if (smfi_addheader(ctx, MILTER_DOOR_HEADER, choice.nexthop) == MI_FAILURE ||
		smfi_chgheader(ctx, MILTER_DOOR_HEADER, 1, NULL) == MI_FAILURE)
		return fault(ctx, session, "cannot add and delete the header");
	engine_count(door.engine, ENGINE_ROUTED, 1);
	log_debug("%s: pool=%s match=%s source=%s recipients=%d nexthop=%s", queue_id(ctx, id),
		choice.pool, route->match, route->source, session->recipients, choice.nexthop);
	return SMFIS_CONTINUE;
}

static const char *pool_or_action(const struct view_route *route)
{
	return route->action == ACTION_POOL ? route->pool_name : table_action_name(route->action);
}

static sfsistat leave_mixed(SMFICTX *ctx, const struct session *session)
{
	const struct view_route *first = &session->route;
	const struct view_route *other = &session->other;
	char id[QUEUE_ID_MAX];

	engine_count(door.engine, ENGINE_MIXED, 1);
	log_info("%s: mixed recipients=%d first=%s (%s) other=%s (%s): left to the MTA's routing",
		queue_id(ctx, id), session->recipients, pool_or_action(first),
		first->source[0] == '\0' ? "no route" : first->source, pool_or_action(other),
		other->source[0] == '\0' ? "no route" : other->source);
	return SMFIS_CONTINUE;
}

static sfsistat leave_unrouted(SMFICTX *ctx, const struct session *session)
{
	char id[QUEUE_ID_MAX];

	engine_count(door.engine, ENGINE_UNROUTED, 1);
	log_debug("%s: action=%s match=%s source=%s recipients=%d", queue_id(ctx, id),
		table_action_name(session->route.action), session->route.match,
		session->route.source, session->recipients);
	return SMFIS_CONTINUE;
}

static sfsistat discard(SMFICTX *ctx, const struct session *session)
{
	char id[QUEUE_ID_MAX];

	engine_count(door.engine, ENGINE_DISCARDED, 1);
	log_debug("%s: action=discard match=%s source=%s recipients=%d", queue_id(ctx, id),
		session->route.match, session->route.source, session->recipients);
	return SMFIS_DISCARD;
}

static sfsistat decide(SMFICTX *ctx, struct session *session)
{
	if (delete_forged(ctx, session) == -1)
		return fault(ctx, session, "cannot delete a header");
	if (session->has_failed)
		return SMFIS_CONTINUE;
	if (session->is_mixed)
		return leave_mixed(ctx, session);
	switch (session->recipients == 0 ? ACTION_NONE : session->route.action) {
	case ACTION_POOL:
		return send_to_pool(ctx, session);
	case ACTION_DISCARD:
		return discard(ctx, session);
	default:
		return leave_unrouted(ctx, session);
	}
}

static sfsistat on_end_of_message(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (session == NULL)
		return fault(ctx, NULL, "out of memory");
	begin_message(session);
	if (session->is_refused)
		return tempfail(ctx, "4.3.2", "The routing service is stopping, try again later");
	engine_count(door.engine, ENGINE_MESSAGES, 1);

	sfsistat status = decide(ctx, session);

	end_message(session);
	return status;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (session != NULL)
		end_message(session);
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (session == NULL)
		return SMFIS_CONTINUE;
	end_message(session);
	engine_count(door.engine, ENGINE_SESSIONS, -1);
	free(session);
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

/* ---- life */

int milter_door_open(const struct milter_door_settings *settings, char *error, size_t size)
{
	struct smfiDesc description = {
		.xxfi_name = "nexthop-milter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_SETSYMLIST,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_recipient,
		.xxfi_header = on_header,
		.xxfi_eom = on_end_of_message,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};

	door.is_tcp = settings->is_tcp;
	milter_door_set_on_error(settings->on_error);
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

void milter_door_set_on_error(enum milter_on_error on_error)
{
	atomic_store(&door.on_error, (int)on_error);
}

void milter_door_drain(void)
{
	atomic_store(&door.is_stopping, true);
}
