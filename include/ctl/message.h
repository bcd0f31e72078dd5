/* message: the headers of a message, its size, and whom it is from and for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_MESSAGE_H
#define CTL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/span.h"
#include "ctl/address_list.h"

/*
 * Octets come in any pieces and may be any; the body is counted, not kept. Lines end with LF or
 * CRLF; the mark of UTF-8 (BOM) in front is passed over. As in Postfix the first line that is no
 * header ends the headers, and "From " lines in front of them are no part of the message.
 *
 * Limits: what a mailbox has in front of a "From " in the body, ">", is counted.
 */

/* Percent-encoded they are three times as long: the daemon accepts a form of 4 MB. */
enum { MESSAGE_HEADERS_MAX = 1024 * 1024 };

struct message;

/* Without memory the process ends with a message. */
struct message *message_new(void);
void message_free(struct message *message);

/* The next one, in the place of the one before. */
void message_begin(struct message *message);
void message_add(struct message *message, const char *octets, size_t length);
void message_end(struct message *message);

/* ---- what there is then */

/* Its headers are longer than MESSAGE_HEADERS_MAX: they are not all there. */
bool message_is_too_large(const struct message *message);

/*
 * The next header, "Name: value" with its folds, without the end of its last line. *AT is 0 for the
 * first. False: there is none.
 */
bool message_next(const struct message *message, size_t *at, struct span *header);

/* As it would travel: each line with CRLF. */
int64_t message_size(const struct message *message);

/*
 * By the first Return-Path, or the mailbox's "From " line; "" for none (a bounce). NULL: they do not
 * say it.
 */
const char *message_sender(const struct message *message);

/*
 * Adds the recipients: the addresses of the first X-Original-To, else Delivered-To, else
 * Envelope-To, that has any; else those of all To and Cc.
 */
void message_recipients(const struct message *message, struct address_list *list);

#endif
