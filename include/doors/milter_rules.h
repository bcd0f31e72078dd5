/* milter_rules: the rules, told of one message as the MTA tells us of it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_RULES_H
#define DOORS_MILTER_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmilter/mfapi.h>

#include "core/address.h"
#include "core/rules_run.h"
#include "engine/engine.h"
#include "engine/ruleset.h"
#include "text/regex.h"

/*
 * A message goes by the rules that were in force when it began. Without rules nothing here costs
 * anything. What a header says is not kept: each is looked at as it comes.
 */

enum { MILTER_RULES_NAME_MAX = 256 };

struct milter_rules {
	/* Of the connection: */
	bool has_address;
	uint8_t address[NETWORK_OCTETS];
	char client_name[MILTER_RULES_NAME_MAX];
	char helo[MILTER_RULES_NAME_MAX];
	uint64_t macros; /* milter_macros_hash() of those that were asked for */
	struct regex_scratch *scratch;
	uint8_t *memory; /* for two runs */
	size_t room;
	char *text; /* a header, decoded */
	size_t text_room;
	/* Of the message: */
	struct ruleset *ruleset; /* held; NULL: there are no rules */
	struct rules_run run;
	struct rules_run before; /* before the recipient at hand */
	int decided;		 /* rules_run_decide() */
	int64_t size;		 /* octets so far */
	uint64_t sender_hash;
	bool is_size_known;
	bool can_take_back; /* `before` is it */
	bool is_settled;
};

/* Frees what RULES holds. */
void milter_rules_clear(struct milter_rules *rules);

/* ---- the connection */

/* ADDRESS may be NULL. */
void milter_rules_connect(
	struct milter_rules *rules, const char *name, const struct sockaddr *address);
void milter_rules_helo(struct milter_rules *rules, const char *name);

/* ---- the message */

/* Gives 0, or -1 without memory. */
int milter_rules_begin(struct milter_rules *rules, struct engine *engine);
void milter_rules_end_message(struct milter_rules *rules);

/* True if the connection lacks steps or macros that the rules ask for. */
bool milter_rules_lack(const struct milter_rules *rules, struct engine_needs asked);

/* ARGUMENTS is what libmilter gives to envfrom. */
void milter_rules_mail(struct milter_rules *rules, SMFICTX *ctx, const struct address *sender,
	char *const *arguments);

/* Gives rules_run_decide(). */
int milter_rules_recipient(struct milter_rules *rules, const struct address *recipient);

/* The last recipient was refused: it is none of the message's. */
void milter_rules_take_back(struct milter_rules *rules);

void milter_rules_header(struct milter_rules *rules, const char *name, const char *value);

/* LENGTH more octets of the body. False: the rest of it is of no interest. */
bool milter_rules_body(struct milter_rules *rules, size_t length);

/* The message is complete. Gives rules_run_end(). */
int milter_rules_end(struct milter_rules *rules, SMFICTX *ctx);

/* Counts and logs the rules that hold, once for a message. ID is for the log. */
void milter_rules_settle(struct milter_rules *rules, const char *id);

#endif
