/* judge_sendmail: whether sendmail.cf has Sendmail query the daemon, and heed it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/judge_sendmail.h"
#include "doctor/setting_list.h"
#include "doctor/socket_name.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 1024, NAME_MAX_OCTETS = 128 };

struct judge {
	struct finding_list *list;
	const struct machine *machine;
	const struct conf *conf;
	const char *cf;	  /* its path */
	const char *text; /* what is in it */
};

/* The next line that begins with PREFIX, without it. False: there is none. */
static bool next_line(const char **rest, const char *prefix, struct span *line)
{
	while (**rest != '\0') {
		struct span whole = span_make(*rest, strcspn(*rest, "\n"));

		*rest += whole.length + ((*rest)[whole.length] == '\n');
		if (span_take(&whole, prefix)) {
			*line = whole;
			return true;
		}
	}
	return false;
}

/* ---- Xnexthop-milter, S=local:/path, F=T, T=S:30s;R:30s */

/* The value of "KEY=" of a line's comma-parted fields. */
static struct span field(struct span line, const char *key)
{
	struct span element;

	while (setting_list_next(&line, &element))
		if (span_take(&element, key))
			return element;
	return span_make(line.at, 0);
}

/* True if the filter of that name is among those that are asked. */
static bool is_input_filter(const struct judge *judge, const char *name)
{
	const char *rest = judge->text;
	struct span line;
	char value[LINE_MAX_OCTETS];

	while (next_line(&rest, "O InputMailFilters=", &line)) {
		snprintf(value, sizeof(value), "%.*s", (int)line.length, line.at);
		if (setting_list_has(value, name))
			return true;
	}
	return false;
}

static void advise_filter(const struct judge *judge, struct finding *finding)
{
	char socket[SOCKET_NAME_MAX];

	finding_by_hand(finding,
		"in sendmail.mc: INPUT_MAIL_FILTER(`nexthop-milter', `S=%s, F=T, "
		"T=S:30s;R:30s')dnl; "
		"then make -C /etc/mail and restart Sendmail",
		socket_name_for_sendmail(socket, &judge->conf->milter_socket));
}

static void judge_filter(const struct judge *judge)
{
	const char *rest = judge->text;
	struct span line, name, flags;
	char text[NAME_MAX_OCTETS], socket[SOCKET_NAME_MAX];

	while (next_line(&rest, "X", &line)) {
		if (!setting_list_next(&line, &name) ||
			!socket_name_is_sendmail(field(line, "S="), &judge->conf->milter_socket))
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)name.length, name.at);
		flags = field(line, "F=");
		if (!is_input_filter(judge, text))
			advise_filter(
				judge, finding_add(judge->list, FINDING_NOT_WIRED, judge->cf,
					       "the filter %s is not in InputMailFilters", text));
		else if (!span_is(flags, "T"))
			advise_filter(judge, finding_add(judge->list, FINDING_DEFAULT_ACTION,
						     judge->cf, "the filter %s has F=%.*s, not F=T",
						     text, (int)flags.length, flags.at));
		return;
	}
	advise_filter(
		judge, finding_add(judge->list, FINDING_NOT_WIRED, judge->cf,
			       "no filter has the milter's socket, %s",
			       socket_name_for_sendmail(socket, &judge->conf->milter_socket)));
}

/* ---- Knexthop socket -f -q -T<TMPF> local:/path */

static void judge_map(const struct judge *judge)
{
	const char *rest = judge->text;
	char socket[SOCKET_NAME_MAX];
	struct span line = {.length = 0};
	struct span word = line;
	struct finding *finding;
	bool is_there = next_line(&rest, "Knexthop socket ", &line);

	if (judge->conf->map_socket.text == NULL)
		return;
	while (setting_list_next(&line, &word))
		;
	socket_name_for_sendmail(socket, &judge->conf->map_socket);
	if (is_there && socket_name_is_sendmail(word, &judge->conf->map_socket))
		return;
	if (is_there)
		finding = finding_add(judge->list, FINDING_NO_MAP, judge->cf,
			"FEATURE(`nexthop') asks %.*s, and the map is %s", (int)word.length,
			word.at, socket);
	else
		finding = finding_add(judge->list, FINDING_NO_MAP, judge->cf,
			"the rules of FEATURE(`nexthop') are missing");
	finding_by_hand(finding,
		"in sendmail.mc, before its MAILER lines: FEATURE(`nexthop', `%s')dnl; then make "
		"-C /etc/mail and restart Sendmail",
		socket);
}

/* ---- mailers, folders */

static bool has_mailer(const struct judge *judge, const char *name)
{
	const char *rest = judge->text;
	struct span line;

	while (next_line(&rest, "M", &line))
		if (line.length > strlen(name) && strncmp(line.at, name, strlen(name)) == 0 &&
			strchr(", \t", line.at[strlen(name)]) != NULL)
			return true;
	return false;
}

static void judge_mailers(const struct judge *judge)
{
	const struct table *table = &judge->conf->table;

	for (size_t i = 0; i < table->pool_count; i++) {
		const struct pool *pool = &table->pools[i];

		if (!has_mailer(judge, pool->transport))
			finding_by_hand(finding_add(judge->list, FINDING_NO_TRANSPORT, judge->cf,
						"pool %s: there is no mailer %s", pool->name,
						pool->transport),
				"define the mailer in sendmail.mc, or give the pool another "
				"transport");
	}
}

static bool trusts_sticky(const struct judge *judge)
{
	const char *rest = judge->text;
	struct span line;

	while (next_line(&rest, "O DontBlameSendmail=", &line))
		if (span_find(line, "TrustStickyBit") != NULL)
			return true;
	return false;
}

static void judge_folders(const struct judge *judge)
{
	static const char *const keys[] = {"milter_socket", "map_socket"};
	const struct sendmail_facts *facts = &judge->machine->sendmail;

	for (int i = 0; i < 2; i++) {
		const char *folder = facts->unsafe[i];

		if (*folder == '\0' || (facts->is_sticky[i] && trusts_sticky(judge)) ||
			(i == 1 && strcmp(folder, facts->unsafe[0]) == 0))
			continue;
		finding_by_hand(finding_add(judge->list, FINDING_SOCKET_UNSAFE, keys[i],
					"others may write to the folder %s, on the way to %s",
					folder, keys[i]),
			"chmod go-w %s, or put the sockets into /run/nexthop-milter", folder);
	}
}

void judge_sendmail(struct finding_list *list, const struct machine *machine)
{
	const struct judge judge = {
		.list = list,
		.machine = machine,
		.conf = machine->conf,
		.cf = machine->sendmail.path,
		.text = machine->sendmail.text,
	};

	if (judge.text == NULL) {
		finding_by_hand(
			finding_add(list, FINDING_NO_MTA, judge.cf,
				"mta = \"sendmail\", and %s: %s", judge.cf, machine->sendmail.why),
			"install Sendmail, or set mta = \"postfix\" in routes.cfg");
		return;
	}
	judge_filter(&judge);
	judge_map(&judge);
	judge_mailers(&judge);
	judge_folders(&judge);
}
