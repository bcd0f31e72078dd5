/* milter_negotiation: what is requested of the MTA, in libmilter's words
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_negotiation.h"
#include "engine/log.h"
#include "engine/negotiation.h"

/* The changes to a message that the table in force takes. */
static unsigned long changes(struct engine_needs needs)
{
	if (needs.headers)
		return SMFIF_ADDHDRS | SMFIF_CHGHDRS;
	return needs.pools ? SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT : 0;
}

/* What is left out, and what gets no reply. */
static unsigned long protocol(bool is_tcp, struct engine_needs needs)
{
	static const struct {
		enum negotiation_step step;
		unsigned long with;
		unsigned long without;
	} rows[] = {
		{NEGOTIATION_CONNECT, SMFIP_NR_CONN, SMFIP_NOCONNECT},
		{NEGOTIATION_HELO, SMFIP_NR_HELO, SMFIP_NOHELO},
		{NEGOTIATION_MAIL, 0, SMFIP_NOMAIL},
		{NEGOTIATION_DATA, 0, SMFIP_NODATA},
		{NEGOTIATION_HEADER, 0, SMFIP_NOHDRS},
		{NEGOTIATION_BODY, SMFIP_SKIP, SMFIP_NOBODY},
	};
	unsigned long flags = SMFIP_NOUNKNOWN | SMFIP_NOEOH | SMFIP_NR_HDR;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		flags |= negotiation_has_step(rows[i].step, is_tcp, needs) ? rows[i].with
									   : rows[i].without;
	return needs.aborts ? flags : flags | SMFIP_NR_MAIL;
}

static void ask_for_macros_at(SMFICTX *ctx, int stage, enum negotiation_step step,
	struct engine_needs needs, const struct rules *rules)
{
	char list[ENGINE_MACROS_MAX];

	smfi_setsymlist(ctx, stage, negotiation_macros(list, step, needs, rules));
}

static void ask_for_macros(SMFICTX *ctx, struct engine_needs needs, const struct rules *rules)
{
	if (negotiation_has_step(NEGOTIATION_MAIL, false, needs))
		ask_for_macros_at(ctx, SMFIM_ENVFROM, NEGOTIATION_MAIL, needs, rules);
	ask_for_macros_at(ctx, SMFIM_ENVRCPT, NEGOTIATION_RCPT, needs, rules);
	ask_for_macros_at(ctx, SMFIM_EOM, NEGOTIATION_END, needs, rules);
	if (negotiation_needs_header_end(needs))
		ask_for_macros_at(ctx, SMFIM_EOH, NEGOTIATION_RCPT, needs, rules);
}

int milter_negotiation_ask(SMFICTX *ctx, struct engine *engine, bool is_tcp,
	struct milter_negotiation offered, struct milter_negotiation *wanted,
	struct milter_session **session)
{
	struct engine_needs needs = engine_needs(engine);
	bool has_macros = (offered.actions & SMFIF_SETSYMLIST) != 0;
	struct ruleset *ruleset;

	wanted->actions = changes(needs);
	if ((offered.actions & wanted->actions) != wanted->actions) {
		log_error("the MTA does not let a milter add and change %s",
			needs.headers ? "headers" : "recipients with their parameters");
		return -1;
	}
	if (!has_macros)
		needs = negotiation_without_macros(needs);
	ruleset = engine_rules(engine);
	if (has_macros) {
		wanted->actions |= SMFIF_SETSYMLIST;
		ask_for_macros(ctx, needs, ruleset == NULL ? NULL : ruleset_rules(ruleset));
	}
	wanted->steps = protocol(is_tcp, needs) & offered.steps;
	*session = milter_session_new(engine, needs);
	if (*session != NULL) {
		(*session)->routing.asked_macros = ruleset == NULL ? 0 : ruleset_macros(ruleset);
		(*session)->can_skip = (wanted->steps & SMFIP_SKIP) != 0;
	}
	ruleset_drop(ruleset);
	return 0;
}
