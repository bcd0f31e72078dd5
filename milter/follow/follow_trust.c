/* follow_trust: whose entries of the journal are the MTA's
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "follow/follow_trust.h"

#include <fnmatch.h>
#include <pwd.h>
#include <string.h>

enum { NAME_MAX_OCTETS = 255 };

/* The next of the words in *TEXT, which moves past it. False: there is none. */
static bool next_word(const char **text, char word[NAME_MAX_OCTETS + 1])
{
	size_t length;

	do {
		*text += strspn(*text, " ");
		length = strcspn(*text, " ");
		if (length > 0 && length <= NAME_MAX_OCTETS) {
			memcpy(word, *text, length);
			word[length] = '\0';
		}
		*text += length;
	} while (length > NAME_MAX_OCTETS);
	return length > 0;
}

static bool parse_number(const char *text, size_t length, uid_t *uid)
{
	unsigned long long number = 0;

	if (length == 0 || length > 10)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (unsigned)(text[i] - '0');
	}
	*uid = (uid_t)number;
	return number == (unsigned long long)*uid;
}

static bool find_user(const char *name, uid_t *uid)
{
	const struct passwd *entry;

	if (parse_number(name, strlen(name), uid))
		return true;
	entry = getpwnam(name);
	if (entry != NULL)
		*uid = entry->pw_uid;
	return entry != NULL;
}

void follow_trust_init(struct follow_trust *trust, const char *units, const char *users)
{
	char name[NAME_MAX_OCTETS + 1];

	memset(trust, 0, sizeof(*trust));
	if (units == NULL)
		units = FOLLOW_TRUST_UNITS;
	if (users == NULL)
		users = FOLLOW_TRUST_USERS;
	while (trust->user_count < FOLLOW_TRUST_USERS_MAX && next_word(&users, name)) {
		if (strcmp(name, "*") == 0)
			trust->has_any_user = true;
		else if (find_user(name, &trust->users[trust->user_count]))
			trust->user_count++;
	}
	/* What is too long fits nothing, rather than anything. */
	strcpy(trust->units, strlen(units) < sizeof(trust->units) ? units : "-");
}

static bool has_unit(const struct follow_trust *trust, const char *unit, size_t length)
{
	const char *rest = trust->units;
	char pattern[NAME_MAX_OCTETS + 1];
	char name[NAME_MAX_OCTETS + 1];

	if (length > NAME_MAX_OCTETS || memchr(unit, '\0', length) != NULL)
		return false;
	memcpy(name, unit, length);
	name[length] = '\0';
	while (next_word(&rest, pattern))
		if (fnmatch(pattern, name, FNM_NOESCAPE) == 0)
			return true;
	return false;
}

static bool has_user(const struct follow_trust *trust, const char *user, size_t length)
{
	uid_t uid;

	if (trust->has_any_user)
		return true;
	if (!parse_number(user, length, &uid))
		return false;
	for (size_t i = 0; i < trust->user_count; i++)
		if (trust->users[i] == uid)
			return true;
	return false;
}

bool follow_trust_has(const struct follow_trust *trust, const char *unit, size_t unit_length,
	const char *user, size_t user_length)
{
	if (!has_user(trust, user, user_length))
		return false;
	return has_unit(trust, unit, unit_length) || (unit_length == 0 && !trust->has_any_user);
}
