/* probe_once: probes hosts once each, and prints what was found
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/decimal.h"
#include "core/endpoint.h"
#include "doors/probe_door.h"
#include "engine/log.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS_MAX = 10000, LOOK_MS = 5, NEVER_MS = 3600000, STATUS_USAGE = 2 };

static const char usage[] =
	"usage: probe_once [--depth connect|greeting|ehlo|mail|rcpt] [--timeout MS] [--limit N]\n"
	"       [--helo NAME] [--sender A] [--recipient A] [--resolv-conf FILE] HOST PORT...\n"
	"One line for each host, when its result is there. Exit status 1 if one has not passed.\n";

static struct {
	struct event_base *base;
	struct probe_door *door;
	struct event *look;
	char **arguments; /* HOST PORT HOST PORT … */
	size_t count;
	size_t results;
	size_t failed;
	bool is_done[HOSTS_MAX];
	struct probe_target common;
} self;

static size_t count(void *context)
{
	(void)context;
	return self.count;
}

static bool target(void *context, size_t host, struct probe_target *target)
{
	(void)context;
	*target = self.common;
	if (strlen(self.arguments[2 * host]) > DOMAIN_MAX)
		exit(STATUS_USAGE);
	snprintf(target->name, sizeof(target->name), "%s", self.arguments[2 * host]);
	target->port = (int)decimal_parse(self.arguments[2 * host + 1], 1, 65535);
	target->key = table_host_key(target->name, target->port);
	target->interval_ms = self.is_done[host] ? NEVER_MS : 1;
	return true;
}

static void result(void *context, const struct probe_target *target, const struct observation *o)
{
	char endpoint[ENDPOINT_TEXT_MAX];

	(void)context;
	for (size_t i = 0; i < self.count; i++)
		if (strcmp(self.arguments[2 * i], target->name) == 0 &&
			atoi(self.arguments[2 * i + 1]) == target->port)
			self.is_done[i] = true;
	self.results++;
	self.failed += o->outcome != OBSERVATION_SENT;
	printf("host=%s what=%s stage=%s outcome=%s code=%d enhanced=%s address=%s connect=%d "
	       "talk=%d text=\"%s\"\n",
		endpoint_format(endpoint, o->host, o->port), observation_what_name(o->what),
		observation_stage_name(o->stage), observation_outcome_name(o->outcome), o->code,
		o->enhanced, o->address, o->delays[2], o->delays[3], o->text);
	fflush(stdout);
}

/* All have been polite, too. */
static void on_look(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	if (self.results == self.count && probe_door_in_flight(self.door) == 0)
		event_base_loopbreak(self.base);
}

static int run(const struct probe_door_services *services)
{
	const struct timeval step = {.tv_usec = LOOK_MS * 1000L};
	struct event_base *base = services->base;

	self.base = base;
	self.door = probe_door_new(services);
	self.look = event_new(base, -1, EV_PERSIST, on_look, NULL);
	if (self.door == NULL || self.look == NULL || event_add(self.look, &step) == -1)
		return EXIT_FAILURE;
	event_base_dispatch(base);
	event_free(self.look);
	probe_door_free(self.door);
	/* Ends when nothing is left to wait for. */
	event_base_dispatch(base);
	event_base_free(base);
	return self.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int parse_depth(const char *text)
{
	for (int depth = 0; depth < PROBE_DEPTH_COUNT; depth++)
		if (strcmp(probe_depth_name((enum probe_depth)depth), text) == 0)
			return depth;
	return -1;
}

/* Gives 0 or -1. */
static int parse(struct probe_door_services *services, int argc, char **argv)
{
	static const struct option options[] = {{"depth", required_argument, NULL, 'd'},
		{"timeout", required_argument, NULL, 't'}, {"limit", required_argument, NULL, 'l'},
		{"helo", required_argument, NULL, 'h'}, {"sender", required_argument, NULL, 's'},
		{"recipient", required_argument, NULL, 'r'},
		{"resolv-conf", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
	struct probe_plan *plan = &self.common.plan;
	int depth = PROBE_DEPTH_MAIL;
	int option;

	snprintf(plan->helo, sizeof(plan->helo), "probe.example");
	self.common.timeout_ms = 10000;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'd')
			depth = parse_depth(optarg);
		else if (option == 't')
			self.common.timeout_ms = atoi(optarg);
		else if (option == 'l')
			services->limit = atoi(optarg);
		else if (option == 'h')
			snprintf(plan->helo, sizeof(plan->helo), "%s", optarg);
		else if (option == 's')
			snprintf(plan->sender, sizeof(plan->sender), "%s", optarg);
		else if (option == 'r')
			snprintf(plan->recipient, sizeof(plan->recipient), "%s", optarg);
		else if (option == 'c')
			services->resolv_conf = optarg;
		else
			return -1;
	}
	plan->depth = (enum probe_depth)depth;
	self.arguments = argv + optind;
	self.count = (size_t)(argc - optind) / 2;
	if (depth == -1 || argc == optind || (argc - optind) % 2 != 0 || self.count > HOSTS_MAX)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct probe_door_services services = {.count = count, .target = target, .result = result};

	if (parse(&services, argc, argv) == -1) {
		fputs(usage, stderr);
		return STATUS_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	log_open(LOG_TO_STDERR, false);
	services.base = event_base_new();
	return services.base == NULL ? EXIT_FAILURE : run(&services);
}
