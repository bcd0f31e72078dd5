/* test_watch_model: what milterctl watch shows of the daemon's answers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/watch_model.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UP(name, first) \
	"{'host':'" name \
	"','port':25,'state':'up','priority':0,'weight':1,'waiting':2,'usual':0.25,'first':" #first \
	"}"
#define OF(name, weight, priority, first) \
	"{'host':'" name "','port':25,'state':'up','priority':" #priority ",'weight':" #weight \
	",'first':" #first "}"
#define POOL(name, hosts) "{'pool':'" name "','balance':'round-robin','hosts':[" hosts "]}"
#define SICK \
	"{'host':'sick','port':25,'state':'deferred','reason':'refused','text':'452 4.3.1 full','first':0}"
#define DRAINED "{'host':'out','port':25,'state':'drained','text':'new disks','first':0}"

/* JSON with ' for ". */
static json_t *json(const char *text)
{
	char *copy = strdup(text);
	json_t *object;

	for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
		*at = '"';
	object = json_loads(copy, 0, NULL);
	ck_assert_msg(object != NULL, "%s", copy);
	free(copy);
	return object;
}

static void take(struct watch_model *model, const char *pools, const char *hosts)
{
	char text[4000];
	json_t *status = json("{'version':'1.2','condition':{'status':'ok','ok':true,'reasons':[],"
			      "'hosts':{'up':3,'total':4}}}");
	json_t *answer_pools, *answer_hosts;

	snprintf(text, sizeof(text), "{'pools':[%s]}", pools);
	answer_pools = json(text);
	snprintf(text, sizeof(text), "{'hosts':[%s]}", hosts);
	answer_hosts = json(text);
	ck_assert(watch_model_take(model, status, answer_pools, answer_hosts));
	json_decref(status);
	json_decref(answer_pools);
	json_decref(answer_hosts);
}

/* "a mx1:25 mx2:25", with "*" in front of the one that is selected. */
static const char *shown(const struct watch_model *model)
{
	static char out[2000];
	const struct watch_model_row *row;
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; (row = watch_model_row(model, i)) != NULL; i++)
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s%s",
			i == 0 ? "" : " ", row == watch_model_selected(model) ? "*" : "",
			row->is_pool ? row->pool : row->host);
	return out;
}

/* ---- order, filter, selection */

static const char two_pools[] =
	POOL("a", UP("mx2", 0) "," SICK) "," POOL("b", DRAINED "," UP("mx1", 0));

static const struct list_row {
	const char *name;
	const char *filter;
	const char *shown;
	enum watch_model_order order;
	int steps;
} list_rows[] = {
	{"by pool", "", "a *mx2:25 sick:25 b out:25 mx1:25", WATCH_MODEL_BY_POOL, 0},
	{"by state: what is wrong first", "", "sick:25 out:25 *mx2:25 mx1:25", WATCH_MODEL_BY_STATE,
		0},
	{"by host", "", "mx1:25 *mx2:25 out:25 sick:25", WATCH_MODEL_BY_HOST, 0},
	{"down", "", "a mx2:25 *sick:25 b out:25 mx1:25", WATCH_MODEL_BY_POOL, 1},
	{"over a pool's line", "", "a mx2:25 sick:25 b *out:25 mx1:25", WATCH_MODEL_BY_POOL, 2},
	{"no further than the last", "", "a mx2:25 sick:25 b out:25 *mx1:25", WATCH_MODEL_BY_POOL,
		99},
	{"no further than the first", "", "a *mx2:25 sick:25 b out:25 mx1:25", WATCH_MODEL_BY_POOL,
		-99},
	{"filter: host", "MX", "a *mx2:25 b mx1:25", WATCH_MODEL_BY_POOL, 0},
	{"filter: one pool's alone", "x1", "b *mx1:25", WATCH_MODEL_BY_POOL, 0},
	{"filter: state", "drain", "b *out:25", WATCH_MODEL_BY_POOL, 0},
	{"filter: words", "4.3.1", "a *sick:25", WATCH_MODEL_BY_POOL, 0},
	{"filter: pool", "b", "b *out:25 mx1:25", WATCH_MODEL_BY_POOL, 0},
	{"filter: flat", "x", "mx1:25 *mx2:25", WATCH_MODEL_BY_HOST, 0},
	{"filter: nothing", "zzz", "", WATCH_MODEL_BY_POOL, 0},
	{"filter: nothing, and a step", "zzz", "", WATCH_MODEL_BY_POOL, 1},
	{"filter: nothing, and a step back", "zzz", "", WATCH_MODEL_BY_STATE, -1},
};

START_TEST(lists)
{
	const struct list_row *row = &list_rows[_i];
	struct watch_model model;

	watch_model_init(&model);
	take(&model, two_pools, "");
	watch_model_sort(&model, row->order);
	watch_model_filter(&model, row->filter);
	watch_model_move(&model, row->steps);
	ck_assert_msg(strcmp(shown(&model), row->shown) == 0, "%s: %s", row->name, shown(&model));
	watch_model_clear(&model);
}
END_TEST

START_TEST(selection_stays)
{
	struct watch_model model;

	watch_model_init(&model);
	ck_assert_ptr_null(watch_model_selected(&model));
	watch_model_move(&model, 1);
	take(&model, two_pools, "");
	watch_model_move(&model, 3);
	ck_assert_str_eq(shown(&model), "a mx2:25 sick:25 b out:25 *mx1:25");
	watch_model_sort(&model, WATCH_MODEL_BY_HOST);
	ck_assert_str_eq(shown(&model), "*mx1:25 mx2:25 out:25 sick:25");
	/* The order of the configuration has changed. */
	take(&model, POOL("b", UP("mx1", 0) "," DRAINED) "," POOL("a", UP("mx2", 0)), "");
	watch_model_sort(&model, WATCH_MODEL_BY_POOL);
	ck_assert_str_eq(shown(&model), "b *mx1:25 out:25 a mx2:25");
	/* It is gone: what has its place, if that is a host. */
	take(&model, POOL("c", UP("x", 0) "," UP("y", 0)), "");
	ck_assert_str_eq(shown(&model), "c *x:25 y:25");
	take(&model, POOL("c", ""), "");
	ck_assert_str_eq(shown(&model), "*c");
	take(&model, "", "");
	ck_assert_str_eq(shown(&model), "");
	take(&model, two_pools, "");
	ck_assert_str_eq(shown(&model), "a *mx2:25 sick:25 b out:25 mx1:25");
	watch_model_clear(&model);
}
END_TEST

/* ---- the words of a row */

static const struct text_row {
	const char *name;
	const char *member;
	const char *host; /* of /v1/hosts; empty: none */
	const char *state;
	const char *text;
	enum watch_model_tone tone;
} text_rows[] = {
	{"up", UP("mx1", 0), "", "up", "", WATCH_MODEL_UP},
	{"the host's own words", SICK, "", "deferred", "452 4.3.1 full", WATCH_MODEL_DEFERRED},
	{"the reason, if it said nothing",
		"{'host':'a','port':1,'state':'trial','reason':'refused'}", "", "trial", "refused",
		WATCH_MODEL_TRIAL},
	{"drained", DRAINED, "", "drained", "new disks", WATCH_MODEL_DRAINED},
	{"drained: whether it is in use", DRAINED,
		"{'host':'out','port':25,'state':'drained','text':'new disks','in_use':true}",
		"drained", "STILL IN USE; new disks", WATCH_MODEL_DRAINED},
	{"busy", "{'host':'a','port':1,'state':'up','busy_until':'2020-01-01T00:00:00Z'}", "", "up",
		"busy: at a limit of its own", WATCH_MODEL_UP},
	{"a time that is over",
		"{'host':'a','port':1,'state':'deferred','until':'2020-01-01T00:00:00Z'}", "",
		"deferred", "0 s left: ", WATCH_MODEL_DEFERRED},
	{"no state", "{'host':'a','port':1}", "", "-", "", WATCH_MODEL_UNKNOWN},
	{"nothing", "{}", "", "-", "", WATCH_MODEL_UNKNOWN},
	{"no object", "7", "", "-", "", WATCH_MODEL_UNKNOWN},
	{"what a terminal would obey",
		"{'host':'a','port':1,'state':'u\\u001bp','text':'\\u202ex'}", "", "u?p", "?x",
		WATCH_MODEL_UNKNOWN},
};

START_TEST(texts)
{
	const struct text_row *row = &text_rows[_i];
	const struct watch_model_row *seen;
	struct watch_model model;
	char pool[1000];

	snprintf(pool, sizeof(pool), POOL("a", "%s"), row->member);
	watch_model_init(&model);
	take(&model, pool, row->host);
	seen = &model.rows[1];
	ck_assert_msg(strcmp(seen->state, row->state) == 0, "%s: %s", row->name, seen->state);
	ck_assert_msg(strcmp(seen->text, row->text) == 0, "%s: %s", row->name, seen->text);
	ck_assert_msg(seen->tone == row->tone, "%s: %d", row->name, (int)seen->tone);
	watch_model_clear(&model);
}
END_TEST

START_TEST(other_columns)
{
	struct watch_model model;

	watch_model_init(&model);
	take(&model, POOL("a\\u001b", UP("mx1", 0) "," SICK), "");
	ck_assert_str_eq(model.rows[0].pool, "a?");
	ck_assert_str_eq(model.rows[0].text, "1 of 2 hosts up, round-robin");
	ck_assert_str_eq(model.rows[1].waiting, "2");
	ck_assert_str_eq(model.rows[1].usual, "0.25 s");
	ck_assert_str_eq(model.rows[2].usual, "-");
	ck_assert_str_eq(model.condition, "ok: 3 of 4 hosts up");
	ck_assert_str_eq(model.version, "1.2");
	ck_assert_int_eq(model.tone, WATCH_MODEL_UP);
	watch_model_clear(&model);
}
END_TEST

START_TEST(condition)
{
	struct watch_model model;
	json_t *status = json("{'condition':{'status':'degraded','ok':false,'more':2,'reasons':"
			      "[{'text':'no log\\u009b'},{'text':'few hosts'}]}}");
	json_t *none = json("{}");

	watch_model_init(&model);
	ck_assert(watch_model_take(&model, status, none, none));
	ck_assert_str_eq(model.condition, "degraded: no log?; few hosts; and 2 more");
	ck_assert_int_eq(model.tone, WATCH_MODEL_DEFERRED);
	ck_assert(watch_model_take(&model, none, none, none));
	ck_assert_str_eq(model.condition, "-: the daemon does not say how it is");
	json_decref(status);
	json_decref(none);
	watch_model_clear(&model);
}
END_TEST

/* ---- shares: two looks at a pool of three */

static const struct share_row {
	const char *name;
	const char *before;
	const char *after;
	int percent[3];
	const char *bars[3];
} share_rows[] = {
	{"no choices", OF("x", 1, 0, 5) "," OF("y", 1, 0, 5), OF("x", 1, 0, 5) "," OF("y", 1, 0, 5),
		{-1, -1}, {"...|....", "...|...."}},
	{"as they should be", OF("x", 1, 0, 0) "," OF("y", 1, 0, 0),
		OF("x", 1, 0, 4) "," OF("y", 1, 0, 4), {50, 50}, {"###|....", "###|...."}},
	{"all to one", OF("x", 1, 0, 0) "," OF("y", 1, 0, 7), OF("x", 1, 0, 8) "," OF("y", 1, 0, 7),
		{100, 0}, {"###|####", "...|...."}},
	{"by weight", OF("x", 3, 0, 0) "," OF("y", 1, 0, 0), OF("x", 3, 0, 3) "," OF("y", 1, 0, 1),
		{75, 25}, {"#####|..", "#|......"}},
	{"each priority for itself", OF("x", 1, 0, 0) "," OF("y", 1, 9, 0),
		OF("x", 1, 0, 3) "," OF("y", 1, 9, 0), {100, 0}, {"#######|", ".......|"}},
	{"a host that is new", OF("x", 1, 0, 0), OF("x", 1, 0, 3) "," OF("y", 1, 0, 1000), {100, 0},
		{"###|####", "...|...."}},
	{"hosts in another order", OF("x", 1, 0, 100) "," OF("y", 1, 0, 0),
		OF("y", 1, 0, 1) "," OF("x", 1, 0, 103), {25, 75}, {"##.|....", "###|##.."}},
	{"counters that began anew", OF("x", 1, 0, 100) "," OF("y", 1, 0, 100),
		OF("x", 1, 0, 0) "," OF("y", 1, 0, 0), {-1, -1}, {"...|....", "...|...."}},
	{"weights of its own priority alone",
		OF("x", 1, 0, 0) "," OF("y", 2, 9, 0) "," OF("z", 1, 9, 0),
		OF("x", 1, 0, 0) "," OF("y", 2, 9, 0) "," OF("z", 1, 9, 0), {-1, -1, -1},
		{".......|", "....|...", "..|....."}},
	{"a counter that began anew", OF("x", 1, 0, 100) "," OF("y", 1, 0, 100),
		OF("x", 1, 0, 0) "," OF("y", 1, 0, 108), {0, 100}, {"...|....", "###|####"}},
	{"no weights", "{'host':'x','port':25}", "{'host':'x','port':25}", {-1}, {"........"}},
};

START_TEST(shares)
{
	const struct share_row *row = &share_rows[_i];
	struct watch_model model;
	char pool[2000];

	watch_model_init(&model);
	snprintf(pool, sizeof(pool), POOL("a", "%s"), row->before);
	take(&model, pool, "");
	ck_assert_msg(model.rows[1].percent == -1, "%s: the first look has none", row->name);
	snprintf(pool, sizeof(pool), POOL("a", "%s"), row->after);
	take(&model, pool, "");
	for (size_t i = 0; i + 1 < model.row_count; i++) {
		ck_assert_msg(model.rows[1 + i].percent == row->percent[i], "%s: %zu: %d",
			row->name, i, model.rows[1 + i].percent);
		ck_assert_msg(strcmp(model.rows[1 + i].bar, row->bars[i]) == 0, "%s: %zu: %s",
			row->name, i, model.rows[1 + i].bar);
	}
	watch_model_clear(&model);
}
END_TEST

/* What was counts less and less. */
START_TEST(shares_fade)
{
	struct watch_model model;

	watch_model_init(&model);
	take(&model, POOL("a", OF("x", 1, 0, 0) "," OF("y", 1, 0, 0)), "");
	take(&model, POOL("a", OF("x", 1, 0, 1) "," OF("y", 1, 0, 0)), "");
	ck_assert_int_eq(model.rows[1].percent, 100);
	take(&model, POOL("a", OF("x", 1, 0, 1) "," OF("y", 1, 0, 1)), "");
	ck_assert_int_eq(model.rows[1].percent, 47);
	ck_assert_int_eq(model.rows[2].percent, 53);
	for (int i = 0; i < 60; i++)
		take(&model, POOL("a", OF("x", 1, 0, 1) "," OF("y", 1, 0, 1)), "");
	ck_assert_int_eq(model.rows[1].percent, -1);
	watch_model_clear(&model);
}
END_TEST

/* ---- events */

static void take_events(struct watch_model *model, const char *text)
{
	json_t *answer = json(text);

	watch_model_take_events(model, answer);
	json_decref(answer);
}

START_TEST(events)
{
	struct watch_model model;
	char text[200];

	setenv("TZ", "UTC", 1);
	tzset();
	watch_model_init(&model);
	take_events(&model,
		"{'events':[{'time':'2026-01-31T12:00:01Z','event':'start','text':'a\\u001bb'},"
		"{'event':'drain','host':'mx1','port':25,'from':'up','to':'drained',"
		"'reason':'operator','text':'disks'}],'last':2}");
	ck_assert_uint_eq(model.event_count, 2);
	ck_assert_str_eq(model.events[0], "01-31 12:00:01  start  a?b");
	ck_assert_str_eq(model.events[1],
		"drain  host=mx1:25 up->drained reason=operator failures=0 delivered=0  disks");
	ck_assert_int_eq(model.last_event, 2);
	/* The newest stay. */
	for (int i = 3; i < 200; i++) {
		snprintf(text, sizeof(text), "{'events':[{'event':'e%d'}],'last':%d}", i, i);
		take_events(&model, text);
	}
	ck_assert_uint_eq(model.event_count, WATCH_MODEL_EVENTS);
	ck_assert_str_eq(model.events[WATCH_MODEL_EVENTS - 1], "e199");
	/* Another state file: all of it is asked for anew. */
	take_events(&model, "{'events':[],'last':1}");
	ck_assert_uint_eq(model.event_count, 0);
	ck_assert_int_eq(model.last_event, 0);
	take_events(&model, "{'events':[{'event':'start'}],'last':1}");
	ck_assert_str_eq(model.events[0], "start");
	watch_model_clear(&model);
}
END_TEST

/* Whoever answers. */
START_TEST(strange_answers)
{
	static const char *const answers[] = {"{}", "[]",
		"{'pools':7,'hosts':7,'events':7,'last':'x'}",
		"{'pools':[7,[],{'hosts':{}},{'hosts':[7,null]}],'hosts':[7,{'host':3}],'events':[7,null]}",
		"{'condition':[],'version':{}}"};
	struct watch_model model;
	char name[3000];
	char pool[4000];

	watch_model_init(&model);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		json_t *answer = json(answers[i]);

		ck_assert(watch_model_take(&model, answer, answer, answer));
		watch_model_take_events(&model, answer);
		watch_model_move(&model, 1);
		json_decref(answer);
	}
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(pool, sizeof(pool), "{'pool':'%s','hosts':[]}", name);
	take(&model, pool, "");
	snprintf(pool, sizeof(pool), POOL("a", "{'host':'%s','state':'%.100s'}"), name, name);
	take(&model, pool, "");
	watch_model_clear(&model);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{lists, COUNT(list_rows)},
		{selection_stays, 1},
		{texts, COUNT(text_rows)},
		{other_columns, 1},
		{condition, 1},
		{shares, COUNT(share_rows)},
		{shares_fade, 1},
		{events, 1},
		{strange_answers, 1},
	};

	return suite_run("watch_model", tests, COUNT(tests));
}
