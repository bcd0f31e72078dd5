/* fake_milter: stands in for libmilter, so that a test can be the MTA
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "fake_milter.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct fake_milter fake_milter = {
	.fail_after = -1,
	.queue_id = "4XyZ",
	.offered_actions = 0x1ff,
	.offered_steps = 0x1fffff,
};

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
	size_t used = strlen(fake_milter.calls);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fake_milter.calls + used, sizeof(fake_milter.calls) - used, format, arguments);
	va_end(arguments);
}

void fake_milter_forget(void)
{
	fake_milter.calls[0] = '\0';
}

void fake_milter_macro(const char *name, const char *value)
{
	struct fake_milter_macro *macro = fake_milter.macros;

	while (*macro->name != '\0' && strcmp(macro->name, name) != 0)
		macro++;
	assert(macro < fake_milter.macros + FAKE_MILTER_MACROS_MAX - 1);
	assert(strlen(name) < sizeof(macro->name) && strlen(value) < sizeof(macro->value));
	strcpy(macro->name, name);
	strcpy(macro->value, value);
}

/* ---- what the door calls */

int smfi_register(struct smfiDesc filter)
{
	fake_milter.filter = filter;
	return MI_SUCCESS;
}

int smfi_setconn(char *socket)
{
	note("socket %s; ", socket);
	return MI_SUCCESS;
}

int smfi_setbacklog(int backlog)
{
	return backlog > 0 ? MI_SUCCESS : MI_FAILURE;
}

int smfi_opensocket(bool removes)
{
	note(removes ? "open and remove; " : "open; ");
	return MI_SUCCESS;
}

int smfi_main(void)
{
	return MI_SUCCESS;
}

void *smfi_getpriv(SMFICTX *ctx)
{
	(void)ctx;
	return fake_milter.private_data;
}

int smfi_setpriv(SMFICTX *ctx, void *data)
{
	(void)ctx;
	fake_milter.private_data = data;
	return MI_SUCCESS;
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
	(void)ctx;
	for (int i = 0; i < FAKE_MILTER_MACROS_MAX; i++)
		if (strcmp(fake_milter.macros[i].name, name) == 0)
			return *fake_milter.macros[i].value == '\0' ? NULL
								    : fake_milter.macros[i].value;
	if (strcmp(name, "j") == 0)
		return (char *)"mx.example";
	return strcmp(name, "i") == 0 ? (char *)fake_milter.queue_id : NULL;
}

int smfi_setsymlist(SMFICTX *ctx, int stage, char *macros)
{
	(void)ctx;
	note("macros %d %s; ", stage, macros);
	return MI_SUCCESS;
}

int smfi_setreply(SMFICTX *ctx, char *code, char *enhanced, char *text)
{
	(void)ctx;
	note("reply %s %s %s; ", code, enhanced, text);
	return MI_SUCCESS;
}

static int may_change(void)
{
	if (fake_milter.fail_after == 0)
		return MI_FAILURE;
	if (fake_milter.fail_after > 0)
		fake_milter.fail_after--;
	return MI_SUCCESS;
}

int smfi_insheader(SMFICTX *ctx, int index, char *name, char *value)
{
	(void)ctx;
	note("insert %d %s=%s; ", index, name, value);
	return may_change();
}

int smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
	(void)ctx;
	note(value == NULL ? "delete %s %d; " : "change %s %d; ", name, index);
	return may_change();
}

int smfi_delrcpt(SMFICTX *ctx, char *recipient)
{
	(void)ctx;
	note("remove %s; ", recipient);
	return may_change();
}

int smfi_addrcpt_par(SMFICTX *ctx, char *recipient, char *parameters)
{
	(void)ctx;
	note("recipient %s%s%s; ", recipient, parameters == NULL ? "" : " ",
		parameters == NULL ? "" : parameters);
	return may_change();
}

/* ---- what the test calls */

static SMFICTX *context(void)
{
	return NULL;
}

sfsistat fake_milter_negotiate(void)
{
	unsigned long unused2, unused3;

	return fake_milter.filter.xxfi_negotiate(context(), fake_milter.offered_actions,
		fake_milter.offered_steps, 0, 0, &fake_milter.actions, &fake_milter.steps, &unused2,
		&unused3);
}

sfsistat fake_milter_connect(const char *name, const char *address)
{
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	} from = {.any = {.sa_family = AF_UNSPEC}};

	if (inet_pton(AF_INET, address, &from.ipv4.sin_addr) == 1)
		from.any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, address, &from.ipv6.sin6_addr) == 1)
		from.any.sa_family = AF_INET6;
	return fake_milter.filter.xxfi_connect(context(), (char *)name,
		from.any.sa_family == AF_UNSPEC ? NULL : (_SOCK_ADDR *)&from);
}

sfsistat fake_milter_helo(const char *name)
{
	return fake_milter.filter.xxfi_helo(context(), (char *)name);
}

sfsistat fake_milter_mail(const char *sender)
{
	return fake_milter_mail_with(sender, NULL);
}

sfsistat fake_milter_mail_with(const char *sender, const char *parameter)
{
	char *arguments[] = {(char *)sender, (char *)parameter, NULL};

	return fake_milter.filter.xxfi_envfrom(context(), arguments);
}

sfsistat fake_milter_rcpt(const char *recipient)
{
	return fake_milter_rcpt_with(recipient, NULL, NULL);
}

sfsistat fake_milter_rcpt_with(const char *recipient, const char *one, const char *two)
{
	char *arguments[] = {(char *)recipient, (char *)one, (char *)two, NULL};

	return fake_milter.filter.xxfi_envrcpt(context(), arguments);
}

sfsistat fake_milter_header(const char *name, const char *value)
{
	return fake_milter.filter.xxfi_header(context(), (char *)name, (char *)value);
}

sfsistat fake_milter_body(size_t length)
{
	static unsigned char piece[65536];

	assert(length <= sizeof(piece));
	return fake_milter.filter.xxfi_body(context(), piece, length);
}

sfsistat fake_milter_eom(void)
{
	return fake_milter.filter.xxfi_eom(context());
}

sfsistat fake_milter_abort(void)
{
	return fake_milter.filter.xxfi_abort(context());
}

sfsistat fake_milter_close(void)
{
	return fake_milter.filter.xxfi_close(context());
}
