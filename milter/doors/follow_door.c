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
#include "engine/clock.h"
#include "engine/log.h"
#include "follow/log_file.h"
#include "follow/log_journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	OFFSET_MS = 60000,     /* so long the offset of local time is believed */
	AGE_MAX_MS = 86400000, /* older entries of a journal cannot count any more */
};

static const char journal_word[] = "journal";

struct follow_door {
	struct follow_door_settings settings;
	char *log; /* as configured; NULL: nothing yet */
	struct log_file *file;
	struct log_journal *journal;
	char error[512]; /* why neither could be made */
	uint64_t seen;
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

	if (!parse(door, line, &observation))
		return;
	door->seen++;
	engine_observe(door->settings.engine, &observation);
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

static void on_line(void *context, const char *text, size_t length)
{
	struct follow_door *door = context;
	int64_t now = clock_now();
	struct logline line;

	if (logline_parse(&line, text, length, now, utc_offset(door, now)))
		learn(door, &line);
}

static void on_entry(
	void *context, const char *program, const char *message, size_t length, int64_t at)
{
	int64_t now = clock_now();
	struct logline line = {
		.at = at < now ? at : now,
		.program = program,
		.program_length = strlen(program),
		.message = message,
		.length = length,
	};

	learn(context, &line);
}

static void on_file_turn(void *context)
{
	struct follow_door *door = context;

	log_file_place(door->file, door->settings.place);
}

static void on_journal_turn(void *context)
{
	struct follow_door *door = context;

	log_journal_place(door->journal, door->settings.place);
}

/* ---- life */

static void close_log(struct follow_door *door)
{
	log_file_free(door->file);
	log_journal_free(door->journal);
	free(door->log);
	door->file = NULL;
	door->journal = NULL;
	door->log = NULL;
	door->error[0] = '\0';
}

static void open_file(struct follow_door *door)
{
	struct log_file_settings settings = {
		.base = door->settings.base,
		.path = door->log,
		.place = door->settings.place,
		.linger = LOG_FILE_LINGER_MS,
		.on_line = on_line,
		.on_turn = on_file_turn,
		.context = door,
	};

	door->file = log_file_new(&settings);
	if (door->file == NULL)
		snprintf(door->error, sizeof(door->error), "out of memory");
}

static void open_journal(struct follow_door *door)
{
	const char *colon = strchr(door->log, ':');
	struct log_journal_settings settings = {
		.base = door->settings.base,
		.path = colon == NULL ? NULL : colon + 1,
		.place = door->settings.place,
		.age_max = AGE_MAX_MS,
		.on_entry = on_entry,
		.on_turn = on_journal_turn,
		.context = door,
	};

	door->journal = log_journal_new(&settings, door->error, sizeof(door->error));
}

static bool is_journal(const char *log)
{
	return strncmp(log, journal_word, sizeof(journal_word) - 1) == 0;
}

struct follow_door *follow_door_new(const struct follow_door_settings *settings)
{
	struct follow_door *door = calloc(1, sizeof(*door));

	if (door != NULL)
		door->settings = *settings;
	return door;
}

void follow_door_open(struct follow_door *door, const char *log)
{
	if (door->log != NULL && strcmp(door->log, log) == 0)
		return;
	/* A place in one log is none in another: that one is followed from its end. */
	if (door->log != NULL)
		memset(door->settings.place, 0, sizeof(*door->settings.place));
	close_log(door);
	door->log = strdup(log);
	if (door->log == NULL)
		snprintf(door->error, sizeof(door->error), "out of memory");
	else if (is_journal(log))
		open_journal(door);
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
	snprintf(view->error, sizeof(view->error), "%s", door->error);
	if (door->file != NULL) {
		struct log_file_status file;

		log_file_status(door->file, &file);
		view->is_readable = file.is_readable;
		snprintf(view->error, sizeof(view->error), "%s", file.error);
		view->is_behind = file.is_behind;
		view->lines = file.counts.lines;
		view->last_line = file.last_line;
	} else if (door->journal != NULL) {
		struct log_journal_status journal;

		log_journal_status(door->journal, &journal);
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
