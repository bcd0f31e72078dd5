/* random_mail: random configurations, and messages for them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef TEST_RANDOM_MAIL_H
#define TEST_RANDOM_MAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/envelope.h"

enum {
	RANDOM_MAIL_RECIPIENTS_MAX = 6,
	RANDOM_MAIL_HEADERS_MAX = 3,
	RANDOM_MAIL_TEXT_MAX = 16384,
};

struct random_mail {
	const char *sender;
	const char *recipients[RANDOM_MAIL_RECIPIENTS_MAX];
	int recipient_count;
	const char *headers[RANDOM_MAIL_HEADERS_MAX][2];
	int header_count;
	unsigned size;
	const char *client;
	const char *client_name;
	const char *helo;
	const char *auth_user;
	const char *tls;
	bool is_verified;
	const char *port;
	const char *macro;
};

/* A text that grows. */
struct random_mail_text {
	char at[RANDOM_MAIL_TEXT_MAX];
	size_t used;
};

void random_mail_add(struct random_mail_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A number below COUNT. */
unsigned random_mail_any(unsigned *seed, unsigned count);

/*
 * Pools p0 to p4 of all kinds, of which p1 and p2 choose by a hash, with hosts "hPOOL-NUMBER.example",
 * routes to them by p0.example …, of all actions, and rules.
 */
void random_mail_config(
	unsigned *seed, const struct envelope_policy *policy, struct random_mail_text *text);

/* A message that such a configuration is about. */
void random_mail_make(unsigned *seed, struct random_mail *message);

#endif
