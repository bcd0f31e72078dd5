/* routing_recipients: the recipients of a message, until its end says what becomes of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ROUTING_RECIPIENTS_H
#define ENGINE_ROUTING_RECIPIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "engine/view.h"

/*
 * An MTA may send thousands of recipients, most messages have one: so this is the one thing of a
 * session that grows. What one message has made it is used again by the next on that connection.
 */

struct routing_recipient {
	uint64_t hash; /* of the address */
	enum action action;
	bool is_by_hash;  /* ACTION_POOL: the pool chooses by the recipient */
	bool is_done;	  /* scratch, for who goes through them by pool */
	uint64_t pool;	  /* ACTION_POOL: its key */
	size_t text;	  /* where the address, as the MTA gave it, stands in the text */
	size_t arguments; /* where its ESMTP parameters stand, parted by spaces */
	size_t source;	  /* where "FILE:LINE" of its route stands; several may share it */
};

struct routing_recipients {
	struct routing_recipient *list;
	size_t count;
	size_t room;
	char *text;
	size_t text_used;
	size_t text_room;
};

/* Forgets the recipients; the memory stays. */
void routing_recipients_forget(struct routing_recipients *recipients);

/*
 * Appends one. ARGUMENTS is what libmilter gives to envrcpt, the address first. Gives 0, or -1
 * without memory; the list is unaltered then.
 */
int routing_recipients_add(struct routing_recipients *recipients, const struct address *address,
	const struct view_route *route, char **arguments);

/* All go by that route now. */
void routing_recipients_set(struct routing_recipients *recipients, const struct view_route *route);

/* Takes the last one off again, if there is one. */
void routing_recipients_drop(struct routing_recipients *recipients);

const char *routing_recipients_text(
	const struct routing_recipients *recipients, const struct routing_recipient *recipient);

/* NULL if it has none. */
const char *routing_recipients_arguments(
	const struct routing_recipients *recipients, const struct routing_recipient *recipient);

/* "FILE:LINE" of its own route. */
const char *routing_recipients_source(
	const struct routing_recipients *recipients, const struct routing_recipient *recipient);

/* Frees what RECIPIENTS holds. */
void routing_recipients_clear(struct routing_recipients *recipients);

#endif
