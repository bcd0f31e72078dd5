/* test_state_map: a file that somebody shortens while it is mapped
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/engine.h"
#include "engine/engine_view.h"
#include "engine/state_map.h"
#include "sample.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sample sample;

static void open_sample(void)
{
	sample_open(&sample, sample_three);
}

static void close_sample(void)
{
	sample_close(&sample);
}

static void choose(uint64_t times)
{
	struct address address = sample_address("u@example.com");
	struct view_route route;
	struct engine_choice choice;

	engine_route(sample.engine, &address, &route);
	for (uint64_t i = 0; i < times; i++)
		ck_assert_int_eq(
			engine_choose(sample.engine,
				&(struct engine_message){.pool = route.pool, .queue_id = ""},
				&choice),
			0);
}

static uint64_t messages(void)
{
	struct view_pool pool;

	engine_view_pool(sample.engine, 0, &pool);
	return pool.messages;
}

static uint32_t state_of(size_t host)
{
	struct view_host view;

	engine_view_host(sample.engine, host, &view);
	return view.health.state;
}

static off_t size_of_file(void)
{
	struct stat status;

	ck_assert_int_eq(stat(sample.state_path, &status), 0);
	return status.st_size;
}

/* In the file: the pool's slot, then those of its hosts. */
static const struct row {
	const char *name;
	size_t slots; /* that are left; SIZE_MAX: nothing at all */
	uint64_t messages;
	uint32_t last_host;
} rows[] = {
	{"half of it", 75, 5, HEALTH_DRAINED},
	{"all but the last host", 3, 5, HEALTH_UP},
	{"the header", 0, 0, HEALTH_UP},
	{"nothing", SIZE_MAX, 0, HEALTH_UP},
};

/* Whatever is touched first: it does not end the daemon, and what is whole is kept. */
START_TEST(it_goes_on_with_what_is_whole)
{
	const struct row *row = &rows[_i / 2];
	bool is_touched = _i % 2 == 1;
	off_t size = size_of_file();

	choose(5);
	engine_drain(sample.engine, 2, 0, "why", 1000);
	ck_assert_int_eq(truncate(sample.state_path,
				 row->slots == SIZE_MAX ? 0 : (off_t)state_map_size(row->slots)),
		0);
	if (is_touched) {
		choose(1);
		for (size_t host = 0; host < 3; host++)
			(void)state_of(host);
	}
	engine_tick(sample.engine, 2000);
	ck_assert_int_eq(size_of_file(), size);
	ck_assert_msg(messages() == row->messages || messages() == row->messages + 1, "%s: %lu",
		row->name, (unsigned long)messages());
	ck_assert_msg(
		state_of(2) == row->last_host, "%s: %s", row->name, health_state_name(state_of(2)));
	choose(3);
	engine_enable(sample.engine, 2, 3000);
	engine_drain(sample.engine, 0, 0, "another", 3000);

	/* The file is whole again, and has what was said since. */
	uint64_t so_far = messages();

	sample_restart(&sample);
	ck_assert_uint_eq(messages(), so_far);
	ck_assert_uint_eq(state_of(0), HEALTH_DRAINED);
	ck_assert_uint_eq(state_of(2), HEALTH_UP);
}
END_TEST

START_TEST(a_reload_finds_it_short)
{
	struct view_host view;

	engine_drain(sample.engine, 0, 0, "why", 1000);
	ck_assert_int_eq(truncate(sample.state_path, (off_t)state_map_size(2)), 0);
	sample_reload(&sample, sample_three);
	engine_view_host(sample.engine, 0, &view);
	ck_assert_uint_eq(view.health.state, HEALTH_DRAINED);
	engine_view_host(sample.engine, 2, &view);
	ck_assert_uint_eq(view.health.state, HEALTH_UP);
	choose(3);
	sample_restart(&sample);
	ck_assert_uint_eq(messages(), 3);
}
END_TEST

/* Another mapping's signal is still one that ends the process. */
START_TEST(a_fault_of_others_is_fatal)
{
	int fd = fileno(tmpfile());
	volatile char *octets;
	pid_t child;
	int status;

	ck_assert_int_eq(ftruncate(fd, 8192), 0);
	octets = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne((void *)octets, MAP_FAILED);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	child = fork();
	if (child == 0) {
		octets[5000] = 1;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_ne(status, 0);
	munmap((void *)octets, 8192);
	close(fd);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{it_goes_on_with_what_is_whole, 2 * COUNT(rows)},
		{a_reload_finds_it_short, 1},
		{a_fault_of_others_is_fatal, 1},
	};

	return suite_run_with("state_map", tests, COUNT(tests), open_sample, close_sample);
}
