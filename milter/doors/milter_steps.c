/* milter_steps: which steps of the protocol the milter asks the MTA for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_steps.h"

#include <stddef.h>

#include <libmilter/mfapi.h>

unsigned long milter_steps_protocol(bool is_tcp, struct engine_needs needs)
{
	unsigned long protocol = SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NOEOH |
				 SMFIP_NOBODY | SMFIP_NR_HDR;

	if (!needs.aborts)
		protocol |= SMFIP_NR_MAIL;
	if (!needs.sender && !needs.aborts)
		protocol |= SMFIP_NOMAIL;
	if (!needs.headers)
		protocol |= SMFIP_NOHDRS;
	if (!is_tcp)
		protocol |= SMFIP_NODATA;
	return protocol;
}

const char *milter_steps_name(bool is_tcp, struct engine_needs needs, int index)
{
	const char *steps[6];
	int count = 0;

	if (needs.sender || needs.aborts)
		steps[count++] = "mail";
	steps[count++] = "rcpt";
	if (is_tcp)
		steps[count++] = "data";
	if (needs.headers)
		steps[count++] = "header";
	steps[count++] = "eom";
	return index < count ? steps[index] : NULL;
}
