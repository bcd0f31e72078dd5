/* milter_play: an MTA's side of the milter protocol, told in lines
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "milter_play.h"
#include "engine/routing_policy.h"
#include "engine/ruleset.h"
#include "fake_milter.h"
#include "milter_sample.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct routing_policy policies[] = {
	[PLAY_POSTFIX] = {.envelope = {.mta = TABLE_POSTFIX}},
	[PLAY_MAP] = {.envelope = {.has_map = true}},
	[PLAY_SPLIT] = {.envelope = {.mixed = ENVELOPE_MIXED_SPLIT}},
	[PLAY_SENDMAIL] = {.envelope = {.mta = TABLE_SENDMAIL, .has_map = true}},
	[PLAY_ACCEPT] = {.on_error = ROUTING_POLICY_ACCEPT},
};

const char *milter_play_config(const char *rules, enum milter_play_mta mta)
{
	static char text[8192];
	bool is_sendmail = mta == PLAY_SENDMAIL;

	snprintf(text, sizeof(text),
		"%s recipient_delimiter = \"+\";\n"
		"pools = { bulk = { hosts = ( { host = \"bulk.example\"; } ); };\n"
		" slow = { hosts = ( { host = \"192.0.2.1\"; } );%s };\n"
		" route = { hosts = ( { host = \"route.example\"; } ); };\n"
		" held = { hosts = ( { host = \"held.example\"; } );\n"
		"  all_deferred = \"tempfail\"; }; };\n"
		"%s%s%s"
		"routes = ( { match = \"routed.example\"; pool = \"route\"; },\n"
		" { match = \"dns.example\"; action = \"dns\"; },\n"
		" { match = \"drop.example\"; action = \"discard\"; },\n"
		" { match = \"held.example\"; pool = \"held\"; },\n"
		" { match = \"slow.example\"; pool = \"slow\"; },\n"
		" { match = \"bulk.example\"; pool = \"bulk\"; },\n"
		" { match = \"no.example\"; action = \"reject\"; text = \"5.1.2 no\"; },\n"
		" { match = \"later.example\"; action = \"defer\"; text = \"4.2.1 later\"; } );\n",
		is_sendmail ? "mta = \"sendmail\"; map_socket = \"unix:/nowhere/map\";" : "",
		is_sendmail ? "" : " transport = \"relay\";", *rules == '\0' ? "" : "rules = ( ",
		rules, *rules == '\0' ? "" : " );\n");
	return text;
}

void milter_play_open(const char *rules, enum milter_play_mta mta)
{
	milter_sample_open_with(milter_play_config(rules, mta), "unix:/x", &policies[mta]);
	ck_assert_int_eq(fake_milter_negotiate(), SMFIS_CONTINUE);
	fake_milter_forget();
}

/* ---- what an MTA says, a line each */

static const char *word_of(sfsistat answer)
{
	static const char *const words[] = {
		[SMFIS_CONTINUE] = "continue",
		[SMFIS_REJECT] = "reject",
		[SMFIS_DISCARD] = "discard",
		[SMFIS_ACCEPT] = "accept",
		[SMFIS_TEMPFAIL] = "tempfail",
		[SMFIS_NOREPLY] = "noreply",
		[SMFIS_SKIP] = "skip",
	};

	return words[answer];
}

/* "<u@x>" of "u@x". */
static const char *in_brackets(const char *address)
{
	static char out[256];

	snprintf(out, sizeof(out), "<%s>", address);
	return out;
}

const char *milter_play_hits(void)
{
	static char out[256];
	struct ruleset *ruleset = engine_rules(milter_sample.engine);
	size_t used = 0;

	for (size_t i = 0; i < ruleset_rules(ruleset)->count; i++)
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%d", i == 0 ? "" : " ",
			(int)ruleset_counted(ruleset, i).hits);
	ruleset_drop(ruleset);
	return out;
}

static sfsistat say(const char *verb, const char *word, const char *rest)
{
	if (strcmp(verb, "connect") == 0)
		return fake_milter_connect(word, rest);
	if (strcmp(verb, "helo") == 0)
		return fake_milter_helo(word);
	if (strcmp(verb, "mail") == 0)
		return fake_milter_mail_with(in_brackets(word), *rest == '\0' ? NULL : rest);
	if (strcmp(verb, "rcpt") == 0)
		return fake_milter_rcpt(in_brackets(word));
	if (strcmp(verb, "header") == 0)
		return fake_milter_header(word, rest);
	if (strcmp(verb, "body") == 0)
		return fake_milter_body((size_t)strtol(word, NULL, 10));
	if (strcmp(verb, "end") == 0)
		return fake_milter_eom();
	ck_assert_msg(strcmp(verb, "abort") == 0, "\"%s\"", verb);
	return fake_milter_abort();
}

/* The answer where a line does not say it, after " = ". */
static const char *usual(const char *verb, enum milter_play_mta mta)
{
	if (strcmp(verb, "mail") == 0)
		return mta == PLAY_SENDMAIL ? "continue" : "noreply";
	return strcmp(verb, "connect") == 0 || strcmp(verb, "helo") == 0 ||
			       strcmp(verb, "header") == 0
		       ? "noreply"
		       : "continue";
}

/* Cuts LINE at the first SEPARATOR; gives what is after it, or "". */
static char *cut(char *line, const char *separator)
{
	char *at = strstr(line, separator);

	if (at == NULL)
		return line + strlen(line);
	*at = '\0';
	return at + strlen(separator);
}

static void play_line(const char *name, char *line, enum milter_play_mta mta)
{
	const char *wanted = cut(line, " = ");
	char *word = cut(line, " ");
	char *rest = cut(word, " ");
	sfsistat answer;

	if (strcmp(line, "macro") == 0) {
		fake_milter_macro(word, rest);
		return;
	}
	if (*wanted == '\0')
		wanted = usual(line, mta);
	answer = say(line, word, rest);
	ck_assert_msg(strcmp(word_of(answer), wanted) == 0, "%s: %s %s: %s", name, line, word,
		word_of(answer));
}

void milter_play(const char *name, const char *lines, enum milter_play_mta mta)
{
	char text[2048];
	char *line = text;

	ck_assert_uint_lt(strlen(lines), sizeof(text));
	strcpy(text, lines);
	while (*line != '\0') {
		char *next = cut(line, "|");

		play_line(name, line, mta);
		line = next;
	}
}
