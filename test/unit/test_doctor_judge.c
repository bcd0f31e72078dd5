/* test_doctor_judge: what is wrong, judged from texts: no MTA is needed
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/diagnosis.h"
#include "doctor/judge_auth.h"
#include "doctor/judge_daemon.h"
#include "doctor/judge_hosts.h"
#include "doctor/judge_sendmail.h"
#include "doctor/judge_tls.h"
#include "doctor/judge_wiring.h"
#include "sample.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char config[] =
	"milter_socket = \"unix:/q/nexthop-milter/milter.sock\";\n"
	"map_socket = \"unix:/q/nexthop-milter/map.sock\";\n"
	"health = { log = \"/var/log/mail.log\"; };\n"
	"pools = { p = { hosts = ( { host = \"mx1.example\"; }, { host = \"mx2.example\"; port = "
	"25; } ); }; };\n"
	"routes = ( { match = \"example.com\"; pool = \"p\"; }, { match = \"u@example.org\"; pool "
	"= "
	"\"p\"; },\n"
	" { match = \".example.net\"; pool = \"p\"; }, { match = \"ALL\"; pool = \"p\"; } );\n";

static const char sendmail_config[] =
	"mta = \"sendmail\";\nmilter_socket = \"unix:/r/milter.sock\";\n"
	"map_socket = \"unix:/r/map.sock\";\n"
	"pools = { p = { transport = \"esmtp\"; hosts = ( { host = \"mx1.example\"; } ); }; };\n"
	"routes = ( { match = \"example.com\"; pool = \"p\"; } );\n";

/* All is well with these. */
#define MAIN \
	"queue_directory = /q\nsmtpd_milters = unix:nexthop-milter/milter.sock\n" \
	"milter_default_action = tempfail\nmilter_header_checks = regexp:ours\n" \
	"transport_maps = socketmap:unix:nexthop-milter/map.sock:transport\n" \
	"smtp_connect_timeout = 5s\nsmtp_helo_timeout = 20s\n" \
	"relay_domains = example.com, example.org, example.net\n" \
	"parent_domain_matches_subdomains = relay_domains\n" \
	"relay_recipient_maps = hash:/x\nsmtp_tls_loglevel = 0\ncompatibility_level = 3.6\n"
#define SERVICES \
	"smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n" \
	"cleanup unix n - y - 0 cleanup\nrewrite unix - - y - - trivial-rewrite\n" \
	"smtp unix - - y - - smtp\n"

static struct sample sample;
static struct machine machine;
static struct finding_list list;

/* "ours" is our table of header checks, "other" one that knows all headers; "domains" example.com. */
static bool answers(const struct postfix_facts *facts, const char *table, const char *key,
	char answer[POSTFIX_FACTS_ANSWER_MAX])
{
	const char *value = NULL;

	(void)facts;
	if (strcmp(table, "regexp:ours") == 0 && strncmp(key, "X-Nexthop-Route: ", 17) == 0)
		value = "FILTER smtp:[192.0.2.1],[192.0.2.2]";
	else if (strcmp(table, "regexp:other") == 0)
		value = "IGNORE";
	else if (strcmp(table, "hash:strict") == 0 && strcmp(key, "[mx1.example]") == 0)
		value = "secure match=x";
	else if (strcmp(table, "hash:loose") == 0)
		value = "may";
	else if (strcmp(table, "hash:domains") == 0 && strcmp(key, "example.com") == 0)
		value = "x";
	if (value != NULL)
		snprintf(answer, POSTFIX_FACTS_ANSWER_MAX, "%s", value);
	return value != NULL;
}

/* MAIN with a line in the place of the one that has that name. */
static char *with(const char *main, const char *line)
{
	size_t name = strcspn(line, "=") + 1;
	char *text = calloc(1, strlen(main) + strlen(line) + 3);

	for (const char *at = main; *at != '\0';) {
		size_t length = strcspn(at, "\n") + 1;

		if (*line == '\0' || strncmp(at, line, name) != 0)
			strncat(text, at, length);
		at += length;
	}
	strcat(text, line);
	strcat(text, "\n");
	return text;
}

static void open_machine(const char *text)
{
	static const struct machine_settings settings = {.version = "1"};

	sample_open(&sample, text);
	machine = (struct machine){.settings = &settings, .config = "/etc/routes.cfg"};
	machine.conf = sample.conf;
	machine.postfix.ask = answers;
	snprintf(machine.header_checks, sizeof(machine.header_checks), "/n/checks");
}

static void close_machine(void)
{
	finding_list_free(&list);
	postfix_settings_free(machine.postfix.settings);
	sample_close(&sample);
}

static void set_postfix(const char *line, const char *services, const char *overrides)
{
	char *main = with(MAIN, line);

	machine.postfix.settings = postfix_settings_new(
		&(struct postfix_texts){main, main, services, overrides, overrides});
	free(main);
}

/* "ID ID", with " COMMAND" behind the first that has one that is run. */
static const char *found(void)
{
	static char text[4000];
	int used = 0;

	finding_list_sort(&list);
	text[0] = '\0';
	for (size_t i = 0; i < list.count; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "%s%s",
			i == 0 ? "" : " ", finding_name(list.findings[i]->kind));
	for (size_t i = 0; i < list.count; i++)
		if (finding_can_be_mended(list.findings[i])) {
			char line[1000];

			finding_command_format(line, sizeof(line), &list.findings[i]->commands[0]);
			snprintf(text + used, sizeof(text) - (size_t)used, ": %s", line);
			break;
		}
	return text;
}

static const struct postfix_row {
	const char *name;
	const char *line; /* of main.cf */
	const char *services;
	const char *overrides;
	const char *found;
} rows[] = {
	{"well", "", SERVICES, "", ""},
	{"absolute path", "smtpd_milters = unix:/q/nexthop-milter/milter.sock", SERVICES, "", ""},
	{"path from the chroot", "smtpd_milters = unix:/nexthop-milter/milter.sock", SERVICES, "",
		""},
	{"in braces", "smtpd_milters = { unix:nexthop-milter/milter.sock, connect_timeout=1s }",
		SERVICES, "", ""},
	{"by proxymap", "transport_maps = proxy:socketmap:unix:nexthop-milter/map.sock:transport",
		SERVICES, "", ""},
	{"in a pipemap",
		"transport_maps = pipemap:{ldap:/l, "
		"proxy:socketmap:unix:nexthop-milter/map.sock:pool}",
		SERVICES, "", ""},
	{"not wired", "smtpd_milters =", SERVICES, "",
		"not_wired: postconf -e 'smtpd_milters = unix:nexthop-milter/milter.sock'"},
	{"others stay", "smtpd_milters = inet:a:1", SERVICES, "",
		"not_wired: postconf -e 'smtpd_milters = inet:a:1, "
		"unix:nexthop-milter/milter.sock'"},
	{"another socket of ours", "smtpd_milters = unix:/run/nexthop-milter/x.sock", SERVICES, "",
		"not_wired"},
	{"one behind ours", "smtpd_milters = unix:nexthop-milter/milter.sock, inet:a:1", SERVICES,
		"", "milter_order"},
	{"default_action", "milter_default_action = accept", SERVICES, "",
		"default_action: postconf -e 'smtpd_milters = { unix:nexthop-milter/milter.sock, "
		"default_action=tempfail }'"},
	{"default_action reject", "milter_default_action = reject", SERVICES, "",
		"default_action: postconf -e 'smtpd_milters = { unix:nexthop-milter/milter.sock, "
		"default_action=tempfail }'"},
	{"shutdown", "milter_default_action = shutdown", SERVICES, "", ""},
	{"an action of its own",
		"smtpd_milters = { unix:nexthop-milter/milter.sock, default_action=accept }",
		SERVICES, "", "default_action"},
	{"header checks", "milter_header_checks =", SERVICES, "",
		"no_header_checks: postconf -e 'milter_header_checks = regexp:/n/checks'"},
	{"other header checks", "milter_header_checks = regexp:other", SERVICES, "",
		"no_header_checks"},
	{"map", "transport_maps = hash:/t", SERVICES, "",
		"no_map: postconf -e 'transport_maps = "
		"socketmap:unix:nexthop-milter/map.sock:transport, hash:/t'"},
	{"another table first",
		"transport_maps = hash:/t, socketmap:unix:nexthop-milter/map.sock:transport",
		SERVICES, "", "other_map_first"},
	{"another map", "transport_maps = socketmap:unix:nexthop-milter/old.sock:transport",
		SERVICES, "", "no_map"},
	{"overridden", "", SERVICES, "smtp/inet/smtpd_milters = inet:a:1\n",
		"overridden: postconf -P "
		"smtp/inet/smtpd_milters=inet:a:1,unix:nexthop-milter/milter.sock"},
	{"overridden by nothing", "", SERVICES, "smtp/inet/smtpd_milters =\n", "overridden"},
	{"overridden by ours", "", SERVICES,
		"smtp/inet/smtpd_milters = unix:nexthop-milter/milter.sock\n", ""},
	{"map overridden", "", SERVICES, "rewrite/unix/transport_maps =\n",
		"overridden: postconf -P "
		"rewrite/unix/transport_maps=socketmap:unix:nexthop-milter/map.sock:transport"},
	{"no_milters", "receive_override_options = no_milters", SERVICES, "", "no_milters"},
	{"no_milters of one", "", SERVICES, "smtp/inet/receive_override_options = no_milters\n",
		"no_milters"},
	{"content_filter", "content_filter = smtp:[127.0.0.1]:10024", SERVICES, "",
		"content_filter"},
	{"content_filter of one", "", SERVICES, "submission/inet/content_filter = a:b\n",
		"content_filter"},
	{"no transport", "", "smtp inet n - y - - smtpd\n", "", "no_transport"},
	{"a long timeout", "smtp_helo_timeout = 10m", SERVICES, "", "timeout"},
	{"a long timeout of the transport", "", SERVICES, "smtp/unix/smtp_connect_timeout = 2m\n",
		"timeout"},
	{"timeouts as shipped", "smtp_connect_timeout = 30s", SERVICES, "", "timeout_as_shipped"},
	{"a domain that is not relayed", "relay_domains = example.org, example.net", SERVICES, "",
		"relay_domain"},
	{"subdomains that are not relayed", "relay_domains = example.com, example.org", SERVICES,
		"", "relay_domain"},
	{"a domain in a table", "relay_domains = example.org, hash:domains, .example.net", SERVICES,
		"", ""},
	{"no recipients", "relay_recipient_maps =", SERVICES, "", "relay_recipients"},
	{"delimiter", "recipient_delimiter = +", SERVICES, "", "delimiter"},
	{"names in the log", "smtp_tls_security_level = verify", SERVICES, "",
		"tls_names: postconf -e 'smtp_tls_loglevel = 1'"},
};

START_TEST(postfix)
{
	const struct postfix_row *row = &rows[_i];

	open_machine(config);
	set_postfix(row->line, row->services, row->overrides);
	judge_wiring(&list, &machine);
	judge_hosts(&list, &machine);
	judge_hosts_domains(&list, &machine);
	ck_assert_msg(strcmp(found(), row->found) == 0, "%s: %s", row->name, found());
	close_machine();
}
END_TEST

/* The list has [mx1.example] and [mx2.example]:25. */
static const struct key_row {
	const char *text;
	bool is_password;
	const char *found;
} keys[] = {
	{"[mx1.example] encrypt\n[mx2.example]:25 encrypt\n", false, ""},
	{"[MX1.example] encrypt\n", false, ""},
	{"[mx2.example] encrypt\n", false, "tls_policy"},
	{"[mx1.example]:25 encrypt\n", false, "tls_policy"},
	{"# [mx2.example] encrypt\n\n  [mx2.example] x\nother.example encrypt\n", false, ""},
	{"[mx2.example] encrypt\n[mx2.example]:25 may\n", false, ""},
	{"mx1.example encrypt\n", false, "tls_policy"},
	{"[mx1.example] verify\n", false, "tls_names: postconf -e 'smtp_tls_loglevel = 1'"},
	{"mx2.example user:password\n", true, ""},
	{"[mx2.example]:25 user:password\n", true, ""},
	{"[mx2.example] user:password\n", true, "password"},
	{"[mx2.example]:587 user:password\n", true, "password"},
};

START_TEST(tables)
{
	open_machine(config);
	set_postfix("", SERVICES, "");
	machine.postfix.keys[0] = (struct postfix_keys){
		keys[_i].is_password, (char *)"hash:/t", (char *)keys[_i].text};
	machine.postfix.key_count = 1;
	judge_hosts(&list, &machine);
	ck_assert_msg(strcmp(found(), keys[_i].found) == 0, "%s: %s", keys[_i].text, found());
	close_machine();
}
END_TEST

/* ---- passwords */

/* MAIN, with all that logging in to the host [mx1.example] needs. */
#define MAP "proxy:socketmap:unix:/r/secret.sock:sasl"
#define AUTH_MAIN \
	"queue_directory = /q\ncompatibility_level = 3.6\nsmtp_sasl_auth_enable = yes\n" \
	"smtp_sasl_password_maps = " MAP "\nproxy_read_maps = hash:/x " MAP "\n" \
	"smtp_sasl_security_options = noplaintext, noanonymous\n" \
	"smtp_sasl_tls_security_options = noanonymous\nsmtp_tls_security_level = encrypt\n" \
	"lmtp_sasl_auth_enable = yes\nlmtp_sasl_password_maps = " MAP "\n"

static const char meant[] = "allow_cleartext";

static const struct auth_row {
	const char *name;
	const char *line;
	const char *overrides;
	const char *tls; /* the pool's; meant: allow_cleartext; NULL: neither */
	const char *found;
} auth_rows[] = {
	{"well", "", "", NULL, ""},
	{"off", "smtp_sasl_auth_enable = no", "", NULL,
		"auth_off: postconf -e 'smtp_sasl_auth_enable = yes'"},
	{"off in master.cf", "", "smtp/unix/smtp_sasl_auth_enable = no\n", NULL,
		"auth_off: postconf -P smtp/unix/smtp_sasl_auth_enable=yes"},
	{"on in master.cf", "smtp_sasl_auth_enable = no", "smtp/unix/smtp_sasl_auth_enable = yes\n",
		NULL, ""},
	{"no map", "smtp_sasl_password_maps =", "", NULL,
		"auth_map: postconf -e 'smtp_sasl_password_maps = " MAP "'"},
	{"another table", "smtp_sasl_password_maps = hash:/y", "", NULL,
		"auth_map: postconf -e 'smtp_sasl_password_maps = " MAP ", hash:/y'"},
	{"another map there", "smtp_sasl_password_maps = proxy:socketmap:unix:/r/secret.sock:pool",
		"", NULL,
		"auth_map: postconf -e 'smtp_sasl_password_maps = " MAP
		", proxy:socketmap:unix:/r/secret.sock:pool'"},
	{"chrooted", "smtp_sasl_password_maps = hash:/y, socketmap:unix:/r/secret.sock:sasl", "",
		NULL, "auth_map: postconf -e 'smtp_sasl_password_maps = hash:/y, " MAP "'"},
	{"chrooted, by the whole path below the queue directory", "queue_directory = /r",
		"smtp/unix/smtp_sasl_password_maps = socketmap:unix:/r/secret.sock:sasl\n", NULL,
		"auth_map: postconf -P smtp/unix/smtp_sasl_password_maps=" MAP},
	{"chrooted, from the queue directory on", "queue_directory = /r",
		"smtp/unix/smtp_sasl_password_maps = socketmap:unix:secret.sock:sasl\n", NULL, ""},
	{"not allowed", "proxy_read_maps = hash:/x", "", NULL, "auth_map"},
	{"no plaintext", "smtp_sasl_tls_security_options = noplaintext", "", NULL,
		"auth_mechanism: postconf -e 'smtp_sasl_tls_security_options = noanonymous'"},
	{"no TLS", "smtp_tls_security_level = may", "", NULL, "auth_cleartext"},
	{"no TLS in master.cf", "", "smtp/unix/smtp_tls_security_level =\n", NULL,
		"auth_cleartext"},
	{"DANE where there is some", "smtp_tls_security_level = dane", "", NULL, "auth_cleartext"},
	{"DANE alone", "smtp_tls_security_level = dane-only", "", NULL, ""},
	{"as of old", "smtp_tls_security_level =", "smtp/unix/smtp_enforce_tls = yes\n", NULL, ""},
	{"a policy", "smtp_tls_security_level = may",
		"smtp/unix/smtp_tls_policy_maps = hash:none, hash:strict\n", NULL, ""},
	{"a loose policy", "smtp_tls_policy_maps = hash:loose", "", NULL, "auth_cleartext"},
	{"no TLS is meant", "smtp_tls_security_level = may", "", meant,
		"auth_mechanism: postconf -e 'smtp_sasl_security_options = noanonymous'"},
	{"with TLS all the same", "", "", meant, ""},
	{"tls of its own", "smtp_tls_security_level = may", "", "encrypt", ""},
	{"tls of its own, by its map", "smtp_tls_security_level = may",
		"smtp/unix/smtp_tls_policy_maps = proxy:socketmap:unix:/r/map.sock:tls\n", "verify",
		""},
	{"another table goes first", "",
		"smtp/unix/smtp_tls_policy_maps = hash:loose proxy:socketmap:unix:/r/map.sock:tls\n",
		"verify", "auth_cleartext"},
	{"tls of its own that is loose", "", "", "may", "auth_cleartext"},
	{"tls of its own with DANE where there is some", "", "", "dane", "auth_cleartext"},
};

START_TEST(passwords)
{
	const struct auth_row *row = &auth_rows[_i];
	char path[] = "/tmp/test_doctor_judge.XXXXXX";
	int fd = mkstemp(path);
	char text[1024], tls[64] = "", *main = with(AUTH_MAIN, row->line);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, "secret", 6), 6);
	close(fd);
	if (row->tls != NULL && row->tls != meant)
		snprintf(tls, sizeof(tls), "tls = { level = \"%s\"; };", row->tls);
	snprintf(text, sizeof(text),
		"secret_socket = \"unix:/r/secret.sock\"; map_socket = \"unix:/r/map.sock\";\n"
		"pools = { p = { %s auth = { user = \"u\"; password_file = \"%s\"; allow_cleartext = "
		"%s; }; hosts = ( { host = \"mx1.example\"; } ); };\n"
		" q = { hosts = ( { host = \"mx2.example\"; } ); }; };\n"
		"routes = ( { match = \"example.com\"; pool = \"p\"; },\n"
		" { match = \"example.org\"; pool = \"q\"; } );\n",
		tls, path, row->tls == meant ? "true" : "false");
	open_machine(text);
	unlink(path);
	machine.postfix.settings = postfix_settings_new(
		&(struct postfix_texts){main, main, SERVICES, row->overrides, row->overrides});
	free(main);
	judge_auth(&list, &machine);
	ck_assert_msg(strcmp(found(), row->found) == 0, "%s: %s", row->name, found());
	close_machine();
}
END_TEST

/* ---- TLS policies */

#define TLS_MAP "proxy:socketmap:unix:/r/map.sock:tls"
#define TLS_MAIN \
	"queue_directory = /no/queue\ncompatibility_level = 3.6\nsmtp_dns_support_level = enabled\n" \
	"smtp_tls_policy_maps = " TLS_MAP "\nproxy_read_maps = $smtp_tls_policy_maps " TLS_MAP \
	"\n"

static const struct tls_row {
	const char *line, *tls, *found;
} tls_rows[] = {
	{"", "encrypt\"", ""},
	{"smtp_tls_policy_maps =", "none\"",
		"tls_map: postconf -e 'smtp_tls_policy_maps = " TLS_MAP "'"},
	{"smtp_tls_policy_maps = socketmap:unix:/r/map.sock:tls", "may\"",
		"tls_map: postconf -e 'smtp_tls_policy_maps = " TLS_MAP "'"},
	{"", "dane\"", "tls_dnssec: postconf -e 'smtp_dns_support_level = dnssec'"},
	{"smtp_dns_support_level = dnssec", "dane-only\"", ""},
	{"", "secure\"; ca_file = \"/dev/null\"", "tls_ca_file"},
	{"queue_directory = /", "secure\"; ca_file = \"dev/null\"", ""},
};

START_TEST(policies)
{
	const struct tls_row *row = &tls_rows[_i];
	char text[1024], *main = with(TLS_MAIN, row->line);

	snprintf(text, sizeof(text),
		"map_socket = \"unix:/r/map.sock\"; pools = { p = { tls = { level = \"%s; }; hosts = ( "
		"{ host = \"mx1.example\"; } ); }; };\n"
		"routes = ( { match = \"example.com\"; pool = \"p\"; } );\n",
		row->tls);
	open_machine(text);
	machine.postfix.settings =
		postfix_settings_new(&(struct postfix_texts){main, main, SERVICES, "", ""});
	free(main);
	judge_tls(&list, &machine);
	ck_assert_msg(strcmp(found(), row->found) == 0, "%s %s: %s", row->line, row->tls, found());
	close_machine();
}
END_TEST

#define CF \
	"O InputMailFilters=nexthop-milter\nXnexthop-milter, S=local:/r/milter.sock, F=T, " \
	"T=S:30s;R:30s\nKnexthop socket -f -q -T<TMPF> local:/r/map.sock\nMesmtp,\tP=[IPC]\n"

static const struct sendmail_row {
	const char *name;
	const char *text;
	const char *unsafe;
	bool is_sticky;
	const char *found;
} sendmails[] = {
	{"well", CF, "", false, ""},
	{"no filter", "Knexthop socket local:/r/map.sock\nMesmtp, P\n", "", false, "not_wired"},
	{"a filter that is not asked",
		"Xn, S=local:/r/milter.sock, F=T\nKnexthop socket local:/r/map.sock\nMesmtp, P\n",
		"", false, "not_wired"},
	{"F=R",
		"O InputMailFilters=a, n\nXn, S=local:/r/milter.sock, F=R\nKnexthop socket "
		"local:/r/map.sock\nMesmtp, P\n",
		"", false, "default_action"},
	{"no F",
		"O InputMailFilters=n\nXn, S=local:/r/milter.sock, T=R:1s\nKnexthop socket "
		"local:/r/map.sock\nMesmtp, P\n",
		"", false, "default_action"},
	{"no feature", "O InputMailFilters=n\nXn, S=local:/r/milter.sock, F=T\nMesmtp, P\n", "",
		false, "no_map"},
	{"another map",
		"O InputMailFilters=n\nXn, S=local:/r/milter.sock, F=T\nKnexthop socket -f "
		"local:/x/map.sock\nMesmtp, P\n",
		"", false, "no_map"},
	{"no mailer",
		"O InputMailFilters=n\nXn, S=local:/r/milter.sock, F=T\nKnexthop socket "
		"local:/r/map.sock\nMesmtps, P\n",
		"", false, "no_transport"},
	{"a folder for all", CF, "/r", false, "socket_unsafe"},
	{"a folder for all, sticky", CF, "/tmp", true, "socket_unsafe"},
	{"sticky folders are trusted", CF "O DontBlameSendmail=TrustStickyBit\n", "/tmp", true, ""},
	{"no sendmail.cf", NULL, "", false, "no_mta"},
};

START_TEST(sendmail)
{
	const struct sendmail_row *row = &sendmails[_i];

	open_machine(sendmail_config);
	machine.sendmail.path = "/etc/mail/sendmail.cf";
	machine.sendmail.text = (char *)row->text;
	for (int i = 0; i < 2; i++) {
		snprintf(machine.sendmail.unsafe[i], PATH_MAX, "%s", row->unsafe);
		machine.sendmail.is_sticky[i] = row->is_sticky;
	}
	judge_sendmail(&list, &machine);
	ck_assert_msg(strcmp(found(), row->found) == 0, "%s: %s", row->name, found());
	close_machine();
}
END_TEST

/* ---- daemon, log, limits */

static void set_well(void)
{
	open_machine(config);
	set_postfix("", SERVICES, "");
	machine.somaxconn = 4096;
	machine.log =
		(struct log_facts){.was_read = true, .lines = 9, .understood = 9, .of_mta = 9};
	machine.daemon = (struct machine_daemon){.answers = true,
		.version = "1",
		.config = "/etc/routes.cfg",
		.read_at = 1000,
		.descriptors_limit = 65536};
	machine.config_changed_at = 1000;
}

static const char *judge_well(void)
{
	finding_list_free(&list);
	judge_daemon(&list, &machine);
	judge_daemon_surroundings(&list, &machine);
	return found();
}

START_TEST(daemons)
{
	set_well();
	ck_assert_str_eq(judge_well(), "");
	machine.config_changed_at = 1001;
	ck_assert_str_eq(judge_well(), "stale_config");
	machine.config_changed_at = 1000;
	machine.settings = &(struct machine_settings){.version = "2"};
	ck_assert_str_eq(judge_well(), "version");
	machine.has_unit = true;
	ck_assert_str_eq(judge_well(), "version: systemctl restart nexthop-milter");
	machine.settings = &(struct machine_settings){.version = "1"};
	machine.config = "/other.cfg";
	ck_assert_str_eq(judge_well(), "other_config");
	machine.config = "/etc/routes.cfg";
	/* Two smtpd services of 100 processes each. */
	machine.daemon.descriptors_limit = 327;
	ck_assert_str_eq(judge_well(), "descriptors");
	machine.daemon.descriptors_limit = 328;
	machine.somaxconn = 199;
	ck_assert_str_eq(judge_well(), "backlog");
	machine.somaxconn = 200;
	machine.daemon.reason_count = 1;
	ck_assert_str_eq(judge_well(), "daemon");
	machine.daemon.reason_count = 0;
	ck_assert_str_eq(judge_well(), "");
	close_machine();
}
END_TEST

START_TEST(logs)
{
	static const char good[] = "Nov 24 03:21:12 mx postfix/smtp[5007]: 199E2A7298C: x\n"
				   "Nov 24 03:21:12 mx sshd[7]: y\n";
	static const char strange[] = "{\"json\": 1}\n\n<22>x";

	set_well();
	machine.log = (struct log_facts){.was_read = true};
	ck_assert_str_eq(judge_well(), "log_empty");
	log_facts_take(&machine.log, good, strlen(good), "postfix");
	ck_assert_int_eq(machine.log.lines, 2);
	ck_assert_int_eq(machine.log.of_mta, 1);
	ck_assert_str_eq(judge_well(), "");
	machine.log = (struct log_facts){.was_read = true};
	log_facts_take(&machine.log, strange, strlen(strange), "postfix");
	ck_assert_int_eq(machine.log.lines, 2);
	ck_assert_str_eq(judge_well(), "log_strange");
	postfix_settings_free(machine.postfix.settings);
	set_postfix("maillog_file = /var/log/postfix.log", SERVICES, "");
	ck_assert_str_eq(judge_well(), "log_elsewhere");
	close_machine();
}
END_TEST

/* ---- the order of mending */

START_TEST(order)
{
	static const enum finding_kind kinds[] = {FINDING_NOT_WIRED, FINDING_NO_MAP,
		FINDING_DAEMON_DOWN, FINDING_NO_HEADER_CHECKS, FINDING_NOT_WIRED};
	const char *const expected = "daemon_down no_map no_header_checks not_wired not_wired ";
	const struct finding *finding = NULL;
	char text[200] = "";

	open_machine(config);
	for (int i = 0; i < COUNT(kinds); i++)
		FINDING_COMMAND(finding_add(&list, kinds[i], "s", "w"), "true");
	finding_by_hand(finding_add(&list, FINDING_CONTENT_FILTER, "s", "w"), "x");
	finding_list_sort(&list);
	while ((finding = diagnosis_next(&list, finding)) != NULL) {
		strcat(text, finding_name(finding->kind));
		strcat(text, " ");
	}
	ck_assert_str_eq(text, expected);
	/* The daemon will be up then; not if that is for a person to do. */
	finding = finding_list_find(&list, FINDING_NOT_WIRED);
	ck_assert(!diagnosis_is_held(&list, &machine, finding));
	finding_by_hand(list.findings[0], "x");
	ck_assert(diagnosis_is_held(&list, &machine, finding));
	machine.postfix.reaches[POSTFIX_MILTER][1].was_tried = true;
	ck_assert(!diagnosis_is_held(&list, &machine, finding));
	machine.postfix.reaches[POSTFIX_MAP][0] = (struct reach){.was_tried = true, .error = 2};
	ck_assert(diagnosis_is_held(&list, &machine, finding));
	close_machine();
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{postfix, COUNT(rows)},
		{tables, COUNT(keys)},
		{passwords, COUNT(auth_rows)},
		{policies, COUNT(tls_rows)},
		{sendmail, COUNT(sendmails)},
		{daemons, 1},
		{logs, 1},
		{order, 1},
	};

	return suite_run("doctor_judge", tests, COUNT(tests));
}
