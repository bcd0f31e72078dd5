/* attempt_record: what was chosen for a message, and what the log has said of it since
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_ATTEMPT_RECORD_H
#define CORE_ATTEMPT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/blame.h"
#include "core/observation.h"

/*
 * For people who ask what has become of a message: nothing is judged by it. Each attempt (attempt.h)
 * has one, of fixed size: the last ATTEMPT_RECORD_ENTRIES things that were said. The same thing said
 * again, as of each recipient, is one entry with a count.
 */

enum {
	ATTEMPT_RECORD_ENTRIES = 8,
	ATTEMPT_RECORD_TEXT_MAX = 100,
	ATTEMPT_RECORD_NAME_MAX = 40,
	ATTEMPT_RECORD_RULE_MAX = 40,
	ATTEMPT_RECORD_SOURCE_MAX = 88,
};

/* The enums as octets, for there are many. */
struct attempt_record_entry {
	int64_t at;
	uint32_t host;	     /* or ATTEMPT_STRANGER */
	uint8_t stage;	     /* enum observation_stage */
	uint8_t outcome;     /* enum observation_outcome */
	uint8_t class;	     /* enum blame_class, after all that is known by now */
	uint8_t reason;	     /* enum health_reason */
	uint8_t turn;	     /* of the queue manager: `tries` then */
	uint8_t lines;	     /* so many have said it; 255: or more */
	uint8_t name_length; /* of a stranger's name, in front of the text */
	bool is_lost;	     /* a later host has taken what this one has refused */
	char text[ATTEMPT_RECORD_TEXT_MAX];
};

struct attempt_record {
	int64_t left;  /* when it left the queue; 0: it has not, or nobody said so */
	uint8_t tries; /* so often the queue manager took it up; 255: or more */
	uint8_t count;
	uint8_t dropped;			/* entries that had no room; 255: or more */
	char rule[ATTEMPT_RECORD_RULE_MAX];	/* that decided; "": a route, or not known */
	char source[ATTEMPT_RECORD_SOURCE_MAX]; /* "FILE:LINE" of it, or its end; "": not known */
	struct attempt_record_entry entries[ATTEMPT_RECORD_ENTRIES]; /* oldest first */
};

/*
 * The last result: in the last try of which there is one. What was put off there is still to be
 * delivered, whatever became of other recipients. A stranger's is of a recipient that needs no list, if
 * the hosts of the list have said something. NULL: none.
 */
const struct attempt_record_entry *attempt_record_result(const struct attempt_record *record);

/*
 * The result by which it was put off, if it waits for the next run of the queue and is in no new try
 * (IS_OPEN: attempt.h); or NULL.
 */
const struct attempt_record_entry *attempt_record_put_off(
	const struct attempt_record *record, bool is_open);

/* What is to be entered. */
struct attempt_record_said {
	int64_t at;
	uint32_t host;
	const char *name; /* of a stranger; "" else */
	enum observation_stage stage;
	enum observation_outcome outcome;
	struct blame blame;
	const char *text;
	bool is_repeat; /* another line has said it already: only the outcome is new */
};

/* A list was chosen. RULE, SOURCE: NULL if not known. */
void attempt_record_begin(struct attempt_record *record, const char *rule, const char *source);

/* The queue manager has taken it up. */
void attempt_record_try(struct attempt_record *record);

void attempt_record_add(struct attempt_record *record, const struct attempt_record_said *said);

/* WORD stands in the log, with the result SEEN; NULL: in a line that tells none. */
struct attempt_word;
void attempt_record_word(struct attempt_record *record, const struct attempt_word *word,
	struct blame blame, const struct observation *seen);

/* What somebody says who is in no list of the message. */
void attempt_record_stranger(struct attempt_record *record, const struct observation *seen);

/* That host has lost the comparison: BLAME is its verdict, of what it was heard to say in this try. */
void attempt_record_lose(struct attempt_record *record, uint32_t host, struct blame blame);

#endif
