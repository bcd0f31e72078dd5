/* test_attempt: what follows from all lines about one message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/attempt.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS = 8, VERDICTS_TEXT = 1024 };

static struct attempts *attempts;
static struct lane lanes[HOSTS];
static const struct attempt_lanes all = {.list = lanes, .count = HOSTS};

/* What goes with the lines that come next. */
static struct {
	int64_t at;
	uint64_t message;
	uint32_t pid;
	bool is_sendmail;
	char address[32];
	int32_t took;		  /* -1: not given */
	int64_t began;		  /* of the last failure or delivery */
	char text[VERDICTS_TEXT]; /* the verdicts so far: "HOST:CLASS " */
} play;

static void open_attempts(void)
{
	const struct lane_rate none = {.percent = 0};

	attempts = malloc(sizeof(*attempts));
	ck_assert_ptr_nonnull(attempts);
	attempt_init(attempts);
	for (int i = 0; i < HOSTS; i++)
		lane_init(&lanes[i], 500, &none);
	play.at = 1000000;
	play.message = 77;
	play.pid = 100;
	play.is_sendmail = false;
	play.took = -1;
	play.address[0] = '\0';
	play.text[0] = '\0';
}

static void close_attempts(void)
{
	free(attempts);
}

static void take(const struct attempt_verdicts *verdicts)
{
	for (int i = 0; i < verdicts->count; i++) {
		const struct attempt_word *word = &verdicts->list[i].word;
		size_t length = strlen(play.text);

		ck_assert(verdicts->list[i].message != 0);
		if (word->class == BLAME_HOST || word->class == BLAME_HOST_AT_ONCE ||
			word->class == BLAME_SUCCESS)
			play.began = verdicts->list[i].began;
		snprintf(play.text + length, sizeof(play.text) - length, "%u:%s ", word->host,
			blame_class_name(word->class));
	}
}

/* ---- a play: words, one command each, with commas between */

static int number_in(const char *names[], int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	ck_abort_msg("%s?", name);
	return -1;
}

static enum blame_class class_named(const char *name)
{
	for (int i = 0; i < BLAME_CLASS_COUNT; i++)
		if (strcmp(blame_class_name((enum blame_class)i), name) == 0)
			return (enum blame_class)i;
	ck_abort_msg("%s?", name);
	return BLAME_NONE;
}

static enum observation_stage stage_named(const char *name)
{
	for (int i = 0; i < OBSERVATION_STAGE_COUNT; i++)
		if (strcmp(observation_stage_name((enum observation_stage)i), name) == 0)
			return (enum observation_stage)i;
	ck_abort_msg("%s?", name);
	return OBSERVATION_STAGE_NONE;
}

/* A line about HOST. Without a reply it is a connection that failed. */
static void line(int host, enum blame_class class, enum observation_stage stage,
	enum observation_outcome outcome, uint64_t message)
{
	struct observation seen;
	struct attempt_verdicts verdicts = {.count = 0};
	struct attempt_line line = {
		.seen = &seen,
		.message = message,
		.host = host == -1 ? ATTEMPT_STRANGER : (uint32_t)host,
		.blame = {class, HEALTH_REASON_MAIL_4XX},
		.is_inferring = play.is_sendmail,
	};

	observation_init(&seen);
	seen.at = play.at;
	seen.pid = play.pid;
	seen.delays[OBSERVATION_DELAYS - 1] = play.took;
	strcpy(seen.address, play.address);
	seen.stage = stage;
	seen.outcome = outcome;
	seen.what = stage == OBSERVATION_STAGE_CONNECT ? OBSERVATION_REFUSED : OBSERVATION_REPLY;
	attempt_feed(attempts, all, &line, &verdicts);
	take(&verdicts);
}

static void open_list(const char *hosts)
{
	struct attempt_list list = {
		.message = play.message,
		.pool = 5,
		.at = play.at,
		.is_mute = play.is_sendmail,
	};

	for (; *hosts != '\0'; hosts++)
		list.hosts[list.count++] = (uint32_t)(*hosts - '0');
	attempt_open(attempts, all, &list);
}

static void tick(void)
{
	struct attempt_verdicts verdicts = {.count = 0};

	attempt_tick(attempts, all, play.at, &verdicts);
	take(&verdicts);
}

static void run(char *command)
{
	static const char *names[] = {"open", "active", "later", "pid", "message", "knock", "said",
		"sent", "put_off", "bounced", "stranger", "tick", "sendmail", "took", "address"};
	char verb[32] = "", a[32] = "", b[32] = "", c[32] = "";
	int host;

	sscanf(command, " %31s %31s %31s %31s", verb, a, b, c);
	host = atoi(a);
	switch (number_in(names, COUNT(names), verb)) {
	case 0:
		open_list(a);
		break;
	case 1:
		attempt_activate(attempts, all, play.message, atoi(a), play.at);
		break;
	case 2:
		play.at += host;
		break;
	case 3:
		play.pid = (uint32_t)host;
		break;
	case 4:
		play.message = (uint64_t)host;
		break;
	case 5: /* HOST [CLASS]: "connect to …", without a queue id */
		line(host, *b == '\0' ? BLAME_HOST_AT_ONCE : class_named(b),
			OBSERVATION_STAGE_CONNECT, OBSERVATION_PASSED_ON, 0);
		break;
	case 6: /* HOST CLASS STAGE */
		line(host, class_named(b), stage_named(c), OBSERVATION_PASSED_ON, play.message);
		break;
	case 7:
		line(host, BLAME_SUCCESS, OBSERVATION_STAGE_END, OBSERVATION_SENT, play.message);
		break;
	case 8:
		line(host, class_named(b), stage_named(c), OBSERVATION_DEFERRED, play.message);
		break;
	case 9:
		line(host, BLAME_SENDER, OBSERVATION_STAGE_RCPT, OBSERVATION_BOUNCED, play.message);
		break;
	case 10:
		line(-1, BLAME_NONE, OBSERVATION_STAGE_END, OBSERVATION_SENT, play.message);
		break;
	case 11:
		tick();
		break;
	case 12:
		play.is_sendmail = true;
		break;
	case 13: /* MS */
		play.took = host;
		break;
	default:
		strcpy(play.address, a);
	}
}

/* Commands, with commas between. */
static void run_all(const char *commands)
{
	char text[512];
	char *rest = text;
	char *command;

	strcpy(text, commands);
	while ((command = strsep(&rest, ",")) != NULL)
		run(command);
}

static const struct row {
	const char *name;
	const char *play;
	const char *verdicts;
} rows[] = {
	/* Comparison. */
	{"a peer takes what it refuses", "open 01, said 0 compared rcpt, sent 1",
		"0:compared 0:host 1:success "},
	{"all refuse it", "open 01, said 0 compared rcpt, put_off 1 compared rcpt",
		"0:compared 1:compared "},
	{"no peer", "open 0, put_off 0 compared rcpt", "0:compared "},
	{"the peer refuses it for good", "open 01, said 0 compared mail, bounced 1",
		"0:compared 1:sender "},
	{"two refuse what the third takes",
		"open 012, said 0 compared mail, said 1 compared end, sent 2",
		"0:compared 1:compared 0:host 1:host 2:success "},
	{"two recipients of one message count once",
		"open 01, said 0 compared rcpt, said 0 compared rcpt, sent 1, sent 1",
		"0:compared 0:compared 0:host 1:success 1:success "},
	{"one recipient is taken, one only by the peer",
		"open 01, said 0 compared rcpt, sent 0, sent 1",
		"0:compared 0:success 0:host 1:success "},
	{"its own delivery is no comparison", "open 01, said 0 compared rcpt, sent 0",
		"0:compared 0:success "},
	{"words that clear it", "open 01, said 0 recipient rcpt, sent 1", "0:recipient 1:success "},
	{"words that convict it", "open 01, said 0 host mail, sent 1", "0:host 1:success "},
	{"the next attempt begins anew",
		"open 01, said 0 compared rcpt, put_off 1 compared rcpt, pid 101, sent 1",
		"0:compared 1:compared 1:success "},
	{"the same process, but the queue manager has had it again",
		"open 01, active, said 0 compared rcpt, put_off 1 compared rcpt, active, sent 1",
		"0:compared 1:compared 1:success "},
	{"a message without a list", "said 0 compared rcpt, sent 1",
		"0:compared 0:host 1:success "},
	{"two messages", "open 01, said 0 compared rcpt, message 78, open 01, sent 1",
		"0:compared 1:success "},
	{"delivered by a stranger", "open 01, said 0 compared rcpt, stranger", "0:compared "},

	/* Connections. */
	{"refused, then the next host", "open 01, knock 0, sent 1", "0:host_at_once 1:success "},
	{"refused, and another address of the name answers", "open 01, knock 0, sent 0",
		"0:success "},
	{"one address is dead, and what another does is lost",
		"open 01, address v6, knock 0, address v4, sent 0, "
		"message 78, open 01, address v6, knock 0, address x, sent 1",
		"0:success 1:success "},
	{"one address is dead, and then the other as well",
		"open 01, address v6, knock 0, address v4, sent 0, "
		"message 78, open 01, address v6, knock 0, address v4, knock 0, address x, sent 1",
		"0:success 0:host_at_once 1:success "},
	{"an address that was dead has answered since",
		"open 01, address v6, knock 0, address v4, sent 0, address v6, sent 0, "
		"message 78, open 01, knock 0, address x, sent 1",
		"0:success 0:success 0:host_at_once 1:success "},
	{"an address that answers at the second try is not dead",
		"open 01, address v6, knock 0, sent 0, message 78, open 01, knock 0, address x, "
		"sent 1",
		"0:success 0:host_at_once 1:success "},
	{"two addresses refused, the third answers",
		"open 01, knock 0, knock 0, said 0 recipient rcpt", "0:recipient "},
	{"all addresses refused, and the next host as well",
		"open 012, knock 0, knock 0, knock 1, sent 2",
		"0:host_at_once 1:host_at_once 2:success "},
	{"no route for a family, and another address answers", "open 01, knock 0 compared, sent 0",
		"0:success "},
	{"no route to it, and the peer takes it", "open 01, knock 0 compared, sent 1",
		"0:host 1:success "},
	{"no route to anybody", "open 01, knock 0 compared, put_off 1 compared connect",
		"1:compared "},
	{"the next message of the process tells, too", "knock 0, message 78, sent 1",
		"0:host_at_once 1:success "},
	{"of a list that was chosen later: the lines of another message were lost",
		"knock 0, later 10, message 78, open 01, sent 1", "1:success "},
	{"of a host after the one that has it: the same",
		"open 10, message 78, open 10, knock 0, sent 1", "1:success "},
	{"of a host that the message was not given: the same", "open 12, knock 0, sent 1",
		"1:success "},
	{"another process tells nothing", "knock 0, pid 101, sent 1", "1:success "},
	{"a process that names no message", "knock 0, later 29000, tick, later 2000, tick",
		"0:host_at_once "},
	{"a process whose place another needs", "knock 0, pid 612, knock 1, sent 2",
		"0:host_at_once 1:host_at_once 2:success "},
	{"no process is said", "pid 0, knock 0", "0:host_at_once "},
	{"with the status it is said again", "open 0, knock 0, put_off 0 host_at_once connect",
		"0:host_at_once 0:host_at_once "},

	/* Limits of a host that delivers. */
	{"a limit of sessions", "sent 0, message 2, open 01, said 0 session mail, sent 1",
		"0:success 0:session 1:success "},
	{"a limit of one that has not delivered for long",
		"sent 0, later 10001, message 2, open 01, said 0 session mail, sent 1",
		"0:success 0:compared 0:host 1:success "},
	{"a limit of one that never has", "open 01, said 0 session mail, sent 1",
		"0:compared 0:host 1:success "},
	{"a limit, and nobody takes it", "open 01, said 0 session mail, put_off 1 compared mail",
		"0:compared 1:compared "},

	/* Where the log is mute. */
	{"Sendmail: the second host has it", "sendmail, open 01, sent 1", "0:host 1:success "},
	{"Sendmail: the first host has it", "sendmail, open 01, sent 0", "0:success "},
	{"Sendmail: two were passed over", "sendmail, open 012, sent 2",
		"0:host 1:host 2:success "},
	{"Sendmail: once for all recipients", "sendmail, open 01, sent 1, sent 1",
		"0:host 1:success 1:success "},
	{"Sendmail: the first one has said why",
		"sendmail, open 01, put_off 0 recipient rcpt, sent 1", "0:recipient 1:success "},
	{"Sendmail: it lost the comparison", "sendmail, open 01, put_off 0 compared rcpt, sent 1",
		"0:compared 0:host 1:success "},
	{"Sendmail: a host that is not of the list", "sendmail, open 01, sent 2", "2:success "},
	{"Postfix is not mute", "open 01, sent 1", "1:success "},
};

START_TEST(verdicts)
{
	run_all(rows[_i].play);
	ck_assert_msg(strcmp(play.text, rows[_i].verdicts) == 0, "%s: \"%s\", not \"%s\"",
		rows[_i].name, play.text, rows[_i].verdicts);
}
END_TEST

/* A session is no older than its host's turn, whatever has overtaken it. */
static const struct began_row {
	const char *name;
	const char *play;
	int64_t age; /* of the session, at its end */
} began_rows[] = {
	{"the first host's", "open 01, later 10, active, later 30000, said 0 host mail", 30000},
	{"the second host's",
		"open 01, active, later 100, said 0 host mail, later 300, put_off 1 host mail",
		300},
	{"a connection's", "open 0, active, later 30000, knock 0, put_off 0 none connect", 30000},
	{"one that others have overtaken",
		"open 01, active, later 10, message 78, open 01, active, pid 101, later 10, sent "
		"0, "
		"message 77, pid 100, later 300000, said 0 host mail",
		300020},
	{"that of a host after one that has refused recipients",
		"open 012, active, later 10, said 0 compared rcpt, later 30000, knock 1, "
		"put_off 1 none connect",
		30000},
	{"the next attempt's",
		"open 01, active, later 10, said 0 host mail, put_off 1 host mail, later 5000, "
		"active, "
		"later 40, said 0 host mail",
		40},
	{"not known", "open 01, later 30000, said 0 host mail", 0},
	{"a delivery's", "open 01, active, later 5000, took 3000, sent 0", 3000},
	{"a delivery's, whose time was rounded up",
		"open 01, active, later 1960, took 2000, sent 0", 1960},
	{"Sendmail: in whole seconds", "sendmail, open 01, later 300, took 1000, sent 0", 1},
	{"Sendmail: of a queue run", "sendmail, open 01, later 60000, took 3000, sent 0", 2001},
	{"Sendmail: at once", "sendmail, open 01, later 60000, took 0, sent 0", 0},
};

START_TEST(sessions_begin)
{
	const struct began_row *row = &began_rows[_i];

	run_all(row->play);
	ck_assert_msg(play.at - play.began == row->age, "%s: %lld ms", row->name,
		(long long)(play.at - play.began));
}
END_TEST

/* ---- what waits */

static const struct waiting_row {
	const char *name;
	const char *play;
	uint32_t waiting[3];
	uint32_t pending[3];
} waiting_rows[] = {
	{"chosen, and not begun", "open 01", {0}, {1}},
	{"begun", "open 01, active", {1}, {1}},
	{"delivered", "open 01, active, sent 0", {0}, {0}},
	{"put off", "open 01, active, put_off 0 compared mail", {0}, {0}},
	{"the next host's turn", "open 01, active, said 0 host mail", {0, 1}, {0, 1}},
	{"refused, the next host's turn", "open 01, active, knock 0, said 1 host mail", {0}, {0}},
	{"some recipient was refused", "open 01, active, said 0 recipient rcpt", {0}, {0}},
	{"tried again later", "open 01, active, put_off 0 host mail, active", {1}, {1}},
	{"no list: nobody knows", "active, said 0 host mail", {0}, {0}},
	{"Sendmail does not tell", "sendmail, open 01", {1}, {1}},
	{"chosen twice", "open 01, open 10", {0}, {0, 1}},
	{"held for a minute",
		"open 01, later 61000, tick, tick, tick, tick, tick, tick, tick, tick", {0}, {0}},
	{"held, and released",
		"open 01, later 61000, tick, tick, tick, tick, tick, tick, tick, tick, "
		"active",
		{1}, {1}},
};

START_TEST(waits)
{
	const struct waiting_row *row = &waiting_rows[_i];

	run_all(row->play);
	for (int i = 0; i < 3; i++) {
		ck_assert_msg(lanes[i].waiting == row->waiting[i], "%s: host %d: %u wait",
			row->name, i, lanes[i].waiting);
		ck_assert_msg(lanes[i].pending == row->pending[i], "%s: host %d: %u pending",
			row->name, i, lanes[i].pending);
	}
}
END_TEST

/* ---- size, and reloads */

enum { START = 1000000 };

static void begin_at(uint64_t message, const char *list, int64_t at, int size)
{
	play.message = message;
	play.at = at;
	open_list(list);
	attempt_activate(attempts, all, message, size, at);
}

static void deliver_at(uint64_t message, int host, int64_t at)
{
	play.message = message;
	play.at = at;
	play.pid = (uint32_t)message;
	line(host, BLAME_SUCCESS, OBSERVATION_STAGE_END, OBSERVATION_SENT, message);
}

START_TEST(more_attempts_than_there_is_room_for)
{
	for (int i = 0; i < 3 * ATTEMPT_COUNT; i++) {
		begin_at((uint64_t)i + 1, i % 2 == 0 ? "10" : "01", START + i, 1000);
		if (i % 2 == 0)
			deliver_at((uint64_t)i + 1, 1, START + i);
	}
	ck_assert_ptr_nonnull(attempt_find(attempts, 3 * ATTEMPT_COUNT, NULL));
	ck_assert_ptr_null(attempt_find(attempts, 1, NULL));
	ck_assert_uint_eq(lanes[0].waiting, lanes[0].pending);
	/* Those that are open stay longer. */
	ck_assert_uint_gt(lanes[0].waiting, ATTEMPT_COUNT / 2);
	for (int i = 0; i < 3 * ATTEMPT_COUNT; i++)
		attempt_left(attempts, all, (uint64_t)i + 1, play.at);
	ck_assert_uint_eq(lanes[0].waiting, 0);
	ck_assert_uint_eq(lanes[0].pending, 0);
}
END_TEST

START_TEST(hosts_get_other_numbers)
{
	const uint32_t map[] = {2, ATTEMPT_STRANGER, 0};
	const struct lane_rate none = {.percent = 0};

	begin_at(7, "012", START, 1000);
	line(0, BLAME_COMPARED, OBSERVATION_STAGE_MAIL, OBSERVATION_PASSED_ON, 7);
	begin_at(8, "20", START, 1000);
	for (int i = 0; i < HOSTS; i++)
		lane_init(&lanes[i], 500, &none);
	attempt_rename(attempts, all, map, COUNT(map));
	ck_assert_uint_eq(lanes[0].waiting, 1);
	ck_assert_uint_eq(lanes[2].waiting, 0);
	play.text[0] = '\0';
	deliver_at(7, 0, START + 10);
	ck_assert_str_eq(play.text, "0:success ");
	play.text[0] = '\0';
	play.pid = 100;
	line(0, BLAME_SUCCESS, OBSERVATION_STAGE_END, OBSERVATION_SENT, 8);
	ck_assert_uint_eq(lanes[0].waiting, 0);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{verdicts, COUNT(rows)},
		{sessions_begin, COUNT(began_rows)}, {waits, COUNT(waiting_rows)},
		{more_attempts_than_there_is_room_for, 1}, {hosts_get_other_numbers, 1}};

	return suite_run_with("attempt", tests, COUNT(tests), open_attempts, close_attempts);
}
