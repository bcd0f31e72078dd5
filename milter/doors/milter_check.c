/* milter_check: whether the milter answers, and how many descriptors are left for it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_check.h"
#include "doors/milter_socket.h"
#include "engine/clock.h"
#include "engine/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	INTERVAL_MS = 1000,
	SOON_MS = 10,
	ANSWER_MS = 10000, /* a third of what Postfix waits (milter_command_timeout) */
	WARN_PERCENT = 80,
	WARN_AGAIN_MS = 60000,
	THREADS_FIELD = 20, /* of /proc/self/stat, as proc(5) numbers them */
	STAT_MAX = 1024,
};

/* A packet with QUIT: libmilter closes at once. */
static const char quit[] = {0, 0, 0, 1, 'Q'};

struct milter_check {
	struct event_base *base;
	void (*on_begin)(void); /* NULL: it was called */
	struct event *timer;
	struct event *event; /* that is waited for on the connection at hand */
	int fd;		     /* of that; -1: none */
	int64_t made;
	int64_t asked;	      /* clock_steady() */
	int64_t silent_since; /* 0: it answers */
	long threads;	      /* after the last answer */
	/* Open from the start: later there may be no descriptors left for them. */
	DIR *descriptors;
	int process;
	struct log_limit limit;
};

static void look_in(struct milter_check *check, int delay)
{
	const struct timeval interval = {
		.tv_sec = delay / 1000, .tv_usec = (suseconds_t)(delay % 1000) * 1000};

	event_add(check->timer, &interval);
}

/* ---- descriptors and threads */

static void count_descriptors(const struct milter_check *check, struct view_milter *view)
{
	struct rlimit limit;

	view->descriptors = 0;
	view->descriptors_max = 0;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		view->descriptors_max = (int64_t)limit.rlim_cur;
	if (check->descriptors == NULL)
		return;
	rewinddir(check->descriptors);
	for (const struct dirent *entry; (entry = readdir(check->descriptors)) != NULL;)
		view->descriptors += entry->d_name[0] != '.';
}

static bool are_few(const struct view_milter *view)
{
	return view->descriptors_max > 0 &&
	       view->descriptors * 100 >= view->descriptors_max * WARN_PERCENT;
}

static void warn_of_few(struct milter_check *check, int64_t now)
{
	struct view_milter view;
	unsigned suppressed;

	count_descriptors(check, &view);
	if (are_few(&view) && log_may_repeat(&check->limit, now, WARN_AGAIN_MS, &suppressed))
		log_warning("descriptors: %lld of %lld are open; with none left no mail is "
			    "accepted: raise LimitNOFILE in the systemd unit, or ulimit -n",
			(long long)view.descriptors, (long long)view.descriptors_max);
}

/* 0: it is not known. */
static long count_threads(const struct milter_check *check)
{
	char line[STAT_MAX];
	ssize_t length = pread(check->process, line, sizeof(line) - 1, 0);
	const char *at;

	line[length < 0 ? 0 : length] = '\0';
	/* The process's name is in parentheses, and may have any octets. */
	at = strrchr(line, ')');
	for (int field = 2; at != NULL && field < THREADS_FIELD; field++)
		at = strchr(at + 1, ' ');
	return at == NULL ? 0 : strtol(at + 1, NULL, 10);
}

/* ---- the connection */

static void hang_up(struct milter_check *check)
{
	if (check->event != NULL)
		event_free(check->event);
	check->event = NULL;
	if (check->fd != -1)
		close(check->fd);
	check->fd = -1;
}

/* WHY may be NULL. */
static void note_silence(struct milter_check *check, const char *why)
{
	if (check->silent_since != 0)
		return;
	check->silent_since = clock_now();
	log_error("milter socket: does not answer our own connection%s%s: no mail is accepted; if "
		  "it stays so, restart nexthop-milter",
		why == NULL ? "" : ": ", why == NULL ? "" : why);
}

/*
 * If all threads wait for an MTA, it takes a new one to answer. That one goes on with a session that
 * was left without, if there is one: then the next answer takes a new one again.
 */
static void note_answer(struct milter_check *check, int64_t now)
{
	long threads = count_threads(check);

	if (check->silent_since != 0)
		log_info("milter socket: answers again after %lld s",
			(long long)(now - check->silent_since) / 1000);
	check->silent_since = 0;
	if (threads > check->threads)
		look_in(check, SOON_MS);
	check->threads = threads;
}

static int await(struct milter_check *check, short what, event_callback_fn callback)
{
	errno = ENOMEM;
	check->event = event_new(check->base, check->fd, what, callback, check);
	return check->event == NULL ? -1 : event_add(check->event, NULL);
}

/* Nothing is ever said by the other side: it is the end. */
static void on_answer(evutil_socket_t fd, short what, void *context)
{
	struct milter_check *check = context;

	(void)fd;
	(void)what;
	hang_up(check);
	note_answer(check, clock_now());
	if (check->on_begin == NULL)
		return;

	void (*on_begin)(void) = check->on_begin;

	check->on_begin = NULL;
	on_begin();
}

static void on_connected(evutil_socket_t fd, short what, void *context)
{
	struct milter_check *check = context;

	(void)what;
	event_free(check->event);
	check->event = NULL;
	if (send(fd, quit, sizeof(quit), MSG_NOSIGNAL) != -1 &&
		await(check, EV_READ, on_answer) == 0)
		return;
	note_silence(check, strerror(errno));
	hang_up(check);
}

/* Gives a descriptor, or -1 with errno. */
static int call(void)
{
	struct sockaddr_storage address;
	socklen_t length;
	int fd, failure;

	if (milter_socket_address(&address, &length) == -1)
		return -1;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	/* Of a Unix socket a full backlog is EAGAIN. */
	if (connect(fd, (const struct sockaddr *)&address, length) == 0 || errno == EINPROGRESS)
		return fd;
	failure = errno;
	close(fd);
	errno = failure;
	return -1;
}

static void ask(struct milter_check *check, int64_t now)
{
	check->asked = now;
	check->fd = call();
	if (check->fd != -1 && await(check, EV_WRITE, on_connected) == 0)
		return;
	note_silence(check, strerror(errno));
	hang_up(check);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct milter_check *check = context;
	int64_t now = clock_steady();

	(void)fd;
	(void)what;
	look_in(check, INTERVAL_MS);
	warn_of_few(check, now);
	if (check->fd != -1 && now - check->asked < ANSWER_MS)
		return;
	if (check->fd != -1)
		note_silence(check, NULL);
	hang_up(check);
	ask(check, now);
}

/* ---- life */

struct milter_check *milter_check_new(struct event_base *base, void (*on_begin)(void))
{
	struct milter_check *check = calloc(1, sizeof(*check));

	if (check == NULL)
		return NULL;
	check->base = base;
	check->on_begin = on_begin;
	check->made = clock_now();
	check->fd = -1;
	check->descriptors = opendir("/proc/self/fd");
	check->process = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	check->timer = event_new(base, -1, 0, on_timer, check);
	if (check->timer == NULL) {
		milter_check_free(check);
		return NULL;
	}
	look_in(check, 0);
	return check;
}

void milter_check_free(struct milter_check *check)
{
	if (check == NULL)
		return;
	hang_up(check);
	if (check->timer != NULL)
		event_free(check->timer);
	if (check->descriptors != NULL)
		closedir(check->descriptors);
	if (check->process != -1)
		close(check->process);
	free(check);
}

void milter_check_view(void *context, struct view_milter *view)
{
	const struct milter_check *check = context;

	count_descriptors(check, view);
	view->silent_since = check->on_begin == NULL ? check->silent_since : check->made;
	view->has_few_descriptors = are_few(view);
}
