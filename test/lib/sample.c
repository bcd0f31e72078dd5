/* sample: a configuration and an engine for tests, made in a folder of their own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "sample.h"
#include "text/idn.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char sample_three[] =
	"pools = { three = { hosts = ( { host = \"a.example\"; }, { host = \"b.example\"; },\n"
	" { host = \"c.example\"; port = 2525; } ); }; };\n"
	"routes = ( { match = \"example.com\"; pool = \"three\"; } );\n";

static struct conf *load(struct sample *sample, const char *text)
{
	FILE *file = fopen(sample->config, "w");
	struct fault_list faults;
	struct conf *conf;
	char line[512];

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	fault_list_init(&faults);
	conf = conf_load(sample->config, &faults);
	if (conf == NULL && faults.count > 0)
		ck_abort_msg("%s", fault_format(line, sizeof(line), &faults.faults[0]));
	ck_assert_ptr_nonnull(conf);
	fault_list_free(&faults);
	return conf;
}

static void open_engine(struct sample *sample)
{
	struct state_report report;

	sample->state = state_open(sample->state_path, &report);
	ck_assert_msg(sample->state != NULL && !report.set_aside, "%s", report.text);
	sample->engine = engine_new(sample->state);
	ck_assert_ptr_nonnull(sample->engine);
	ck_assert_msg(
		engine_swap(sample->engine, &sample->conf->table, &report) == 0, "%s", report.text);
}

void sample_open(struct sample *sample, const char *text)
{
	memset(sample, 0, sizeof(*sample));
	snprintf(sample->folder, sizeof(sample->folder), "/tmp/nexthop-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(sample->folder));
	snprintf(sample->config, sizeof(sample->config), "%s/routes.cfg", sample->folder);
	snprintf(sample->state_path, sizeof(sample->state_path), "%s/state", sample->folder);
	sample->conf = load(sample, text);
	open_engine(sample);
}

void sample_reload(struct sample *sample, const char *text)
{
	struct conf *before = sample->conf;
	struct state_report report;

	sample->conf = load(sample, text);
	ck_assert_msg(
		engine_swap(sample->engine, &sample->conf->table, &report) == 0, "%s", report.text);
	conf_free(before);
}

void sample_restart(struct sample *sample)
{
	engine_free(sample->engine);
	state_close(sample->state);
	open_engine(sample);
}

void sample_restart_with(struct sample *sample, const char *text)
{
	engine_free(sample->engine);
	state_close(sample->state);
	conf_free(sample->conf);
	sample->conf = load(sample, text);
	open_engine(sample);
}

void sample_close(struct sample *sample)
{
	engine_free(sample->engine);
	state_close(sample->state);
	conf_free(sample->conf);
	unlink(sample->config);
	unlink(sample->state_path);
	ck_assert_int_eq(rmdir(sample->folder), 0);
}

struct address sample_address(const char *text)
{
	struct address address;

	address_parse(&address, text);
	idn_fold_address(&address);
	return address;
}

void sample_plan(struct sample *sample, const struct address *recipient, struct engine_plan *plan)
{
	static struct engine_choice choice;
	struct engine_message message = {.recipient_hash = recipient->hash, .queue_id = ""};

	engine_route(sample->engine, recipient, &plan->route);
	message.pool = plan->route.pool;
	engine_plan_choose(sample->engine, &message, plan, &choice);
}

void sample_simulate(
	struct sample *sample, const struct address *recipient, struct simulation *simulation)
{
	struct view_route route;

	engine_route(sample->engine, recipient, &route);
	ck_assert_int_eq(engine_plan_simulate(sample->engine, route.pool, simulation), 0);
}
