/* readiness: tells systemd what the daemon is about
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "readiness.h"
#include "config.h"

#ifdef HAVE_SYSTEMD
#include <stdint.h>
#include <time.h>

#include <systemd/sd-daemon.h>

void readiness_ready(void)
{
	sd_notify(0, "READY=1");
}

void readiness_reloading(void)
{
	struct timespec now;

	/* Type=notify-reload wants to know since when. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void readiness_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
#else
void readiness_ready(void)
{
}

void readiness_reloading(void)
{
}

void readiness_stopping(void)
{
}
#endif
