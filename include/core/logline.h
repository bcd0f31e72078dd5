/* logline: one line of a mail log: when, which program, what it said
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_LOGLINE_H
#define CORE_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The frames that syslog daemons, Postfix's postlogd and container runtimes write:
 *
 *   Nov 24 03:21:12 mx postfix/smtp[5007]: text          RFC 3164; with a year or fraction, too
 *   2026-11-24T03:21:12.345678+01:00 mx postfix/smtp[5007]: text            RFC 3339, ISO 8601
 *   <22>1 2026-11-24T02:21:12.345678Z mx postfix 5007 - - text              RFC 5424
 *   Wed Nov 24 03:21:12 2026 mail.info postfix/smtp[5007]: text             OpenWrt's logread
 *   Nov 24 03:21:12 [postfix/smtp] text                                     metalog
 *
 * In front of them may stand a priority, or what docker compose ("mail-1  | ") and the container
 * runtimes ("2026-11-24T02:21:12.345678901Z stdout F ") put there: then they need no time of their
 * own. No host name, or a facility or level beside it ("mail.info", "<mail.info>", "INFO") are taken
 * as well, and "message repeated 3 times: [ text]" stands for its text.
 *
 * The tag is looked for where a tag stands: after the time and two words at most. What a program
 * has written is after its own tag, and so can never be one.
 *
 * The journal has these things in fields of their own: whoever reads it fills struct logline
 * itself, from SYSLOG_IDENTIFIER, MESSAGE and the time, and needs nothing from here.
 *
 * Limits: where there is neither a host name nor the number of a process, "web: postfix/smtp[1]: x" is
 * a line of postfix/smtp on a host called "web:". Docker's json-file is not read. A time without an
 * offset is taken with the one given, which may be another than it was when the line was written
 * (the hours around a change of summer time, old files).
 */

struct logline {
	int64_t at;	     /* ms since 1970, never after now */
	const char *program; /* the tag, without "[pid]": "postfix/smtp", "sm-mta" */
	size_t program_length;
	const char *message; /* what is after the tag; may have any octets */
	size_t length;
	uint32_t pid; /* of that process; 0: not given */
};

/*
 * Parses LENGTH octets at TEXT, without the newline. NOW is the time in ms since 1970,
 * UTC_OFFSET_S what local time is ahead of UTC. LINE points into TEXT. False: this is no line of
 * a log; then LINE is not to be used.
 *
 * Of a time without a year, the year is the one that puts it nearest to NOW. A time of whole
 * seconds stands for the end of that second: what it tells of came no later. No time is later
 * than NOW.
 */
bool logline_parse(
	struct logline *line, const char *text, size_t length, int64_t now, int32_t utc_offset_s);

#endif
