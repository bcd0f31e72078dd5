/* state_map: the state file in memory, and its space on the disk
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/state_map.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = "NEXTHOP";

/* The mapping that is guarded. */
static struct {
	uintptr_t base;
	size_t size;
	uintptr_t page_size;
	volatile sig_atomic_t has_lost; /* some page since it was looked at */
} guarded;

size_t state_map_size(size_t slots)
{
	return sizeof(struct state_header) + slots * sizeof(struct state_slot);
}

size_t state_map_count(size_t size)
{
	size_t slots = size < sizeof(struct state_header)
			       ? 0
			       : (size - sizeof(struct state_header)) / sizeof(struct state_slot);

	return slots > STATE_SLOTS_MAX ? STATE_SLOTS_MAX : slots;
}

void state_map_fail(struct state_report *report, const char *path, const char *what)
{
	snprintf(report->text, sizeof(report->text), "%s: %s: %s", path, what, strerror(errno));
}

void state_map_begin(struct state_header *header)
{
	header->version = STATE_MAP_VERSION;
	header->slot_size = sizeof(struct state_slot);
	memcpy(header->magic, magic, sizeof(magic));
}

/* ---- a page that is not there any more */

/* mmap(2) is a system call and nothing more: a handler may use it. */
static void on_lost_page(int number, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	int kept = errno;

	(void)context;
	if (at - guarded.base < guarded.size) {
		void *page = (void *)(at & ~(guarded.page_size - 1));

		guarded.has_lost = 1;
		if (mmap(page, guarded.page_size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
			errno = kept;
			return;
		}
	}
	/* Not ours: it comes again when this returns, and then ends the process. */
	signal(number, SIG_DFL);
}

static void guard(const struct state *state)
{
	struct sigaction action = {.sa_sigaction = on_lost_page, .sa_flags = SA_SIGINFO};

	guarded.base = (uintptr_t)state->header;
	guarded.size = state_map_size(STATE_SLOTS_MAX);
	guarded.page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	guarded.has_lost = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

/* ---- the mapping */

static void *map_at(const struct state *state, void *place, int flags)
{
	return mmap(place, state_map_size(STATE_SLOTS_MAX), PROT_READ | PROT_WRITE,
		MAP_SHARED | flags, state->fd, 0);
}

int state_map_file(struct state *state, struct state_report *report)
{
	void *base = map_at(state, NULL, 0);

	if (base == MAP_FAILED) {
		state_map_fail(report, state->path, "cannot map");
		return -1;
	}
	state->header = base;
	state->slots = (struct state_slot *)(state->header + 1);
	guard(state);
	return 0;
}

void state_map_close(struct state *state)
{
	if (state->header == NULL)
		return;
	if (guarded.base == (uintptr_t)state->header) {
		signal(SIGBUS, SIG_DFL);
		guarded.size = 0;
	}
	munmap(state->header, state_map_size(STATE_SLOTS_MAX));
}

static int allocate_space(const struct state *state, size_t slots, struct state_report *report)
{
	int error = posix_fallocate(state->fd, 0, (off_t)state_map_size(slots));

	if (error == 0)
		return 0;
	errno = error;
	state_map_fail(report, state->path, "cannot reserve space");
	return -1;
}

int state_map_reserve(struct state *state, size_t slots, struct state_report *report)
{
	if (allocate_space(state, slots, report) == -1)
		return -1;
	state->slot_count = slots;
	state->header->slot_count = (uint32_t)slots;
	return 0;
}

/* ---- a file that somebody has shortened */

static size_t size_now(const struct state *state)
{
	struct stat status;

	return fstat(state->fd, &status) == -1 ? 0 : (size_t)status.st_size;
}

bool state_map_is_hurt(const struct state *state)
{
	return guarded.has_lost != 0 || size_now(state) < state_map_size(state->slot_count);
}

int state_map_regrow(struct state *state, size_t *whole, struct state_report *report)
{
	*whole = state_map_count(size_now(state));
	if (*whole > state->slot_count)
		*whole = state->slot_count;
	/* An attempt that failed may have made it longer. */
	if (*whole > state->whole)
		*whole = state->whole;
	state->whole = *whole;
	return allocate_space(state, state->slot_count, report);
}

int state_map_restore(struct state *state, size_t whole)
{
	if (map_at(state, state->header, MAP_FIXED) == MAP_FAILED)
		return -1;
	guarded.has_lost = 0;
	state->whole = SIZE_MAX;
	state_map_begin(state->header);
	state->header->slot_count = (uint32_t)state->slot_count;
	state->header->pid = (uint32_t)getpid();
	memset(&state->slots[whole], 0, (state->slot_count - whole) * sizeof(struct state_slot));
	return 0;
}
