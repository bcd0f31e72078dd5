/* fuzz_message: any octets as a mailbox
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/mbox.h"
#include "replay.h"

#include <assert.h>
#include <string.h>

/* Messages without a recipient, and with one. */
struct found {
	int without;
	int with;
};

static int take(void *context, const struct message *message)
{
	static struct address_list list;
	struct found *found = context;
	const char *sender = message_sender(message);
	struct span header;
	int64_t octets = 0;
	size_t at = 0;

	while (message_next(message, &at, &header)) {
		assert(header.length > 0);
		octets += (int64_t)header.length;
	}
	assert(octets <= message_size(message));
	assert(sender == NULL || strlen(sender) <= ADDRESS_LIST_TEXT_MAX);
	list.count = 0;
	message_recipients(message, &list);
	for (int i = 0; i < list.count; i++)
		assert(list.texts[i][0] != '\0');
	if (list.count > 0)
		found->with++;
	else
		found->without++;
	return 0;
}

/*
 * The first octet says how long the pieces are. In the rest a "$" stands for the end of a line,
 * which a line of the corpus cannot hold, and "^" for a CR.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct found found = {0, 0};
	struct mbox *mbox = mbox_new(take, &found);

	for (size_t i = 1, piece; i < size; i += piece) {
		char octets[16];

		piece = size - i < 1 + data[0] % 16u ? size - i : 1 + data[0] % 16u;
		for (size_t k = 0; k < piece; k++)
			octets[k] = data[i + k] == '$'	 ? '\n'
				    : data[i + k] == '^' ? '\r'
							 : (char)data[i + k];
		assert(mbox_add(mbox, octets, piece) == 0);
	}
	assert(mbox_end(mbox) == 0);
	mbox_free(mbox);
	replay_reached += found.with > 0 && found.without == 0;
	return 0;
}
