/* replay: which host the milter has chosen for the recipients of the last minute
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/replay.h"

static size_t set_of(uint64_t recipient)
{
	return (size_t)recipient % REPLAY_SETS;
}

void replay_put(struct replay *replay, const struct replay_choice *choice)
{
	struct replay_choice *set = replay->choices[set_of(choice->recipient)];
	struct replay_choice *place = &set[0];

	/* Free places have the time 0: they are the oldest. */
	for (int i = 0; i < REPLAY_WAYS; i++) {
		if (set[i].recipient == choice->recipient) {
			place = &set[i];
			break;
		}
		if (set[i].at < place->at)
			place = &set[i];
	}
	*place = *choice;
}

const struct replay_choice *replay_find(
	const struct replay *replay, uint64_t recipient, int64_t now)
{
	const struct replay_choice *set = replay->choices[set_of(recipient)];

	for (int i = 0; i < REPLAY_WAYS; i++) {
		int64_t age = now - set[i].at;

		/* A clock that was set back makes an age negative. */
		if (set[i].recipient == recipient && recipient != 0)
			return age >= 0 && age < REPLAY_MS ? &set[i] : NULL;
	}
	return NULL;
}

static size_t way_of(const struct replay *replay, uint64_t recipient)
{
	const struct replay_choice *set = replay->choices[set_of(recipient)];
	size_t way = 0;

	while (way < REPLAY_WAYS && set[way].recipient != recipient)
		way++;
	return way;
}

void replay_ask(struct replay *replay, uint64_t recipient)
{
	size_t way = way_of(replay, recipient);

	if (way < REPLAY_WAYS)
		replay->choices[set_of(recipient)][way].is_asked = true;
}

bool replay_is_unasked(const struct replay *replay, uint64_t recipient, int64_t at)
{
	size_t way = recipient == 0 ? REPLAY_WAYS : way_of(replay, recipient);
	const struct replay_choice *choice;

	if (way == REPLAY_WAYS)
		return false;
	choice = &replay->choices[set_of(recipient)][way];
	return choice->at == at && !choice->is_asked;
}
