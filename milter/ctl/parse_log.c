/* parse_log: what the lines of an MTA's log say of hosts, and whose fault it was
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/parse_log.h"
#include "conf/conf.h"
#include "core/blame.h"
#include "core/log_postfix.h"
#include "core/log_sendmail.h"
#include "core/logline.h"
#include "core/observation.h"
#include "core/printable.h"
#include "ctl/client.h"
#include "ctl/local.h"
#include "engine/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

/* ---- the configuration's rules */

/* Those of the first pool that has the host; of no pool: none. */
static const struct pool *pool_of(const struct conf *conf, const struct observation *observation)
{
	for (size_t i = 0; conf != NULL && i < conf->table.pool_count; i++) {
		const struct pool *pool = &conf->table.pools[i];

		for (int k = 0; k < pool->host_count; k++)
			if (strcmp(pool->hosts[k].name, observation->host) == 0 ||
				strcmp(pool->hosts[k].name, observation->address) == 0)
				return pool;
	}
	return NULL;
}

static struct blame find_blame(const struct conf *conf, const struct observation *observation)
{
	const struct pool *pool = pool_of(conf, observation);

	return blame_find(pool == NULL ? NULL : pool->rules, pool == NULL ? 0 : pool->rule_count,
		observation);
}

/* ---- what is printed */

static json_t *text_or_null(const char *text)
{
	char clean[OBSERVATION_ADDRESS_MAX + DOMAIN_MAX];

	return *text == '\0' ? json_null()
			     : json_string(printable_copy(clean, sizeof(clean), text));
}

static json_t *number_or_null(int number)
{
	return number == 0 ? json_null() : json_integer(number);
}

static json_t *delays(const struct observation *observation)
{
	json_t *array = json_array();

	for (int i = 0; i < OBSERVATION_DELAYS; i++)
		json_array_append_new(array, observation->delays[i] == -1
						     ? json_null()
						     : json_integer(observation->delays[i]));
	return array;
}

static void print_json(
	const struct observation *observation, const struct blame *blame, unsigned long long line)
{
	char time[CLOCK_TEXT_MAX];
	json_t *object = json_pack("{s:I, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:s, s:o,"
				   " s:o, s:s, s:s}",
		"line", (json_int_t)line, "time", clock_format(time, observation->at), "queue_id",
		text_or_null(observation->queue_id), "host", text_or_null(observation->host),
		"address", text_or_null(observation->address), "port",
		number_or_null(observation->port), "what", observation_what_name(observation->what),
		"stage", observation_stage_name(observation->stage), "code",
		number_or_null(observation->code), "enhanced", text_or_null(observation->enhanced),
		"outcome", observation_outcome_name(observation->outcome), "delays",
		delays(observation), "text", text_or_null(observation->text), "class",
		blame_class_name(blame->class), "reason", health_reason_name(blame->reason));
	char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);

	if (text != NULL)
		printf("%s\n", text);
	free(text);
	json_decref(object);
}

static void print_plain(
	const struct observation *observation, const struct blame *blame, unsigned long long line)
{
	char time[CLOCK_TEXT_MAX];
	char host[DOMAIN_MAX + 1], id[OBSERVATION_QUEUE_ID_MAX + 1], text[HEALTH_TEXT_MAX];

	printf("%llu: %s %s host=%s stage=%s class=%s reason=%s outcome=%s text=\"%s\"\n", line,
		clock_format(time, observation->at),
		observation->queue_id[0] == '\0'
			? "NOQUEUE"
			: printable_copy(id, sizeof(id), observation->queue_id),
		observation->host[0] == '\0'
			? "-"
			: printable_copy(host, sizeof(host), observation->host),
		observation_stage_name(observation->stage), blame_class_name(blame->class),
		health_reason_name(blame->reason), observation_outcome_name(observation->outcome),
		printable_copy(text, sizeof(text), observation->text));
}

/* ---- the log */

static int32_t utc_offset(int64_t now)
{
	time_t seconds = (time_t)(now / 1000);
	struct tm local;

	return localtime_r(&seconds, &local) == NULL ? 0 : (int32_t)local.tm_gmtoff;
}

static void read_line(const struct parse_log_settings *settings, const struct conf *conf,
	const char *text, size_t length, unsigned long long number)
{
	int64_t now = clock_now();
	struct logline line;
	struct observation observation;
	struct blame blame;

	if (!logline_parse(&line, text, length, now, utc_offset(now)))
		return;
	if (settings->is_sendmail ? !log_sendmail_parse(&line, &observation)
				  : !log_postfix_parse(&line, &observation))
		return;
	blame = find_blame(conf, &observation);
	if (settings->is_json)
		print_json(&observation, &blame, number);
	else
		print_plain(&observation, &blame, number);
}

static int read_log(const struct parse_log_settings *settings, const struct conf *conf, FILE *file)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length;
	int failed;

	for (unsigned long long number = 1; (length = getline(&text, &size, file)) != -1;
		number++) {
		if (length > 0 && text[length - 1] == '\n')
			length--;
		read_line(settings, conf, text, (size_t)length, number);
	}
	failed = ferror(file);
	free(text);
	if (failed)
		fprintf(stderr, "milterctl: cannot read the log: %s\n", strerror(errno));
	return failed ? CLIENT_NO : CLIENT_DONE;
}

int parse_log_run(const struct parse_log_settings *settings)
{
	FILE *file = settings->path == NULL ? stdin : fopen(settings->path, "re");
	struct conf *conf = NULL;
	int result = CLIENT_NO;

	if (file == NULL)
		fprintf(stderr, "milterctl: %s: %s\n", settings->path, strerror(errno));
	else if (settings->config == NULL || (conf = local_load(settings->config)) != NULL)
		result = read_log(settings, conf, file);
	conf_free(conf);
	if (file != NULL && file != stdin)
		fclose(file);
	return result;
}
