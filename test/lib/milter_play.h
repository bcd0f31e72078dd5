/* milter_play: an MTA's side of the milter protocol, told in lines
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_MILTER_PLAY_H
#define TEST_MILTER_PLAY_H

/* One MTA with its settings: a map, mixed = "split", on_error = "accept". */
enum milter_play_mta {
	PLAY_POSTFIX = 0,
	PLAY_MAP = 1,
	PLAY_SPLIT = 2,
	PLAY_SENDMAIL = 3,
	PLAY_ACCEPT = 4,
};

/*
 * A configuration with these rules. Pools bulk, slow and held (it puts off) are for them to choose;
 * routed (pool route), held, dns, drop, no and later.example have routes.
 */
const char *milter_play_config(const char *rules, enum milter_play_mta mta);

/* The door with that, negotiated. It is to be closed by milter_sample_close(). */
void milter_play_open(const char *rules, enum milter_play_mta mta);

/*
 * Plays lines, parted by "|", and checks each answer: the one after " = ", or the usual one. NAME is
 * for failures. A line is "VERB WORD REST":
 *
 *	connect NAME ADDRESS    helo NAME              macro NAME VALUE
 *	mail SENDER PARAMETER   rcpt RECIPIENT         header NAME VALUE
 *	body OCTETS             end                    abort
 *
 * What the door has called for is in fake_milter.calls.
 */
void milter_play(const char *name, const char *lines, enum milter_play_mta mta);

/* How often each rule in force has held: "1 0 2". */
const char *milter_play_hits(void);

#endif
