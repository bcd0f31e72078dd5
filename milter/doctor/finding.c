/* finding: what doctor has found wrong, each with what mends it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/finding.h"
#include "core/printable.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096 };

static const struct kind {
	const char *name;
	enum finding_severity severity;
	const char *why;
} kinds[] = {
	[FINDING_NO_CONFIG] = {"no_config", FINDING_ERROR,
		"Without a configuration the daemon does not start."},
	[FINDING_NO_MTA] = {"no_mta", FINDING_ERROR,
		"What the MTA does with mail cannot be known."},
	[FINDING_OLD_POSTFIX] = {"old_postfix", FINDING_ERROR,
		"Lists of next hops need Postfix 3.5: an older one takes a list for one host."},
	[FINDING_DAEMON_DOWN] = {"daemon_down", FINDING_ERROR,
		"Without the daemon clients get 451, and routed mail waits in the queue."},
	[FINDING_SOCKET_FOLDER] = {"socket_folder", FINDING_ERROR,
		"Without the folder of its sockets the daemon does not start."},
	[FINDING_SOCKET_UNSEEN] = {"socket_unseen", FINDING_ERROR,
		"A chrooted service of Postfix sees only its queue directory: it cannot connect, "
		"clients get 451 and routed mail waits."},
	[FINDING_SOCKET_REFUSED] = {"socket_refused", FINDING_ERROR,
		"The MTA cannot connect: clients get 451, and routed mail waits."},
	[FINDING_SOCKET_UNSAFE] = {"socket_unsafe", FINDING_ERROR,
		"Sendmail does not use a socket whose folders "
		"others may write to: clients get 451."},
	[FINDING_NOT_WIRED] = {"not_wired", FINDING_ERROR,
		"No mail is routed by its choice of hosts."},
	[FINDING_NO_HEADER_CHECKS] = {"no_header_checks", FINDING_ERROR,
		"The hosts that the milter chooses are not heeded: mail leaves by Postfix's own "
		"tables."},
	[FINDING_NO_MAP] = {"no_map", FINDING_ERROR,
		"Messages of several routes, bounces and mail "
		"that no milter sees leave by the MTA's own tables."},
	[FINDING_OVERRIDDEN] = {"overridden", FINDING_ERROR,
		"Mail of that service is not routed: what stands in master.cf goes before "
		"main.cf."},
	[FINDING_NO_MILTERS] = {"no_milters", FINDING_WARNING,
		"Mail of that service is seen by no milter: the map alone routes it."},
	[FINDING_DEFAULT_ACTION] = {"default_action", FINDING_ERROR,
		"While the milter is down, mail is accepted and leaves by the MTA's own tables."},
	[FINDING_NO_TRANSPORT] = {"no_transport", FINDING_ERROR,
		"Mail of such a pool is not delivered: the MTA does not know how."},
	[FINDING_CONTENT_FILTER] = {"content_filter", FINDING_ERROR,
		"The list of hosts takes the place of content_filter: mail that is routed is not "
		"filtered."},
	[FINDING_OTHER_MAP_FIRST] = {"other_map_first", FINDING_WARNING,
		"The first table that answers decides: what it knows is not routed to a pool."},
	[FINDING_CONFIG] = {"config", FINDING_ERROR,
		"The daemon does not start with this configuration."},
	[FINDING_DAEMON] = {"daemon", FINDING_WARNING, "The daemon reports it itself."},
	[FINDING_OTHER_CONFIG] = {"other_config", FINDING_WARNING,
		"What was looked at is not what routes mail."},
	[FINDING_STALE_CONFIG] = {"stale_config", FINDING_WARNING,
		"Mail is routed by what the daemon has read before."},
	[FINDING_LOG_ACCESS] = {"log_access", FINDING_ERROR,
		"The daemon does not start, or learns nothing of "
		"hosts that fail: each message tries them again."},
	[FINDING_LOG_ELSEWHERE] = {"log_elsewhere", FINDING_WARNING,
		"The daemon reads a log that the MTA does not "
		"write, and learns nothing of hosts that fail."},
	[FINDING_LOG_EMPTY] = {"log_empty", FINDING_WARNING,
		"The daemon learns nothing of hosts that fail from a log that nobody writes."},
	[FINDING_LOG_STRANGE] = {"log_strange", FINDING_WARNING,
		"The daemon learns nothing of hosts that fail from lines of another form."},
	[FINDING_TLS_POLICY] = {"tls_policy", FINDING_WARNING,
		"Postfix looks up a TLS policy by a host's very text in the list: this one is not "
		"found, and smtp_tls_security_level holds instead."},
	[FINDING_PASSWORD] = {"password", FINDING_WARNING,
		"Postfix looks up a password by a host's very text in the list: this one is not "
		"found, and mail is sent without a login."},
	[FINDING_HOST_UNRESOLVED] = {"host_unresolved", FINDING_WARNING,
		"A host without an address is passed by."},
	[FINDING_RELAY_DOMAIN] = {"relay_domain", FINDING_WARNING,
		"Clients that may not relay are refused: \"Relay access denied\"."},
	[FINDING_DELIMITER] = {"delimiter", FINDING_WARNING,
		"Routes of single addresses do not match user+extension as Postfix understands "
		"it."},
	[FINDING_TLS_NAMES] = {"tls_names", FINDING_WARNING,
		"A host whose certificate fails, and that is not the last of the list, is logged "
		"without its name: it is not deferred for that."},
	[FINDING_TIMEOUT] = {"timeout", FINDING_WARNING,
		"A host that does not answer holds each of its messages so long, although another "
		"could take them."},
	[FINDING_DESCRIPTORS] = {"descriptors", FINDING_WARNING,
		"With no descriptor left the milter accepts no connection: clients get 451."},
	[FINDING_BACKLOG] = {"backlog", FINDING_WARNING,
		"Of many clients that come at once some wait for the milter, or get 451."},
	[FINDING_VERSION] = {"version", FINDING_WARNING,
		"The daemon that runs is not the one that is installed."},
	[FINDING_MILTER_ORDER] = {"milter_order", FINDING_HINT,
		"A milter after ours sees mail later than ours: what it adds, or changes, no "
		"rule of ours can see."},
	[FINDING_NO_LOG] = {"no_log", FINDING_HINT,
		"Without the MTA's log, and without probes, nothing is remembered of hosts that "
		"fail."},
	[FINDING_TIMEOUT_AS_SHIPPED] = {"timeout_as_shipped", FINDING_HINT,
		"A host that does not answer holds so long each message that was sent to it before "
		"its silence was noticed."},
	[FINDING_RELAY_RECIPIENTS] = {"relay_recipients", FINDING_HINT,
		"Mail for users that the hosts do not know is accepted, and then bounced to "
		"senders that are forged."},
	[FINDING_CONFIG_WARNING] = {"config_warning", FINDING_HINT,
		"nexthop-milter -t warns of it."},
	[FINDING_NOT_ROOT] = {"not_root", FINDING_HINT,
		"Whether Postfix's user reaches the sockets, and the daemon's its files and log, "
		"only root can try."},
	[FINDING_AUTH_MAP] = {"auth_map", FINDING_ERROR,
		"The passwords of routes.cfg are not looked up: mail is sent without a login, or "
		"waits."},
	[FINDING_AUTH_OFF] = {"auth_off", FINDING_ERROR,
		"The passwords of routes.cfg are not looked up: mail is sent without a login."},
	[FINDING_AUTH_CLEARTEXT] = {"auth_cleartext", FINDING_ERROR,
		"Where a host offers no TLS, or somebody on the way has taken it out, the password "
		"is sent for all to read."},
	[FINDING_AUTH_MECHANISM] = {"auth_mechanism", FINDING_WARNING,
		"Postfix does not use PLAIN and LOGIN then: hosts that offer nothing else fail, "
		"with \"no mechanism available\"."},
	[FINDING_TLS_MAP] = {"tls_map", FINDING_ERROR,
		"The TLS policies of routes.cfg are not looked up: mail is sent as to any other host, "
		"in the clear perhaps, or waits."},
	[FINDING_TLS_DNSSEC] = {"tls_dnssec", FINDING_ERROR,
		"Without DNSSEC there is no DANE: \"dane\" is as \"may\", and mail for hosts with "
		"\"dane-only\" waits."},
	[FINDING_TLS_CA_FILE] = {"tls_ca_file", FINDING_ERROR,
		"Where Postfix cannot open the file it sends the host nothing: mail waits."},
};

const char *finding_name(enum finding_kind kind)
{
	return kinds[kind].name;
}

enum finding_severity finding_severity(enum finding_kind kind)
{
	return kinds[kind].severity;
}

const char *finding_severity_name(enum finding_severity severity)
{
	static const char *const names[] = {
		[FINDING_ERROR] = "error",
		[FINDING_WARNING] = "warning",
		[FINDING_HINT] = "hint",
	};

	return names[severity];
}

const char *finding_why(enum finding_kind kind)
{
	return kinds[kind].why;
}

/* ---- the list */

static _Noreturn void no_memory(void)
{
	fprintf(stderr, "milterctl: out of memory\n");
	exit(EXIT_FAILURE);
}

/* As it may be shown: of the MTA's settings, and of file names, anything may be part. */
static char *keep(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	if (copy == NULL)
		no_memory();
	return printable_copy(copy, size, text);
}

static char *keep_format(const char *format, va_list arguments)
{
	char text[TEXT_MAX];

	vsnprintf(text, sizeof(text), format, arguments);
	return keep(text);
}

static void finding_free(struct finding *finding)
{
	for (int i = 0; i < finding->command_count; i++)
		for (int k = 0; finding->commands[i].arguments[k] != NULL; k++)
			free(finding->commands[i].arguments[k]);
	free(finding->source);
	free(finding->what);
	free(finding->advice);
	free(finding);
}

void finding_list_free(struct finding_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		finding_free(list->findings[i]);
	free(list->findings);
	*list = (struct finding_list){.count = 0};
}

struct finding *finding_add(struct finding_list *list, enum finding_kind kind, const char *source,
	const char *what, ...)
{
	struct finding *finding = calloc(1, sizeof(*finding));
	va_list arguments;

	if (finding == NULL)
		no_memory();
	if (list->count == list->room) {
		size_t room = list->room == 0 ? 16 : 2 * list->room;
		struct finding **more = realloc(list->findings, room * sizeof(void *));

		if (more == NULL)
			no_memory();
		list->findings = more;
		list->room = room;
	}
	list->findings[list->count++] = finding;
	finding->kind = kind;
	finding->source = keep(source);
	va_start(arguments, what);
	finding->what = keep_format(what, arguments);
	va_end(arguments);
	return finding;
}

void finding_command(struct finding *finding, const char *const *arguments)
{
	struct finding_command *command = &finding->commands[finding->command_count++];

	assert(finding->command_count <= FINDING_COMMANDS_MAX);
	for (int i = 0; arguments[i] != NULL; i++) {
		assert(i < FINDING_ARGUMENTS_MAX);
		command->arguments[i] = strdup(arguments[i]);
		if (command->arguments[i] == NULL)
			no_memory();
	}
}

static void advise(struct finding *finding, const char *format, va_list arguments)
{
	free(finding->advice);
	finding->advice = keep_format(format, arguments);
}

void finding_advise(struct finding *finding, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	advise(finding, text, arguments);
	va_end(arguments);
}

void finding_by_hand(struct finding *finding, const char *text, ...)
{
	va_list arguments;

	finding->is_by_hand = true;
	va_start(arguments, text);
	advise(finding, text, arguments);
	va_end(arguments);
}

void finding_list_sort(struct finding_list *list)
{
	/* Few, and those of one kind keep their order. */
	for (size_t i = 1; i < list->count; i++) {
		struct finding *finding = list->findings[i];
		size_t at = i;

		for (; at > 0; at--) {
			const struct finding *before = list->findings[at - 1];
			enum finding_severity severity = finding_severity(before->kind);

			if (severity < finding_severity(finding->kind) ||
				(severity == finding_severity(finding->kind) &&
					before->kind <= finding->kind))
				break;
			list->findings[at] = list->findings[at - 1];
		}
		list->findings[at] = finding;
	}
}

size_t finding_list_count(const struct finding_list *list, enum finding_severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += finding_severity(list->findings[i]->kind) == severity;
	return count;
}

const struct finding *finding_list_find(const struct finding_list *list, enum finding_kind kind)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->findings[i]->kind == kind)
			return list->findings[i];
	return NULL;
}

bool finding_can_be_mended(const struct finding *finding)
{
	return !finding->is_by_hand && finding->command_count > 0;
}

/* ---- commands as a shell takes them */

struct writer {
	char *out;
	size_t size;
	size_t length;
};

static void put(struct writer *writer, char octet)
{
	if (writer->length + 1 < writer->size)
		writer->out[writer->length] = octet;
	writer->length++;
}

static bool is_plain(const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "_-+=./:,@%";

	return *text != '\0' && strspn(text, plain) == strlen(text);
}

static void put_argument(struct writer *writer, const char *text)
{
	bool is_quoted = !is_plain(text);

	if (is_quoted)
		put(writer, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			put(writer, '\'');
			put(writer, '\\');
			put(writer, '\'');
		}
		put(writer, *text);
	}
	if (is_quoted)
		put(writer, '\'');
}

size_t finding_command_format(char *out, size_t size, const struct finding_command *command)
{
	struct writer writer = {.out = out, .size = size};

	for (int i = 0; command->arguments[i] != NULL; i++) {
		if (i > 0)
			put(&writer, ' ');
		put_argument(&writer, command->arguments[i]);
	}
	out[writer.length < size ? writer.length : size - 1] = '\0';
	return writer.length;
}
