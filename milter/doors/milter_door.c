/* milter_door: the MTA's messages, by libmilter
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_door.h"
#include "doors/milter_negotiation.h"
#include "doors/milter_replies.h"
#include "doors/milter_routing.h"
#include "doors/milter_session.h"
#include "doors/milter_socket.h"
#include "engine/clock.h"
#include "engine/engine_metrics.h"
#include "text/idn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

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

/* ---- the connection */

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
	unsigned long unused2, unsigned long unused3, unsigned long *wanted_actions,
	unsigned long *wanted_steps, unsigned long *wanted2, unsigned long *wanted3)
{
	const struct milter_negotiation offered = {.actions = actions, .steps = steps};
	struct milter_negotiation wanted;
	struct milter_session *session;

	(void)unused2;
	(void)unused3;
	if (milter_negotiation_ask(ctx, door.engine, door.is_tcp, offered, &wanted, &session) == -1)
		return SMFIS_REJECT;
	/* Without a session each recipient is a fault. */
	smfi_setpriv(ctx, session);
	*wanted_actions = wanted.actions;
	*wanted_steps = wanted.steps;
	*wanted2 = 0;
	*wanted3 = 0;
	return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	struct milter_session *session = smfi_getpriv(ctx);

	if (session != NULL)
		milter_facts_connect(&session->facts, name, address);
	return SMFIS_NOREPLY;
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	struct milter_session *session = smfi_getpriv(ctx);

	if (session != NULL)
		milter_facts_helo(&session->facts, name);
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
	routing_sender(&session->routing, &sender);
	milter_facts_mail(&session->routing.rules, ctx, arguments);
	return mail_reply(session->routing.asked);
}

static sfsistat on_recipient(SMFICTX *ctx, char **arguments)
{
	struct milter_session *session = smfi_getpriv(ctx);
	struct routing_answer answer;
	const char *id;

	if (session == NULL)
		return milter_replies_fault(ctx, door.engine, NULL, no_memory);
	begin_message(session);
	if (session->is_refused)
		return refuse_stopping(ctx);
	id = smfi_getsymval(ctx, "i");
	routing_recipient(&session->routing, arguments, id == NULL ? "" : id, &answer);
	return milter_replies_recipient(ctx, session, &answer, arguments[0]);
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
	routing_rules_header(&session->routing.rules, name, value);
	return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *octets, size_t length)
{
	struct milter_session *session = smfi_getpriv(ctx);

	(void)octets;
	if (session == NULL)
		return SMFIS_CONTINUE;
	if (routing_rules_body(&session->routing.rules, length) || !session->can_skip)
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

	int64_t begun = clock_steady_us();
	sfsistat status = milter_routing_end(ctx, session);

	engine_metrics_decided(door.engine, clock_steady_us() - begun);
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
