/* load: what it costs to load many routes, from routes.cfg and from a match_file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 *
 * Usage: bench/load [ROUTES...]
 *
 * Each number of routes is loaded from the one and from the other, in a process of its own, so that
 * memory is what the load has taken. Processor time is the least of three. "Memory" is what stays in
 * use for each route, beyond the octets of its text. Beside them stands the time in which postmap(1)
 * builds a table of the same keys, where it can.
 */

#include "conf/conf.h"
#include "conf/fault.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS = 3 };

struct result {
	double seconds;
	double octets; /* in use, for each route */
};

static char folder[] = "/tmp/nexthop-bench.XXXXXX";

static FILE *create(const char *name)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return file;
}

static void write_domain(FILE *file, int number)
{
	fprintf(file, "customer-%d.example.%s", number, number % 2 == 0 ? "com" : "net");
}

/* The octets of all domains together. */
static size_t write_files(int count)
{
	static const char head[] = "map_socket = \"unix:/run/nexthop-milter/map.sock\";\n"
				   "pools = { a = { hosts = ( { host = \"192.0.2.1\"; } ); }; };\n";
	FILE *config = create("routes.cfg");
	FILE *short_config = create("file.cfg");
	FILE *list = create("domains.txt");
	FILE *transport = create("transport");
	size_t octets;

	fprintf(config, "%sroutes = (\n", head);
	for (int i = 0; i < count; i++) {
		fprintf(config, "%s { match = \"", i == 0 ? "" : ",\n");
		write_domain(config, i);
		fprintf(config, "\"; pool = \"a\"; }");
		write_domain(list, i);
		fprintf(list, "\n");
		write_domain(transport, i);
		fprintf(transport, " smtp:[192.0.2.1]\n");
	}
	fprintf(config, " );\n");
	fprintf(short_config, "%sroutes = ( { match_file = \"domains.txt\"; pool = \"a\"; } );\n",
		head);
	octets = (size_t)ftell(list);
	fclose(config);
	fclose(short_config);
	fclose(list);
	fclose(transport);
	return octets;
}

static double used(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static size_t in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static struct result load_here(const char *name, size_t octets, int count)
{
	struct fault_list faults;
	struct result result;
	char path[100];
	size_t before = in_use();
	double begun = used(RUSAGE_SELF);
	struct conf *conf;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fault_list_init(&faults);
	conf = conf_load(path, &faults);
	result.seconds = used(RUSAGE_SELF) - begun;
	result.octets = (double)(in_use() - before - octets) / count;
	if (conf == NULL || conf->table.route_count != (size_t)count)
		exit(EXIT_FAILURE);
	return result;
}

/* In a process of its own. */
static struct result load(const char *name, size_t octets, int count)
{
	struct result result = {.seconds = -1};
	int ends[2];
	pid_t child;

	if (pipe(ends) == -1 || (child = fork()) == -1) {
		perror("load");
		exit(EXIT_FAILURE);
	}
	if (child == 0) {
		result = load_here(name, octets, count);
		_exit(write(ends[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
	}
	close(ends[1]);
	if (read(ends[0], &result, sizeof(result)) != sizeof(result)) {
		fprintf(stderr, "load: %s was not loaded\n", name);
		exit(EXIT_FAILURE);
	}
	close(ends[0]);
	waitpid(child, NULL, 0);
	return result;
}

static struct result least(const char *name, size_t octets, int count)
{
	struct result best = load(name, octets, count);

	for (int i = 1; i < RUNS; i++) {
		struct result result = load(name, octets, count);

		if (result.seconds < best.seconds)
			best = result;
	}
	return best;
}

/* The processor time of postmap, or -1 if it does not know that kind of table. */
static double postmap(const char *kind)
{
	char command[200];
	double begun = used(RUSAGE_CHILDREN);

	snprintf(command, sizeof(command),
		"PATH=$PATH:/usr/sbin postmap -c %s %s:%s/transport 2>/dev/null", folder, kind,
		folder);
	return system(command) == 0 ? used(RUSAGE_CHILDREN) - begun : -1;
}

static void compare(int count)
{
	size_t octets = write_files(count);
	struct result config = least("routes.cfg", octets, count);
	struct result file = least("file.cfg", octets, count);
	double hash = postmap("hash");

	printf("%8d %9.3f s %5.0f %9.3f s %5.0f %7.2f", count, config.seconds, config.octets,
		file.seconds, file.octets, file.seconds / config.seconds);
	if (hash < 0)
		printf("%12s", "-");
	else
		printf(" %9.3f s", hash);
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const int counts[] = {1000, 10000, 100000, 1000000};
	char command[200];

	if (mkdtemp(folder) == NULL) {
		perror(folder);
		return EXIT_FAILURE;
	}
	fprintf(create("main.cf"), "compatibility_level = 3.6\n");
	fflush(NULL);
	printf("          routes.cfg        match_file                   postmap\n");
	printf("  routes        time octets      time octets   ratio        hash\n");
	if (argc > 1)
		for (int i = 1; i < argc; i++)
			compare(atoi(argv[i]));
	else
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
			compare(counts[i]);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
