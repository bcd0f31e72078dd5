/* map_answer: the engine's answer to a request for a map
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_MAP_ANSWER_H
#define DOORS_MAP_ANSWER_H

#include "core/map_reply.h"
#include "engine/engine.h"

/*
 * Writes the reply to a request of at most MAP_REQUEST_MAX octets to OUT, and a line of debug. For
 * the main thread. ENGINE is a struct engine: what the door calls.
 */
enum map_reply_kind map_answer_write(void *engine, struct span request, char out[MAP_REPLY_MAX]);

#endif
