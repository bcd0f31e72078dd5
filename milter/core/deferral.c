/* deferral: what hosts have replied to mail that they did not take, the same replies together
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/deferral.h"
#include "core/hash.h"

#include <stdbool.h>
#include <string.h>

enum {
	CODE_WORDS = 2, /* "452", "4.3.1" */
	ID_MIN = 6,	/* a shorter word with a digit is no id */
};

/* ---- which replies are the same */

/* Differs from one message to the next: an address, or long and with a digit. */
static bool is_variable(const char *word, size_t length, int place)
{
	size_t digits = 0, separators = 0;

	for (size_t i = 0; i < length; i++) {
		if (word[i] == '@' || word[i] == '<')
			return true;
		digits += word[i] >= '0' && word[i] <= '9';
		separators += word[i] == '.' || word[i] == '-' || word[i] == '#';
	}
	if (place < CODE_WORDS && digits + separators == length)
		return false;
	return digits > 0 && length >= ID_MIN;
}

static uint64_t key_of(const char *host, const char *text)
{
	uint64_t hash = HASH_START;
	int place = 0;

	for (; *host != '\0'; host++)
		hash = hash_octet(hash, (unsigned char)*host);
	for (size_t length; *text != '\0'; text += length, place++) {
		text += strspn(text, " ");
		length = strcspn(text, " ");
		hash = hash_octet(hash, ' ');
		for (size_t i = 0; i < length && !is_variable(text, length, place); i++)
			hash = hash_octet(hash, (unsigned char)text[i]);
	}
	hash = hash_finish(hash);
	return hash == 0 ? 1 : hash;
}

/* ---- groups */

/* That one, or the one whose place it gets. */
static struct deferral_group *find(struct deferral_table *table, uint64_t key)
{
	struct deferral_group *found = &table->groups[0];

	for (int i = 0; i < DEFERRAL_GROUPS; i++) {
		struct deferral_group *group = &table->groups[i];

		if (group->key == key)
			return group;
		if (found->key != 0 && (group->key == 0 || group->last < found->last))
			found = group;
	}
	return found;
}

static void copy(char *out, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);

	memcpy(out, text, length);
	out[length] = '\0';
}

void deferral_note(struct deferral_table *table, const char *host, const struct observation *seen)
{
	bool is_deferred = seen->outcome == OBSERVATION_DEFERRED;
	struct deferral_group *group;
	uint64_t key;

	if (seen->is_probe || (!is_deferred && seen->outcome != OBSERVATION_PASSED_ON))
		return;
	key = key_of(host, seen->text);
	group = find(table, key);
	if (group->key != key) {
		*group = (struct deferral_group){.key = key, .first = seen->at};
		copy(group->host, sizeof(group->host), host);
	}
	/* It was there before, as what went on to the next host: there was none. */
	if (is_deferred && seen->is_repeat && group->passed_on > 0)
		group->passed_on--;
	if (is_deferred)
		group->deferred++;
	else
		group->passed_on++;
	group->last = seen->at;
	copy(group->text, sizeof(group->text), seen->text);
	if (seen->queue_id[0] != '\0')
		copy(group->queue_id, sizeof(group->queue_id), seen->queue_id);
	table->changes++;
}

int deferral_list(const struct deferral_table *table, struct deferral_group out[DEFERRAL_GROUPS])
{
	const struct deferral_group *order[DEFERRAL_GROUPS] = {NULL};
	int count = 0;

	for (int i = 0; i < DEFERRAL_GROUPS; i++) {
		const struct deferral_group *group = &table->groups[i];
		int at = count;

		if (group->key == 0)
			continue;
		for (; at > 0 && order[at - 1]->last < group->last; at--)
			order[at] = order[at - 1];
		order[at] = group;
		count++;
	}
	for (int i = 0; i < count; i++)
		out[i] = *order[i];
	return count;
}
