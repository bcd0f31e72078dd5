/* test_doctor: findings and their order, lists in settings, what postconf prints
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/command.h"
#include "doctor/finding.h"
#include "doctor/postfix_settings.h"
#include "doctor/setting_list.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists */

static const struct list_row {
	const char *value;
	const char *elements; /* each behind a "|" */
} lists[] = {
	{"", ""},
	{" , ,\t", ""},
	{"a", "|a"},
	{"a,b c\t,d", "|a|b|c|d"},
	{"unix:/a, { unix:/b, default_action=accept } inet:h:1",
		"|unix:/a|{ unix:/b, default_action=accept }|inet:h:1"},
	{"pipemap:{ldap:/a, proxy:socketmap:unix:/b:pool}, hash:/c",
		"|pipemap:{ldap:/a, proxy:socketmap:unix:/b:pool}|hash:/c"},
	{"{ { a, b } c }, d", "|{ { a, b } c }|d"},
	{"{ a, b", "|{ a, b"},
	{"a } b", "|a|}|b"},
};

START_TEST(elements)
{
	const struct list_row *row = &lists[_i];
	struct span rest = span_make(row->value, strlen(row->value));
	struct span element;
	char got[500] = "";
	int used = 0;

	while (setting_list_next(&rest, &element))
		used += snprintf(got + used, sizeof(got) - (size_t)used, "|%.*s",
			(int)element.length, element.at);
	ck_assert_msg(strcmp(got, row->elements) == 0, "\"%s\" gives %s", row->value, got);
}
END_TEST

static const struct merge_row {
	const char *value, *first, *last, *compact;
} merges[] = {
	{"", "x", "x", ""},
	{" ", "x", "x", ""},
	{"a", "x, a", "a, x", "a"},
	{"a, b", "x, a, b", "a, b, x", "a,b"},
	{"$a b", "x, $a b", "$a b, x", "$a,b"},
	{"{ unix:/a, b=c } , d", "x, { unix:/a, b=c } , d", "{ unix:/a, b=c } , d, x",
		"{unix:/a,b=c},d"},
	{", a ,", "x, , a ,", ", a ,, x", "a"},
};

START_TEST(merged)
{
	const struct merge_row *row = &merges[_i];
	char *first = setting_list_with_first(row->value, "x");
	char *last = setting_list_with_last(row->value, "x");
	char *compact = setting_list_compact(row->value);

	ck_assert_str_eq(first, row->first);
	ck_assert_str_eq(last, row->last);
	ck_assert_str_eq(compact, row->compact);
	free(first);
	free(last);
	free(compact);
}
END_TEST

START_TEST(instead_and_inside)
{
	const char value[] = "a, { unix:/b, c=d }, e";
	struct span element = setting_list_at(value, 1);
	struct span inside = setting_list_inside(element);
	char *changed = setting_list_with_instead(value, element, "X");

	ck_assert_str_eq(changed, "a, X, e");
	ck_assert(span_is(inside, "unix:/b, c=d"));
	ck_assert(span_is(setting_list_inside(setting_list_at(value, 2)), "e"));
	ck_assert_uint_eq(setting_list_at(value, 3).length, 0);
	ck_assert(setting_list_has("no_address_mappings, NO_milters", "no_milters"));
	ck_assert(!setting_list_has("no_milters_x", "no_milters"));
	free(changed);
}
END_TEST

/* ---- what postconf prints */

static struct postfix_settings *settings;

static void read_settings(void)
{
	settings = postfix_settings_new(&(struct postfix_texts){
		.main = "queue_directory = /q\nsmtpd_milters = $mine\nmine = unix:a\n"
			"compatibility_level = 3.6\nempty =\n",
		.main_expanded = "queue_directory = /q\nsmtpd_milters = unix:a\nmine = unix:a\n"
				 "compatibility_level = 3.6\nempty =\n",
		.services = "smtp       inet  n       -       y       -       -       smtpd\n"
			    "smtp       unix  -       -       n       -       7       smtp -o a=b\n"
			    "rewrite    unix  -       -       -       -       -       "
			    "trivial-rewrite\nnonsense\n",
		.overrides = "smtp/inet/smtpd_milters = $theirs\nsmtp/unix/a = b\n",
		.overrides_expanded = "smtp/inet/smtpd_milters = unix:b\nsmtp/unix/a = b\n"});
}

static void forget_settings(void)
{
	postfix_settings_free(settings);
}

START_TEST(read)
{
	const struct postfix_service *smtpd = postfix_settings_service(settings, 0);
	const struct postfix_service *smtp = postfix_settings_transport(settings, "smtp");

	ck_assert_str_eq(postfix_settings_get(settings, "smtpd_milters"), "unix:a");
	ck_assert_str_eq(postfix_settings_raw(settings, "smtpd_milters"), "$mine");
	ck_assert_str_eq(postfix_settings_get(settings, "empty"), "");
	ck_assert_str_eq(postfix_settings_get(settings, "unknown"), "");
	ck_assert_str_eq(smtpd->program, "smtpd");
	ck_assert(postfix_settings_is_chrooted(settings, smtpd));
	ck_assert_str_eq(smtp->maxproc, "7");
	ck_assert(!postfix_settings_is_chrooted(settings, smtp));
	ck_assert(!postfix_settings_is_chrooted(settings, postfix_settings_service(settings, 2)));
	ck_assert_ptr_null(postfix_settings_service(settings, 3));
	ck_assert_ptr_null(postfix_settings_transport(settings, "lmtp"));
	ck_assert_str_eq(postfix_settings_override(settings, smtpd, "smtpd_milters"), "unix:b");
	ck_assert_str_eq(
		postfix_settings_override_raw(settings, smtpd, "smtpd_milters"), "$theirs");
	ck_assert_ptr_null(postfix_settings_override(settings, smtp, "smtpd_milters"));
	ck_assert_str_eq(postfix_settings_of(settings, smtp, "a"), "b");
	ck_assert_str_eq(postfix_settings_of(settings, smtpd, "mine"), "unix:a");
}
END_TEST

static const struct time_row {
	const char *text;
	int seconds;
} times[] = {{"30s", 30}, {"5m", 300}, {"2h", 7200}, {"1d", 86400}, {"7", 7}, {"0s", 0}, {"", -1},
	{"s", -1}, {"5x", -1}, {"5mm", -1}, {"-5s", -1}, {"99999999999s", -1}, {"2147483647w", -1}};

START_TEST(seconds)
{
	ck_assert_msg(postfix_settings_seconds(times[_i].text, 's') == times[_i].seconds, "\"%s\"",
		times[_i].text);
}
END_TEST

START_TEST(versions)
{
	ck_assert(postfix_settings_is_version("3.5.0", 3, 5));
	ck_assert(postfix_settings_is_version("3.10.1", 3, 5));
	ck_assert(postfix_settings_is_version("4.0", 3, 5));
	ck_assert(!postfix_settings_is_version("3.4.23", 3, 5));
	ck_assert(!postfix_settings_is_version("2.11.0", 3, 5));
	ck_assert(postfix_settings_is_version("", 3, 5));
}
END_TEST

/* ---- findings */

START_TEST(by_harm)
{
	struct finding_list list = {.count = 0};

	finding_add(&list, FINDING_NOT_ROOT, "a", "hint");
	finding_add(&list, FINDING_TIMEOUT, "a", "warning");
	finding_add(&list, FINDING_NOT_WIRED, "a", "second of two");
	finding_add(&list, FINDING_DAEMON_DOWN, "a", "error");
	finding_add(&list, FINDING_NOT_WIRED, "b", "third of %s\033[1m", "two");
	finding_list_sort(&list);
	ck_assert_str_eq(list.findings[0]->what, "error");
	ck_assert_str_eq(list.findings[1]->what, "second of two");
	ck_assert_str_eq(list.findings[2]->what, "third of two?[1m");
	ck_assert_str_eq(list.findings[3]->what, "warning");
	ck_assert_str_eq(list.findings[4]->what, "hint");
	ck_assert_uint_eq(finding_list_count(&list, FINDING_ERROR), 3);
	ck_assert_uint_eq(finding_list_count(&list, FINDING_WARNING), 1);
	ck_assert_ptr_eq(finding_list_find(&list, FINDING_TIMEOUT), list.findings[3]);
	ck_assert_ptr_null(finding_list_find(&list, FINDING_VERSION));
	finding_list_free(&list);
}
END_TEST

START_TEST(every_kind)
{
	for (int kind = 0; kind < FINDING_KIND_COUNT; kind++) {
		const char *why = finding_why((enum finding_kind)kind);

		ck_assert_ptr_nonnull(finding_name((enum finding_kind)kind));
		ck_assert_int_eq(why[strlen(why) - 1], '.');
		for (int other = 0; other < kind; other++)
			ck_assert_str_ne(finding_name((enum finding_kind)kind),
				finding_name((enum finding_kind)other));
	}
}
END_TEST

START_TEST(commands)
{
	struct finding_list list = {.count = 0};
	struct finding *finding = finding_add(&list, FINDING_NOT_WIRED, "a", "b");
	char line[100], narrow[8];

	ck_assert(!finding_can_be_mended(finding));
	FINDING_COMMAND(finding, "postconf", "-e", "a = it's $b", "", "plain=/x,y:1");
	ck_assert(finding_can_be_mended(finding));
	ck_assert_uint_eq(
		finding_command_format(line, sizeof(line), &finding->commands[0]), strlen(line));
	ck_assert_str_eq(line, "postconf -e 'a = it'\\''s $b' '' plain=/x,y:1");
	finding_command_format(narrow, sizeof(narrow), &finding->commands[0]);
	ck_assert_str_eq(narrow, "postcon");
	finding_by_hand(finding, "do %d", 1);
	ck_assert_str_eq(finding->advice, "do 1");
	ck_assert(!finding_can_be_mended(finding));
	finding_list_free(&list);
}
END_TEST

/* ---- programs */

START_TEST(runs)
{
	struct command command;

	ck_assert(command_run(&command, (const char *const[]){"echo", "$HOME *", NULL}, 10000));
	ck_assert_str_eq(command.output, "$HOME *\n");
	command_free(&command);
	ck_assert(!command_run(&command,
		(const char *const[]){"sh", "-c", "echo a; echo b >&2; echo c >&2; exit 3", NULL},
		10000));
	ck_assert_int_eq(command.status, 3);
	ck_assert_str_eq(command.output, "a\n");
	ck_assert_str_eq(command.why, "c");
	command_free(&command);
	ck_assert(!command_run(&command, (const char *const[]){"/no/such/program", NULL}, 10000));
	ck_assert_int_eq(command.status, -1);
	ck_assert_str_eq(command.why, "No such file or directory");
	command_free(&command);
}
END_TEST

START_TEST(bounded)
{
	struct command command;

	ck_assert(!command_run(
		&command, (const char *const[]){"sh", "-c", "sleep 1000 & sleep 1000", NULL}, 100));
	ck_assert_int_eq(command.status, -1);
	ck_assert_str_eq(command.why, "it took too long");
	command_free(&command);
	ck_assert(command_run(&command,
		(const char *const[]){"head", "-c", "3000000", "/dev/zero", NULL}, 60000));
	ck_assert_uint_eq(command.length, COMMAND_OUTPUT_MAX);
	command_free(&command);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{elements, COUNT(lists)},
		{merged, COUNT(merges)},
		{instead_and_inside, 1},
		{read, 1},
		{seconds, COUNT(times)},
		{versions, 1},
		{by_harm, 1},
		{every_kind, 1},
		{commands, 1},
		{runs, 1},
		{bounded, 1},
	};

	return suite_run_with("doctor", tests, COUNT(tests), read_settings, forget_settings);
}
