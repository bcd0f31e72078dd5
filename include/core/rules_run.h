/* rules_run: the rules, for one message, as its facts come in
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_RULES_RUN_H
#define CORE_RULES_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/rules.h"

/*
 * Whoever knows a fact tells it; each test about it is answered then, and never again. Until its fact
 * is known a test is open, and so is what depends on it: of a rule that may still hold nothing is
 * decided, nor of those after it.
 *
 * Once a rule has decided, or all are answered, what is told is not looked at any more. Shadow rules,
 * and those that go on, are not waited for: they may be open then, and stay so.
 *
 * A message has a budget for all that its texts are compared with (pattern.h). Spent, globs and
 * regular expressions count as no match, and values of headers are not looked at any more. Which
 * rules that concerns is known. An ordinary message is far from it: 40 headers of 2 kB, each compared
 * with 25 regular expressions, spend a tenth.
 */

enum {
	RULES_RUN_BUDGET = 30000000, /* about 0.1 s at the worst (bench/hostile) */
	RULES_RUN_UNCOUNTED = 16384,
};

enum rules_answer { RULES_OPEN = 0, RULES_NO = 1, RULES_YES = 2 };

enum { RULES_NONE = -1, RULES_UNDECIDED = -2 };

struct rules_run {
	const struct rules *rules;
	struct pattern_matcher matcher;
	struct pattern_budget budget;
	uint8_t *answers;   /* of each test, each rule, each tag (rules_run.c) */
	size_t first;	    /* the first rule that is not answered; those after it may be */
	size_t looked;	    /* how many rules the last rules_run_decide() went by */
	int decided;	    /* index of a rule, RULES_NONE or RULES_UNDECIDED */
	int64_t recipients; /* that it was told of */
};

/* How many octets of memory a run takes. */
size_t rules_run_room(const struct rules *rules);

/*
 * MEMORY is the caller's, of that size, and need not be zeroed. MATCHER is copied; NULL will do if
 * there are no regular expressions.
 */
void rules_run_begin(struct rules_run *run, const struct rules *rules,
	const struct pattern_matcher *matcher, uint8_t *memory);

/* The same, to go on by itself. MEMORY as for rules_run_begin(). */
void rules_run_copy(struct rules_run *to, const struct rules_run *from, uint8_t *memory);

/* Back to a copy that was made before; what was spent since stays spent. */
void rules_run_take_back(struct rules_run *run, const struct rules_run *before, uint8_t *memory);

/* ---- facts: recipients and headers one after the other, all others once */

void rules_run_sender(struct rules_run *run, const struct address *sender);
void rules_run_recipient(struct rules_run *run, const struct address *recipient);

/* NULL: it has no IP address. */
void rules_run_client(struct rules_run *run, const uint8_t address[NETWORK_OCTETS]);

/* RULES_CLIENT_NAME, _HELO, _AUTH_USER, _TLS, _LISTENER and _LISTENER_PORT. */
void rules_run_text(struct rules_run *run, enum rules_fact fact, const char *text);

void rules_run_tls_verified(struct rules_run *run, bool is_verified);

/* False if nothing that is open asks for a header: its value need not be decoded. */
bool rules_run_wants_header(const struct rules_run *run, size_t header);

/*
 * HEADER is its place (rules_find_header()); of one that no rule asks for nothing is looked at. The
 * value is unfolded and decoded.
 */
void rules_run_header(struct rules_run *run, size_t header, const char *value, size_t length);

void rules_run_size(struct rules_run *run, int64_t size);
void rules_run_macro(struct rules_run *run, const char *name, const char *value);

/* The minute of the week, as daytime_has() takes it. */
void rules_run_time(struct rules_run *run, int minute);

/* RULES_PERCENT: a hash of sender and first recipient. */
void rules_run_share(struct rules_run *run, uint64_t hash);

/*
 * Nothing more comes of that fact. What is open then is answered: every recipient was one of those
 * asked for, or they are fewer than asked for, if there was any; all else is not so.
 */
void rules_run_close(struct rules_run *run, enum rules_fact fact);

/* ---- what follows */

/*
 * The rule that decides, RULES_NONE if none does, or RULES_UNDECIDED. Shadow rules and those that go
 * on decide nothing.
 */
int rules_run_decide(struct rules_run *run);

/*
 * Nothing more comes at all: if no rule has decided yet, all facts are closed. Gives the rule that
 * decides, or RULES_NONE.
 */
int rules_run_end(struct rules_run *run);

/*
 * Whether the conditions of a rule hold. Of rules after the one that has decided it goes by what is
 * known: rules_run_decide() must have been called.
 */
enum rules_answer rules_run_rule(const struct rules_run *run, size_t rule);

/* True if the budget was spent before all that a rule asks for was looked at. */
bool rules_run_is_cut(const struct rules_run *run, size_t rule);

/*
 * The node that a rule fails by, or that leaves it open: the first such condition in an ALL. NULL if
 * it holds.
 */
const struct rules_node *rules_run_failed(const struct rules_run *run, size_t rule);

/* Of the rules before the one that decides, or before the one that is waited for. */
bool rules_run_has_tag(const struct rules_run *run, size_t tag);

#endif
