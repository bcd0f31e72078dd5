/* log_cause: what the text of a system error says about a connection
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_LOG_CAUSE_H
#define CORE_LOG_CAUSE_H

#include <stdbool.h>

#include "core/observation.h"
#include "core/span.h"

/*
 * The texts of strerror() in the C locale, which MTAs run in: of glibc, of musl and of the BSDs
 * where they differ. Sendmail puts a host after some of them: only the beginning is compared.
 */

/* What TEXT begins with. False, and WHAT unchanged, if it is none that says something. */
bool log_cause_find(struct span text, enum observation_what *what);

#endif
