/* follow_journal: follows the mail in the systemd journal
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_journal.h"
#include "config.h"

#include <stdio.h>
#include <string.h>

#ifdef HAVE_SYSTEMD
#include "core/printable.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "follow/follow_access.h"

#include <errno.h>
#include <stdlib.h>

#include <systemd/sd-journal.h>

enum {
	TURN_ENTRIES = 1000,
	TURN_OCTETS = 1048576,
	PAUSE_MS = 5,	   /* from one turn to the next, however fast the journal grows */
	RETRY_MS = 5000,   /* from one attempt to open it to the next */
	WARN_MS = 3600000, /* from one warning to the next */
	UNIT_MAX = 255,
	USER_MAX = 15,
};

struct follow_journal {
	struct follow_journal_settings settings;
	char *path; /* NULL: the system's */
	sd_journal *journal;
	struct event *readable; /* NULL: there is no inotify */
	struct event *tick;
	struct event *turn;
	char cursor[LOG_PLACE_CURSOR_MAX]; /* of the last entry delivered */
	bool is_at_entry;		   /* it stands on one that was not delivered */
	bool has_begun;			   /* the journal was read, be it empty */
	bool is_behind;
	int64_t turned; /* the last turn and the last opening, by the steady clock */
	int64_t opened;
	uint64_t entries;
	uint64_t entries_too_long;
	uint64_t entries_of_others;
	struct follow_trust trust;
	int64_t last_entry;
	char error[512];
	bool has_warned;
	struct log_limit limit;
};

/* ---- what is wrong */

/* libsystemd opens a journal of which it may read no file, and finds no entry then. */
static const char *why_empty(const struct follow_journal *journal)
{
	if (journal->path == NULL && !follow_access_has_journal())
		return FOLLOW_ACCESS_NO_JOURNAL;
	return "has no entry that the daemon's user may read: add the user to the group "
	       "systemd-journal and restart the daemon";
}

static void fail(struct follow_journal *journal, const char *what, int error)
{
	const char *name = journal->path == NULL ? "journal" : journal->path;

	if (error == ENODATA)
		snprintf(
			journal->error, sizeof(journal->error), "%s: %s", name, why_empty(journal));
	else if (error == EBADMSG)
		snprintf(journal->error, sizeof(journal->error),
			"%s: is not a journal, or is damaged", name);
	else
		snprintf(journal->error, sizeof(journal->error), "%s: %s: %s", name, what,
			strerror(error));
}

static void report(struct follow_journal *journal)
{
	unsigned suppressed;

	if (journal->error[0] == '\0') {
		if (journal->has_warned)
			log_info("the journal can be read again");
		journal->has_warned = false;
		return;
	}
	if (!log_may_repeat(&journal->limit, clock_now(), WARN_MS, &suppressed))
		return;
	log_warning("cannot follow the log: %s", journal->error);
	journal->has_warned = true;
}

/* ---- open and close */

static void close_journal(struct follow_journal *journal)
{
	if (journal->readable != NULL)
		event_free(journal->readable);
	journal->readable = NULL;
	if (journal->journal != NULL)
		sd_journal_close(journal->journal);
	journal->journal = NULL;
}

/* Stands on an entry that is older than is wanted: goes on to the first that is not. */
static int pass_old(struct follow_journal *journal)
{
	int64_t oldest = clock_now() - journal->settings.age_max;
	uint64_t at;
	int result = sd_journal_get_realtime_usec(journal->journal, &at);

	if (result < 0 || oldest <= 0 || at / 1000 >= (uint64_t)oldest)
		return result;
	result = sd_journal_seek_realtime_usec(journal->journal, (uint64_t)oldest * 1000);
	if (result >= 0)
		result = sd_journal_next(journal->journal);
	journal->is_at_entry = result > 0;
	return result;
}

/* Goes to where the first entry comes that was not delivered. */
static int go_to_place(struct follow_journal *journal)
{
	sd_journal *opened = journal->journal;
	int result;

	journal->is_at_entry = false;
	if (journal->cursor[0] != '\0' && sd_journal_seek_cursor(opened, journal->cursor) >= 0) {
		result = sd_journal_next(opened);
		if (result <= 0)
			return result;
		/* The entry itself may have gone: then it is the one after it. */
		journal->is_at_entry = sd_journal_test_cursor(opened, journal->cursor) <= 0;
		return pass_old(journal);
	}
	/* Opened again, and there was nothing before: what is there now is new. */
	if (journal->cursor[0] == '\0' && journal->has_begun)
		return sd_journal_seek_head(opened);
	result = sd_journal_seek_tail(opened);
	if (result >= 0)
		result = sd_journal_previous(opened);
	/* No mail yet: what comes first is new, wherever a seek to no tail has led. */
	return result == 0 ? sd_journal_seek_head(opened) : result;
}

static int prepare(struct follow_journal *journal)
{
	sd_journal *opened = journal->journal;
	int result = sd_journal_seek_head(opened);

	if (result >= 0)
		result = sd_journal_next(opened);
	if (result == 0)
		return -ENODATA;
	/* libsystemd may cut what is longer; what is as long as that is known to be too long. */
	if (result >= 0)
		result = sd_journal_set_data_threshold(
			opened, sizeof("MESSAGE=") + FOLLOW_JOURNAL_MESSAGE_MAX);
	if (result >= 0)
		result = sd_journal_add_match(opened, "SYSLOG_FACILITY=2", 0);
	return result < 0 ? result : go_to_place(journal);
}

static void on_readable(evutil_socket_t fd, short what, void *context);

static void watch(struct follow_journal *journal)
{
	int fd = sd_journal_get_fd(journal->journal);

	if (fd < 0)
		return;
	journal->readable = event_new(journal->settings.base, fd, EV_READ, on_readable, journal);
	if (journal->readable != NULL)
		event_add(journal->readable, NULL);
}

static void open_journal(struct follow_journal *journal)
{
	int result;

	close_journal(journal);
	journal->error[0] = '\0';
	journal->opened = clock_steady();
	result = follow_access_open_journal(journal->path, &journal->journal);
	if (result < 0) {
		journal->journal = NULL;
		fail(journal, "cannot open", -result);
		return;
	}
	/* Before the first read, so that nothing that comes after it is missed. */
	watch(journal);
	result = prepare(journal);
	if (result >= 0) {
		journal->has_begun = true;
		return;
	}
	fail(journal, "cannot read", -result);
	close_journal(journal);
}

/* ---- one entry */

/* The value of FIELD ("NAME=") in *VALUE, of *LENGTH octets, until the next is asked for. */
static bool get_field(sd_journal *journal, const char *field, const char **value, size_t *length)
{
	const void *data;
	char name[64];
	size_t name_length = strlen(field);

	memcpy(name, field, name_length - 1);
	name[name_length - 1] = '\0';
	if (sd_journal_get_data(journal, name, &data, length) < 0 || *length < name_length)
		return false;
	*value = (const char *)data + name_length;
	*length -= name_length;
	return true;
}

static void get_program(sd_journal *journal, char program[FOLLOW_JOURNAL_PROGRAM_MAX + 1])
{
	const char *value;
	size_t length;

	program[0] = '\0';
	if (!get_field(journal, "SYSLOG_IDENTIFIER=", &value, &length) ||
		length > FOLLOW_JOURNAL_PROGRAM_MAX)
		return;
	memcpy(program, value, length);
	program[length] = '\0';
}

/* When the program wrote it, if that is known, else when the journal got it. */
static int64_t get_time(sd_journal *journal)
{
	const char *value;
	size_t length;
	uint64_t at = 0;

	if (get_field(journal, "_SOURCE_REALTIME_TIMESTAMP=", &value, &length) && length < 19) {
		for (size_t i = 0; i < length && value[i] >= '0' && value[i] <= '9'; i++)
			at = at * 10 + (uint64_t)(value[i] - '0');
		if (at > 0)
			return (int64_t)(at / 1000);
	}
	return sd_journal_get_realtime_usec(journal, &at) < 0 ? 0 : (int64_t)(at / 1000);
}

/* A field that only journald writes; what it lacks, or is too long, is empty. */
static size_t copy_field(sd_journal *journal, const char *field, char *out, size_t size)
{
	const char *value;
	size_t length;

	out[0] = '\0';
	if (!get_field(journal, field, &value, &length) || length >= size)
		return 0;
	memcpy(out, value, length);
	out[length] = '\0';
	return length;
}

/* Of the process that wrote it; 0: it is not known. */
static uint32_t get_pid(sd_journal *journal)
{
	char text[16];
	uint32_t pid = 0;

	if (copy_field(journal, "_PID=", text, sizeof(text)) > 9)
		return 0;
	for (const char *at = text; *at >= '0' && *at <= '9'; at++)
		pid = pid * 10 + (uint32_t)(*at - '0');
	return pid;
}

static void read_writer(
	struct follow_journal_entry *entry, sd_journal *journal, const struct follow_trust *trust)
{
	char unit[UNIT_MAX + 1], user[USER_MAX + 1];
	char writer[FOLLOW_JOURNAL_WRITER_MAX];
	size_t unit_length = copy_field(journal, "_SYSTEMD_UNIT=", unit, sizeof(unit));
	size_t user_length = copy_field(journal, "_UID=", user, sizeof(user));

	entry->is_trusted = follow_trust_has(trust, unit, unit_length, user, user_length);
	snprintf(writer, sizeof(writer), "unit %s, user %s", unit_length == 0 ? "-" : unit,
		user_length == 0 ? "-" : user);
	printable_copy(entry->writer, sizeof(entry->writer), writer);
}

bool follow_journal_read(struct follow_journal_entry *entry, struct sd_journal *journal,
	const struct follow_trust *trust)
{
	entry->at = get_time(journal);
	read_writer(entry, journal, trust);
	get_program(journal, entry->program);
	entry->pid = get_pid(journal);
	return get_field(journal, "MESSAGE=", &entry->message, &entry->length);
}

/* ---- entries */

/* Gives the number of octets. */
static size_t deliver(struct follow_journal *journal)
{
	struct follow_journal_settings *to = &journal->settings;
	struct follow_journal_entry entry;

	if (!follow_journal_read(&entry, journal->journal, &journal->trust))
		return 0;
	if (!entry.is_trusted) {
		journal->entries_of_others++;
		if (to->on_other != NULL)
			to->on_other(to->context, entry.writer);
	} else if (entry.length > FOLLOW_JOURNAL_MESSAGE_MAX) {
		journal->entries_too_long++;
	} else {
		journal->entries++;
		to->on_entry(to->context, entry.program, entry.pid, entry.message, entry.length,
			entry.at);
	}
	return entry.length;
}

/* Gives how many entries it has gone over; all there are, unless that is TURN_ENTRIES or so. */
static int read_entries(struct follow_journal *journal)
{
	size_t octets = 0;
	int count = 0;

	journal->is_behind = true;
	while (count < TURN_ENTRIES && octets < TURN_OCTETS) {
		int result = journal->is_at_entry ? 1 : sd_journal_next(journal->journal);

		journal->is_at_entry = false;
		if (result <= 0) {
			journal->is_behind = false;
			if (result < 0)
				fail(journal, "cannot read", -result);
			break;
		}
		octets += deliver(journal);
		count++;
	}
	return count;
}

static void keep_cursor(struct follow_journal *journal)
{
	char *cursor;

	if (sd_journal_get_cursor(journal->journal, &cursor) < 0)
		return;
	if (strlen(cursor) < sizeof(journal->cursor))
		memcpy(journal->cursor, cursor, strlen(cursor) + 1);
	free(cursor);
}

/* ---- turns */

static void schedule(struct follow_journal *journal, int64_t delay)
{
	const struct timeval when = {.tv_usec = (suseconds_t)(delay * 1000)};

	event_add(journal->turn, &when);
}

static void read_journal(struct follow_journal *journal)
{
	uint64_t entries = journal->entries;
	bool is_first = journal->turned == 0;
	int result = sd_journal_process(journal->journal);
	int count = 0;

	if (journal->readable != NULL)
		event_add(journal->readable, NULL);
	if (result < 0)
		fail(journal, "cannot read", -result);
	else
		count = read_entries(journal);
	if (count > 0 || (is_first && journal->cursor[0] == '\0'))
		keep_cursor(journal);
	if (journal->entries != entries)
		journal->last_entry = clock_now();
	/* What went wrong may go on so: it is opened anew, where we are, but not at once. */
	if (journal->error[0] != '\0')
		close_journal(journal);
	journal->turned = clock_steady();
	if (journal->is_behind)
		schedule(journal, 0);
	if (journal->settings.on_turn != NULL && (is_first || count > 0))
		journal->settings.on_turn(journal->settings.context);
}

static void on_turn(evutil_socket_t unused_fd, short unused_what, void *context)
{
	struct follow_journal *journal = context;

	(void)unused_fd;
	(void)unused_what;
	journal->is_behind = false;
	if (journal->journal != NULL)
		read_journal(journal);
	report(journal);
}

static void on_readable(evutil_socket_t unused_fd, short unused_what, void *context)
{
	struct follow_journal *journal = context;
	int64_t rest = journal->turned + PAUSE_MS - clock_steady();

	(void)unused_fd;
	(void)unused_what;
	/* Else the next turn is to come at once. */
	if (!journal->is_behind)
		schedule(journal, rest < 0 ? 0 : rest);
}

/* Also what sd_journal_get_timeout() may ask for is never less than a second. */
static void on_tick(evutil_socket_t unused_fd, short unused_what, void *context)
{
	struct follow_journal *journal = context;

	(void)unused_fd;
	(void)unused_what;
	/* Without inotify it does not find new files by itself. */
	if ((journal->journal == NULL || journal->readable == NULL) && !journal->is_behind &&
		clock_steady() - journal->opened >= RETRY_MS)
		open_journal(journal);
	schedule(journal, 0);
}

/* ---- life */

struct follow_journal *follow_journal_new(
	const struct follow_journal_settings *settings, char *error, size_t size)
{
	const struct timeval second = {.tv_sec = 1};
	struct follow_journal *journal = calloc(1, sizeof(*journal));
	bool is_whole = journal != NULL;

	if (journal != NULL) {
		journal->settings = *settings;
		follow_trust_init(&journal->trust, settings->units, settings->users);
		journal->tick = event_new(settings->base, -1, EV_PERSIST, on_tick, journal);
		journal->turn = event_new(settings->base, -1, 0, on_turn, journal);
		journal->path = settings->path == NULL ? NULL : strdup(settings->path);
		is_whole = (journal->path != NULL) == (settings->path != NULL) &&
			   journal->tick != NULL && journal->turn != NULL &&
			   event_add(journal->tick, &second) == 0;
	}
	if (!is_whole) {
		snprintf(error, size, "out of memory");
		follow_journal_free(journal);
		return NULL;
	}
	if (settings->place != NULL && log_place_valid(settings->place))
		memcpy(journal->cursor, settings->place->cursor, sizeof(journal->cursor));
	open_journal(journal);
	report(journal);
	schedule(journal, 0);
	return journal;
}

void follow_journal_free(struct follow_journal *journal)
{
	if (journal == NULL)
		return;
	close_journal(journal);
	if (journal->tick != NULL)
		event_free(journal->tick);
	if (journal->turn != NULL)
		event_free(journal->turn);
	free(journal->path);
	free(journal);
}

void follow_journal_status(
	const struct follow_journal *journal, struct follow_journal_status *status)
{
	memset(status, 0, sizeof(*status));
	status->is_readable = journal->error[0] == '\0';
	memcpy(status->error, journal->error, sizeof(status->error));
	status->is_watched = journal->readable != NULL;
	status->is_behind = journal->is_behind;
	status->entries = journal->entries;
	status->entries_too_long = journal->entries_too_long;
	status->entries_of_others = journal->entries_of_others;
	status->last_entry = journal->last_entry;
}

void follow_journal_place(const struct follow_journal *journal, struct log_place *place)
{
	memcpy(place->cursor, journal->cursor, sizeof(place->cursor));
}

#else

struct follow_journal *follow_journal_new(
	const struct follow_journal_settings *settings, char *error, size_t size)
{
	(void)settings;
	snprintf(error, size, "built without libsystemd");
	return NULL;
}

void follow_journal_free(struct follow_journal *journal)
{
	(void)journal;
}

void follow_journal_status(
	const struct follow_journal *journal, struct follow_journal_status *status)
{
	(void)journal;
	memset(status, 0, sizeof(*status));
}

void follow_journal_place(const struct follow_journal *journal, struct log_place *place)
{
	(void)journal;
	(void)place;
}

#endif
