/* mailbox: the messages of a file, a Maildir or a folder
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CTL_MAILBOX_H
#define CTL_MAILBOX_H

#include "ctl/mbox.h"
#include "ctl/message.h"

/*
 * Memory does not grow with the mailbox. In a file whose first 64 kB have no LF, lines end with CR.
 * What cannot be read is said on standard error; "-" is standard input.
 */

/* Reads one file as one message. Gives 0, or -1. */
int mailbox_read_message(const char *path, struct message *message);

/*
 * Each message of PATH: an mbox file, a file with one message, a Maildir (its cur/ and new/), or a
 * folder with a message in each file; those in folders come in no order, and files whose names begin
 * with a dot are none. A file in a folder that cannot be read is no message. Gives 0, -1 if PATH
 * cannot be read, or what TAKE has given to end it.
 */
int mailbox_read(const char *path, mbox_take *take, void *context);

#endif
