/* wiring: whether mail really goes to the hosts that were chosen for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/wiring.h"
#include "core/printable.h"
#include "engine/view.h"

#include <stdio.h>

static const int64_t hour_ms = INT64_C(3600000);

static int count_wrong(const struct wiring *wiring)
{
	int count = 0;

	for (uint64_t bits = wiring->outcomes; bits != 0; bits &= bits - 1)
		count++;
	return count;
}

static void note(struct wiring *wiring, bool is_wrong)
{
	const uint64_t mask = (UINT64_C(1) << WIRING_LAST) - 1;

	wiring->outcomes = (wiring->outcomes << 1 | (is_wrong ? 1 : 0)) & mask;
	if (wiring->count < WIRING_LAST)
		wiring->count++;
}

void wiring_right(struct wiring *wiring)
{
	note(wiring, false);
}

bool wiring_wrong(
	struct wiring *wiring, bool is_kept, const char *relay, const char *queue_id, int64_t now)
{
	note(wiring, true);
	wiring->is_kept = is_kept;
	wiring->at = now;
	view_copy_text(wiring->relay, sizeof(wiring->relay), relay);
	view_copy_text(wiring->queue_id, sizeof(wiring->queue_id), queue_id);
	if (count_wrong(wiring) < WIRING_WRONG ||
		(wiring->said != 0 && now >= wiring->said && now - wiring->said < hour_ms))
		return false;
	wiring->said = now;
	return true;
}

bool wiring_describe(const struct wiring *wiring, char text[WIRING_TEXT_MAX])
{
	char relay[DOMAIN_MAX + 1];
	bool has_relay = wiring->relay[0] != '\0';

	if (count_wrong(wiring) < WIRING_WRONG)
		return false;
	printable_copy(relay, sizeof(relay), wiring->relay);
	snprintf(text, WIRING_TEXT_MAX,
		"%d of the last %d messages did not go to the hosts chosen for them, %s lately "
		"%s%s: %s",
		count_wrong(wiring), wiring->count, wiring->queue_id,
		has_relay ? "went to " : "left without SMTP", has_relay ? relay : "",
		wiring->is_kept
			? "see milter_header_checks in main.cf, which must name "
			  "postfix_header_checks, and other FILTER actions there"
			: "see transport_maps in main.cf, which must name the map first, and "
			  "content_filter");
	return true;
}
