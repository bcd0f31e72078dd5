/* routing_rules: the rules, fed with one message as it becomes known
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ROUTING_RULES_H
#define ENGINE_ROUTING_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/rules_run.h"
#include "engine/engine.h"
#include "engine/ruleset.h"
#include "text/charset.h"
#include "text/regex.h"

/*
 * A message goes by the rules that were in force when it began. Without rules nothing here costs
 * anything. What a header says is not kept: each is looked at as it comes.
 *
 * A message that somebody only asks about is told to a second run, too, which goes on where the first
 * one has decided: what is not said of it is open there. Nothing is counted or logged then.
 */

enum {
	ROUTING_RULES_DECIDE = 0, /* the run that decides, and stops */
	ROUTING_RULES_SHOW = 1,	  /* only of a message that is asked about */
	ROUTING_RULES_RUNS = 2,
};

struct routing_rules {
	/* Kept from one message to the next: */
	struct regex_scratch *scratch;
	struct charset_converter converters[ROUTING_RULES_RUNS];
	uint8_t *memory; /* for the runs, and for each one to go back to */
	size_t memory_size;
	char *text; /* a header, decoded */
	size_t text_room;
	/* Of the message: */
	struct ruleset *ruleset; /* held; NULL: there are no rules */
	bool is_asked;
	size_t room; /* of one run in the memory */
	struct rules_run runs[ROUTING_RULES_RUNS];
	struct rules_run before[ROUTING_RULES_RUNS]; /* before the recipient at hand */
	int decided;				     /* rules_run_decide() */
	int64_t size;				     /* octets so far */
	uint64_t sender_hash;
	bool is_size_known;
	bool can_take_back; /* `before` is it */
	bool is_settled;
};

/* Memory that is all zero is one without a message. Frees what RULES holds. */
void routing_rules_clear(struct routing_rules *rules);

/* Gives 0, or -1 without memory. IS_ASKED: nobody has such a message. */
int routing_rules_begin(struct routing_rules *rules, struct engine *engine, bool is_asked);
void routing_rules_end_message(struct routing_rules *rules);

/* True if they ask for steps, or by ruleset_macros() for macros, that the MTA was not asked for. */
bool routing_rules_lack(
	const struct routing_rules *rules, struct engine_needs asked, uint64_t macros);

/* ---- what is told; whatever is not told is not so when the message ends */

/* enum rules_needs; 0: nothing that could be told is looked at any more. */
unsigned routing_rules_needs(const struct routing_rules *rules);

/* ADDRESS may be NULL: it has none that is IP. */
void routing_rules_client(struct routing_rules *rules, const uint8_t address[NETWORK_OCTETS]);

/* As rules_run_text(). */
void routing_rules_text(struct routing_rules *rules, enum rules_fact fact, const char *text);
void routing_rules_tls_verified(struct routing_rules *rules, bool is_verified);

/* The minute of the week. */
void routing_rules_time(struct routing_rules *rules, int minute);
void routing_rules_now(struct routing_rules *rules);

void routing_rules_sender(struct routing_rules *rules, const struct address *sender);
void routing_rules_declared_size(struct routing_rules *rules, int64_t size);

/* The macros that are requested, one after the other; NULL: there are no more. */
const char *routing_rules_macro_name(const struct routing_rules *rules, uint32_t index);
void routing_rules_macro(struct routing_rules *rules, const char *name, const char *value);

/* Gives rules_run_decide(). */
int routing_rules_recipient(struct routing_rules *rules, const struct address *recipient);

/* The last recipient was refused: it is none of the message's. */
void routing_rules_take_back(struct routing_rules *rules);

void routing_rules_header(struct routing_rules *rules, const char *name, const char *value);

/* There are no other headers, of which the run that is shown would wait for. */
void routing_rules_no_more_headers(struct routing_rules *rules);

/* LENGTH more octets of the body. False: the rest of it is of no interest. */
bool routing_rules_body(struct routing_rules *rules, size_t length);

/* The message is complete; SIZE is what the MTA says, or -1. Gives rules_run_end(). */
int routing_rules_end(struct routing_rules *rules, int64_t size);

/* ---- what it has come to */

/*
 * Counts and logs the rules that hold, and those that were cut short by the budget, once for a
 * message. QUEUE_ID is for the log; "": unknown.
 */
void routing_rules_settle(struct routing_rules *rules, const char *queue_id);

#endif
