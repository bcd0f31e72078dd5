/* conf: a configuration file as settings and a route table
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf.h"
#include "conf/conf_address.h"
#include "conf/conf_auth.h"
#include "conf/conf_health.h"
#include "conf/conf_pool.h"
#include "conf/conf_route.h"
#include "conf/conf_rule.h"
#include "conf/conf_text.h"
#include "conf/conf_tls.h"
#include "conf/schema.h"
#include "conf/vault.h"
#include "core/nexthop.h"
#include "text/regex.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>

enum {
	STATUS_HOSTS_MAX = 16,
	JOURNAL_WORDS_MAX = 1024,
};

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

/*
 * Words of the group "health", parted by spaces; NULL by default. A unit may have any octet
 * but a space, a user's name too.
 */
static const char *read_words(struct schema_reader *reader, const config_setting_t *setting)
{
	bool is_list = setting != NULL && config_setting_is_aggregate(setting) == CONFIG_TRUE;
	int count = setting == NULL ? 0 : is_list ? config_setting_length(setting) : 1;
	char words[JOURNAL_WORDS_MAX] = "";
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		const config_setting_t *one =
			is_list ? config_setting_get_elem(setting, (unsigned)i) : setting;
		const char *text = schema_text(reader, one);
		size_t length = text == NULL ? 0 : strlen(text);

		if (text == NULL)
			continue;
		if (length == 0 || strpbrk(text, " \t\r\n") != NULL) {
			schema_fault(reader, one, "%s: \"%s\" is empty or has a space",
				config_setting_name(setting), text);
		} else if (used + length + 1 >= sizeof(words)) {
			schema_fault(reader, one, "%s is longer than %d octets together",
				config_setting_name(setting), JOURNAL_WORDS_MAX - 1);
			break;
		} else {
			used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s",
				used == 0 ? "" : " ", text);
		}
	}
	return setting == NULL ? NULL : schema_keep(reader, words, used);
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
		{"secret_socket", &conf->secret_socket},
		{"control_socket", &conf->control_socket},
		{"status_listen", &conf->status_listen},
	};
	const config_setting_t *control = config_setting_get_member(root, "control_socket");
	const config_setting_t *status = config_setting_get_member(root, "status_listen");

	if (conf->control_socket.path == NULL)
		schema_fault(reader, control, "control_socket must be unix:/PATH");
	if (conf->secret_socket.text != NULL && conf->secret_socket.path == NULL)
		schema_fault(reader, config_setting_get_member(root, "secret_socket"),
			"secret_socket must be unix:/PATH: passwords are for nobody on the network");
	if (conf->status_listen.path != NULL)
		schema_fault(reader, status, "status_listen must be inet:PORT@ADDRESS");
	for (size_t i = 1; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		for (size_t k = 0; k < i; k++)
			if (conf_address_same_socket(sockets[i].socket, sockets[k].socket)) {
				const config_setting_t *at =
					config_setting_get_member(root, sockets[i].name);

				schema_fault(reader, at == NULL ? root : at,
					"%s and %s are the same socket", sockets[k].name,
					sockets[i].name);
			}
}

/* The names, parted by spaces. */
static const char *read_status_hosts(struct schema_reader *reader, const config_setting_t *setting)
{
	bool is_list = setting != NULL && config_setting_is_aggregate(setting) == CONFIG_TRUE;
	int count = setting == NULL ? 0 : is_list ? config_setting_length(setting) : 1;
	char names[STATUS_HOSTS_MAX * (DOMAIN_MAX + 1) + 1] = "";
	size_t used = 0;

	if (count > STATUS_HOSTS_MAX) {
		schema_fault(
			reader, setting, "status_hosts has more than %d names", STATUS_HOSTS_MAX);
		return NULL;
	}
	for (int i = 0; i < count; i++) {
		const config_setting_t *one =
			is_list ? config_setting_get_elem(setting, (unsigned)i) : setting;
		const char *text = schema_text(reader, one);
		char name[DOMAIN_MAX + 1];

		if (text != NULL && conf_address_domain(text, name) == -1)
			schema_fault(reader, one, "status_hosts: \"%s\" is not a host name", text);
		else if (text != NULL)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
				used == 0 ? "" : " ", name);
	}
	return used == 0 ? NULL : schema_keep(reader, names, used);
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
		schema_fault(reader, mixed,
			"mixed = \"map\" needs map_socket: without it a message of several routes "
			"would leave by Postfix's own tables; set map_socket, or remove mixed");
}

/* For faults that are found once the file itself is forgotten. */
static void keep_places(struct schema_reader *reader, const config_setting_t *root,
	const config_setting_t *health, struct conf *conf)
{
	const config_setting_t *log =
		health == NULL ? NULL : config_setting_get_member(health, "log");
	size_t count = (size_t)config_setting_length(root);
	struct conf_place *places = arena_take(reader->arena, count + 1, sizeof(*places));

	reader->no_memory |= places == NULL;
	for (size_t i = 0; i <= count && places != NULL; i++) {
		const config_setting_t *at =
			i == count ? log : config_setting_get_elem(root, (unsigned)i);

		if (at == NULL || config_setting_is_aggregate(at))
			continue;
		places[conf->place_count++] = (struct conf_place){
			.name = schema_keep(
				reader, config_setting_name(at), strlen(config_setting_name(at))),
			.file = schema_file(reader, at),
			.line = (int)config_setting_source_line(at),
		};
	}
	conf->places = places;
}

struct conf_place conf_place(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->place_count; i++)
		if (strcmp(conf->places[i].name, name) == 0)
			return conf->places[i];
	return (struct conf_place){name, conf->path, 0};
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
	conf->status_hosts = read_status_hosts(reader, top->status_hosts);
	conf_health_read(reader, top->health, health);
	conf->log = health->values.log;
	check_log(reader, top->health, conf->log);
	keep_places(reader, root, top->health, conf);
	conf->journal_units = read_words(reader, health->values.journal_units);
	conf->journal_users = read_words(reader, health->values.journal_users);
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
				"rule \"%s\": action = \"dns\" requires a Postfix without "
				"map_socket: the map would answer by the routes all the same",
				rules->list[i].name);
}

static bool is_empty(const config_setting_t *list)
{
	return list == NULL || config_setting_length(list) == 0;
}

/* The MTA would send all mail by its own tables, and to itself where it is the domain's MX. */
static void check_any(struct schema_reader *reader, const struct schema_top *top)
{
	if (is_empty(top->routes) && is_empty(top->rules))
		fault_add(reader->faults, reader->path, 0,
			"no routes and no rules: nothing would be routed");
}

static void read_table(
	struct schema_reader *reader, struct schema_top *top, const struct conf_health *health)
{
	struct conf_pools pools;
	struct table *table = &top->conf.table;
	size_t named = top->pools == NULL ? 0 : (size_t)config_setting_length(top->pools);
	size_t in_place = conf_route_count_pools(top->routes) + conf_route_count_pools(top->rules);

	table->mta = top->conf.mta == CONF_MTA_SENDMAIL ? TABLE_SENDMAIL : TABLE_POSTFIX;
	if (conf_pool_begin(&pools, reader, health, table->mta, named + in_place) == -1) {
		reader->no_memory = true;
		return;
	}
	pools.on_recovery = (enum on_recovery)top->on_recovery;
	if (top->pools != NULL)
		conf_pool_read_all(&pools, reader, top->pools);
	if (conf_route_read_all(&top->conf, &pools, reader, top->routes) == -1)
		reader->no_memory = true;
	table->rules = conf_rule_read_all(
		reader, &pools, table->delimiters, top->rules, &top->conf.regexes);
	check_dns_rules(reader, &top->conf);
	conf_pool_finish(&pools, reader);
	conf_auth_finish(reader, &pools, &top->conf);
	conf_tls_finish(reader, &pools, &top->conf);
	warn_of_unused(reader, &pools);
	table->pools = pools.pools;
	table->pool_count = pools.count;
	conf_pool_end(&pools);
}

/* ---- by which ways mail could leave its route */

static void warn_at(struct schema_reader *reader, const config_setting_t *at, const char *text)
{
	fault_warn(reader->faults, schema_file(reader, at), (int)config_setting_source_line(at),
		"%s", text);
}

static bool has_routed_mail(const struct table *table)
{
	for (size_t i = 0; i < table->route_count; i++)
		if (table->routes[i].action != ACTION_DNS)
			return true;
	return false;
}

/*
 * The list that a message of Postfix is given has the fallback's hosts at its end, but one list goes by one
 * transport.
 */
static void warn_of_fallbacks(struct schema_reader *reader, const struct conf *conf)
{
	const struct table *table = &conf->table;

	if (table->mta != TABLE_POSTFIX || conf->delivery == CONF_DELIVERY_MAP)
		return;
	for (size_t i = 0; i < table->pool_count; i++) {
		const struct pool *pool = &table->pools[i];
		const struct pool *fallback =
			pool->fallback == -1 ? NULL : &table->pools[pool->fallback];

		if (fallback != NULL && (nexthop_is_alone(pool) || nexthop_is_alone(fallback)))
			fault_warn(reader->faults, pool->file, pool->line,
				"pool %s: a Unix socket stands alone in Postfix's list, so a message "
				"that was given this pool never reaches its fallback \"%s\"; set "
				"postfix_delivery = \"map\"",
				pool->name, fallback->name);
		else if (fallback != NULL && strcmp(pool->transport, fallback->transport) != 0)
			fault_warn(reader->faults, pool->file, pool->line,
				"pool %s: fallback \"%s\" has transport \"%s\", not \"%s\": a "
				"message that was given this pool never reaches it; give both one "
				"transport, or set postfix_delivery = \"map\"",
				pool->name, fallback->name, fallback->transport, pool->transport);
	}
}

/* Of a configuration that is good otherwise. Who writes mixed = "split" knows that there is no map. */
static void warn_of_leaks(
	struct schema_reader *reader, const config_setting_t *root, const struct conf *conf)
{
	bool has_map = conf->map_socket.text != NULL;
	bool is_meant = has_map || conf->table.mta != TABLE_POSTFIX ||
			config_setting_get_member(root, "mixed") != NULL;

	if (conf->on_error == CONF_ON_ERROR_ACCEPT)
		warn_at(reader, config_setting_get_member(root, "on_error"),
			"on_error = \"accept\": on a fault of the daemon mail leaves by the "
			"MTA's own tables, not by its route; \"tempfail\" has the client keep it");
	if (!is_meant && has_routed_mail(&conf->table))
		warn_at(reader, config_setting_get_member(root, "routes"),
			"map_socket is not set: mail that no milter sees (bounces, the sendmail "
			"command, requeued mail) leaves by Postfix's own tables, not by its route; "
			"set map_socket and Postfix's transport_maps, or mixed = \"split\" if that "
			"is meant");
}

static void warn_of_good(
	struct schema_reader *reader, const config_setting_t *root, const struct conf *conf)
{
	warn_of_leaks(reader, root, conf);
	warn_of_fallbacks(reader, conf);
}

/* ---- the file */

static void say_why(struct schema_reader *reader, const config_t *config)
{
	const char *path = schema_path(reader, config_error_file(config));
	const char *why = config_error_text(config);
	bool is_text = config_error_type(config) == CONFIG_ERR_PARSE;
	/* Its other words say what is wrong, and at the right line. */
	FILE *file = is_text && strcmp(why, "syntax error") == 0 ? fopen(path, "re") : NULL;

	if (file == NULL) {
		fault_add(reader->faults, path, is_text ? config_error_line(config) : 0, "%s", why);
		return;
	}
	conf_text_syntax_fault(reader->faults, file, path, config_error_line(config));
	fclose(file);
}

static int parse(struct schema_reader *reader, config_t *config)
{
	char *folder = arena_copy(reader->arena, reader->path, strlen(reader->path));

	if (folder == NULL) {
		reader->no_memory = true;
		return -1;
	}
	if (conf_text_check(reader->path, reader->faults) == -1)
		return -1;
	config_set_include_dir(config, dirname(folder));
	if (config_read_file(config, reader->path) == CONFIG_TRUE)
		return 0;
	say_why(reader, config);
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
	size_t errors = reader->faults->errors;
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
	if (reader->faults->errors == errors)
		check_any(reader, &top);
	*conf = top.conf;
	if (reader->faults->errors == 0)
		warn_of_good(reader, config_root_setting(config), conf);
	conf->path = reader->path;
	conf->arena = reader->arena;
	conf->vault = reader->vault;
	atomic_init(&conf->references, 1);
	conf->table.keeper = (struct table_keeper){conf, take, give_back};
	return conf;
}

static struct conf *load(const char *path, struct fault_list *faults, bool has_no_passwords)
{
	struct schema_reader reader = {
		.arena = arena_new(), .faults = faults, .has_no_passwords = has_no_passwords};
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
	vault_free(reader.vault);
	arena_free(reader.arena);
	return NULL;
}

struct conf *conf_load(const char *path, struct fault_list *faults)
{
	return load(path, faults, false);
}

struct conf *conf_load_public(const char *path, struct fault_list *faults)
{
	return load(path, faults, true);
}

void conf_free(struct conf *conf)
{
	if (conf == NULL || atomic_fetch_sub(&conf->references, 1) > 1)
		return;
	regex_set_free(conf->regexes);
	vault_free(conf->vault);
	arena_free(conf->arena);
}
