/* aside: something that is tried as another user, in another root, by a process of its own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_ASIDE_H
#define DOCTOR_ASIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Only root can be somebody else. */
struct aside {
	const char *user;   /* with its own groups; NULL: it stays who it is */
	const char *root;   /* chroot(2); NULL: none */
	const char *folder; /* where it is, as seen from the outside; NULL: where it was */
	int limit_ms;	    /* it is killed then */
};

/* What is tried; it prints what it has found. */
typedef void aside_work(void *context, FILE *out);

/*
 * Has WORK done aside; what it prints goes to OUT of SIZE octets, NUL-terminated, and is cut there.
 * False, with the reason in OUT: it was not done, or not to its end.
 */
bool aside_run(const struct aside *aside, aside_work *work, void *context, char *out, size_t size);

#endif
