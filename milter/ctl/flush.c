/* flush: has the MTA try again what waits for a pool
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/flush.h"
#include "core/attempt.h"
#include "core/decimal.h"
#include "core/printable.h"
#include "core/queue_id.h"
#include "ctl/answer.h"
#include "ctl/fields.h"
#include "ctl/flush_follow.h"
#include "doctor/command.h"
#include "engine/clock.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	RATE_DEFAULT = 5,
	RATE_MAX = 100,
	MS_IN_S = 1000,
	LOOK_MS = 1000,	       /* so often it is looked whether a host is still up */
	POSTFIX_MS = 60000,    /* a word to its flush(8) */
	SENDMAIL_MS = 3600000, /* it delivers: ended too early, it might do so twice */
	FAILURES_MAX = 3,      /* in a row */
	ARGUMENTS_MAX = 6,
	NUMBER_MAX = 24,
};

/* Where no attempt is: only the rest of the answer is of interest. */
static const json_int_t past_all = INT64_C(1) << 62;

struct flush {
	const struct verb_call *call;
	const char *pool;
	bool is_followed; /* by flush_follow.h: nothing is printed here */
	int rate;
	bool is_sendmail;
	char program[PATH_MAX];
	json_t *waiting; /* queue ids, the oldest first */
	json_int_t usable;
	json_int_t forgotten;
	int64_t looked; /* when it was looked at `usable` */
	json_t *done;	/* as JSON */
	size_t tried;
	size_t failed;
	int in_a_row;
	char error[FLUSH_TEXT_MAX]; /* of the last one that failed */
	char why[FLUSH_TEXT_MAX];   /* it has stopped; "": it has not */
};

/* ---- what waits */

static int no_sense(void)
{
	fprintf(stderr, "milterctl: the daemon's answer makes no sense\n");
	return CLIENT_NO;
}

/* A page, from FROM on. */
static int fetch(struct flush *flush, json_int_t from, json_t **page)
{
	struct client *client = flush->call->client;
	char number[NUMBER_MAX];
	const char *mta;
	int result;

	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, from);
	client_begin(client, "/v1/waiting");
	client_add_query(client, "pool", flush->pool);
	client_add_query(client, "from", number);
	/* It may take long. */
	if (flush->is_followed)
		client_add_query(client, "follower", FLUSH_FOLLOWER);
	result = client_send(client, CLIENT_GET, page);
	if (result != CLIENT_DONE)
		return result;
	mta = fields_text(*page, "mta");
	if (mta == NULL || (strcmp(mta, "postfix") != 0 && strcmp(mta, "sendmail") != 0))
		return no_sense();
	flush->is_sendmail = strcmp(mta, "sendmail") == 0;
	flush->usable = fields_number(*page, "usable");
	flush->forgotten = fields_number(*page, "forgotten");
	flush->looked = clock_steady();
	return CLIENT_DONE;
}

/* Ids of a log, of a daemon that may be no daemon of ours. */
static int take_ids(struct flush *flush, const json_t *page)
{
	size_t i;
	json_t *message;

	json_array_foreach (json_object_get(page, "messages"), i, message) {
		const char *id = fields_text(message, "queue_id");

		if (id == NULL || !queue_id_is_valid(id) ||
			json_array_size(flush->waiting) >= ATTEMPT_COUNT)
			return no_sense();
		json_array_append_new(flush->waiting, json_string(id));
	}
	return CLIENT_DONE;
}

static int fetch_all(struct flush *flush)
{
	json_int_t from = 0;
	int result = CLIENT_DONE;

	for (int pages = 0; result == CLIENT_DONE && from != -1; pages++) {
		json_t *page = NULL;
		const json_t *next;
		json_int_t after;

		result = fetch(flush, from, &page);
		if (result == CLIENT_DONE)
			result = take_ids(flush, page);
		next = json_object_get(page, "next");
		after = json_is_integer(next) ? json_integer_value(next) : -1;
		json_decref(page);
		if (result == CLIENT_DONE && after != -1 &&
			(after <= from || pages == ATTEMPT_COUNT))
			result = no_sense();
		from = after;
	}
	return result;
}

/* ---- the MTA's command */

static bool is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* By PATH, then where the MTAs' packages put it. */
static bool find_program(struct flush *flush, const char *name)
{
	static const char usual[] = "/usr/sbin:/usr/local/sbin:/usr/lib";
	const char *path = getenv("PATH");
	char *list = NULL;
	char *rest;
	const char *folder;
	bool is_found = false;

	if (asprintf(&list, "%s:%s", path == NULL ? "" : path, usual) == -1)
		return false;
	rest = list;
	while (!is_found && (folder = strsep(&rest, ":")) != NULL) {
		int length =
			snprintf(flush->program, sizeof(flush->program), "%s/%s", folder, name);

		is_found = *folder == '/' && (size_t)length < sizeof(flush->program) &&
			   is_program(flush->program);
	}
	free(list);
	return is_found;
}

/* Fills the command for a message: ID is valid. ROOM is for an argument. */
static void make_command(const struct flush *flush, const char *id,
	const char *arguments[ARGUMENTS_MAX], char room[QUEUE_ID_MAX + 4])
{
	const char *config =
		flush->is_sendmail ? flush->call->sendmail_config : flush->call->postfix_config;
	int count = 0;

	arguments[count++] = flush->program;
	if (config != NULL) {
		arguments[count++] = flush->is_sendmail ? "-C" : "-c";
		arguments[count++] = config;
	}
	if (!flush->is_sendmail)
		arguments[count++] = "-i";
	snprintf(room, QUEUE_ID_MAX + 4, "%s%s", flush->is_sendmail ? "-qI" : "", id);
	arguments[count++] = room;
	arguments[count] = NULL;
}

/* ---- one message */

static void note(struct flush *flush, const char *id, bool is_good, const char *why)
{
	flush->tried++;
	flush->failed += !is_good;
	flush->in_a_row = is_good ? 0 : flush->in_a_row + 1;
	if (!is_good)
		snprintf(flush->error, sizeof(flush->error), "%.*s", FLUSH_TEXT_MAX - 1, why);
	if (flush->is_followed)
		return;
	if (flush->call->is_json)
		json_array_append_new(flush->done,
			json_pack("{s:s, s:b, s:o}", "queue_id", id, "ok", (int)is_good, "error",
				is_good ? json_null() : json_string(why)));
	else if (is_good)
		printf("%s  tried again\n", id);
	else
		printf("%s  FAILED: %s\n", id, why);
	fflush(stdout);
}

static void try_again(struct flush *flush, const char *id)
{
	const char *arguments[ARGUMENTS_MAX];
	char room[QUEUE_ID_MAX + 4];
	char status[NUMBER_MAX];
	struct command command;
	bool is_good;

	make_command(flush, id, arguments, room);
	is_good = command_run(&command, arguments, flush->is_sendmail ? SENDMAIL_MS : POSTFIX_MS);
	snprintf(status, sizeof(status), "exit status %d", command.status);
	note(flush, id, is_good, command.why[0] == '\0' ? status : command.why);
	command_free(&command);
}

static void show_command(const struct flush *flush, const char *id)
{
	const char *arguments[ARGUMENTS_MAX];
	char room[QUEUE_ID_MAX + 4];

	if (flush->call->is_json)
		return;
	make_command(flush, id, arguments, room);
	printf("would run:");
	for (int i = 0; arguments[i] != NULL; i++)
		printf(" %s", arguments[i]);
	printf("\n");
}

/* ---- all of them */

/* From half of the time between two to one and a half. */
static int gap_ms(int rate)
{
	unsigned int gap = (unsigned int)(MS_IN_S / rate);
	unsigned int chance = 0;

	if (getrandom(&chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		chance = gap / 2;
	return (int)(gap / 2 + chance % (gap + 1));
}

/* Whether a host of the pool would take something. Gives the exit status. */
static int check_hosts(struct flush *flush)
{
	json_t *page = NULL;
	int result = CLIENT_DONE;

	if ((flush->call->options & VERB_FORCE) != 0)
		return CLIENT_DONE;
	if (clock_steady() - flush->looked >= LOOK_MS)
		result = fetch(flush, past_all, &page);
	json_decref(page);
	if (result != CLIENT_DONE)
		snprintf(flush->why, sizeof(flush->why), "the daemon does not answer");
	else if (flush->usable == 0)
		snprintf(flush->why, sizeof(flush->why),
			"no host of pool %.128s is up or on trial: milterctl hosts shows why, "
			"milterctl reset HOST has one tried, --force goes on",
			flush->pool);
	return flush->why[0] == '\0' ? CLIENT_DONE : result == CLIENT_DONE ? CLIENT_NO : result;
}

static int try_all(struct flush *flush)
{
	int result = CLIENT_DONE;
	size_t i;
	json_t *id;

	json_array_foreach (flush->waiting, i, id) {
		if (i > 0)
			poll(NULL, 0, gap_ms(flush->rate));
		result = check_hosts(flush);
		if (result != CLIENT_DONE)
			return result;
		try_again(flush, json_string_value(id));
		if (flush->in_a_row == FAILURES_MAX && i + 1 < json_array_size(flush->waiting)) {
			snprintf(
				flush->why, sizeof(flush->why), "%d in a row failed", FAILURES_MAX);
			return CLIENT_NO;
		}
	}
	return flush->failed == 0 ? CLIENT_DONE : CLIENT_NO;
}

static int show_all(const struct flush *flush)
{
	size_t i;
	json_t *id;

	json_array_foreach (flush->waiting, i, id)
		show_command(flush, json_string_value(id));
	return CLIENT_DONE;
}

/* ---- what came of it */

static void print_json(const struct flush *flush, bool is_dry)
{
	json_t *answer = json_pack("{s:s, s:s, s:b, s:O, s:I, s:I, s:o, s:I, s:O}", "pool",
		flush->pool, "mta", flush->is_sendmail ? "sendmail" : "postfix", "dry_run",
		(int)is_dry, "waiting", flush->waiting, "tried", (json_int_t)flush->tried, "failed",
		(json_int_t)flush->failed, "stopped",
		flush->why[0] == '\0' ? json_null() : json_string(flush->why), "forgotten",
		flush->forgotten, "messages", flush->done);

	answer_print(answer, JSON_INDENT(2));
	json_decref(answer);
}

static void print_summary(const struct flush *flush, bool is_dry)
{
	size_t count = json_array_size(flush->waiting);

	if (is_dry)
		printf("%zu of pool %s would be tried again: nothing was run\n", count,
			flush->pool);
	else if (count == 0)
		printf("nothing that the daemon knows of waits for pool %s\n", flush->pool);
	else
		printf("%zu of %zu tried again, %zu failed\n", flush->tried - flush->failed, count,
			flush->failed);
	if (flush->forgotten > 0)
		printf("Not known any more: up to %" JSON_INTEGER_FORMAT
		       " messages that were put off earlier, of all pools. %s\n",
			flush->forgotten,
			flush->is_sendmail ? "sendmail -q tries all that waits."
					   : "postqueue -f tries all that waits, postqueue -s "
					     "SITE what waits for a domain.");
}

static void report(const struct flush *flush, bool is_dry)
{
	if (flush->why[0] != '\0')
		fprintf(stderr, "milterctl: stopped: %s\n", flush->why);
	if (flush->call->is_json)
		print_json(flush, is_dry);
	else
		print_summary(flush, is_dry);
}

/* ---- run */

/* Of the MTA that the daemon serves. */
static int check_config(const struct flush *flush)
{
	const struct verb_call *call = flush->call;
	const char *foreign = flush->is_sendmail ? call->postfix_config : call->sendmail_config;

	if (foreign == NULL)
		return CLIENT_DONE;
	fprintf(stderr, "milterctl: the daemon serves %s: --%s is not for that\n",
		flush->is_sendmail ? "Sendmail" : "Postfix",
		flush->is_sendmail ? "postfix-config" : "sendmail-config");
	return CLIENT_USAGE;
}

/* Who has what waits, and by which program. */
static int begin(struct flush *flush)
{
	const char *name;
	int result = fetch_all(flush);

	if (result == CLIENT_DONE)
		result = check_config(flush);
	if (result != CLIENT_DONE)
		return result;
	name = flush->is_sendmail ? "sendmail" : "postqueue";
	if (find_program(flush, name))
		return CLIENT_DONE;
	fprintf(stderr, "milterctl: there is no %s: it is neither in PATH nor in /usr/sbin\n",
		name);
	return CLIENT_NO;
}

static void init(struct flush *flush, const struct verb_call *call, const char *pool)
{
	*flush = (struct flush){.call = call, .pool = pool, .rate = RATE_DEFAULT};
	if (call->rate != NULL)
		flush->rate = (int)decimal_parse(call->rate, 1, RATE_MAX);
	flush->waiting = json_array();
	flush->done = json_array();
}

static void finish(struct flush *flush)
{
	json_decref(flush->waiting);
	json_decref(flush->done);
}

int flush_pool(const struct verb_call *call, const char *pool, struct flush_outcome *outcome)
{
	struct flush flush;
	int result;

	init(&flush, call, pool);
	flush.is_followed = true;
	*outcome = (struct flush_outcome){.has_begun = false};
	result = begin(&flush);
	if (result == CLIENT_DONE) {
		outcome->has_begun = true;
		result = try_all(&flush);
	}
	outcome->waiting = json_array_size(flush.waiting);
	outcome->tried = flush.tried;
	outcome->failed = flush.failed;
	printable_copy(outcome->error, sizeof(outcome->error), flush.error);
	printable_copy(outcome->why, sizeof(outcome->why), flush.why);
	finish(&flush);
	return result;
}

static int run(const struct verb_call *call)
{
	bool is_dry = (call->options & VERB_DRY_RUN) != 0;
	struct flush flush;
	int result;

	init(&flush, call, call->arguments[0]);
	result = begin(&flush);
	if (result == CLIENT_DONE) {
		result = is_dry ? show_all(&flush) : try_all(&flush);
		report(&flush, is_dry);
	}
	finish(&flush);
	return result;
}

int flush_run(const struct verb_call *call)
{
	bool is_followed = (call->options & VERB_FOLLOW) != 0;

	if (call->rate != NULL && decimal_parse(call->rate, 1, RATE_MAX) == -1)
		return answer_usage("a number of 1 to 100 messages a second", call->rate);
	if (is_followed == (call->argument_count == 1)) {
		fprintf(stderr, "milterctl: flush requires a pool, or --follow\n");
		return verbs_refuse(verbs_find("flush"));
	}
	if (is_followed && (call->options & (VERB_DRY_RUN | VERB_FORCE)) != 0) {
		fprintf(stderr, "milterctl: --follow excludes --dry-run and --force\n");
		return verbs_refuse(verbs_find("flush"));
	}
	return is_followed ? flush_follow_run(call) : run(call);
}
