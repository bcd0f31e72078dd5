/* mbox: the messages of a mailbox that is one file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_MBOX_H
#define CTL_MBOX_H

#include <stddef.h>

#include "ctl/message.h"

/*
 * RFC 4155, and its kin: a message begins with a line "From ADDRESS DATE" at the beginning or after
 * an empty line, which is no part of the message before it. Behind an empty line a date needs its
 * time; "From ADDRESS" alone ("From - "), or with a date without one, begins a message if a header
 * comes next. Octets that do not begin with "From " are one message.
 *
 * Limits: where "From " in a body is not quoted and the length is in a header instead (mboxcl2), a
 * line there that has a time in it is taken for the beginning of a message.
 */

struct mbox;

/* What is done with each message, which is gone afterwards. Other than 0: that was the last. */
typedef int mbox_take(void *context, const struct message *message);

/* Without memory the process ends with a message. */
struct mbox *mbox_new(mbox_take *take, void *context);
void mbox_free(struct mbox *mbox);

/* Octets come in any pieces. Both give 0, or what TAKE has given to end it. */
int mbox_add(struct mbox *mbox, const char *octets, size_t length);
int mbox_end(struct mbox *mbox);

#endif
