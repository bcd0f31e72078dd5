/* postfix_settings: what postconf(1) prints of an instance of Postfix
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_POSTFIX_SETTINGS_H
#define DOCTOR_POSTFIX_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Made of the texts that postconf prints, so that it can be judged without a Postfix. A service is
 * what master.cf has a line for; a setting of its -o goes before that of main.cf.
 */

struct postfix_settings;

struct postfix_service {
	const char *name;    /* "smtp", "127.0.0.1:25" */
	const char *type;    /* "inet", "unix", "pass" */
	const char *chroot;  /* "y", "n" or "-" */
	const char *maxproc; /* "-": default_process_limit */
	const char *program; /* "smtpd" */
};

/* What postconf prints; each may be empty. */
struct postfix_texts {
	const char *main;		/* postconf */
	const char *main_expanded;	/* postconf -x */
	const char *services;		/* postconf -M */
	const char *overrides;		/* postconf -P */
	const char *overrides_expanded; /* postconf -Px */
};

/* Without memory the process ends with a message. */
struct postfix_settings *postfix_settings_new(const struct postfix_texts *texts);
void postfix_settings_free(struct postfix_settings *settings);

/* A setting of main.cf with its $names replaced; "" if it is empty or unknown, or SETTINGS is NULL. */
const char *postfix_settings_get(const struct postfix_settings *settings, const char *name);

/* The same as it is written. */
const char *postfix_settings_raw(const struct postfix_settings *settings, const char *name);

/* NULL: past the last. */
const struct postfix_service *postfix_settings_service(
	const struct postfix_settings *settings, size_t index);

/* The unix service of that name, a transport; or NULL. */
const struct postfix_service *postfix_settings_transport(
	const struct postfix_settings *settings, const char *name);

/* What the service overrides, with $names replaced, or as it is written; NULL: it does not. */
const char *postfix_settings_override(const struct postfix_settings *settings,
	const struct postfix_service *service, const char *name);
const char *postfix_settings_override_raw(const struct postfix_settings *settings,
	const struct postfix_service *service, const char *name);

/* What holds for the service: its own, else main.cf's. */
const char *postfix_settings_of(const struct postfix_settings *settings,
	const struct postfix_service *service, const char *name);

bool postfix_settings_is_chrooted(
	const struct postfix_settings *settings, const struct postfix_service *service);

/* "30s", "5m" in seconds; without a unit it is DEFAULT_UNIT. -1: it is no time. */
int postfix_settings_seconds(const char *value, char default_unit);

/* Whether that version, "3.7.11", is MAJOR.MINOR or later; what is no version is. */
bool postfix_settings_is_version(const char *version, int major, int minor);

#endif
