/* test_state_events: events outlive the daemon, and a torn one is lost alone
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine.h"
#include "engine/state_events.h"
#include "sample.h"
#include "suite.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct sample sample;

static void open_sample(void)
{
	sample_open(&sample, sample_three);
}

static void close_sample(void)
{
	sample_close(&sample);
}

static void note(int count)
{
	for (int i = 0; i < count; i++) {
		char text[32];

		snprintf(text, sizeof(text), "event %llu",
			(unsigned long long)engine_last_event(sample.engine) + 1);
		engine_note(sample.engine, EVENT_RELOAD, text);
	}
}

/* How many there are; each says its own number. */
static int count_events(uint64_t *oldest)
{
	struct event_entry entry;
	uint64_t id = 0;
	int count = 0;

	for (; engine_event_after(sample.engine, id, &entry); id = entry.id) {
		char text[32];

		snprintf(text, sizeof(text), "event %llu", (unsigned long long)entry.id);
		ck_assert_str_eq(entry.text, text);
		ck_assert_uint_gt(entry.id, id);
		if (count++ == 0 && oldest != NULL)
			*oldest = entry.id;
	}
	return count;
}

static const struct row {
	int before;
	int kept;
	int after;
} rows[] = {
	{0, 0, 3},
	{1, 1, 1},
	{5, 5, 300},
	{STATE_EVENTS_MAX, STATE_EVENTS_MAX, 1},
	{STATE_EVENTS_MAX + 1, STATE_EVENTS_MAX, 1},
	{EVENT_RING_SIZE + 77, STATE_EVENTS_MAX, EVENT_RING_SIZE},
};

START_TEST(they_outlive_a_restart)
{
	const struct row *row = &rows[_i];
	uint64_t oldest = 0;

	note(row->before);
	sample_restart(&sample);
	ck_assert_int_eq(count_events(&oldest), row->kept);
	ck_assert_uint_eq(oldest, row->kept == 0 ? 0 : (uint64_t)(row->before - row->kept + 1));
	ck_assert_uint_eq(engine_last_event(sample.engine), (uint64_t)row->before);
	note(row->after);
	ck_assert_uint_eq(engine_last_event(sample.engine), (uint64_t)(row->before + row->after));
	ck_assert_int_eq(count_events(NULL), row->kept + row->after > EVENT_RING_SIZE
						     ? EVENT_RING_SIZE
						     : row->kept + row->after);
	sample_reload(&sample, sample_three);
	sample_restart(&sample);
	ck_assert_uint_eq(engine_last_event(sample.engine), (uint64_t)(row->before + row->after));
}
END_TEST

/* ---- torn ones */

static struct state_record *record_of(uint64_t id)
{
	for (size_t i = 0; i < state_slot_count(sample.state); i++) {
		struct state_slot *slot = state_slot(sample.state, i);
		struct state_record *records = (struct state_record *)slot->room;

		for (int k = 0; slot->type == STATE_EVENTS && k < STATE_EVENTS_PER_SLOT; k++)
			if (records[k].entry.id == id)
				return &records[k];
	}
	ck_abort_msg("no such record");
}

START_TEST(a_torn_one_is_lost_alone)
{
	struct event_entry entry;

	note(20);
	((char *)record_of(7))[_i * 8] ^= 0x10;
	/* One that nobody has torn, but that never was. */
	record_of(9)->entry.kind = EVENT_KIND_COUNT;
	sample_restart(&sample);
	ck_assert_int_eq(count_events(NULL), 18);
	ck_assert(engine_event_after(sample.engine, 6, &entry));
	ck_assert_uint_eq(entry.id, 8);
	ck_assert_uint_eq(engine_last_event(sample.engine), 20);
}
END_TEST

/* Nobody who follows misses what comes next, though the events of before are gone. */
START_TEST(ids_go_on_though_events_are_lost)
{
	note(20);
	sample_restart(&sample);
	memset(record_of(20), 0, sizeof(struct state_record));
	memset(record_of(19), 0, sizeof(struct state_record));
	sample_restart(&sample);
	ck_assert_int_eq(count_events(NULL), 18);
	note(1);
	ck_assert_uint_eq(engine_last_event(sample.engine), 21);
}
END_TEST

/* ---- what is no event */

static void make_good(struct event_entry *entry)
{
	*entry = (struct event_entry){
		.id = 5,
		.at = 1000,
		.kind = EVENT_DRAIN,
		.host = "mx.example",
		.port = 25,
		.to = HEALTH_DRAINED,
		.text = "why",
		.by = "uid=0 pid=1",
	};
}

START_TEST(values_out_of_range)
{
	struct event_entry good, bad[12];

	make_good(&good);
	ck_assert(event_ring_valid(&good));
	for (int i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].id = 0;
	bad[1].id = EVENT_RING_ID_MAX + 1;
	bad[2].at = -1;
	bad[3].until = INT64_MAX;
	bad[4].kind = EVENT_KIND_COUNT;
	memset(bad[5].host, 'x', sizeof(bad[5].host));
	bad[6].host[2] = '\x1b';
	bad[7].port = 65536;
	bad[8].to = HEALTH_STATE_COUNT;
	bad[9].reason = HEALTH_REASON_COUNT;
	memset(bad[10].text, 'x', sizeof(bad[10].text));
	memset(bad[11].by, 'x', sizeof(bad[11].by));
	for (int i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!event_ring_valid(&bad[i]), "value %d", i);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{they_outlive_a_restart, COUNT(rows)},
		{a_torn_one_is_lost_alone, (int)(sizeof(struct state_record) / 8) - 1},
		{ids_go_on_though_events_are_lost, 1},
		{values_out_of_range, 1},
	};

	return suite_run_with("state_events", tests, COUNT(tests), open_sample, close_sample);
}
