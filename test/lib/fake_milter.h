/* fake_milter: stands in for libmilter, so that a test can be the MTA
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_FAKE_MILTER_H
#define TEST_FAKE_MILTER_H

#include <stdbool.h>
#include <stddef.h>

#include <libmilter/mfapi.h>

/*
 * Defines the smfi_ functions that the door calls. What the door registers is called by the test;
 * what the door asks for is written down in one line of text, in the order of the calls.
 */

enum { FAKE_MILTER_MACROS_MAX = 8 };

struct fake_milter_macro {
	char name[32];
	char value[64];
};

struct fake_milter {
	struct smfiDesc filter; /* as registered */
	char calls
		[8192]; /* "insert 0 X-Nexthop-Route=…; delete X-Nexthop-Route 1; reply 550 …; " */
	const char *queue_id; /* macro {i}; NULL: not given */
	int fail_after;	      /* so many changes succeed, then they fail; -1: all do */
	void *private_data;
	/* What the MTA can do; as an MTA that can do everything. */
	unsigned long offered_actions;
	unsigned long offered_steps;
	unsigned long actions; /* as negotiated */
	unsigned long steps;
	/* More than {i} and {j}. */
	struct fake_milter_macro macros[FAKE_MILTER_MACROS_MAX];
};

extern struct fake_milter fake_milter;

sfsistat fake_milter_negotiate(void);
/* ADDRESS is IPv4, IPv6, or else none at all. */
sfsistat fake_milter_connect(const char *name, const char *address);
sfsistat fake_milter_helo(const char *name);
sfsistat fake_milter_mail(const char *sender);
/* With an ESMTP parameter; NULL: none. */
sfsistat fake_milter_mail_with(const char *sender, const char *parameter);
sfsistat fake_milter_rcpt(const char *recipient);
/* With ESMTP parameters; NULL: none. */
sfsistat fake_milter_rcpt_with(const char *recipient, const char *one, const char *two);
sfsistat fake_milter_header(const char *name, const char *value);
/* A piece of a body, of so many octets. */
sfsistat fake_milter_body(size_t length);
sfsistat fake_milter_eom(void);
sfsistat fake_milter_abort(void);
sfsistat fake_milter_close(void);

/* The MTA has that macro from now on; empty: no more. */
void fake_milter_macro(const char *name, const char *value);

/* Forgets the calls so far. */
void fake_milter_forget(void);

#endif
