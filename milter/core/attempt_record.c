/* attempt_record: what was chosen for a message, and what the log has said of it since
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/attempt_record.h"
#include "core/attempt.h"

#include <string.h>

/* As much as fits. Gives its length. */
static size_t copy(char *out, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);

	memcpy(out, text, length);
	out[length] = '\0';
	return length;
}

static void count_up(uint8_t *number)
{
	if (*number < UINT8_MAX)
		(*number)++;
}

void attempt_record_begin(struct attempt_record *record, const char *rule, const char *source)
{
	size_t length;

	memset(record, 0, sizeof(*record));
	if (rule != NULL)
		copy(record->rule, sizeof(record->rule), rule);
	if (source == NULL)
		return;
	length = strlen(source);
	/* The line stands at the end. */
	if (length >= sizeof(record->source))
		source += length - (sizeof(record->source) - 1);
	copy(record->source, sizeof(record->source), source);
}

void attempt_record_try(struct attempt_record *record)
{
	count_up(&record->tries);
}

static void fill(struct attempt_record_entry *entry, const struct attempt_record_said *said)
{
	size_t length;

	*entry = (struct attempt_record_entry){
		.at = said->at,
		.host = said->host,
		.stage = (uint8_t)said->stage,
		.outcome = (uint8_t)said->outcome,
		.class = (uint8_t)said->blame.class,
		.reason = (uint8_t)said->blame.reason,
		.lines = 1,
	};
	length = copy(entry->text, ATTEMPT_RECORD_NAME_MAX, said->name);
	entry->name_length = (uint8_t)length;
	copy(entry->text + length, sizeof(entry->text) - length, said->text);
}

/* The entry that says it already, or NULL. */
static struct attempt_record_entry *same_as(
	struct attempt_record *record, const struct attempt_record_entry *entry, bool is_repeat)
{
	struct attempt_record_entry *last;

	if (record->count == 0)
		return NULL;
	last = &record->entries[record->count - 1];
	if (last->host != entry->host || last->stage != entry->stage || last->turn != entry->turn ||
		last->name_length != entry->name_length ||
		memcmp(last->text, entry->text, entry->name_length) != 0)
		return NULL;
	if (is_repeat)
		return last;
	if (last->outcome != entry->outcome || last->class != entry->class)
		return NULL;
	/* Whoever takes a message may say another word to each recipient. */
	return entry->outcome == OBSERVATION_SENT || strcmp(last->text, entry->text) == 0 ? last
											  : NULL;
}

void attempt_record_add(struct attempt_record *record, const struct attempt_record_said *said)
{
	struct attempt_record_entry entry;
	struct attempt_record_entry *same;

	fill(&entry, said);
	entry.turn = record->tries;
	same = same_as(record, &entry, said->is_repeat);
	if (same != NULL && same->outcome != entry.outcome) {
		same->outcome = entry.outcome;
	} else if (same != NULL) {
		count_up(&same->lines);
	} else {
		if (record->count == ATTEMPT_RECORD_ENTRIES) {
			count_up(&record->dropped);
			record->count--;
			memmove(record->entries, record->entries + 1,
				record->count * sizeof(record->entries[0]));
		}
		record->entries[record->count++] = entry;
	}
}

void attempt_record_word(struct attempt_record *record, const struct attempt_word *word,
	struct blame blame, const struct observation *seen)
{
	const struct attempt_record_said said = {
		.at = word->at,
		.host = word->host,
		.name = "",
		.stage = word->stage,
		.outcome = seen == NULL ? OBSERVATION_PASSED_ON : seen->outcome,
		.blame = blame,
		.text = word->text,
		.is_repeat = seen != NULL && seen->is_repeat,
	};

	attempt_record_add(record, &said);
}

void attempt_record_stranger(struct attempt_record *record, const struct observation *seen)
{
	/* Only of hosts of pools it is known whose fault something is. */
	const struct attempt_record_said said = {
		.at = seen->at,
		.host = ATTEMPT_STRANGER,
		.name = seen->host,
		.stage = seen->stage,
		.outcome = seen->outcome,
		.blame = {seen->outcome == OBSERVATION_SENT ? BLAME_SUCCESS : BLAME_NONE,
			HEALTH_REASON_NONE},
		.text = seen->text,
		.is_repeat = seen->is_repeat,
	};

	attempt_record_add(record, &said);
}

void attempt_record_lose(struct attempt_record *record, uint32_t host, struct blame blame)
{
	for (int i = 0; i < record->count; i++) {
		struct attempt_record_entry *entry = &record->entries[i];

		if (entry->host != host || entry->turn != record->tries ||
			entry->class != BLAME_COMPARED)
			continue;
		entry->class = (uint8_t)blame.class;
		entry->reason = (uint8_t)blame.reason;
		entry->is_lost = true;
	}
}

/* ---- what has become of it */

static bool is_stranger(const struct attempt_record_entry *entry)
{
	return entry->name_length > 0;
}

const struct attempt_record_entry *attempt_record_result(const struct attempt_record *record)
{
	const struct attempt_record_entry *found = NULL;

	for (int i = 0; i < record->count; i++) {
		const struct attempt_record_entry *entry = &record->entries[i];
		bool is_newer = found == NULL || found->turn != entry->turn;

		if (entry->outcome == OBSERVATION_PASSED_ON)
			continue;
		if (found != NULL && is_stranger(entry) && !is_stranger(found))
			continue;
		if (is_newer || is_stranger(found) || entry->outcome == OBSERVATION_DEFERRED ||
			found->outcome != OBSERVATION_DEFERRED)
			found = entry;
	}
	return found;
}

const struct attempt_record_entry *attempt_record_put_off(
	const struct attempt_record *record, bool is_open)
{
	const struct attempt_record_entry *result =
		record->left == 0 ? attempt_record_result(record) : NULL;

	if (result == NULL || result->outcome != OBSERVATION_DEFERRED ||
		(is_open && result->turn != record->tries))
		return NULL;
	return result;
}
