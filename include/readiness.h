/* readiness: tells systemd what the daemon is about
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef READINESS_H
#define READINESS_H

/* sd_notify(3), for units of Type=notify; built without libsystemd, or without it, nothing. */

/* It serves; also said after a reload. */
void readiness_ready(void);
void readiness_reloading(void);
void readiness_stopping(void);

#endif
