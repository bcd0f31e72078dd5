/* follow_door: learns from the MTA's own log how its deliveries went
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/follow_door.h"
#include "core/log_postfix.h"
#include "core/log_sendmail.h"
#include "core/logline.h"
#include "core/observation.h"
#include "core/printable.h"
#include "engine/clock.h"
#include "engine/engine_learn.h"
#include "engine/log.h"
#include "follow/follow_file.h"
#include "follow/follow_journal.h"
#include "follow/follow_trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	OFFSET_MS = 60000,     /* so long the offset of local time is believed */
	AGE_MAX_MS = 86400000, /* older entries of a journal cannot count any more */
	STRANGE_MAX = 10,      /* so many lines in a row that are no lines of a log are too many */
	WARN_MS = 3600000,     /* from one warning to the next */
	TRUST_MAX = 2 * FOLLOW_TRUST_TEXT_MAX,
};

static const char journal_word[] = "journal";

struct follow_door {
	struct follow_door_settings settings;
	char *log;	       /* as configured; NULL: nothing yet */
	char trust[TRUST_MAX]; /* the same, of the journal */
	struct follow_file *file;
	struct follow_journal *journal;
	char error[512]; /* why neither could be made */
	uint64_t understood;
	uint64_t seen;
	uint64_t kinds[VIEW_LINE_KINDS];
	uint64_t unrecognised;
	int64_t lag; /* of the last line, ms; -1: there was none */
	int strange; /* the last lines in a row of a form that is not known; at most STRANGE_MAX */
	char strange_line[VIEW_LINE_MAX]; /* the last of them */
	struct log_limit limit;
	int64_t offset_time; /* when the offset was looked up */
	int32_t utc_offset_s;
};

/* ---- lines */

static bool parse(
	const struct follow_door *door, const struct logline *line, struct observation *observation)
{
	return door->settings.dialect == FOLLOW_SENDMAIL ? log_sendmail_parse(line, observation)
							 : log_postfix_parse(line, observation);
}

static void learn(struct follow_door *door, const struct logline *line)
{
	struct observation observation;
	struct log_postfix_queue queue;

	if (door->settings.dialect == FOLLOW_POSTFIX && log_postfix_queue(line, &queue)) {
		if (queue.is_active)
			engine_learn_active(door->settings.engine, queue.id, queue.size, line->at);
		else
			engine_learn_left(
				door->settings.engine, queue.id, queue.is_deleted, line->at);
		door->kinds[VIEW_LINE_QUEUE]++;
		return;
	}
	if (!parse(door, line, &observation)) {
		door->kinds[VIEW_LINE_OTHER]++;
		return;
	}
	door->seen++;
	door->kinds[VIEW_LINE_DELIVERY]++;
	engine_learn_line(door->settings.engine, &observation);
}

static int32_t utc_offset(struct follow_door *door, int64_t now)
{
	time_t seconds = (time_t)(now / 1000);
	struct tm local;

	if (door->offset_time != 0 && now >= door->offset_time &&
		now - door->offset_time < OFFSET_MS)
		return door->utc_offset_s;
	if (localtime_r(&seconds, &local) != NULL)
		door->utc_offset_s = (int32_t)local.tm_gmtoff;
	door->offset_time = now;
	return door->utc_offset_s;
}

/* Without a word about it, a log of which nothing is read would look like hosts that never fail. */
static bool is_too_strange(struct follow_door *door)
{
	unsigned suppressed;

	if (door->strange < STRANGE_MAX)
		door->strange++;
	return door->strange == STRANGE_MAX &&
	       log_may_repeat(&door->limit, clock_now(), WARN_MS, &suppressed);
}

static void note_strange(struct follow_door *door, const char *text, size_t length)
{
	char line[VIEW_LINE_MAX];

	if (length == 0)
		return;
	door->unrecognised++;
	if (length >= sizeof(line))
		length = sizeof(line) - 1;
	for (size_t i = 0; i < length; i++)
		line[i] = (char)(text[i] == '\0' ? '?' : text[i]);
	line[length] = '\0';
	printable_copy(door->strange_line, sizeof(door->strange_line), line);
	if (is_too_strange(door))
		log_warning("%s: the form of its lines is not known, so nothing is learned of "
			    "hosts: \"%s\"; the forms that are stand in routes.cfg(5), The "
			    "MTA's log",
			door->log, door->strange_line);
}

static void on_line(void *context, const char *text, size_t length)
{
	struct follow_door *door = context;
	int64_t now = clock_now();
	struct logline line;

	if (!logline_parse(&line, text, length, now, utc_offset(door, now))) {
		note_strange(door, text, length);
		return;
	}
	door->lag = now > line.at ? now - line.at : 0;
	door->strange = 0;
	door->understood++;
	learn(door, &line);
}

/* Once the MTA's own entries come, whatever others write is nobody's concern. */
static void on_other_entry(void *context, const char *writer)
{
	struct follow_door *door = context;

	door->unrecognised++;
	if (door->understood > 0)
		return;
	snprintf(door->strange_line, sizeof(door->strange_line), "entries of mail are by %s",
		writer);
	if (is_too_strange(door))
		log_warning(
			"%s: the entries of mail are by %s, so they are not taken for the MTA's; "
			"see health.journal_units and journal_users in routes.cfg(5)",
			door->log, writer);
}

static void on_entry(void *context, const char *program, uint32_t pid, const char *message,
	size_t length, int64_t at)
{
	struct follow_door *door = context;
	int64_t now = clock_now();
	struct logline line = {
		.at = at < now ? at : now,
		.program = program,
		.program_length = strlen(program),
		.message = message,
		.length = length,
		.pid = pid,
	};

	door->lag = now - line.at;
	door->strange = 0;
	door->understood++;
	learn(door, &line);
}

static void on_file_turn(void *context)
{
	struct follow_door *door = context;

	follow_file_place(door->file, door->settings.place);
}

static void on_journal_turn(void *context)
{
	struct follow_door *door = context;

	follow_journal_place(door->journal, door->settings.place);
}

/* ---- life */

static void close_log(struct follow_door *door)
{
	follow_file_free(door->file);
	follow_journal_free(door->journal);
	free(door->log);
	door->file = NULL;
	door->journal = NULL;
	door->log = NULL;
	door->error[0] = '\0';
	door->strange = 0;
	door->understood = 0;
}

static void open_file(struct follow_door *door)
{
	struct follow_file_settings settings = {
		.base = door->settings.base,
		.path = door->log,
		.place = door->settings.place,
		.linger = FOLLOW_FILE_LINGER_MS,
		.on_line = on_line,
		.on_turn = on_file_turn,
		.context = door,
	};

	door->file = follow_file_new(&settings);
	if (door->file == NULL)
		snprintf(door->error, sizeof(door->error), "out of memory");
}

static void open_journal(struct follow_door *door, const struct follow_door_log *log)
{
	const char *colon = strchr(door->log, ':');
	struct follow_journal_settings settings = {
		.base = door->settings.base,
		.path = colon == NULL ? NULL : colon + 1,
		.place = door->settings.place,
		.age_max = AGE_MAX_MS,
		.units = log->units,
		.users = log->users,
		.on_entry = on_entry,
		.on_other = on_other_entry,
		.on_turn = on_journal_turn,
		.context = door,
	};

	door->journal = follow_journal_new(&settings, door->error, sizeof(door->error));
}

static bool is_journal(const char *log)
{
	return strncmp(log, journal_word, sizeof(journal_word) - 1) == 0;
}

struct follow_door *follow_door_new(const struct follow_door_settings *settings)
{
	struct follow_door *door = calloc(1, sizeof(*door));

	if (door != NULL)
		*door = (struct follow_door){.settings = *settings, .lag = -1};
	return door;
}

void follow_door_open(struct follow_door *door, const struct follow_door_log *from)
{
	const char *log = from->source;
	bool is_same = door->log != NULL && strcmp(door->log, log) == 0;
	char trust[TRUST_MAX];

	snprintf(trust, sizeof(trust), "%s\n%s", from->units == NULL ? "-" : from->units,
		from->users == NULL ? "-" : from->users);
	if (is_same && (!is_journal(log) || strcmp(door->trust, trust) == 0))
		return;
	memcpy(door->trust, trust, sizeof(door->trust));
	/* A place in one log is none in another: that one is followed from its end. */
	if (door->log != NULL && !is_same)
		memset(door->settings.place, 0, sizeof(*door->settings.place));
	engine_learn_left(door->settings.engine, NULL, true, 0);
	close_log(door);
	door->log = strdup(log);
	if (door->log == NULL)
		snprintf(door->error, sizeof(door->error), "out of memory");
	else if (is_journal(log))
		open_journal(door, from);
	else if (*log == '/')
		open_file(door);
	if (door->error[0] != '\0')
		log_warning("the log of the MTA is not followed: %s", door->error);
}

void follow_door_status(const struct follow_door *door, struct view_log *view)
{
	memset(view, 0, sizeof(*view));
	snprintf(view->source, sizeof(view->source), "%s", door->log == NULL ? "none" : door->log);
	view->is_on = door->log != NULL && (is_journal(door->log) || *door->log == '/');
	view->seen = door->seen;
	view->understood = door->understood;
	memcpy(view->kinds, door->kinds, sizeof(view->kinds));
	view->unrecognised = door->unrecognised;
	view->lag = door->lag;
	if (door->strange == STRANGE_MAX)
		memcpy(view->strange, door->strange_line, sizeof(view->strange));
	snprintf(view->error, sizeof(view->error), "%s", door->error);
	if (door->file != NULL) {
		struct follow_file_status file;

		follow_file_status(door->file, &file);
		view->is_readable = file.is_readable;
		snprintf(view->error, sizeof(view->error), "%s", file.error);
		view->is_behind = file.is_behind;
		view->lines = file.counts.lines;
		view->offset = (int64_t)file.offset;
		view->last_line = file.last_line;
	} else if (door->journal != NULL) {
		struct follow_journal_status journal;

		follow_journal_status(door->journal, &journal);
		view->is_readable = journal.is_readable;
		snprintf(view->error, sizeof(view->error), "%s", journal.error);
		view->is_behind = journal.is_behind;
		view->lines = journal.entries;
		view->last_line = journal.last_entry;
	}
}

void follow_door_free(struct follow_door *door)
{
	if (door == NULL)
		return;
	close_log(door);
	free(door);
}
