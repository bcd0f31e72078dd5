/* socket_name: the daemon's sockets as Postfix and Sendmail write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_SOCKET_NAME_H
#define DOCTOR_SOCKET_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "core/span.h"
#include "doctor/reach.h"

/*
 * Postfix's processes work in the queue directory, chrooted or not: a path below it is written from
 * there ("unix:nexthop-milter/milter.sock"), and holds for both.
 */

enum { SOCKET_NAME_MAX = 512 };

/* As for smtpd_milters: "unix:PATH", "inet:HOST:PORT". Gives OUT. */
char *socket_name_for_postfix(
	char out[SOCKET_NAME_MAX], const struct conf_socket *socket, const char *queue);

/* As for INPUT_MAIL_FILTER and FEATURE(`nexthop'): "local:PATH", "inet:PORT@HOST". Gives OUT. */
char *socket_name_for_sendmail(char out[SOCKET_NAME_MAX], const struct conf_socket *socket);

/* True if NAME, as Postfix has it, is that socket, seen from the queue directory or from a chroot in it. */
bool socket_name_is_postfix(struct span name, const struct conf_socket *socket, const char *queue);

/* The same of a name as Sendmail has it. */
bool socket_name_is_sendmail(struct span name, const struct conf_socket *socket);

/* What NAME, as Postfix has it, leads to. False: it is no such name. */
bool socket_name_target(struct reach_target *target, struct span name);

#endif
