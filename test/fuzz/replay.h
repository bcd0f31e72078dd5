/* replay: what a fuzz target shares with whoever drives it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_REPLAY_H
#define TEST_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "corpus.h"

/*
 * replay.c gives the corpus's lines to a target, in "make check". A fuzzer brings a driver of its
 * own; then replay.c is left out, and -DFUZZER defines the counter here:
 *
 *   clang -fsanitize=fuzzer,address -D_GNU_SOURCE -DFUZZER -Iinclude -Itest/lib \
 *           test/fuzz/fuzz_log_postfix.c milter/core/[a-z]*.c -o fuzz_log_postfix
 */

/* How often the parser found something: a target that never gets there tests nothing. */
#ifdef FUZZER
static size_t replay_reached;
#else
extern size_t replay_reached;
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
