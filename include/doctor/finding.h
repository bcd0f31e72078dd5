/* finding: what doctor has found wrong, each with what mends it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_FINDING_H
#define DOCTOR_FINDING_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Of an error mail is refused, lost or does not go where the configuration sends it, or a password
 * may be read on the way; of a warning it will one day, or late; a hint is for a person to weigh, and
 * does not count as wrong.
 */
enum finding_severity { FINDING_ERROR = 0, FINDING_WARNING = 1, FINDING_HINT = 2 };

/* In order of harm; each has a name, a severity and a sentence on what it does to mail (finding.c). */
enum finding_kind {
	FINDING_NO_CONFIG = 0,
	FINDING_CONFIG = 1,
	FINDING_LOG_ACCESS = 2,
	FINDING_NO_MTA = 3,
	FINDING_OLD_POSTFIX = 4,
	FINDING_DAEMON_DOWN = 5,
	FINDING_SOCKET_FOLDER = 6,
	FINDING_SOCKET_UNSEEN = 7,
	FINDING_SOCKET_REFUSED = 8,
	FINDING_SOCKET_UNSAFE = 9,
	FINDING_NOT_WIRED = 10,
	FINDING_NO_HEADER_CHECKS = 11,
	FINDING_NO_MAP = 12,
	FINDING_OVERRIDDEN = 13,
	FINDING_NO_MILTERS = 14,
	FINDING_DEFAULT_ACTION = 15,
	FINDING_NO_TRANSPORT = 16,
	FINDING_CONTENT_FILTER = 17,
	FINDING_OTHER_MAP_FIRST = 18,
	FINDING_DAEMON = 19,
	FINDING_OTHER_CONFIG = 20,
	FINDING_STALE_CONFIG = 21,
	FINDING_LOG_ELSEWHERE = 22,
	FINDING_LOG_EMPTY = 23,
	FINDING_LOG_STRANGE = 24,
	FINDING_TLS_POLICY = 25,
	FINDING_PASSWORD = 26,
	FINDING_HOST_UNRESOLVED = 27,
	FINDING_RELAY_DOMAIN = 28,
	FINDING_DELIMITER = 29,
	FINDING_TLS_NAMES = 30,
	FINDING_TIMEOUT = 31,
	FINDING_DESCRIPTORS = 32,
	FINDING_BACKLOG = 33,
	FINDING_VERSION = 34,
	FINDING_MILTER_ORDER = 35,
	FINDING_NO_LOG = 36,
	FINDING_TIMEOUT_AS_SHIPPED = 37,
	FINDING_RELAY_RECIPIENTS = 38,
	FINDING_CONFIG_WARNING = 39,
	FINDING_NOT_ROOT = 40,
	FINDING_AUTH_MAP = 41,
	FINDING_AUTH_OFF = 42,
	FINDING_AUTH_CLEARTEXT = 43,
	FINDING_AUTH_MECHANISM = 44,
	FINDING_TLS_MAP = 45,
	FINDING_TLS_DNSSEC = 46,
	FINDING_TLS_CA_FILE = 47,
	FINDING_KIND_COUNT = 48,
};

enum { FINDING_COMMANDS_MAX = 6, FINDING_ARGUMENTS_MAX = 12 };

struct finding_command {
	char *arguments[FINDING_ARGUMENTS_MAX + 1]; /* NULL after the last: for execvp() */
};

struct finding {
	enum finding_kind kind;
	char *source; /* the file or setting it stands in */
	char *what;
	char *advice;	 /* what a person has to do beside the commands; NULL: nothing */
	bool is_by_hand; /* its commands are not run by --yes */
	int command_count;
	struct finding_command commands[FINDING_COMMANDS_MAX];
};

/* Begin with one of zeros. Without memory the process ends with a message. */
struct finding_list {
	struct finding **findings;
	size_t count;
	size_t room;
};

void finding_list_free(struct finding_list *list);

/* Gives the new one, which the list owns. WHAT is foreign text in part: it is made printable. */
struct finding *finding_add(struct finding_list *list, enum finding_kind kind, const char *source,
	const char *what, ...) __attribute__((format(printf, 4, 5)));

/* One more command: its arguments, and NULL after the last. At most FINDING_COMMANDS_MAX. */
void finding_command(struct finding *finding, const char *const *arguments);

/* The same: FINDING_COMMAND(finding, "postfix", "reload"). */
#define FINDING_COMMAND(finding, ...) \
	finding_command(finding, (const char *const[]){__VA_ARGS__, NULL})

/* What a person has to do, or to know. */
void finding_advise(struct finding *finding, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/* The same; and its commands are only shown, never run. */
void finding_by_hand(struct finding *finding, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/* By harm; those of one kind stay in the order in which they were found. */
void finding_list_sort(struct finding_list *list);

size_t finding_list_count(const struct finding_list *list, enum finding_severity severity);

/* The first of that kind, or NULL. */
const struct finding *finding_list_find(const struct finding_list *list, enum finding_kind kind);

/* True if there are commands that may be run without a person. */
bool finding_can_be_mended(const struct finding *finding);

/* "not_wired"; "error"; what it does to mail. */
const char *finding_name(enum finding_kind kind);
enum finding_severity finding_severity(enum finding_kind kind);
const char *finding_severity_name(enum finding_severity severity);
const char *finding_why(enum finding_kind kind);

/*
 * The command as a shell takes it, with quotes where they are required. Gives its length, as
 * snprintf() does.
 */
size_t finding_command_format(char *out, size_t size, const struct finding_command *command);

#endif
