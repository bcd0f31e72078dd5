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

enum {
	PIECE_MAX = 4096,
	HELD_MAX = 512,
};

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
	char held[HELD_MAX]; /* a line after it that begins a message if the next one is a header */
	size_t held_length;
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

static bool is_word(struct span text, const char *words)
{
	for (; *words != '\0'; words += 3)
		if (text.length >= 3 && memcmp(text.at, words, 3) == 0)
			return true;
	return false;
}

/* "From ADDRESS" alone, or with a date that has no time: text may begin like that, too. */
static bool may_be_from_line(struct span line)
{
	struct span address;

	while (line.length > 0 && (unsigned char)line.at[line.length - 1] <= ' ')
		line.length--;
	if (!span_take(&line, "From ") || line.length == 0)
		return false;
	if (!span_take_until(&line, " ", &address))
		return true;
	while (span_take(&line, " "))
		;
	return span_is_digit(*line.at) ||
	       is_word(line, "MonTueWedThuFriSatSunJanFebMarAprMayJunJulAugSepOctNovDec");
}

/* "Name: value" */
static bool is_header(struct span line)
{
	size_t i = 0;

	while (i < line.length && line.at[i] > ' ' && line.at[i] < 0x7f && line.at[i] != ':')
		i++;
	return i > 0 && i < line.length && line.at[i] == ':';
}

static void add_empty(struct mbox *mbox)
{
	if (mbox->empty > 0)
		message_add(mbox->message, &"\r\n"[2 - mbox->empty], mbox -> empty);
	mbox->empty = 0;
}

static int end_message(struct mbox *mbox)
{
	message_end(mbox->message);
	return mbox->take(mbox->context, mbox->message);
}

/* The message at hand is whole; the next one has begun. */
static int turn_over(struct mbox *mbox)
{
	int result = end_message(mbox);

	mbox->empty = 0;
	message_begin(mbox->message);
	return result;
}

/* What the line that is held back was is seen by the next one, or by the end: then that is empty. */
static int release(struct mbox *mbox, struct span next)
{
	int result = 0;

	if (mbox->held_length == 0)
		return 0;
	if (is_header(next))
		result = turn_over(mbox);
	add_empty(mbox);
	message_add(mbox->message, mbox->held, mbox->held_length);
	mbox->held_length = 0;
	return result;
}

static void begin(struct mbox *mbox, struct span line)
{
	span_take(&line, "\xef\xbb\xbf");
	mbox->is_one_message = !span_starts(line, "From ");
	mbox->has_begun = true;
	message_begin(mbox->message);
}

/* The first piece of a line, or a whole line. */
static int take_line(struct mbox *mbox, struct span line)
{
	int result = release(mbox, line);

	if (result != 0)
		return result;
	if (!mbox->has_begun) {
		begin(mbox, line);
	} else if (!mbox->is_one_message && (span_is(line, "\n") || span_is(line, "\r\n"))) {
		add_empty(mbox);
		mbox->empty = line.length;
		return 0;
	} else if (mbox->empty > 0 && is_from_line(line)) {
		result = turn_over(mbox);
	} else if (mbox->empty > 0 && line.length <= HELD_MAX && may_be_from_line(line)) {
		memcpy(mbox->held, line.at, line.length);
		mbox->held_length = line.length;
		return 0;
	}
	add_empty(mbox);
	message_add(mbox->message, line.at, line.length);
	return result;
}

static int take_piece(struct mbox *mbox)
{
	struct span piece = {mbox->piece, mbox->length};
	int result = 0;

	if (mbox->is_inside)
		message_add(mbox->message, piece.at, piece.length);
	else
		result = take_line(mbox, piece);
	mbox->is_inside = piece.at[piece.length - 1] != '\n';
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
	if (result == 0)
		result = release(mbox, span_make("", 0));
	return result == 0 && mbox->has_begun ? end_message(mbox) : result;
}
