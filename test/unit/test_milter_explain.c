/* test_milter_explain: what is explained of a random message is what the milter then does with it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * A world is a random configuration under one policy. Each of its messages is explained first, then
 * played to the milter by a stand-in for libmilter; what becomes of each recipient is put into one line
 * from either side.
 */

#include "doors/http_explain.h"
#include "engine/clock.h"
#include "engine/engine_learn.h"
#include "engine/engine_map.h"
#include "engine/engine_view.h"
#include "fake_milter.h"
#include "milter_sample.h"
#include "random_mail.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#include <event2/http.h>

enum {
	WORLDS = 8,    /* of one seed */
	MESSAGES = 40, /* of one world */
	SEEDS = 4,
	TEXT_MAX = 2048,
};

static const struct policy {
	const char *name;
	struct envelope_policy envelope;
	const char *fates; /* each is to become of some recipient */
} policies[] = {
	{"Postfix", {.mta = TABLE_POSTFIX}, "filter map discard split refuse"},
	{"Postfix, map", {.mta = TABLE_POSTFIX, .has_map = true}, "filter map discard refuse"},
	{"Postfix, split", {.mta = TABLE_POSTFIX, .has_map = true, .mixed = ENVELOPE_MIXED_SPLIT},
		"filter map discard split refuse"},
	{"Postfix, only the map", {.mta = TABLE_POSTFIX, .has_map = true, .is_only_map = true},
		"filter map discard refuse"},
	{"Sendmail", {.mta = TABLE_SENDMAIL, .has_map = true}, "token map discard refuse"},
};

static const struct policy *policy;
static unsigned seed;

static bool is_sendmail(void)
{
	return policy->envelope.mta == TABLE_SENDMAIL;
}

/* ---- what is explained */

static void ask_with(struct evkeyvalq *query, const char *name, const char *value)
{
	ck_assert_int_eq(evhttp_add_header(query, name, value), 0);
}

static void make_query(struct evkeyvalq *query, const struct random_mail *message)
{
	char text[TEXT_MAX];

	TAILQ_INIT(query);
	for (int i = 0; i < message->recipient_count; i++)
		ask_with(query, "recipient", message->recipients[i]);
	for (int i = 0; i < message->header_count; i++) {
		snprintf(text, sizeof(text), "%s: %s", message->headers[i][0],
			message->headers[i][1]);
		ask_with(query, "header", text);
	}
	ask_with(query, "headers", "all");
	ask_with(query, "sender", message->sender);
	snprintf(text, sizeof(text), "%u", message->size);
	ask_with(query, "size", text);
	ask_with(query, "client", message->client);
	ask_with(query, "client_name", message->client_name);
	ask_with(query, "helo", message->helo);
	ask_with(query, "auth_user", message->auth_user);
	ask_with(query, "tls", message->tls);
	ask_with(query, "tls_verified", message->is_verified ? "yes" : "no");
	ask_with(query, "listener", "");
	ask_with(query, "listener_port", message->port);
	snprintf(text, sizeof(text), "{xx}: %s", message->macro);
	ask_with(query, "macro", text);
}

/* "map NEXTHOP"; nothing for an address without a domain, to which Postfix adds one. */
static void add_map(char out[TEXT_MAX], const char *recipient, const char *nexthop)
{
	bool is_asked = strchr(recipient, '@') != NULL;

	snprintf(out, TEXT_MAX, "map %.*s", is_asked ? TEXT_MAX / 2 : 0, nexthop);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static const json_t *milter_of(const json_t *plan)
{
	return json_object_get(json_object_get(plan, "doors"), "milter");
}

static bool goes_by_map(const json_t *plan)
{
	return strcmp(text_of(milter_of(plan), "does"), "map") == 0;
}

/* What is told of a recipient; of one address that comes twice the map repeats what is chosen last. */
static const json_t *plan_of(const json_t *answer, size_t index)
{
	const json_t *plans = json_object_get(answer, "recipients");
	const json_t *plan = plans == NULL ? answer : json_array_get(plans, index);
	const char *recipient = text_of(plan, "recipient");
	size_t i;
	json_t *other;

	if (!goes_by_map(plan))
		return plan;
	json_array_foreach (plans, i, other)
		if (i > index && goes_by_map(other) &&
			strcmp(text_of(other, "recipient"), recipient) == 0)
			plan = other;
	return plan;
}

/* "refuse 550 5.1.2 no; filter smtp:[a.example]; map ; " */
static void tell_plans(struct random_mail_text *told, const json_t *answer)
{
	const json_t *plans = json_object_get(answer, "recipients");
	size_t count = plans == NULL ? 1 : json_array_size(plans);

	told->used = 0;
	for (size_t i = 0; i < count; i++) {
		const json_t *plan = plan_of(answer, i);
		const json_t *milter = milter_of(plan);
		const char *does = text_of(milter, "does");
		char map[TEXT_MAX];

		add_map(map, text_of(plan, "recipient"), text_of(milter, "with"));
		if (strcmp(does, "leave") == 0 || strcmp(does, "map") == 0)
			random_mail_add(told, "%s; ", map);
		else
			random_mail_add(told, "%s %s; ", does, text_of(milter, "with"));
	}
}

/* What may not change by a question: turns and counters. */
static void tell_counts(struct random_mail_text *text)
{
	struct engine *engine = milter_sample.engine;
	struct ruleset *ruleset = engine_rules(engine);

	text->used = 0;
	for (int i = 0; i < ENGINE_COUNTER_COUNT; i++)
		random_mail_add(text, "%d ", (int)engine_counted(engine, (enum engine_counter)i));
	for (size_t i = 0; i < engine_pool_count(engine); i++) {
		struct view_pool pool;

		engine_view_pool(engine, i, &pool);
		random_mail_add(text, "%s=%d ", pool.name, (int)pool.messages);
	}
	for (size_t i = 0; ruleset != NULL && i < ruleset_rules(ruleset)->count; i++)
		random_mail_add(text, "%d ", (int)ruleset_counted(ruleset, i).hits);
	ruleset_drop(ruleset);
}

static void explain(struct random_mail_text *told, const struct random_mail *message)
{
	static struct random_mail_text before, after;
	struct http_profile profile = {
		.mta = is_sendmail() ? "sendmail" : "postfix",
		.map_socket = policy->envelope.has_map ? "unix:/nowhere/map" : NULL,
	};
	struct evkeyvalq query;
	struct http_call call = {
		.engine = milter_sample.engine,
		.profile = &profile,
		.path = "/v1/explain",
		.query = &query,
		.by = "",
	};
	int status = 200;
	json_t *answer;

	tell_counts(&before);
	make_query(&query, message);
	answer = http_explain_answer(&call, &status);
	ck_assert_int_eq(status, 200);
	tell_plans(told, answer);
	json_decref(answer);
	evhttp_clear_headers(&query);
	tell_counts(&after);
	ck_assert_str_eq(before.at, after.at);
}

/* ---- what the milter does */

/* What has become of each recipient. */
struct fates {
	char text[RANDOM_MAIL_RECIPIENTS_MAX][TEXT_MAX];
	bool is_taken[RANDOM_MAIL_RECIPIENTS_MAX];
	int taken;
};

/* The reply in what was called for; "%%" is "%". */
static void copy_reply(char out[TEXT_MAX])
{
	const char *from = strstr(fake_milter.calls, "reply ");
	size_t used = 0;

	ck_assert_msg(from != NULL, "no reply: %s", fake_milter.calls);
	used = (size_t)snprintf(out, TEXT_MAX, "%s",
		strncmp(from, "reply 452 4.5.3 ", 16) == 0 ? "split 452 4.5.3" : "refuse ");
	if (out[0] == 's')
		return;
	for (from += strlen("reply "); strncmp(from, "; ", 3) != 0 && *from != '\0'; from++) {
		out[used++] = *from;
		from += from[0] == '%' && from[1] == '%';
	}
	out[used] = '\0';
}

static bool asks_for(unsigned long flag)
{
	return (fake_milter.steps & flag) == 0;
}

static void begin(const struct random_mail *message)
{
	static char queue_id[16];
	char text[TEXT_MAX];

	snprintf(queue_id, sizeof(queue_id), "4X%u", random_mail_any(&seed, 1000000));
	fake_milter.queue_id = queue_id;
	memset(fake_milter.macros, 0, sizeof(fake_milter.macros));
	if (*message->auth_user != '\0')
		fake_milter_macro("{auth_authen}", message->auth_user);
	if (*message->tls != '\0')
		fake_milter_macro("{tls_version}", message->tls);
	fake_milter_macro("{verify}", message->is_verified ? "OK" : "NO");
	fake_milter_macro("{daemon_port}", message->port);
	fake_milter_macro("{xx}", message->macro);
	/* What explain takes for the MTA's own name. */
	fake_milter_macro("j", "localhost");
	if (asks_for(SMFIP_NOCONNECT))
		fake_milter_connect(message->client_name, message->client);
	if (asks_for(SMFIP_NOHELO))
		fake_milter_helo(message->helo);
	snprintf(text, sizeof(text), "<%s>", message->sender);
	if (asks_for(SMFIP_NOMAIL)) {
		char size[32];

		snprintf(size, sizeof(size), "SIZE=%u", message->size);
		fake_milter_mail_with(text, size);
	}
}

static void say_recipients(struct fates *fates, const struct random_mail *message)
{
	fates->taken = 0;
	for (int i = 0; i < message->recipient_count; i++) {
		char text[TEXT_MAX];
		sfsistat answer;

		fake_milter_forget();
		snprintf(text, sizeof(text), "<%s>", message->recipients[i]);
		answer = fake_milter_rcpt(text);
		fates->is_taken[i] = answer == SMFIS_CONTINUE;
		fates->taken += fates->is_taken[i];
		strcpy(fates->text[i], "map ");
		if (!fates->is_taken[i])
			copy_reply(fates->text[i]);
	}
	fake_milter_forget();
}

/* The recipient of that address that has no fate yet. */
static char *fate_of(struct fates *fates, const struct random_mail *message, const char *address)
{
	for (int i = 0; i < message->recipient_count; i++) {
		char text[TEXT_MAX];

		snprintf(text, sizeof(text), "<%s>", message->recipients[i]);
		if (fates->is_taken[i] && strcmp(fates->text[i], "map ") == 0 &&
			strcmp(text, address) == 0)
			return fates->text[i];
	}
	ck_abort_msg("\"%s\" is no recipient", address);
	return NULL;
}

/* Sendmail: "remove <u@x>; recipient <u%x@p.0.nexthop>; remove <v@x>; ". */
static void read_changes(struct fates *fates, const struct random_mail *message, char *calls)
{
	char *fate = NULL;

	for (char *call; (call = strstr(calls, "; ")) != NULL; calls = call + 2) {
		*call = '\0';
		if (strncmp(calls, "remove ", 7) == 0) {
			fate = fate_of(fates, message, calls + 7);
			strcpy(fate, "discard ");
		} else {
			ck_assert_int_eq(strncmp(calls, "recipient ", 10), 0);
			snprintf(fate, TEXT_MAX, "token %s", calls + 10);
		}
	}
}

static void end(struct fates *fates, const struct random_mail *message)
{
	static const char inserted[] = "insert 0 X-Nexthop-Route=";
	char for_all[TEXT_MAX] = "";
	sfsistat answer;

	for (int i = 0; i < message->header_count && asks_for(SMFIP_NOHDRS); i++)
		fake_milter_header(message->headers[i][0], message->headers[i][1]);
	answer = fake_milter_eom();
	if (answer == SMFIS_DISCARD)
		strcpy(for_all, "discard ");
	else if (answer != SMFIS_CONTINUE)
		copy_reply(for_all);
	else if (strncmp(fake_milter.calls, inserted, strlen(inserted)) == 0)
		snprintf(for_all, sizeof(for_all), "filter FILTER %.*s",
			(int)strcspn(fake_milter.calls + strlen(inserted), ";"),
			fake_milter.calls + strlen(inserted));
	else
		read_changes(fates, message, fake_milter.calls);
	for (int i = 0; i < message->recipient_count && *for_all != '\0'; i++)
		if (fates->is_taken[i])
			strcpy(fates->text[i], for_all);
}

/* What the map is to say because of that message. */
static void ask_map(char fate[TEXT_MAX], const char *recipient)
{
	static char reply[MAP_REPLY_MAX];
	struct map_request request;
	char line[TEXT_MAX];
	int length = snprintf(line, sizeof(line), "transport %s", recipient);

	map_request_parse(&request, (struct span){line, (size_t)length});
	engine_map_reply(milter_sample.engine, &request, true, reply);
	if (strncmp(reply, "OK smtp:", 8) == 0)
		add_map(fate, recipient, reply + 3);
}

static void play(struct random_mail_text *done, const struct random_mail *message)
{
	static struct fates fates;
	bool is_map = policy->envelope.has_map && !is_sendmail();

	begin(message);
	say_recipients(&fates, message);
	if (fates.taken > 0)
		end(&fates, message);
	else
		fake_milter_abort();
	done->used = 0;
	for (int i = 0; i < message->recipient_count; i++) {
		if (is_map && strcmp(fates.text[i], "map ") == 0)
			ask_map(fates.text[i], message->recipients[i]);
		random_mail_add(done, "%s; ", fates.text[i]);
	}
}

/* ---- worlds */

/* Some host is drained, enabled, or fails. */
static void change_host(void)
{
	struct engine *engine = milter_sample.engine;
	size_t host = random_mail_any(&seed, (unsigned)engine_host_count(engine));
	int64_t now = clock_now();
	struct view_host view;
	struct observation refused = {.what = OBSERVATION_REFUSED, .at = now};

	engine_view_host(engine, host, &view);
	switch (random_mail_any(&seed, 4)) {
	case 0:
		engine_drain(engine, host, 0, "", now);
		break;
	case 1:
		snprintf(refused.host, sizeof(refused.host), "%s", view.name);
		snprintf(refused.queue_id, sizeof(refused.queue_id), "%u",
			random_mail_any(&seed, 10000));
		engine_learn_line(engine, &refused);
		break;
	default:
		engine_enable(engine, host, now);
	}
}

/* The fates that there were, each with a space behind. */
static char seen[TEXT_MAX];

static void note_fates(const char *done)
{
	for (; *done != '\0'; done = strstr(done, "; ") + 2) {
		char fate[32];

		snprintf(fate, sizeof(fate), "%.*s ", (int)strcspn(done, " ;"), done);
		if (strstr(seen, fate) == NULL)
			strcat(seen, fate);
	}
}

static void check_fates(void)
{
	char wanted[TEXT_MAX];
	char *rest = wanted;

	strcpy(wanted, policy->fates);
	for (char *fate; (fate = strsep(&rest, " ")) != NULL;)
		ck_assert_msg(
			strstr(seen, fate) != NULL, "%s: no %s, only %s", policy->name, fate, seen);
}

static void play_world(unsigned number)
{
	const struct routing_policy in_force = {.envelope = policy->envelope};
	static struct random_mail_text config, told, done;
	struct random_mail message;

	random_mail_config(&seed, &policy->envelope, &config);
	milter_sample_open_with(config.at, "unix:/x", &in_force);
	ck_assert_int_eq(fake_milter_negotiate(), SMFIS_CONTINUE);
	for (int i = 0; i < MESSAGES; i++) {
		if (random_mail_any(&seed, 5) == 0)
			change_host();
		random_mail_make(&seed, &message);
		explain(&told, &message);
		play(&done, &message);
		ck_assert_msg(strcmp(told.at, done.at) == 0,
			"%s, world %u, message %d:\n%s\ntold %s\ndone %s", policy->name, number, i,
			config.at, told.at, done.at);
		note_fates(done.at);
	}
	milter_sample_close();
}

/* _i: the policy, and a seed. */
START_TEST(they_agree)
{
	policy = &policies[_i / SEEDS];
	seed = (unsigned)_i;
	for (unsigned world = 0; world < WORLDS; world++)
		play_world(world);
	check_fates();
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{they_agree, COUNT(policies) * SEEDS},
	};

	return suite_run("milter_explain", tests, COUNT(tests));
}
