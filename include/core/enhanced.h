/* enhanced: the enhanced status codes of mail systems (RFC 3463), "4.3.1"
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_ENHANCED_H
#define CORE_ENHANCED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/span.h"

/* The length of the code that TEXT begins with, if a space or the end is after it; else 0. */
size_t enhanced_length(struct span text);

/*
 * Finds the code of one line of a reply, TEXT being what is after "450 ". Where servers put it: in
 * front; after one word, which is only a tag ("cuda_nsu 4.7.1 …"); with a "#", in brackets
 * or not, in front or as the last thing ("mailbox full (#4.2.2)"). It is looked for nowhere else:
 * in between may stand an address, in which a stranger may write any code. False if there is none.
 */
bool enhanced_find(struct span text, struct span *found);

/* True for a code and for the beginning of one: "4", "4.3". */
bool enhanced_is_beginning(const char *text);

#endif
