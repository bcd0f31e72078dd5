/* mbox: the messages of a mailbox that is one file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/mbox.h"
#include "core/span.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_MAX = 4096 };

struct mbox {
	mbox_take *take;
	void *context;
	struct message *message;
	char piece[PIECE_MAX]; /* of a line, up to its end if there is room */
	size_t length;
	bool is_inside;	     /* the piece does not begin a line */
	bool has_begun;	     /* a message has */
	bool is_one_message; /* no mailbox */
	size_t empty;	     /* octets of an empty line that is held back: 1 or 2 */
};

struct mbox *mbox_new(mbox_take *take, void *context)
{
	struct mbox *mbox = calloc(1, sizeof(*mbox));

	if (mbox == NULL) {
		fprintf(stderr, "milterctl: out of memory\n");
		exit(EXIT_FAILURE);
	}
	mbox->take = take;
	mbox->context = context;
	mbox->message = message_new();
	return mbox;
}

void mbox_free(struct mbox *mbox)
{
	if (mbox == NULL)
		return;
	message_free(mbox->message);
	free(mbox);
}

/* "From ADDRESS DATE": every date has a time, "08:30". */
static bool is_from_line(struct span line)
{
	if (!span_take(&line, "From "))
		return false;
	for (size_t i = 2; i + 2 < line.length; i++)
		if (line.at[i] == ':' && span_is_digit(line.at[i - 2]) &&
			span_is_digit(line.at[i - 1]) && span_is_digit(line.at[i + 1]) &&
			span_is_digit(line.at[i + 2]))
			return true;
	return false;
}

static int end_message(struct mbox *mbox)
{
	message_end(mbox->message);
	return mbox->take(mbox->context, mbox->message);
}

/* The first piece of a line, or a whole line. */
static int begin_line(struct mbox *mbox, struct span line)
{
	int result = 0;

	if (!mbox->has_begun) {
		mbox->is_one_message = !span_starts(line, "From ");
		mbox->has_begun = true;
		message_begin(mbox->message);
	} else if (mbox->empty > 0 && is_from_line(line)) {
		result = end_message(mbox);
		message_begin(mbox->message);
	} else if (mbox->empty > 0) {
		message_add(mbox->message, &"\r\n"[2 - mbox->empty], mbox -> empty);
	}
	mbox->empty = 0;
	return result;
}

static int take_piece(struct mbox *mbox)
{
	struct span piece = {mbox->piece, mbox->length};
	bool is_whole = piece.at[piece.length - 1] == '\n';
	int result = 0;

	if (!mbox->is_inside)
		result = begin_line(mbox, piece);
	if (!mbox->is_inside && !mbox->is_one_message &&
		(span_is(piece, "\n") || span_is(piece, "\r\n")))
		mbox->empty = piece.length;
	else
		message_add(mbox->message, piece.at, piece.length);
	mbox->is_inside = !is_whole;
	mbox->length = 0;
	return result;
}

int mbox_add(struct mbox *mbox, const char *octets, size_t length)
{
	int result = 0;

	while (length > 0 && result == 0) {
		const char *end = memchr(octets, '\n', length);
		size_t some = end == NULL ? length : (size_t)(end - octets) + 1;

		if (some > PIECE_MAX - mbox->length)
			some = PIECE_MAX - mbox->length;
		memcpy(mbox->piece + mbox->length, octets, some);
		mbox->length += some;
		octets += some;
		length -= some;
		if (mbox->length == PIECE_MAX || octets[-1] == '\n')
			result = take_piece(mbox);
	}
	return result;
}

int mbox_end(struct mbox *mbox)
{
	int result = 0;

	if (mbox->length > 0)
		result = take_piece(mbox);
	return result == 0 && mbox->has_begun ? end_message(mbox) : result;
}
