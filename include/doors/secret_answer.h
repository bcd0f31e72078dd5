/* secret_answer: what is asked for on the secret socket: with what to log in to a host
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOORS_SECRET_ANSWER_H
#define DOORS_SECRET_ANSWER_H

#include "core/map_reply.h"
#include "engine/engine.h"

/*
 * Postfix has one map, "sasl" (smtp_sasl_password_maps): "OK USER:PASSWORD" for the text of a host
 * that has a login, else NOTFOUND. Sendmail has two: "authinfo", the same in its own form
 * (authinfo.h) for "AuthInfo:" and a host, and "nexthop_auth", which tells it that a host has one.
 * Nothing else is answered here, and no other socket answers this: a request for it is none that
 * map_request.h knows.
 *
 * Writes the reply to OUT, which the caller wipes, and a line of debug without the password. For the
 * main thread. ENGINE is a struct engine: what the door calls.
 */
enum map_reply_kind secret_answer_write(void *engine, struct span request, char out[MAP_REPLY_MAX]);

#endif
