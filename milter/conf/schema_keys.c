/* schema_keys: every key of the configuration, with its type, range and default
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/schema_keys.h"
#include "core/health.h"
#include "core/lane.h"
#include "core/table.h"

#include <stddef.h>
#include <string.h>

#define TOP(member)	 SCHEMA_TOP, offsetof(struct schema_top, member)
#define HEALTH(member)	 SCHEMA_HEALTH, offsetof(struct schema_health, member)
#define PROBE(member)	 SCHEMA_PROBE, offsetof(struct schema_probe, member)
#define RATE(member)	 SCHEMA_RATE, offsetof(struct schema_rate, member)
#define CLASSIFY(member) SCHEMA_CLASSIFY, offsetof(struct schema_classify, member)
#define POOL(member)	 SCHEMA_POOL, offsetof(struct schema_pool, member)
#define HOST(member)	 SCHEMA_HOST, offsetof(struct schema_host, member)
#define AUTH(member)	 SCHEMA_AUTH, offsetof(struct schema_auth, member)
#define QUOTA(member)	 SCHEMA_QUOTA, offsetof(struct schema_quota, member)
#define TLS(member)	 SCHEMA_TLS, offsetof(struct schema_tls, member)
#define ROUTE(member)	 SCHEMA_ROUTE, offsetof(struct schema_route, member)
#define RULE(member)	 SCHEMA_RULE, offsetof(struct schema_rule, member)
#define WHEN(member)	 SCHEMA_WHEN, offsetof(struct schema_when, member)

#define NUMBER(place, name, least, most, fallback) \
	{ \
		place, SCHEMA_NUMBER, name, least, most, NULL, fallback \
	}
#define DURATION(place, name, least, most, fallback) \
	{ \
		place, SCHEMA_DURATION, name, least, most, NULL, fallback \
	}
#define MS(place, name, least, most, fallback) \
	{ \
		place, SCHEMA_MS, name, least, most, NULL, fallback \
	}
#define WORD(place, name, words, fallback) \
	{ \
		place, SCHEMA_WORD, name, 0, 0, words, fallback \
	}
#define OTHER(place, type, name, fallback) \
	{ \
		place, type, name, 0, 0, NULL, fallback \
	}

/*
 * The order is that of the man page, but for tls: whoever has a match in the wrong place is told of a
 * route's.
 */
static const struct schema_key keys[] = {
	WORD(TOP(conf.mta), "mta", "postfix|sendmail", "postfix"),
	OTHER(TOP(conf.milter_socket), SCHEMA_SOCKET, "milter_socket",
		"unix:/run/nexthop-milter/milter.sock"),
	OTHER(TOP(conf.map_socket), SCHEMA_SOCKET, "map_socket", NULL),
	OTHER(TOP(conf.secret_socket), SCHEMA_SOCKET, "secret_socket", NULL),
	OTHER(TOP(conf.control_socket), SCHEMA_SOCKET, "control_socket",
		"unix:/run/nexthop-milter/control.sock"),
	OTHER(TOP(conf.status_listen), SCHEMA_SOCKET, "status_listen", NULL),
	OTHER(TOP(status_hosts), SCHEMA_TEXTS, "status_hosts", NULL),
	OTHER(TOP(conf.socket_mode), SCHEMA_MODE, "socket_mode", "0660"),
	OTHER(TOP(conf.socket_group), SCHEMA_TEXT, "socket_group", NULL),
	OTHER(TOP(conf.control_mode), SCHEMA_MODE, "control_mode", "0660"),
	OTHER(TOP(conf.control_group), SCHEMA_TEXT, "control_group", NULL),
	OTHER(TOP(conf.state_file), SCHEMA_PATH, "state_file", "/var/lib/nexthop-milter/state"),
	OTHER(TOP(conf.pid_file), SCHEMA_PATH, "pid_file", NULL),
	WORD(TOP(conf.on_error), "on_error", "tempfail|accept", "tempfail"),
	WORD(TOP(conf.mixed), "mixed", "map|split", "map"),
	WORD(TOP(conf.delivery), "postfix_delivery", "filter|map", "filter"),
	WORD(TOP(conf.log_to), "log_to", "stderr|syslog", "stderr"),
	WORD(TOP(on_recovery), "on_recovery", "none|flush", "none"),
	OTHER(TOP(recipient_delimiter), SCHEMA_TEXT, "recipient_delimiter", NULL),
	OTHER(TOP(health), SCHEMA_GROUP, "health", NULL),
	OTHER(TOP(pools), SCHEMA_GROUP, "pools", NULL),
	OTHER(TOP(routes), SCHEMA_LIST, "routes", NULL),
	OTHER(TOP(rules), SCHEMA_LIST, "rules", NULL),

	NUMBER(HEALTH(failures), "failures", 1, HEALTH_EVIDENCE_MAX, "3"),
	NUMBER(HEALTH(messages), "messages", 1, HEALTH_EVIDENCE_MAX, "2"),
	DURATION(HEALTH(window), "window", 1, 86400, "60"),
	DURATION(HEALTH(backoff), "backoff", 1, 86400, "30"),
	DURATION(HEALTH(backoff_max), "backoff_max", 1, 604800, "900"),
	NUMBER(HEALTH(jitter), "jitter", 0, 100, "20"),
	NUMBER(HEALTH(recover), "recover", 1, 1000, "2"),
	DURATION(HEALTH(trial), "trial", 1, 86400, "330"),
	DURATION(HEALTH(slow_start), "slow_start", 0, 86400, "0"),
	DURATION(HEALTH(spent), "spent", 1, 2678400, "3600"),
	MS(HEALTH(silence), "silence", 0, 60000, "0.5"),
	OTHER(HEALTH(rate), SCHEMA_GROUP, "rate", NULL),
	OTHER(HEALTH(log), SCHEMA_TEXT, "log", "none"),
	OTHER(HEALTH(journal_units), SCHEMA_TEXTS, "journal_units", NULL),
	OTHER(HEALTH(journal_users), SCHEMA_TEXTS, "journal_users", NULL),
	OTHER(HEALTH(probe), SCHEMA_GROUP, "probe", NULL),
	OTHER(HEALTH(classify), SCHEMA_LIST, "classify", NULL),

	NUMBER(RATE(percent), "percent", 0, 100, "25"),
	NUMBER(RATE(of), "of", LANE_RATE_FAILURES, LANE_OUTCOMES_MAX, "20"),

	DURATION(PROBE(interval), "interval", 0, 86400, "10"),
	WORD(PROBE(depth), "depth", "connect|greeting|ehlo|mail|rcpt", "mail"),
	DURATION(PROBE(timeout), "timeout", 1, 300, "10"),
	OTHER(PROBE(helo), SCHEMA_TEXT, "helo", NULL),
	OTHER(PROBE(sender), SCHEMA_TEXT, "sender", ""),
	OTHER(PROBE(recipient), SCHEMA_TEXT, "recipient", NULL),

	WORD(CLASSIFY(stage), "stage", "none|connect|greeting|ehlo|tls|auth|mail|rcpt|data|end",
		NULL),
	NUMBER(CLASSIFY(code), "code", 4, 599, NULL),
	OTHER(CLASSIFY(enhanced), SCHEMA_TEXT, "enhanced", NULL),
	OTHER(CLASSIFY(text), SCHEMA_TEXT, "text", NULL),
	WORD(CLASSIFY(class), "class",
		"none|host_at_once|host|recipient|sender|ours|compared|session|spent", NULL),

	OTHER(POOL(hosts), SCHEMA_LIST, "hosts", NULL),
	OTHER(POOL(transport), SCHEMA_TEXT, "transport", "smtp"),
	WORD(POOL(protocol), "protocol", "smtp|lmtp", NULL),
	WORD(POOL(balance), "balance", "round-robin|hash|least-pending", "round-robin"),
	WORD(POOL(hash_on), "hash_on", "recipient|sender", NULL),
	WORD(POOL(lookup), "lookup", "host|mx", "host"),
	WORD(POOL(all_deferred), "all_deferred", "try|tempfail", "try"),
	OTHER(POOL(fallback), SCHEMA_TEXT, "fallback", NULL),
	WORD(POOL(on_recovery), "on_recovery", "none|flush", NULL),
	OTHER(POOL(maintenance), SCHEMA_TEXTS, "maintenance", NULL),
	OTHER(POOL(quota), SCHEMA_GROUP, "quota", NULL),
	OTHER(POOL(auth), SCHEMA_GROUP, "auth", NULL),
	OTHER(POOL(tls), SCHEMA_GROUP, "tls", NULL),
	OTHER(POOL(health), SCHEMA_GROUP, "health", NULL),

	OTHER(HOST(host), SCHEMA_TEXT, "host", NULL),
	NUMBER(HOST(port), "port", 1, 65535, NULL),
	NUMBER(HOST(priority), "priority", 0, HOST_PRIORITY_MAX, "0"),
	NUMBER(HOST(weight), "weight", 1, HOST_WEIGHT_MAX, "1"),
	WORD(HOST(lookup), "lookup", "host|mx", NULL),
	OTHER(HOST(maintenance), SCHEMA_TEXTS, "maintenance", NULL),
	OTHER(HOST(quota), SCHEMA_GROUP, "quota", NULL),
	OTHER(HOST(auth), SCHEMA_GROUP, "auth", NULL),
	OTHER(HOST(tls), SCHEMA_GROUP, "tls", NULL),

	NUMBER(QUOTA(messages), "messages", 1, 1000000000, NULL),
	NUMBER(QUOTA(recipients), "recipients", 1, 1000000000, NULL),
	DURATION(QUOTA(per), "per", 1, 2678400, NULL),

	OTHER(AUTH(user), SCHEMA_TEXT, "user", NULL),
	OTHER(AUTH(password_file), SCHEMA_TEXT, "password_file", NULL),
	OTHER(AUTH(allow_cleartext), SCHEMA_BOOL, "allow_cleartext", "false"),

	OTHER(ROUTE(match), SCHEMA_TEXTS, "match", NULL),
	OTHER(ROUTE(match_file), SCHEMA_TEXT, "match_file", NULL),
	OTHER(ROUTE(target.pool), SCHEMA_TEXT, "pool", NULL),
	WORD(ROUTE(target.action), "action", "dns|discard|reject|defer", NULL),
	OTHER(ROUTE(target.text), SCHEMA_TEXT, "text", NULL),
	NUMBER(ROUTE(target.code), "code", 400, 599, NULL),
	OTHER(ROUTE(target.in_place.hosts), SCHEMA_LIST, "hosts", NULL),
	OTHER(ROUTE(target.in_place.transport), SCHEMA_TEXT, "transport", "smtp"),
	WORD(ROUTE(target.in_place.protocol), "protocol", "smtp|lmtp", NULL),
	WORD(ROUTE(target.in_place.balance), "balance", "round-robin|hash|least-pending",
		"round-robin"),
	WORD(ROUTE(target.in_place.hash_on), "hash_on", "recipient|sender", NULL),
	WORD(ROUTE(target.in_place.lookup), "lookup", "host|mx", "host"),
	WORD(ROUTE(target.in_place.all_deferred), "all_deferred", "try|tempfail", "try"),
	OTHER(ROUTE(target.in_place.fallback), SCHEMA_TEXT, "fallback", NULL),
	WORD(ROUTE(target.in_place.on_recovery), "on_recovery", "none|flush", NULL),
	OTHER(ROUTE(target.in_place.maintenance), SCHEMA_TEXTS, "maintenance", NULL),
	OTHER(ROUTE(target.in_place.quota), SCHEMA_GROUP, "quota", NULL),
	OTHER(ROUTE(target.in_place.auth), SCHEMA_GROUP, "auth", NULL),
	OTHER(ROUTE(target.in_place.tls), SCHEMA_GROUP, "tls", NULL),

	OTHER(RULE(name), SCHEMA_TEXT, "name", NULL),
	OTHER(RULE(when), SCHEMA_GROUP, "when", NULL),
	WORD(RULE(is_shadow), "mode", "on|shadow", "on"),
	OTHER(RULE(log), SCHEMA_BOOL, "log", "false"),
	OTHER(RULE(target.pool), SCHEMA_TEXT, "pool", NULL),
	WORD(RULE(target.action), "action", "dns|discard|reject|defer|continue", NULL),
	OTHER(RULE(tag), SCHEMA_TEXT, "tag", NULL),
	OTHER(RULE(target.text), SCHEMA_TEXT, "text", NULL),
	NUMBER(RULE(target.code), "code", 400, 599, NULL),
	OTHER(RULE(target.in_place.hosts), SCHEMA_LIST, "hosts", NULL),
	OTHER(RULE(target.in_place.transport), SCHEMA_TEXT, "transport", "smtp"),
	WORD(RULE(target.in_place.protocol), "protocol", "smtp|lmtp", NULL),
	WORD(RULE(target.in_place.balance), "balance", "round-robin|hash|least-pending",
		"round-robin"),
	WORD(RULE(target.in_place.hash_on), "hash_on", "recipient|sender", NULL),
	WORD(RULE(target.in_place.lookup), "lookup", "host|mx", "host"),
	WORD(RULE(target.in_place.all_deferred), "all_deferred", "try|tempfail", "try"),
	OTHER(RULE(target.in_place.fallback), SCHEMA_TEXT, "fallback", NULL),
	WORD(RULE(target.in_place.on_recovery), "on_recovery", "none|flush", NULL),
	OTHER(RULE(target.in_place.maintenance), SCHEMA_TEXTS, "maintenance", NULL),
	OTHER(RULE(target.in_place.quota), SCHEMA_GROUP, "quota", NULL),
	OTHER(RULE(target.in_place.auth), SCHEMA_GROUP, "auth", NULL),
	OTHER(RULE(target.in_place.tls), SCHEMA_GROUP, "tls", NULL),

	OTHER(WHEN(values[RULES_SENDER]), SCHEMA_TEXTS, "sender", NULL),
	OTHER(WHEN(values[RULES_RECIPIENT]), SCHEMA_TEXTS, "recipient", NULL),
	OTHER(WHEN(values[RULES_ALL_RECIPIENTS]), SCHEMA_TEXTS, "all_recipients", NULL),
	NUMBER(WHEN(recipients_over), "recipients_over", 1, 1000000, NULL),
	NUMBER(WHEN(recipients_under), "recipients_under", 2, 1000000, NULL),
	OTHER(WHEN(values[RULES_CLIENT]), SCHEMA_TEXTS, "client", NULL),
	OTHER(WHEN(values[RULES_CLIENT_NAME]), SCHEMA_TEXTS, "client_name", NULL),
	OTHER(WHEN(values[RULES_HELO]), SCHEMA_TEXTS, "helo", NULL),
	OTHER(WHEN(values[RULES_AUTH_USER]), SCHEMA_TEXTS, "auth_user", NULL),
	OTHER(WHEN(values[RULES_TLS]), SCHEMA_TEXTS, "tls", NULL),
	OTHER(WHEN(tls_verified), SCHEMA_BOOL, "tls_verified", NULL),
	OTHER(WHEN(values[RULES_LISTENER]), SCHEMA_TEXTS, "listener", NULL),
	OTHER(WHEN(values[RULES_LISTENER_PORT]), SCHEMA_VALUES, "listener_port", NULL),
	OTHER(WHEN(values[RULES_HEADER]), SCHEMA_TEXTS, "header", NULL),
	OTHER(WHEN(sizes[RULES_SIZE_OVER]), SCHEMA_SIZE, "size_over", NULL),
	OTHER(WHEN(sizes[RULES_SIZE_UNDER]), SCHEMA_SIZE, "size_under", NULL),
	OTHER(WHEN(values[RULES_MACRO]), SCHEMA_TEXTS, "macro", NULL),
	OTHER(WHEN(values[RULES_TIME]), SCHEMA_TEXTS, "time", NULL),
	OTHER(WHEN(percent), SCHEMA_PERCENT, "percent", NULL),
	OTHER(WHEN(tag), SCHEMA_TEXT, "tag", NULL),
	OTHER(WHEN(any), SCHEMA_LIST, "any", NULL),
	OTHER(WHEN(all), SCHEMA_LIST, "all", NULL),
	OTHER(WHEN(negated), SCHEMA_GROUP, "not", NULL),

	WORD(TLS(level), "level", "none|may|encrypt|fingerprint|dane|dane-only|verify|secure",
		NULL),
	OTHER(TLS(match), SCHEMA_TEXTS, "match", NULL),
	OTHER(TLS(fingerprint), SCHEMA_TEXTS, "fingerprint", NULL),
	OTHER(TLS(ca_file), SCHEMA_TEXT, "ca_file", NULL),
	OTHER(TLS(servername), SCHEMA_TEXT, "servername", NULL),
	OTHER(TLS(protocols), SCHEMA_TEXT, "protocols", NULL),
	WORD(TLS(ciphers), "ciphers", "medium|high", NULL),
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

const struct schema_key *schema_keys_at(size_t index)
{
	return index < KEY_COUNT ? &keys[index] : NULL;
}

const struct schema_key *schema_keys_find(enum schema_scope scope, const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].scope == scope && strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}
