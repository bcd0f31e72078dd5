/* milter_recipients: the recipients of a message, until its end says what becomes of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MILTER_RECIPIENTS_H
#define DOORS_MILTER_RECIPIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "engine/view.h"

/*
 * An MTA may send thousands of recipients, most messages have one: so this is the one thing of a
 * session that grows. What one message has made it is used again by the next on that connection.
 */

struct milter_recipient {
	uint64_t hash; /* of the address */
	enum action action;
	bool is_by_hash;  /* ACTION_POOL: the pool chooses by the recipient */
	bool is_done;	  /* scratch, for who goes through them by pool */
	size_t pool;	  /* ACTION_POOL: its slot */
	size_t text;	  /* where the address, as the MTA gave it, stands in the text */
	size_t arguments; /* where its ESMTP parameters stand, parted by spaces */
};

struct milter_recipients {
	struct milter_recipient *list;
	size_t count;
	size_t room;
	char *text;
	size_t text_used;
	size_t text_room;
};

/* Forgets the recipients; the memory stays. */
void milter_recipients_forget(struct milter_recipients *recipients);

/*
 * Appends one. ARGUMENTS is what libmilter gives to envrcpt, the address first. Gives 0, or -1
 * without memory; the list is unaltered then.
 */
int milter_recipients_add(struct milter_recipients *recipients, const struct address *address,
	const struct view_route *route, char **arguments);

/* All go by that route now. */
void milter_recipients_set(struct milter_recipients *recipients, const struct view_route *route);

/* Takes the last one off again, if there is one. */
void milter_recipients_drop(struct milter_recipients *recipients);

const char *milter_recipients_text(
	const struct milter_recipients *recipients, const struct milter_recipient *recipient);

/* NULL if it has none. */
const char *milter_recipients_arguments(
	const struct milter_recipients *recipients, const struct milter_recipient *recipient);

/* Frees what RECIPIENTS holds. */
void milter_recipients_clear(struct milter_recipients *recipients);

#endif
