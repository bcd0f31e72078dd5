/* log_cause: what the text of a system error says about a connection
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/log_cause.h"

static const struct cause {
	const char *text;
	enum observation_what what;
} causes[] = {
	{"Connection refused", OBSERVATION_REFUSED},
	{"No such file or directory", OBSERVATION_REFUSED}, /* of a Unix socket: nobody is there */
	{"Connection timed out", OBSERVATION_TIMEOUT},
	{"Operation timed out", OBSERVATION_TIMEOUT},
	{"No route to host", OBSERVATION_UNREACHABLE},
	{"Network is unreachable", OBSERVATION_NO_NETWORK},
	{"Network unreachable", OBSERVATION_NO_NETWORK},
	{"Network is down", OBSERVATION_NO_NETWORK},
	{"Host is unreachable", OBSERVATION_UNREACHABLE},
	{"Host is down", OBSERVATION_UNREACHABLE},
	{"Connection reset", OBSERVATION_LOST},
	{"Connection aborted", OBSERVATION_LOST},
	{"Software caused connection abort", OBSERVATION_LOST},
	{"Network dropped connection on reset", OBSERVATION_LOST},
	{"Broken pipe", OBSERVATION_LOST},
	{"lost connection", OBSERVATION_LOST},
	{"Too many open files", OBSERVATION_OURS},
	{"No file descriptors available", OBSERVATION_OURS},
	{"Cannot allocate memory", OBSERVATION_OURS},
	{"Out of memory", OBSERVATION_OURS},
	{"No buffer space available", OBSERVATION_OURS},
	{"Resource temporarily unavailable", OBSERVATION_OURS},
	{"Cannot assign requested address", OBSERVATION_OURS},
	{"Can't assign requested address", OBSERVATION_OURS},
	{"Address not available", OBSERVATION_OURS},
	{"Address already in use", OBSERVATION_OURS},
	{"Address in use", OBSERVATION_OURS},
	{"Address family not supported", OBSERVATION_OURS},
	{"Protocol not supported", OBSERVATION_OURS},
	{"Permission denied", OBSERVATION_OURS},
	{"Operation not permitted", OBSERVATION_OURS},
	{"No space left on device", OBSERVATION_OURS},
	{"Interrupted system call", OBSERVATION_OURS},
};

bool log_cause_find(struct span text, enum observation_what *what)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (span_starts(text, causes[i].text)) {
			*what = causes[i].what;
			return true;
		}
	}
	return false;
}
