/* judge_transport: the settings of a transport's client, and our maps among its tables
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_JUDGE_TRANSPORT_H
#define DOCTOR_JUDGE_TRANSPORT_H

#include "core/span.h"
#include "doctor/finding.h"
#include "doctor/machine.h"
#include "doctor/socket_name.h"

/* smtp(8) and lmtp(8) have the same settings with another beginning; master.cf may override each. */

enum { JUDGE_TRANSPORT_SETTING_MAX = 512, JUDGE_TRANSPORT_SOURCE_MAX = 1024 };

/* One of our maps, and who asks it. */
struct judge_transport_map {
	const char *name;		  /* "sasl" */
	const char *setting;		  /* "sasl_password_maps", without "smtp_" */
	const struct conf_socket *socket; /* where it is answered */
	enum finding_kind kind;		  /* when it is not asked */
};

struct judge_transport {
	struct finding_list *list;
	const struct machine *machine;
	const struct postfix_settings *settings;
	const char *transport;
	const struct postfix_service *service;
	const struct judge_transport_map *map;
	char table[SOCKET_NAME_MAX + 32]; /* that map, as Postfix should have it */
};

/* A setting as it is written, where it is set: in master.cf for the service, or in main.cf. */
struct judge_transport_written {
	char name[JUDGE_TRANSPORT_SETTING_MAX];
	char source[JUDGE_TRANSPORT_SOURCE_MAX];
	const char *option; /* of postconf */
	const char *raw;
};

/* For each transport that a pool with such a host has, once: JUDGE. */
void judge_transport_each(struct finding_list *list, const struct machine *machine,
	const struct judge_transport_map *map, bool (*has)(const struct pool_host *host),
	void (*judge)(const struct judge_transport *transport, const struct table *table));

/* What holds for the transport; REST is without "smtp_". */
const char *judge_transport_value(const struct judge_transport *judge, const char *rest);

void judge_transport_find(const struct judge_transport *judge, const char *rest,
	struct judge_transport_written *written);

/* NULL: what main.cf has for several transports is found once. */
struct finding *judge_transport_add(const struct judge_transport *judge, enum finding_kind kind,
	const struct judge_transport_written *written);

/* The command that sets it to VALUE. */
void judge_transport_offer(const struct judge_transport *judge, struct finding *finding,
	const struct judge_transport_written *written, const char *value);

/* True if TABLE, an element of a list, is our map. */
bool judge_transport_is_ours(const struct judge_transport *judge, struct span table);

/* Whether the transport asks our map, from where it can. */
void judge_transport_judge_map(const struct judge_transport *judge);

#endif
