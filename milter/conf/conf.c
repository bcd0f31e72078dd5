/* conf: a configuration file as settings and a route table
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf.h"
#include "conf/conf_health.h"
#include "conf/conf_include.h"
#include "conf/conf_pool.h"
#include "conf/conf_route.h"
#include "conf/conf_rule.h"
#include "conf/conf_socket.h"
#include "conf/conf_target.h"
#include "conf/schema.h"
#include "text/regex.h"

#include <libgen.h>
#include <string.h>

/* ---- the top of the file */

/* The characters that may part user and extension. */
static void check_delimiter(
	struct schema_reader *reader, const config_setting_t *root, const char *delimiter)
{
	if (delimiter != NULL && strpbrk(delimiter, "@\"\\. ") != NULL)
		schema_fault(reader, config_setting_get_member(root, "recipient_delimiter"),
			"recipient_delimiter may not have @, \", \\, a dot or a space");
}

static void check_log(struct schema_reader *reader, const config_setting_t *health, const char *log)
{
	if (*log != '/' && strcmp(log, "journal") != 0 && strncmp(log, "journal:/", 9) != 0 &&
		strcmp(log, "none") != 0)
		schema_fault(reader, config_setting_get_member(health, "log"),
			"log must be an absolute path, \"journal\", \"journal:/PATH\" or \"none\"");
}

static void check_sockets(
	struct schema_reader *reader, const config_setting_t *root, const struct conf *conf)
{
	const struct {
		const char *name;
		const struct conf_socket *socket;
	} sockets[] = {
		{"milter_socket", &conf->milter_socket},
		{"map_socket", &conf->map_socket},
		{"control_socket", &conf->control_socket},
		{"status_listen", &conf->status_listen},
	};
	const config_setting_t *control = config_setting_get_member(root, "control_socket");
	const config_setting_t *status = config_setting_get_member(root, "status_listen");

	if (conf->control_socket.path == NULL)
		schema_fault(reader, control, "control_socket must be unix:/PATH");
	if (conf->status_listen.path != NULL)
		schema_fault(reader, status, "status_listen must be inet:PORT@ADDRESS");
	for (size_t i = 1; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		for (size_t k = 0; k < i; k++)
			if (conf_socket_equal(sockets[i].socket, sockets[k].socket)) {
				const config_setting_t *at =
					config_setting_get_member(root, sockets[i].name);

				schema_fault(reader, at == NULL ? root : at,
					"%s and %s are the same socket", sockets[k].name,
					sockets[i].name);
			}
}

/* What is only for the one MTA, and what needs the map. */
static void check_mta(
	struct schema_reader *reader, const config_setting_t *root, const struct conf *conf)
{
	static const char *const postfix_only[] = {"mixed", "postfix_delivery"};
	bool is_sendmail = conf->mta == CONF_MTA_SENDMAIL;
	bool has_map = config_setting_get_member(root, "map_socket") != NULL;
	const config_setting_t *mixed = config_setting_get_member(root, "mixed");

	for (size_t i = 0; is_sendmail && i < sizeof(postfix_only) / sizeof(*postfix_only); i++) {
		const config_setting_t *at = config_setting_get_member(root, postfix_only[i]);

		if (at != NULL)
			schema_fault(
				reader, at, "%s is only for mta = \"postfix\"", postfix_only[i]);
	}
	if (has_map)
		return;
	if (is_sendmail)
		schema_fault(reader, config_setting_get_member(root, "mta"),
			"mta = \"sendmail\" needs map_socket");
	else if (conf->delivery == CONF_DELIVERY_MAP)
		schema_fault(reader, config_setting_get_member(root, "postfix_delivery"),
			"postfix_delivery = \"map\" needs map_socket");
	else if (mixed != NULL && conf->mixed == CONF_MIXED_MAP)
		fault_warn(reader->faults, schema_file(reader, mixed),
			(int)config_setting_source_line(mixed),
			"mixed = \"map\" without map_socket: messages whose recipients have "
			"different routes are left to Postfix's own routing");
}

static void read_top(struct schema_reader *reader, const config_setting_t *root,
	struct schema_top *top, struct conf_health *health)
{
	struct conf *conf = &top->conf;

	memset(top, 0, sizeof(*top));
	schema_read(reader, SCHEMA_TOP, root, top);
	check_mta(reader, root, conf);
	check_delimiter(reader, root, top->recipient_delimiter);
	check_sockets(reader, root, conf);
	conf_health_read(reader, top->health, health);
	conf->log = health->values.log;
	check_log(reader, top->health, conf->log);
	conf->table.delimiters = top->recipient_delimiter == NULL ? "" : top->recipient_delimiter;
}

/* ---- pools, routes and rules */

static void warn_of_unused(struct schema_reader *reader, const struct conf_pools *pools)
{
	for (size_t i = 0; i < pools->count; i++)
		if (!pools->used[i])
			fault_warn(reader->faults, pools->pools[i].file, pools->pools[i].line,
				"pool %s is never used", pools->pools[i].name);
}

/*
 * What a milter says of a message is nothing to transport_maps: whatever a rule leaves to Postfix, the
 * map would answer by the recipients' routes.
 */
static void check_dns_rules(struct schema_reader *reader, const struct conf *conf)
{
	const struct rules *rules = conf->table.rules;

	if (rules == NULL || conf->table.mta != TABLE_POSTFIX || conf->map_socket.text == NULL)
		return;
	for (size_t i = 0; i < rules->count; i++)
		if (rules->list[i].route.action == ACTION_DNS)
			fault_add(reader->faults, rules->list[i].route.file,
				rules->list[i].route.line,
				"rule \"%s\": action = \"dns\" takes a Postfix without map_socket: "
				"the map would answer by the routes all the same",
				rules->list[i].name);
}

static void read_table(
	struct schema_reader *reader, struct schema_top *top, const struct conf_health *health)
{
	struct conf_pools pools;
	struct table *table = &top->conf.table;
	size_t named = top->pools == NULL ? 0 : (size_t)config_setting_length(top->pools);
	size_t in_place =
		conf_target_count_pools(top->routes) + conf_target_count_pools(top->rules);

	table->mta = top->conf.mta == CONF_MTA_SENDMAIL ? TABLE_SENDMAIL : TABLE_POSTFIX;
	if (conf_pool_begin(&pools, reader, health, table->mta, named + in_place) == -1) {
		reader->no_memory = true;
		return;
	}
	if (top->pools != NULL)
		conf_pool_read_all(&pools, reader, top->pools);
	if (conf_route_read_all(table, &pools, reader, top->routes) == -1)
		reader->no_memory = true;
	table->rules = conf_rule_read_all(
		reader, &pools, table->delimiters, top->rules, &top->conf.regexes);
	check_dns_rules(reader, &top->conf);
	conf_pool_finish(&pools, reader);
	warn_of_unused(reader, &pools);
	table->pools = pools.pools;
	table->pool_count = pools.count;
	conf_pool_end(&pools);
}

/* ---- the file */

static int parse(struct schema_reader *reader, config_t *config)
{
	char *folder = arena_copy(reader->arena, reader->path, strlen(reader->path));

	if (folder == NULL) {
		reader->no_memory = true;
		return -1;
	}
	if (conf_include_check(reader->path, reader->faults) == -1)
		return -1;
	config_set_include_dir(config, dirname(folder));
	if (config_read_file(config, reader->path) == CONFIG_TRUE)
		return 0;
	fault_add(reader->faults, schema_path(reader, config_error_file(config)),
		config_error_type(config) == CONFIG_ERR_FILE_IO ? 0 : config_error_line(config),
		"%s", config_error_text(config));
	return -1;
}

static void take(void *self)
{
	struct conf *conf = self;

	atomic_fetch_add(&conf->references, 1);
}

static void give_back(void *self)
{
	conf_free(self);
}

static struct conf *build(struct schema_reader *reader, config_t *config)
{
	struct conf *conf = arena_take(reader->arena, 1, sizeof(*conf));
	struct schema_top top;
	struct conf_health health;

	if (conf == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	if (parse(reader, config) == -1)
		return NULL;
	read_top(reader, config_root_setting(config), &top, &health);
	read_table(reader, &top, &health);
	*conf = top.conf;
	conf->path = reader->path;
	conf->arena = reader->arena;
	atomic_init(&conf->references, 1);
	conf->table.keeper = (struct table_keeper){conf, take, give_back};
	return conf;
}

struct conf *conf_load(const char *path, struct fault_list *faults)
{
	struct schema_reader reader = {.arena = arena_new(), .faults = faults};
	struct conf *conf = NULL;
	size_t errors = faults->errors;
	config_t config;

	config_init(&config);
	reader.path = reader.arena == NULL ? NULL : arena_copy(reader.arena, path, strlen(path));
	if (reader.path == NULL)
		reader.no_memory = true;
	else
		conf = build(&reader, &config);
	if (reader.no_memory)
		fault_add(faults, path, 0, "out of memory");
	config_destroy(&config);
	fault_list_sort(faults);
	if (faults->errors == errors)
		return conf;
	if (conf != NULL)
		regex_set_free(conf->regexes);
	arena_free(reader.arena);
	return NULL;
}

void conf_free(struct conf *conf)
{
	if (conf == NULL || atomic_fetch_sub(&conf->references, 1) > 1)
		return;
	regex_set_free(conf->regexes);
	arena_free(conf->arena);
}
