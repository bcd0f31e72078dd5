/* engine_disk: the engine's state file, kept whole
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_DISK_H
#define ENGINE_ENGINE_DISK_H

#include <stdint.h>

#include "engine/engine.h"

/*
 * If somebody has shortened the file, gives it its size back and its pools and hosts new slots in the
 * place of those that are lost: they begin as if nothing was known of them. Says so in the log. Of the
 * main thread.
 */
void engine_disk_mend(struct engine *engine, int64_t now);

#endif
