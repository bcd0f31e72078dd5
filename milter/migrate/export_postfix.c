/* export_postfix: the routes as static tables for Postfix
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/export_postfix.h"
#include "migrate/export_sheet.h"

#include <stdlib.h>
#include <string.h>

/* ---- transport(5) */

static const char *const transport_use[] = {
	"A fallback for when the daemon is away. To use it, as root:",
	"",
	"  milterctl export postfix >/etc/postfix/nexthop_transport",
	"  postmap /etc/postfix/nexthop_transport",
	"  postconf -e 'transport_maps = $default_database_type:/etc/postfix/nexthop_transport'",
	"  postfix reload",
	"",
	"after nexthop-milter's socket was taken out of smtpd_milters and non_smtpd_milters: while",
	"they name a milter that is away, mail is refused. Other tables of transport_maps stay,",
	"after this one. Mail that is in the queue with a list of hosts keeps it.",
	"Postfix 3.5 or later. parent_domain_matches_subdomains must not have transport_maps,",
	"which it has not as shipped.",
	"",
	"What such a table cannot express:",
	"- Health: Postfix tries the first host of a list for each message, be it up or not, and",
	"  then the next ones. What milterctl has drained is in the lists.",
	"- Turns and weights: the first host gets all that it accepts.",
	"- Rules, and routes by what is known of a message.",
	"- Domains in UTF-8: those of SMTPUTF8 mail are found as A-labels only.",
	"- Reply codes: Postfix refuses with 550 and defers with 450.",
	NULL,
};

/* RFC 5322, 3.2.3: what needs no quotes, beside letters, digits and all that is not ASCII. */
static bool is_atom(const char *local, size_t length)
{
	static const char others[] = "!#$%&'*+-/=?^_`{|}~.";

	if (length == 0 || local[0] == '.' || local[length - 1] == '.')
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned char octet = (unsigned char)local[i];
		bool is_word = (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
			       (octet >= 'A' && octet <= 'Z') || octet > 127;

		if (!is_word && (octet == '\0' || strchr(others, octet) == NULL ||
					(octet == '.' && local[i - 1] == '.')))
			return false;
	}
	/* It would be a comment. */
	return local[0] != '#';
}

/* An address in its external form, as Postfix looks it up. */
static void put_address(FILE *to, const char *match)
{
	size_t length = (size_t)(strrchr(match, '@') - match);

	if (is_atom(match, length)) {
		fputs(match, to);
		return;
	}
	fputc('"', to);
	for (size_t i = 0; i < length; i++) {
		if (match[i] == '"' || match[i] == '\\')
			fputc('\\', to);
		fputc(match[i], to);
	}
	fprintf(to, "\"%s", match + length);
}

static void put_value(struct export_sheet *sheet, const struct route *route)
{
	struct map_reply_route reply = export_sheet_reply(sheet, route);
	char nexthop[NEXTHOP_MAX];
	char out[MAP_REPLY_MAX];

	if (route->action == ACTION_POOL) {
		export_sheet_nexthop(
			export_sheet_pool(sheet, &sheet->conf->table.pools[route->pool]), nexthop);
		reply.nexthop = nexthop;
	}
	fprintf(sheet->to, "\t%s\n", export_sheet_value(out, MAP_REQUEST_TRANSPORT, &reply));
}

static void put_key(struct export_sheet *sheet, const struct route *route)
{
	switch (export_sheet_key(route->match)) {
	case EXPORT_KEY_ADDRESS:
		put_address(sheet->to, route->match);
		break;
	case EXPORT_KEY_ALL:
		fputc('*', sheet->to);
		break;
	case EXPORT_KEY_LOCAL:
	case EXPORT_KEY_DOMAIN:
	case EXPORT_KEY_PARENT:
		fputs(route->match, sheet->to);
		break;
	}
}

static void leave_reply(struct export_sheet *sheet, const struct route *route)
{
	if (route->action == ACTION_REJECT && strcmp(route->code, "550") != 0)
		export_sheet_leave(sheet, route->file, route->line,
			"code = %s: Postfix refuses with 550", route->code);
	else if (route->action == ACTION_DEFER && strcmp(route->code, "451") != 0)
		export_sheet_leave(sheet, route->file, route->line,
			"code = %s: Postfix defers with 450", route->code);
}

/* What Postfix never looks up in a transport table. */
static bool is_said(struct export_sheet *sheet, const struct route *route)
{
	if (export_sheet_key(route->match) != EXPORT_KEY_LOCAL)
		return true;
	export_sheet_leave(sheet, route->file, route->line,
		"match \"%s\" is of addresses without a domain: Postfix adds one", route->match);
	return false;
}

static void put_row(struct export_sheet *sheet, const struct route *route)
{
	leave_reply(sheet, route);
	put_key(sheet, route);
	put_value(sheet, route);
}

/* What it has only if Postfix is set so. */
static void put_settings(struct export_sheet *sheet)
{
	const struct conf *conf = sheet->conf;

	if (*conf->table.delimiters != '\0')
		export_sheet_note(sheet, "main.cf requires recipient_delimiter = %s, as %s has it",
			conf->table.delimiters, conf->path);
	if (conf->table.mta != TABLE_POSTFIX)
		export_sheet_note(sheet,
			"%s is for Sendmail: its mailer esmtp is the transport smtp here, and "
			"other mailers need transports of their names in master.cf",
			conf->path);
}

int export_postfix_transport(const struct conf *conf, FILE *to, size_t *left_out)
{
	struct export_sheet *sheet = export_sheet_new(conf, to, TABLE_POSTFIX);

	if (sheet == NULL)
		return -1;
	export_sheet_note(sheet, "transport(5) for Postfix: the routes of %s", conf->path);
	export_sheet_lines(sheet, transport_use);
	put_settings(sheet);
	export_sheet_rules(sheet);
	export_sheet_pools(sheet, false);
	fputc('\n', to);
	export_sheet_routes(sheet, is_said, put_row);
	*left_out = sheet->left_out;
	export_sheet_free(sheet);
	return 0;
}

/* ---- keys for each host of a list */

static const char *const tls_use[] = {
	"The TLS policy of each host, for Postfix: all of these lines are comments. Take the mark",
	"off those that are to have another level than smtp_tls_security_level, and put that",
	"in the place of \"may\": none, may, encrypt, dane, verify, secure, fingerprint.",
	"An IP address has no name to verify: verify and secure require match=NAME there. To write",
	"the file once more would take away what was edited.",
	"",
	"  milterctl export postfix-tls >/etc/postfix/nexthop_tls",
	"  postmap /etc/postfix/nexthop_tls",
	"  postconf -e 'smtp_tls_policy_maps = $default_database_type:/etc/postfix/nexthop_tls'",
	"  postfix reload",
	"",
	"Postfix looks each host of a list up by the very text that stands in the list, so these",
	"keys hold for the lists of the daemon and for those of milterctl export postfix. Hosts of",
	"the transport lmtp are looked up in lmtp_tls_policy_maps.",
	NULL,
};

static const char *const sasl_use[] = {
	"User and password for each host, for Postfix: all of these lines are comments, so that",
	"nothing wrong is ever sent. Take the mark off those that want a login, and put it in the",
	"place of USER:PASSWORD. Nobody but root may read the file. To write it once more would",
	"take away what was edited.",
	"",
	"  install -m 0600 /dev/null /etc/postfix/nexthop_sasl",
	"  milterctl export postfix-sasl >/etc/postfix/nexthop_sasl",
	"  postmap /etc/postfix/nexthop_sasl",
	"  maps='$default_database_type:/etc/postfix/nexthop_sasl'",
	"  postconf -e \"smtp_sasl_password_maps = $maps\"",
	"  postconf -e 'smtp_sasl_auth_enable = yes' 'smtp_sasl_security_options = noanonymous'",
	"  postfix reload",
	"",
	"Before these keys Postfix looks up the host's name without brackets and port. Hosts of",
	"the transport lmtp are looked up in lmtp_sasl_password_maps.",
	NULL,
};

/* One host of one pool. */
struct element {
	char text[NEXTHOP_HOST_MAX];
	const struct pool *pool;
	const struct pool_host *host;
	size_t place;
};

/* By their texts, those of one in the order of the file. */
static int compare(const void *a, const void *b)
{
	const struct element *x = a;
	const struct element *y = b;
	int order = strcmp(x->text, y->text);

	return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static size_t count_hosts(const struct table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < table->pool_count; i++)
		count += (size_t)table->pools[i].host_count;
	return count;
}

/* Each key once, after a line for each pool that has it. */
static void put_elements(
	struct export_sheet *sheet, struct element *list, size_t count, const char *value)
{
	for (size_t i = 0; i < count; i++) {
		const struct element *at = &list[i];
		bool is_last = i + 1 == count || strcmp(at->text, list[i + 1].text) != 0;

		export_sheet_note(sheet, "%s:%d: pool %s, transport %s", at->host->file,
			at->host->line, at->pool->name, at->pool->transport);
		if (is_last)
			fprintf(sheet->to, "#%s\t%s\n", at->text, value);
	}
}

static int put_keys(struct export_sheet *sheet, const char *value)
{
	const struct table *table = &sheet->conf->table;
	size_t room = count_hosts(table);
	struct element *list = calloc(room + 1, sizeof(*list));
	size_t count = 0;

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < table->pool_count; i++)
		for (int k = 0; k < table->pools[i].host_count; k++) {
			struct element *at = &list[count];

			/* Postfix goes by no such text there. */
			if (table->pools[i].hosts[k].kind == HOST_UNIX)
				continue;

			*at = (struct element){.pool = &table->pools[i],
				.host = &table->pools[i].hosts[k],
				.place = count};
			export_sheet_host(sheet, at->host, at->text);
			count++;
		}
	qsort(list, count, sizeof(*list), compare);
	put_elements(sheet, list, count, value);
	free(list);
	return 0;
}

static int export_keys(const struct conf *conf, FILE *to, const char *what, const char *const *use,
	const char *value)
{
	struct export_sheet *sheet = export_sheet_new(conf, to, TABLE_POSTFIX);
	int result;

	if (sheet == NULL)
		return -1;
	export_sheet_note(sheet, "%s for Postfix: the hosts of %s", what, conf->path);
	export_sheet_lines(sheet, use);
	fputc('\n', to);
	result = put_keys(sheet, value);
	export_sheet_free(sheet);
	return result;
}

int export_postfix_tls(const struct conf *conf, FILE *to, size_t *left_out)
{
	*left_out = 0;
	return export_keys(conf, to, "smtp_tls_policy_maps", tls_use, "may");
}

int export_postfix_sasl(const struct conf *conf, FILE *to, size_t *left_out)
{
	*left_out = 0;
	return export_keys(conf, to, "smtp_sasl_password_maps", sasl_use, "USER:PASSWORD");
}
