/* fake_milter: stands in for libmilter, so that a test can be the MTA
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_FAKE_MILTER_H
#define TEST_FAKE_MILTER_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

/*
 * Defines the smfi_ functions that the door calls. What the door registers is called by the test;
 * what the door asks for is written down in one line of text, in the order of the calls.
 */

struct fake_milter {
	struct smfiDesc filter; /* as registered */
	char calls[8192]; /* "add X-Nexthop-Route=…; delete X-Nexthop-Route 1; reply 550 …; " */
	const char *queue_id; /* macro {i}; NULL: not given */
	int fail_after;	      /* so many changes succeed, then they fail; -1: all do */
	void *private_data;
	unsigned long actions; /* as negotiated */
	unsigned long steps;
};

extern struct fake_milter fake_milter;

/* Negotiates as an MTA that can do everything. */
sfsistat fake_milter_negotiate(void);
sfsistat fake_milter_mail(const char *sender);
sfsistat fake_milter_rcpt(const char *recipient);
/* With ESMTP parameters; NULL: none. */
sfsistat fake_milter_rcpt_with(const char *recipient, const char *one, const char *two);
sfsistat fake_milter_header(const char *name, const char *value);
sfsistat fake_milter_eom(void);
sfsistat fake_milter_abort(void);
sfsistat fake_milter_close(void);

/* Forgets the calls so far. */
void fake_milter_forget(void);

#endif
