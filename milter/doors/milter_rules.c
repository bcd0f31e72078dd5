/* milter_rules: the rules, told of one message as the MTA tells us of it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_rules.h"
#include "core/decimal.h"
#include "core/hash.h"
#include "core/printable.h"
#include "doors/milter_macros.h"
#include "engine/clock.h"
#include "engine/log.h"
#include "text/header_text.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { PATTERN_SHOWN = 200, TAGS_MAX = 400, LINE_END = 2 };

static const struct rules *rules_of(const struct milter_rules *rules)
{
	return ruleset_rules(rules->ruleset);
}

/*
 * Whether a fact may still tell anything: nothing has decided, and some rule is not answered. That may
 * be one that decides nothing, and is counted.
 */
static bool is_open(const struct milter_rules *rules)
{
	return rules->ruleset != NULL && rules->decided < 0 &&
	       rules->run.first < rules->run.rules->count;
}

void milter_rules_clear(struct milter_rules *rules)
{
	ruleset_drop(rules->ruleset);
	regex_scratch_free(rules->scratch);
	free(rules->memory);
	free(rules->text);
	*rules = (struct milter_rules){.ruleset = NULL};
}

/* ---- the connection */

/* What is too long to be a name is not cut to look like another one. */
static void keep_name(char out[MILTER_RULES_NAME_MAX], const char *name)
{
	size_t length = strnlen(name, MILTER_RULES_NAME_MAX);

	if (length == MILTER_RULES_NAME_MAX)
		length = 0;
	memcpy(out, name, length);
	out[length] = '\0';
}

void milter_rules_connect(
	struct milter_rules *rules, const char *name, const struct sockaddr *address)
{
	/* A client without a name is called by its address, in brackets. */
	keep_name(rules->client_name, name == NULL || *name == '[' ? "unknown" : name);
	rules->has_address = address != NULL;
	if (address != NULL && address->sa_family == AF_INET)
		network_from_ipv4(rules->address,
			(const uint8_t *)&((const struct sockaddr_in *)(const void *)address)
				->sin_addr);
	else if (address != NULL && address->sa_family == AF_INET6)
		memcpy(rules->address,
			&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
			NETWORK_OCTETS);
	else
		rules->has_address = false;
}

void milter_rules_helo(struct milter_rules *rules, const char *name)
{
	keep_name(rules->helo, name);
}

/* ---- the beginning */

static bool match(void *context, size_t regex, const char *text, size_t length)
{
	struct milter_rules *rules = context;
	const struct regex_set *set = rules_of(rules)->regexes;
	enum regex_answer answer = regex_set_match(set, rules->scratch, regex, text, length);
	char shown[PATTERN_SHOWN];

	if (answer == REGEX_OVER_LIMIT && regex_set_report(set, regex))
		log_warning("rules: the pattern /%s/ was given up at its limit of steps: that "
			    "counts as no match, and is said once",
			printable_copy(shown, sizeof(shown), regex_set_pattern(set, regex)));
	return answer == REGEX_YES;
}

/* Memory for two runs, one to go back to. */
static int make_room(struct milter_rules *rules)
{
	size_t room = 2 * rules_run_room(rules_of(rules));
	uint8_t *memory;

	if (rules->scratch == NULL)
		rules->scratch = regex_scratch_new();
	if (rules->scratch == NULL)
		return -1;
	if (room <= rules->room)
		return 0;
	memory = realloc(rules->memory, room);
	if (memory == NULL)
		return -1;
	rules->memory = memory;
	rules->room = room;
	return 0;
}

static void tell_session(struct milter_rules *rules)
{
	struct rules_run *run = &rules->run;

	rules_run_client(run, rules->has_address ? rules->address : NULL);
	rules_run_text(run, RULES_CLIENT_NAME, rules->client_name);
	rules_run_text(run, RULES_HELO, rules->helo);
	if (run->rules->facts[RULES_TIME].count > 0)
		rules_run_time(run, clock_week_minute(clock_now()));
}

int milter_rules_begin(struct milter_rules *rules, struct engine *engine)
{
	const struct pattern_matcher matcher = {.match = match, .context = rules};

	milter_rules_end_message(rules);
	rules->ruleset = engine_rules(engine);
	rules->decided = RULES_NONE;
	rules->size = 0;
	rules->sender_hash = 0;
	rules->is_size_known = false;
	rules->can_take_back = false;
	rules->is_settled = false;
	if (rules->ruleset == NULL)
		return 0;
	if (make_room(rules) == -1) {
		milter_rules_end_message(rules);
		return -1;
	}
	rules_run_begin(&rules->run, rules_of(rules), &matcher, rules->memory);
	rules->decided = RULES_UNDECIDED;
	tell_session(rules);
	return 0;
}

void milter_rules_end_message(struct milter_rules *rules)
{
	ruleset_drop(rules->ruleset);
	rules->ruleset = NULL;
}

bool milter_rules_lack(const struct milter_rules *rules, struct engine_needs asked)
{
	unsigned needs;

	if (rules->ruleset == NULL)
		return false;
	needs = ruleset_needs(rules->ruleset);
	/* The changes are the same, whoever asks for them. */
	if (asked.pools)
		needs &= ~(unsigned)(RULES_NEEDS_POOLS | RULES_NEEDS_CHANGES);
	if ((needs & ~asked.rules) != 0)
		return true;
	return (needs & RULES_NEEDS_MACROS) != 0 &&
	       milter_macros_hash(rules_of(rules)) != rules->macros;
}

/* ---- the envelope */

static const char *macro(SMFICTX *ctx, const char *name)
{
	const char *value = smfi_getsymval(ctx, (char *)name);

	return value == NULL ? "" : value;
}

/*
 * Sendmail says in {verify} what became of the client's certificate. Postfix has no such macro, and
 * gives a certificate's subject only if it is verified.
 */
static bool is_verified(SMFICTX *ctx)
{
	const char *verify = macro(ctx, "{verify}");

	return *verify == '\0' ? *macro(ctx, "{cert_subject}") != '\0' : strcmp(verify, "OK") == 0;
}

static void tell_macros(struct milter_rules *rules, SMFICTX *ctx)
{
	const struct rules_range *range = &rules->run.rules->facts[RULES_MACRO];

	for (uint32_t i = range->first; i < range->first + range->count; i++) {
		const char *name = rules->run.rules->tests[i].name;
		const char *value = smfi_getsymval(ctx, (char *)name);

		if (value != NULL)
			rules_run_macro(&rules->run, name, value);
	}
}

/* SIZE=N (RFC 1870). */
static void tell_declared_size(struct milter_rules *rules, char *const *arguments)
{
	for (int i = 1; arguments[0] != NULL && arguments[i] != NULL; i++) {
		int64_t size;

		if (strncasecmp(arguments[i], "SIZE=", 5) != 0)
			continue;
		size = decimal_parse(arguments[i] + 5, 1, INT64_MAX);
		if (size == -1)
			continue;
		rules->is_size_known = true;
		rules_run_size(&rules->run, size);
		return;
	}
}

void milter_rules_mail(struct milter_rules *rules, SMFICTX *ctx, const struct address *sender,
	char *const *arguments)
{
	struct rules_run *run = &rules->run;
	unsigned needs;

	if (!is_open(rules))
		return;
	needs = ruleset_needs(rules->ruleset);
	rules->sender_hash = sender->hash;
	rules_run_sender(run, sender);
	tell_declared_size(rules, arguments);
	if ((needs & RULES_NEEDS_AUTH) != 0)
		rules_run_text(run, RULES_AUTH_USER, macro(ctx, "{auth_authen}"));
	if ((needs & RULES_NEEDS_TLS) != 0) {
		rules_run_text(run, RULES_TLS, macro(ctx, "{tls_version}"));
		rules_run_tls_verified(run, is_verified(ctx));
	}
	if ((needs & RULES_NEEDS_LISTENER) != 0) {
		rules_run_text(run, RULES_LISTENER, macro(ctx, "{daemon_name}"));
		rules_run_text(run, RULES_LISTENER_PORT, macro(ctx, "{daemon_port}"));
	}
	tell_macros(rules, ctx);
}

int milter_rules_recipient(struct milter_rules *rules, const struct address *recipient)
{
	rules->can_take_back = is_open(rules);
	if (!rules->can_take_back)
		return rules->decided;
	rules_run_copy(&rules->before, &rules->run, rules->memory + rules->room / 2);
	if (!rules->before.has_recipients)
		rules_run_share(&rules->run, hash_pair(rules->sender_hash, recipient->hash));
	rules_run_recipient(&rules->run, recipient);
	rules->decided = rules_run_decide(&rules->run);
	return rules->decided;
}

void milter_rules_take_back(struct milter_rules *rules)
{
	/* Without a copy nothing has come of it. */
	if (!rules->can_take_back)
		return;
	rules->can_take_back = false;
	rules_run_copy(&rules->run, &rules->before, rules->memory);
	rules->decided = rules_run_decide(&rules->run);
}

/* ---- the message */

/* As it travels: a name, a colon, a space, the value, and each line's end. */
static int64_t size_of(const char *name, const char *value)
{
	int64_t size = (int64_t)(strlen(name) + strlen(value)) + 2 + LINE_END;

	/* libmilter gives the ends of folded lines as one octet. */
	for (const char *p = strchr(value, '\n'); p != NULL; p = strchr(p + 1, '\n'))
		size += p == value || p[-1] != '\r';
	return size;
}

static int decode(struct milter_rules *rules, size_t header, const char *value, size_t length)
{
	size_t room = header_text_room(length);
	char *text = rules->text;

	if (room > rules->text_room) {
		text = realloc(rules->text, room);
		if (text == NULL)
			return -1;
		rules->text = text;
		rules->text_room = room;
	}
	length = header_text_decode(value, length, text);
	rules_run_header(&rules->run, header, text, length);
	return 0;
}

void milter_rules_header(struct milter_rules *rules, const char *name, const char *value)
{
	size_t length = strlen(value);
	size_t header;

	if (!is_open(rules))
		return;
	rules->size += size_of(name, value);
	header = rules_find_header(rules->run.rules, name);
	if (header == rules->run.rules->header_count)
		return;
	/* Without memory the value is looked at as it came. */
	if (header_text_is_plain(value, length) || decode(rules, header, value, length) == -1)
		rules_run_header(&rules->run, header, value, length);
}

bool milter_rules_body(struct milter_rules *rules, size_t length)
{
	if (!is_open(rules) || rules->is_size_known)
		return false;
	rules->size += (int64_t)length;
	return true;
}

int milter_rules_end(struct milter_rules *rules, SMFICTX *ctx)
{
	int64_t size = -1;

	if (!is_open(rules))
		return rules->decided;
	if (!rules->is_size_known && (ruleset_needs(rules->ruleset) & RULES_NEEDS_SIZE) != 0) {
		size = decimal_parse(macro(ctx, "{msg_size}"), 0, INT64_MAX);
		rules_run_size(&rules->run, size == -1 ? rules->size + LINE_END : size);
	}
	tell_macros(rules, ctx);
	rules->decided = rules_run_end(&rules->run);
	return rules->decided;
}

/* ---- what it has come to */

/* " tags=a,b", or "" if no rule has set any. Gives OUT. */
static char *tags_of(const struct milter_rules *rules, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < rules_of(rules)->tag_count; i++) {
		int length;

		if (!rules_run_has_tag(&rules->run, i))
			continue;
		length = snprintf(out + used, size - used, "%s%s", used == 0 ? " tags=" : ",",
			rules_of(rules)->tags[i]);
		if (length < 0 || (size_t)length >= size - used) {
			out[used] = '\0';
			break;
		}
		used += (size_t)length;
	}
	return out;
}

static void say(const struct milter_rules *rules, const struct rule *rule, const char *id)
{
	const struct route *route = &rule->route;
	const char *pool = route->action == ACTION_POOL
				   ? ruleset_table(rules->ruleset)->pools[route->pool].name
				   : "";
	char tags[TAGS_MAX];
	void (*line)(const char *format, ...) = rule->logs ? log_info : log_debug;

	if (!rule->logs && !log_has_debug())
		return;
	line("%s: rule=%s%s does=%s%s%s source=%s:%d%s", id, rule->name,
		rule->is_shadow ? " shadow" : "",
		rule->tag != 0 ? "continue" : table_action_name(route->action),
		*pool == '\0' ? "" : " pool=", pool, route->file, route->line,
		tags_of(rules, tags, sizeof(tags)));
}

void milter_rules_settle(struct milter_rules *rules, const char *id)
{
	int64_t now = clock_now();
	size_t end;

	if (rules->ruleset == NULL || rules->is_settled)
		return;
	rules->is_settled = true;
	end = rules->decided >= 0 ? (size_t)rules->decided + 1 : rules_of(rules)->count;
	for (size_t i = 0; i < end; i++) {
		if (rules_run_rule(&rules->run, i) != RULES_YES)
			continue;
		ruleset_hit(rules->ruleset, i, now);
		say(rules, &rules_of(rules)->list[i], id);
	}
}
