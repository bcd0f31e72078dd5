/* test_mailbox: the messages of a mailbox, a Maildir and a folder
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/mailbox.h"
#include "suite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUT_MAX = 100000 };

/* The messages that came, as text: "headers/size;" each. */
static struct taken {
	char out[OUT_MAX];
	size_t used;
	int count;
	int end_at; /* the number of the last one that is wanted; 0: all */
} taken;

static int take(void *context, const struct message *message)
{
	struct taken *to = context;
	struct span header;
	size_t at = 0;

	while (message_next(message, &at, &header))
		to->used += (size_t)snprintf(to->out + to->used, sizeof(to->out) - to->used,
			"[%.*s]", (int)header.length, header.at);
	to->used += (size_t)snprintf(to->out + to->used, sizeof(to->out) - to->used, "%lld;",
		(long long)message_size(message));
	return ++to->count == to->end_at ? 7 : 0;
}

/* ---- mbox */

#define FROM "From a@x.example Mon Nov  2 08:30:00 2026\n"

static const struct row {
	const char *name;
	const char *octets;
	const char *expected;
} rows[] = {
	{"nothing", "", ""},
	{"one message, no mailbox", "A: b\n\nx\n", "[A: b]11;"},
	{"without an end", "A: b\n\nx", "[A: b]11;"},
	{"no headers", "\nx\n", "5;"},
	{"From lines are those of a mailbox", "A: b\n\nx\n\n" FROM "C: d\n\n", "[A: b]64;"},
	{"an empty line at the end is the message's own", "A: b\n\nx\n\n", "[A: b]13;"},
	{"one", FROM "A: b\n\nx\n", "[A: b]11;"},
	{"the empty line behind it is not", FROM "A: b\n\nx\n\n", "[A: b]11;"},
	{"of two, the last is", FROM "A: b\n\nx\n\n\n", "[A: b]13;"},
	{"two", FROM "A: b\n\nx\n\n" FROM "C: d\n\ny\n\n", "[A: b]11;[C: d]11;"},
	{"two, CRLF", "From a 08:30\r\nA: b\r\n\r\nx\r\n\r\nFrom a 08:30\r\nC: d\r\n\r\ny\r\n\r\n",
		"[A: b]11;[C: d]11;"},
	{"empty lines in the body", FROM "A: b\n\nx\n\n\ny\n\n" FROM "C: d\n\n",
		"[A: b]18;[C: d]6;"},
	{"without a body", FROM "A: b\n\n" FROM "C: d\n\n", "[A: b]6;[C: d]6;"},
	{"From behind no empty line", FROM "A: b\n\nx\n" FROM "C: d\n\n", "[A: b]60;"},
	{"From behind no empty line, in the headers", FROM "A: b\n" FROM "C: d\n\n", "[A: b]55;"},
	{"From without a time", FROM "A: b\n\nx\n\nFrom here on\n" FROM "\n", "[A: b]70;"},
	{"times that are none", FROM "A: b\n\n\nFrom a 8:30\n\nFrom a 08:3\n\nFrom a b:cd 1234\n",
		"[A: b]58;"},
	{"a time at the end", FROM "A: b\n\n\nFrom 08:30\nC: d\n", "[A: b]8;[C: d]6;"},
	{"a time at the very end", FROM "A: b\n\n\nFrom 08:30", "[A: b]8;0;"},
	{"digits that only look like a time", FROM "A: b\n\n\nFrom a:30 x8:30\n", "[A: b]27;"},
	{"the first needs no time", "From a\nA: b\n\nx\n", "[A: b]11;"},
	{"From that is quoted", FROM "A: b\n\nx\n\n>" FROM "\n", "[A: b]57;"},
	{"From:", FROM "A: b\n\nFrom: a 08:30\n\n", "[A: b]23;"},
	{"From - without a date", "From - \nA: b\n\nx\n\nFrom - \nC: d\n\ny\n\nFrom -\r\nE: f\n\n",
		"[A: b]11;[C: d]11;[E: f]6;"},
	{"From and an address alone", "From a\nA: b\n\n\nFrom x\nC: d\n\n", "[A: b]8;[C: d]6;"},
	{"From and a date without a time",
		FROM "A: b\n\n\nFrom a@x.e Mon Nov 2 2026\nC: d\n\n"
		     "\nFrom a@x.e 2026-11-02\nE: f\n\n",
		"[A: b]8;[C: d]8;[E: f]6;"},
	{"From - with a date", FROM "A: b\n\n\nFrom - Mon Nov 2 08:30:00 2026\nC: d\n\n",
		"[A: b]8;[C: d]6;"},
	{"From and a word, in the body", FROM "A: b\n\n\nFrom me\nto you: x\n", "[A: b]30;"},
	{"From and a word, then an empty line", FROM "A: b\n\n\nFrom me\n\n" FROM "C: d\n",
		"[A: b]19;[C: d]6;"},
	{"From and a word behind no empty line", FROM "A: b\n\nx\nFrom me\nC: d\n", "[A: b]26;"},
	{"From and words before a header", FROM "A: b\n\n\nFrom here on\nC: d\n", "[A: b]30;"},
	{"From and a word at the end", FROM "A: b\n\n\nFrom me", "[A: b]19;"},
	{"From and words, twice", FROM "A: b\n\n\nFrom a\nFrom b\nC: d\n", "[A: b]32;"},
	{"a mark in front of a mailbox", "\xef\xbb\xbf" FROM "A: b\n\n\n" FROM "C: d\n",
		"[A: b]8;[C: d]6;"},
	{"a mark in front of a message",
		"\xef\xbb\xbf"
		"A: b\n\nx\n",
		"[A: b]11;"},
	{"a From line alone", "From a", "0;"},
	{"From lines alone", FROM "\n" FROM "\n" FROM, "0;0;0;"},
};

START_TEST(parts_mailboxes)
{
	const struct row *row = &rows[_i];
	size_t length = strlen(row->octets);

	for (size_t piece = 1; piece <= length + 1; piece++) {
		struct mbox *mbox = mbox_new(take, &taken);
		char *octets = strdup(row->octets);

		memset(&taken, 0, sizeof(taken));
		for (size_t at = 0; at < length; at += piece)
			ck_assert_int_eq(mbox_add(mbox, octets + at,
						 length - at < piece ? length - at : piece),
				0);
		ck_assert_int_eq(mbox_end(mbox), 0);
		ck_assert_msg(strcmp(taken.out, row->expected) == 0, "%s, pieces of %zu: %s",
			row->name, piece, taken.out);
		mbox_free(mbox);
		free(octets);
	}
	mbox_free(NULL);
}
END_TEST

/* Lines of any length, so that some end where a piece of a line has to, and NULs. */
START_TEST(lines_of_any_length)
{
	size_t length = (size_t)4090 + (size_t)_i;
	char *octets = malloc(length + 300);
	struct mbox *mbox = mbox_new(take, &taken);
	size_t at = 0;
	char expected[100];

	ck_assert_ptr_nonnull(octets);
	memset(&taken, 0, sizeof(taken));
	at += (size_t)sprintf(octets, FROM "A: b\n\n");
	memset(octets + at, '\0', length);
	at += length;
	/* No empty line: it only ends the long one. */
	at += (size_t)sprintf(octets + at, "\n" FROM "x\n\n" FROM "C: d\n\n");
	ck_assert_int_eq(mbox_add(mbox, octets, at), 0);
	ck_assert_int_eq(mbox_end(mbox), 0);
	sprintf(expected, "[A: b]%zu;[C: d]6;", 8 + length + 2 + strlen(FROM) + 1 + 3);
	ck_assert_str_eq(taken.out, expected);
	mbox_free(mbox);
	free(octets);
}
END_TEST

START_TEST(it_can_be_ended)
{
	static const char octets[] = FROM "A: b\n\n" FROM "C: d\n\n" FROM "E: f\n\n";

	for (int last = 1; last <= 3; last++) {
		struct mbox *mbox = mbox_new(take, &taken);
		int result;

		memset(&taken, 0, sizeof(taken));
		taken.end_at = last;
		result = mbox_add(mbox, octets, strlen(octets));
		ck_assert_int_eq(result, last < 3 ? 7 : 0);
		if (result == 0)
			ck_assert_int_eq(mbox_end(mbox), 7);
		ck_assert_int_eq(taken.count, last);
		mbox_free(mbox);
	}
}
END_TEST

START_TEST(it_can_be_ended_at_the_end)
{
	static const char octets[] = FROM "A: b\n\nFrom b@x.example 08:30";
	struct mbox *mbox = mbox_new(take, &taken);

	memset(&taken, 0, sizeof(taken));
	taken.end_at = 1;
	ck_assert_int_eq(mbox_add(mbox, octets, strlen(octets)), 0);
	ck_assert_int_eq(mbox_end(mbox), 7);
	ck_assert_int_eq(taken.count, 1);
	mbox_free(mbox);
}
END_TEST

/* ---- files */

static char top[] = "/tmp/test_mailbox.XXXXXX";

static const char *path_of(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void make_folder(const char *name)
{
	ck_assert_int_eq(mkdir(path_of(name), 0700), 0);
}

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(top));
	memset(&taken, 0, sizeof(taken));
	/* What is to be said of files that cannot be read. */
	ck_assert_ptr_nonnull(freopen(path_of("stderr"), "w", stderr));
}

static void teardown(void)
{
	char command[PATH_MAX + 10];

	snprintf(command, sizeof(command), "rm -r %s", top);
	ck_assert_int_eq(system(command), 0); /* NOLINT: the name is ours */
}

START_TEST(a_file)
{
	write_file("mbox", FROM "A: b\n\nx\n\n" FROM "C: d\n\ny\n\n");
	write_file("message", "A: b\n\nx\n");
	ck_assert_int_eq(mailbox_read(path_of("mbox"), take, &taken), 0);
	ck_assert_str_eq(taken.out, "[A: b]11;[C: d]11;");
	ck_assert_int_eq(mailbox_read(path_of("message"), take, &taken), 0);
	ck_assert_str_eq(taken.out, "[A: b]11;[C: d]11;[A: b]11;");
	taken.end_at = 4;
	ck_assert_int_eq(mailbox_read(path_of("mbox"), take, &taken), 7);
	ck_assert_int_eq(mailbox_read(path_of("none"), take, &taken), -1);
}
END_TEST

/* Line ends of old, if no line ends otherwise; after the first 64 kB that is not looked for any more. */
START_TEST(a_file_with_cr)
{
	enum { LONG = 70000 };
	char *text = malloc(LONG + 64);

	write_file("cr", "From a 08:30\rA: b\r\rx\r\rFrom b 08:30\rC: d\r\ry\r");
	write_file("one", "A: b\rC: d\r\rx");
	write_file("lf", "A: b\rc\n\nx\ry\n");
	ck_assert_int_eq(mailbox_read(path_of("cr"), take, &taken), 0);
	ck_assert_str_eq(taken.out, "[A: b]11;[C: d]11;");
	ck_assert_int_eq(mailbox_read(path_of("one"), take, &taken), 0);
	ck_assert_str_eq(taken.out, "[A: b]11;[C: d]11;[A: b][C: d]17;");
	taken.used = 0;
	ck_assert_int_eq(mailbox_read(path_of("lf"), take, &taken), 0);
	ck_assert_str_eq(taken.out, "[A: b\rc]15;");
	ck_assert_ptr_nonnull(text);
	memset(text, 'x', LONG);
	memcpy(text, "A: b\r\r", 6);
	strcpy(text + LONG, "\ry\n");
	write_file("long", text);
	free(text);
	taken.used = 0;
	ck_assert_int_eq(mailbox_read(path_of("long"), take, &taken), 0);
	ck_assert_str_eq(taken.out, "[A: b]70007;");
}
END_TEST

/* The same octets are one message where one is asked for, and one file in a folder. */
START_TEST(one_message)
{
	struct message *message = message_new();

	write_file("mbox", FROM "A: b\n\nx\n\n" FROM "C: d\n\ny\n\n");
	ck_assert_int_eq(mailbox_read_message(path_of("mbox"), message), 0);
	take(&taken, message);
	ck_assert_str_eq(taken.out, "[A: b]69;");
	ck_assert_str_eq(message_sender(message), "a@x.example");
	ck_assert_int_eq(mailbox_read_message(path_of("none"), message), -1);
	ck_assert_int_eq(mailbox_read_message(top, message), -1);
	message_free(message);
}
END_TEST

START_TEST(a_maildir)
{
	make_folder("dir");
	make_folder("dir/cur");
	make_folder("dir/new");
	make_folder("dir/tmp");
	write_file("dir/cur/1.host:2,S", "A: b\n\nx\n");
	write_file("dir/cur/.hidden", "H: b\n\nx\n");
	write_file("dir/new/2.host", FROM "C: d\n\n" FROM "\n");
	write_file("dir/tmp/3.host", "E: f\n\nx\n");
	write_file("dir/subscriptions", "x\n");
	ck_assert_int_eq(mailbox_read(path_of("dir"), take, &taken), 0);
	ck_assert_str_eq(taken.out, "[A: b]11;[C: d]53;");
	taken.end_at = 3;
	ck_assert_int_eq(mailbox_read(path_of("dir"), take, &taken), 7);
	ck_assert_int_eq(taken.count, 3);
}
END_TEST

/* What is no file is no message, and one that cannot be read does not end it. */
START_TEST(a_folder)
{
	make_folder("dir");
	make_folder("dir/cur");
	make_folder("dir/1");
	write_file("dir/2", "A: b\n\nx\n");
	write_file("dir/.3", "H: b\n\nx\n");
	ck_assert_int_eq(mkfifo(path_of("dir/4"), 0600), 0);
	ck_assert_int_eq(symlink("nowhere", path_of("dir/5")), 0);
	ck_assert_int_eq(symlink("6", path_of("dir/6")), 0);
	ck_assert_int_eq(mailbox_read(path_of("dir"), take, &taken), 0);
	ck_assert_str_eq(taken.out, "[A: b]11;");
	make_folder("other");
	make_folder("other/new");
	write_file("other/2", "C: d\n\nx\n");
	ck_assert_int_eq(mailbox_read(path_of("other"), take, &taken), 0);
	ck_assert_str_eq(taken.out, "[A: b]11;[C: d]11;");
	make_folder("empty");
	ck_assert_int_eq(mailbox_read(path_of("empty"), take, &taken), 0);
	ck_assert_int_eq(taken.count, 2);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{parts_mailboxes, COUNT(rows)},
		{lines_of_any_length, 12},
		{it_can_be_ended, 1},
		{it_can_be_ended_at_the_end, 1},
		{a_file, 1},
		{a_file_with_cr, 1},
		{one_message, 1},
		{a_maildir, 1},
		{a_folder, 1},
	};

	return suite_run_with("mailbox", tests, COUNT(tests), setup, teardown);
}
