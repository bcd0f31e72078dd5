/* attempt: deliveries under way, and what the hosts have said in each
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/attempt.h"
#include "core/attempt_table.h"
#include "core/hash.h"
#include "core/waiting.h"

#include <string.h>

enum {
	SWEEP = 1024,	  /* attempts that one tick looks at */
	KNOCK_MS = 30000, /* so long a process may take to name its message */
};

/* A message that the MTA does not begin with is held, or waits for the next queue run. */
static const int64_t unbegun_ms = INT64_C(60000);
/* No host is given longer than that: Postfix's longest timeout is 600 s (smtp_data_done_timeout). */
static const int64_t longest_ms = INT64_C(3600000);

/* ---- life of an attempt */

void attempt_init(struct attempts *attempts)
{
	attempt_table_init(attempts);
}

const struct attempt *attempt_find(
	const struct attempts *attempts, uint64_t message, const struct attempt *after)
{
	uint16_t index = after == NULL ? attempt_table_first(attempts, message)
				       : attempt_table_next(attempts, after->next, message);

	return index == ATTEMPT_NONE ? NULL : &attempts->list[index];
}

static void begin_anew(struct attempt *attempt)
{
	attempt->word_count = 0;
	attempt->tried = 0;
	attempt->pid = 0;
	attempt->turn = 0;
	attempt->is_open = true;
}

static void close_attempt(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index)
{
	waiting_uncount(attempts, lanes, index);
	attempts->list[index].is_open = false;
}

void attempt_open(
	struct attempts *attempts, struct attempt_lanes lanes, const struct attempt_list *list)
{
	uint16_t index = attempt_table_first(attempts, list->message);
	struct attempt *attempt;

	while (index != ATTEMPT_NONE && attempts->list[index].pool != list->pool)
		index = attempt_table_next(attempts, attempts->list[index].next, list->message);
	if (index == ATTEMPT_NONE)
		index = attempt_table_take(attempts, lanes, list->message);
	waiting_uncount(attempts, lanes, index);
	attempt = &attempts->list[index];
	begin_anew(attempt);
	attempt->pool = list->pool;
	queue_id_copy(attempt->queue_id, list->queue_id);
	attempt->opened = list->at;
	attempt->is_kept = list->is_kept;
	attempt->is_whole = list->is_whole;
	attempt->recipient = list->recipient;
	attempt->is_begun = false;
	attempt->is_placed = false;
	attempt->place = 0;
	attempt->size = 0;
	attempt->count = list->count;
	memcpy(attempt->hosts, list->hosts, list->count * sizeof(list->hosts[0]));
	attempt_record_begin(&attempt->record, list->rule, list->source);
	waiting_count(attempts, lanes, index);
	if (!list->is_mute)
		return;
	attempt_record_try(&attempt->record);
	waiting_begin(attempts, lanes, index, list->at);
}

void attempt_activate(struct attempts *attempts, struct attempt_lanes lanes, uint64_t message,
	int64_t size, int64_t at)
{
	uint16_t index = attempt_table_first(attempts, message);

	for (; index != ATTEMPT_NONE;
		index = attempt_table_next(attempts, attempts->list[index].next, message)) {
		struct attempt *attempt = &attempts->list[index];

		attempt->size = size;
		attempt->is_begun = true;
		attempt_record_try(&attempt->record);
		/* Its list was frozen: it begins with the first host again. */
		if (!attempt->is_open) {
			attempt->place = 0;
			begin_anew(attempt);
		}
		waiting_count(attempts, lanes, index);
		waiting_begin(attempts, lanes, index, at);
	}
}

void attempt_left(
	struct attempts *attempts, struct attempt_lanes lanes, uint64_t message, int64_t at)
{
	uint16_t index = attempt_table_first(attempts, message);

	for (; index != ATTEMPT_NONE;
		index = attempt_table_next(attempts, attempts->list[index].next, message)) {
		close_attempt(attempts, lanes, index);
		attempts->list[index].record.left = at;
	}
}

static int place_of(const struct attempt *attempt, uint32_t host)
{
	for (int i = 0; i < attempt->count; i++)
		if (attempt->hosts[i] == host)
			return i;
	return -1;
}

/* It was not at that host before; 0: that is not known. */
static int64_t turn_of(const struct attempt *attempt, uint32_t host)
{
	return attempt != NULL && place_of(attempt, host) >= attempt->place ? attempt->turn : 0;
}

/* The host has not taken it: the next one's turn. */
static void move_on(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index,
	uint32_t host, int64_t at)
{
	struct attempt *attempt = &attempts->list[index];
	int place = place_of(attempt, host);

	if (place < attempt->place || !attempt->is_open)
		return;
	waiting_uncount(attempts, lanes, index);
	if (place + 1 >= attempt->count)
		return;
	attempt->place = (uint8_t)(place + 1);
	waiting_count(attempts, lanes, index);
	waiting_begin(attempts, lanes, index, at);
}

/* ---- verdicts */

/* What one call works on. */
struct feed {
	struct attempts *attempts;
	struct attempt_lanes lanes;
	struct attempt_verdicts *verdicts;
};

static struct lane *lane_of(const struct feed *feed, uint32_t host)
{
	return host < feed->lanes.count ? &feed->lanes.list[host] : NULL;
}

/* Of the attempts of a host some fail by its own fault: too many do. */
static void count_outcome(
	const struct feed *feed, struct attempt_verdict *verdict, uint64_t message)
{
	struct lane *lane = lane_of(feed, verdict->word.host);
	enum blame_class class = verdict->word.class;
	bool has_failed = class == BLAME_HOST || class == BLAME_HOST_AT_ONCE;

	if (lane == NULL || verdict->is_repeat || (!has_failed && class != BLAME_SUCCESS) ||
		(has_failed && lane->failed_message == message))
		return;
	lane->failed_message = has_failed ? message : 0;
	if (lane_outcome(lane, has_failed) && class == BLAME_HOST) {
		verdict->word.class = BLAME_HOST_AT_ONCE;
		verdict->word.reason = HEALTH_REASON_FAILS_IN_PART;
	}
}

/* Gives how it was counted. */
static struct blame pass(const struct feed *feed, const struct attempt_word *word,
	enum blame_class class, uint64_t message, bool is_repeat)
{
	struct attempt_verdict *verdict;

	if (feed->verdicts->count == ATTEMPT_VERDICTS || word->host == ATTEMPT_STRANGER)
		return (struct blame){class, word->reason};
	verdict = &feed->verdicts->list[feed->verdicts->count++];
	*verdict =
		(struct attempt_verdict){.word = *word, .message = message, .is_repeat = is_repeat};
	verdict->began = word->began != 0 ? word->began : word->at;
	verdict->word.class = class;
	count_outcome(feed, verdict, message);
	return (struct blame){verdict->word.class, verdict->word.reason};
}

static uint64_t address_of(const struct attempt_line *line)
{
	const char *address = line->seen->address;

	return *address == '\0' ? 0 : hash_octets(address, strlen(address));
}

static void make_word(struct attempt_word *word, const struct attempt_line *line)
{
	size_t length = strnlen(line->seen->text, sizeof(word->text) - 1);

	*word = (struct attempt_word){
		.host = line->host,
		.class = line->blame.class,
		.reason = line->blame.reason,
		.stage = line->seen->stage,
		.at = line->seen->at,
		.address = address_of(line),
	};
	memcpy(word->text, line->seen->text, length);
}

/* One of the same host and stage stands for both. */
static void keep_word(struct attempt_word *words, uint8_t *count, const struct attempt_word *word)
{
	for (int i = 0; i < *count; i++)
		if (words[i].host == word->host && words[i].stage == word->stage)
			return;
	if (*count < ATTEMPT_WORDS)
		words[(*count)++] = *word;
}

static void enter(struct attempt *attempt, const struct attempt_word *word, struct blame blame,
	const struct observation *seen)
{
	if (attempt != NULL)
		attempt_record_word(&attempt->record, word, blame, seen);
}

/* ---- connections that failed, of a process that has named no message yet */

static struct attempt_process *process_of(struct attempts *attempts, uint32_t pid)
{
	return &attempts->processes[pid & (ATTEMPT_PROCESSES - 1)];
}

/* As messages of their own: no attempt is known that they belong to. */
static void release(const struct feed *feed, struct attempt_process *process)
{
	for (int i = 0; i < process->word_count; i++) {
		const struct attempt_word *word = &process->words[i];

		if (word->class != BLAME_COMPARED)
			pass(feed, word, word->class, hash_pair((uint64_t)word->at, process->pid),
				false);
	}
	process->word_count = 0;
}

static void knock(const struct feed *feed, const struct attempt_line *line)
{
	struct attempt_process *process = process_of(feed->attempts, line->seen->pid);
	struct attempt_word word;

	/* It goes on to the next host when all addresses of this one were tried. */
	if (process->pid != line->seen->pid)
		release(feed, process);
	process->pid = line->seen->pid;
	make_word(&word, line);
	if (word.address != 0 && word.address == lane_of(feed, word.host)->spare)
		return;
	keep_word(process->words, &process->word_count, &word);
}

/*
 * The connection belongs to the message that is named now; unless that was not given this host, or not
 * yet, or one before it has answered. Then the lines of another message were lost, and with them what
 * its other addresses have done.
 */
static bool is_knock_of(
	const struct attempt_word *word, const struct attempt *attempt, uint32_t host)
{
	int knocked, named;

	if (attempt == NULL || attempt->count == 0)
		return true;
	knocked = place_of(attempt, word->host);
	named = place_of(attempt, host);
	return word->at >= attempt->opened && knocked != -1 && (named == -1 || knocked <= named);
}

/* The process names a message: what it said before was about that. */
static void join_process(
	const struct feed *feed, const struct attempt_line *line, struct attempt *attempt)
{
	struct attempt_process *process = process_of(feed->attempts, line->seen->pid);
	bool has_connected = line->seen->what == OBSERVATION_REPLY ||
			     line->seen->stage > OBSERVATION_STAGE_CONNECT;

	if (line->seen->pid == 0 || process->pid != line->seen->pid)
		return;
	for (int i = 0; i < process->word_count; i++) {
		struct attempt_word *word = &process->words[i];
		struct blame blame = {word->class, word->reason};

		/* Another address of that name has answered. */
		if (word->host == line->host && has_connected) {
			lane_answer(lane_of(feed, line->host), address_of(line), word->address);
			enter(attempt, word, (struct blame){BLAME_NONE, word->reason}, NULL);
			continue;
		}
		if (!is_knock_of(word, attempt, line->host))
			continue;
		word->began = turn_of(attempt, word->host);
		if (word->class == BLAME_COMPARED && attempt != NULL)
			keep_word(attempt->words, &attempt->word_count, word);
		else if (word->class != BLAME_COMPARED)
			blame = pass(feed, word, word->class, line->message, false);
		enter(attempt, word, blame, NULL);
		if (attempt != NULL)
			move_on(feed->attempts, feed->lanes,
				(uint16_t)(attempt - feed->attempts->list), word->host, word->at);
	}
	process->word_count = 0;
}

/* ---- lines */

/* The message's attempt that this line is of, made if there is none; or NULL. */
static struct attempt *attempt_of(const struct feed *feed, const struct attempt_line *line)
{
	struct attempts *attempts = feed->attempts;
	uint32_t pid = line->seen->pid;
	struct attempt *found = NULL;

	for (uint16_t i = attempt_table_first(attempts, line->message); i != ATTEMPT_NONE;
		i = attempt_table_next(attempts, attempts->list[i].next, line->message)) {
		struct attempt *attempt = &attempts->list[i];
		bool has_host = attempt->count == 0 || place_of(attempt, line->host) != -1;

		if (has_host && (found == NULL || (pid != 0 && attempt->pid == pid)))
			found = attempt;
	}
	if (found == NULL && line->host != ATTEMPT_STRANGER &&
		attempt_table_first(attempts, line->message) == ATTEMPT_NONE) {
		found = &attempts->list[attempt_table_take(attempts, feed->lanes, line->message)];
		found->opened = line->seen->at;
		queue_id_copy(found->queue_id, line->seen->queue_id);
		attempt_record_try(&found->record);
	}
	/* Another process: the MTA tries it once more. */
	if (found != NULL && pid != 0 && found->pid != pid) {
		if (found->pid != 0) {
			begin_anew(found);
			/* Nothing else tells of it. */
			if (line->is_inferring)
				attempt_record_try(&found->record);
		}
		found->pid = pid;
	}
	return found;
}

/* A later host has taken what these have refused. */
static void lose_comparisons(
	const struct feed *feed, const struct attempt_line *line, struct attempt *attempt)
{
	int left = 0;

	for (int i = 0; i < attempt->word_count; i++) {
		const struct attempt_word *word = &attempt->words[i];

		if (word->host == line->host)
			attempt->words[left++] = *word;
		else
			attempt_record_lose(&attempt->record, word->host,
				pass(feed, word, BLAME_HOST, line->message, false));
	}
	attempt->word_count = (uint8_t)left;
}

/* Nobody has told why the hosts before were passed over. */
static void infer(const struct feed *feed, const struct attempt_line *line, struct attempt *attempt)
{
	int place = place_of(attempt, line->host);

	for (int i = 0; i < place; i++) {
		struct attempt_word word = {
			.host = attempt->hosts[i],
			.reason = HEALTH_REASON_PASSED_OVER,
			.at = line->seen->at,
			.text = "delivered by a host after it in the list",
		};

		if ((attempt->tried & UINT64_C(1) << i) == 0)
			enter(attempt, &word, pass(feed, &word, BLAME_HOST, line->message, false),
				NULL);
		attempt->tried |= UINT64_C(1) << i;
	}
}

static int64_t took(const struct observation *seen)
{
	int32_t connecting = seen->delays[OBSERVATION_DELAYS - 2];
	int32_t sending = seen->delays[OBSERVATION_DELAYS - 1];

	return sending < 0 ? -1 : (int64_t)sending + (connecting < 0 ? 0 : connecting);
}

/*
 * A delivery's. Times that a log rounds must not date it back before its host's turn, nor before the
 * host's last change of state: a trial would not count. Sendmail counts by whole seconds, of which the
 * first and the last may have been a moment each.
 */
static int64_t began_of(const struct attempt_line *line, const struct attempt *attempt)
{
	int64_t longest = took(line->seen) - (line->is_inferring ? 999 : 0);
	int64_t began = line->seen->at - (longest > 0 ? longest : 0);
	int64_t turn = turn_of(attempt, line->host);

	return began < turn && turn <= line->seen->at ? turn : began;
}

/* What waits, and where, after that line. */
static void follow(
	const struct feed *feed, const struct attempt_line *line, struct attempt *attempt)
{
	const struct observation *seen = line->seen;
	uint16_t index = (uint16_t)(attempt - feed->attempts->list);
	bool is_reply = seen->what == OBSERVATION_REPLY;

	if (is_reply)
		lane_answer(lane_of(feed, line->host), address_of(line), 0);
	if (is_reply)
		waiting_reply(feed->attempts, feed->lanes, index,
			&(struct waiting_result){line->host, seen->at, took(seen)});
	if (seen->outcome != OBSERVATION_PASSED_ON) {
		close_attempt(feed->attempts, feed->lanes, index);
		/* Sendmail writes one such line for each host. */
		if (!line->is_inferring)
			attempt->tried = 0;
	} else if (is_reply && seen->stage == OBSERVATION_STAGE_RCPT) {
		/* Other recipients may go on there. */
		waiting_uncount(feed->attempts, feed->lanes, index);
		attempt->turn = seen->at;
	} else {
		move_on(feed->attempts, feed->lanes, index, line->host, seen->at);
	}
}

static void judge(const struct feed *feed, const struct attempt_line *line, struct attempt *attempt)
{
	struct lane *lane = lane_of(feed, line->host);
	struct attempt_word word;
	enum blame_class class = line->blame.class;
	/* Without a queue id it is a message of its own. */
	uint64_t message = line->message != 0 ? line->message
					      : hash_pair((uint64_t)line->seen->at, HASH_START);

	make_word(&word, line);
	word.began = turn_of(attempt, line->host);
	if (class == BLAME_SUCCESS) {
		word.began = began_of(line, attempt);
		if (attempt != NULL)
			lose_comparisons(feed, line, attempt);
		if (attempt != NULL && line->is_inferring)
			infer(feed, line, attempt);
		if (lane != NULL)
			lane_success(lane, word.at, took(line->seen));
	} else if (lane != NULL && lane_is_limit(lane, &line->blame, word.at)) {
		class = BLAME_SESSION;
	} else if (attempt != NULL && (class == BLAME_COMPARED || class == BLAME_SESSION)) {
		/* Who has delivered nothing of late is at no limit, whatever it says. */
		class = BLAME_COMPARED;
		keep_word(attempt->words, &attempt->word_count, &word);
	}
	enter(attempt, &word, pass(feed, &word, class, message, line->seen->is_repeat), line->seen);
}

void attempt_feed(struct attempts *attempts, struct attempt_lanes lanes,
	const struct attempt_line *line, struct attempt_verdicts *verdicts)
{
	const struct observation *seen = line->seen;
	const struct feed feed = {attempts, lanes, verdicts};
	bool is_probe = seen->is_probe;
	struct attempt *attempt = NULL;
	int place;

	if (seen->at > attempts->clock && !is_probe)
		attempts->clock = seen->at;
	if (line->message == 0 && !is_probe && seen->pid != 0 &&
		seen->stage == OBSERVATION_STAGE_CONNECT && line->host != ATTEMPT_STRANGER) {
		knock(&feed, line);
		return;
	}
	if (line->message != 0 && !is_probe) {
		attempt = attempt_of(&feed, line);
		join_process(&feed, line, attempt);
	}
	if (line->host == ATTEMPT_STRANGER) {
		uint16_t index = attempt_table_first(attempts, line->message);

		if (line->message != 0 && !is_probe && index != ATTEMPT_NONE)
			attempt_record_stranger(&attempts->list[index].record, seen);
		return;
	}
	judge(&feed, line, attempt);
	if (attempt == NULL)
		return;
	place = place_of(attempt, line->host);
	if (place != -1)
		attempt->tried |= UINT64_C(1) << place;
	follow(&feed, line, attempt);
}

/* ---- time, and reloads */

static void sweep(struct attempts *attempts, struct attempt_lanes lanes, int64_t now)
{
	for (int i = 0; i < SWEEP; i++) {
		uint16_t index = attempts->sweep++ % ATTEMPT_COUNT;
		const struct attempt *attempt = &attempts->list[index];

		if (attempt->message == 0 || !attempt->is_open)
			continue;
		if (attempt->began == 0 && now - attempt->opened > unbegun_ms)
			waiting_uncount(attempts, lanes, index);
		else if (attempt->began != 0 && now - attempt->began > longest_ms)
			close_attempt(attempts, lanes, index);
	}
}

void attempt_tick(struct attempts *attempts, struct attempt_lanes lanes, int64_t now,
	struct attempt_verdicts *verdicts)
{
	const struct feed feed = {attempts, lanes, verdicts};

	sweep(attempts, lanes, now);
	for (int i = 0; i < ATTEMPT_PROCESSES; i++) {
		struct attempt_process *process = &attempts->processes[i];

		if (process->word_count > 0 && now - process->words[0].at > KNOCK_MS &&
			verdicts->count + ATTEMPT_WORDS <= ATTEMPT_VERDICTS)
			release(&feed, process);
	}
}

static uint32_t renamed(const uint32_t *map, size_t map_count, uint32_t host)
{
	return host < map_count ? map[host] : ATTEMPT_STRANGER;
}

void attempt_rename(struct attempts *attempts, struct attempt_lanes lanes, const uint32_t *map,
	size_t map_count)
{
	memset(attempts->processes, 0, sizeof(attempts->processes));
	for (uint16_t index = attempts->oldest; index != ATTEMPT_NONE;
		index = attempts->list[index].newer) {
		struct attempt *attempt = &attempts->list[index];
		int64_t began = attempt->began;
		bool is_counted = attempt->is_counted;

		for (int i = 0; i < attempt->count; i++)
			attempt->hosts[i] = renamed(map, map_count, attempt->hosts[i]);
		for (int i = 0; i < attempt->word_count; i++)
			attempt->words[i].host = renamed(map, map_count, attempt->words[i].host);
		for (int i = 0; i < attempt->record.count; i++)
			attempt->record.entries[i].host =
				renamed(map, map_count, attempt->record.entries[i].host);
		attempt->began = 0;
		attempt->is_counted = false;
		if (is_counted)
			waiting_count(attempts, lanes, index);
		if (began != 0)
			waiting_begin(attempts, lanes, index, began);
	}
}
