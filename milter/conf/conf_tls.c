/* conf_tls: how the MTA is to encrypt mail for a pool's hosts, and whose certificates it trusts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_tls.h"
#include "conf/conf_address.h"
#include "conf/conf_texts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A policy while it is put together. */
struct draft {
	struct schema_reader *reader;
	const config_setting_t *setting;
	const char *level;
	char text[TABLE_POLICY_MAX + 1];
	size_t length;
	bool is_long;
	bool has_name;
	bool is_wrong;
};

static void put(struct draft *draft, const char *text)
{
	size_t length = strlen(text);

	if (length > TABLE_POLICY_MAX - draft->length) {
		draft->is_long = true;
		return;
	}
	memcpy(draft->text + draft->length, text, length + 1);
	draft->length += length;
}

static void put_attribute(struct draft *draft, const char *name, const char *value)
{
	put(draft, " ");
	put(draft, name);
	put(draft, "=");
	put(draft, value);
}

/* ---- values */

/* Adds a fault, and gives false, if an attribute is there that the level has no use for. */
static bool is_of_level(struct draft *draft, const char *key, bool is_used, const char *levels)
{
	const config_setting_t *setting = config_setting_get_member(draft->setting, key);

	if (setting == NULL)
		return false;
	if (is_used)
		return true;
	schema_fault(draft->reader, setting, "tls: %s is only for level = %s, not for \"%s\"", key,
		levels, draft->level);
	draft->is_wrong = true;
	return false;
}

/* "mx.example.com", ".example.com", or one of Postfix's own words. */
static bool put_name(struct draft *draft, const config_setting_t *setting, const char *text)
{
	static const char *const words[] = {"nexthop", "dot-nexthop", "hostname"};
	char name[DOMAIN_MAX + 2] = ".";
	size_t dot = *text == '.';
	enum host_kind kind;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0) {
			put(draft, text);
			return true;
		}
	if (text[dot] == '[' || conf_address_host(text + dot, name + 1, &kind) == -1 ||
		kind != HOST_NAME) {
		schema_fault(draft->reader, setting,
			"tls: match \"%s\" is not a name, a .domain, nexthop, dot-nexthop or "
			"hostname",
			text);
		return false;
	}
	put(draft, name + 1 - dot);
	draft->has_name = true;
	return true;
}

enum { DIGEST_LEAST = 16, DIGEST_MOST = 64 }; /* octets: of MD5, of SHA-512 */

/* "3D:95:…", as openssl x509 -fingerprint has it. */
static bool put_fingerprint(struct draft *draft, const config_setting_t *setting, const char *text)
{
	size_t length = strlen(text);
	bool is_good =
		length % 3 == 2 && length / 3 + 1 >= DIGEST_LEAST && length / 3 + 1 <= DIGEST_MOST;

	for (size_t i = 0; is_good && i < length; i++)
		is_good = i % 3 == 2 ? text[i] == ':' : isxdigit((unsigned char)text[i]) != 0;
	if (is_good)
		put(draft, text);
	else
		schema_fault(draft->reader, setting,
			"tls: fingerprint \"%s\" is not a digest in hexadecimal, as \"3D:95:…\"",
			text);
	return is_good;
}

/* " match=A:B" of one text or a list of texts. */
static void put_texts(struct draft *draft, const config_setting_t *setting, const char *separator,
	bool (*put_one)(struct draft *draft, const config_setting_t *setting, const char *text))
{
	bool is_list = config_setting_is_aggregate(setting) != 0;
	int count = is_list ? config_setting_length(setting) : 1;

	for (int i = 0; i < count; i++) {
		const config_setting_t *element =
			is_list ? config_setting_get_elem(setting, (unsigned)i) : setting;
		const char *text = schema_text(draft->reader, element);

		put(draft, i == 0 ? " match=" : separator);
		if (text == NULL || !put_one(draft, element, text))
			draft->is_wrong = true;
	}
}

static void put_servername(struct draft *draft, const char *text)
{
	char name[DOMAIN_MAX + 1];
	enum host_kind kind;

	if (*text != '[' && conf_address_host(text, name, &kind) == 0 && kind == HOST_NAME) {
		put_attribute(draft, "servername", name);
		return;
	}
	schema_fault(draft->reader, config_setting_get_member(draft->setting, "servername"),
		"tls: servername \"%s\" is not a name", text);
	draft->is_wrong = true;
}

/* A text that Postfix would not part: of printable ASCII, or of LETTERS besides letters and digits. */
static void put_whole(struct draft *draft, const char *key, const char *name, const char *text,
	const char *letters)
{
	bool is_good = *text != '\0';

	for (const char *at = text; is_good && *at != '\0'; at++)
		is_good = letters == NULL
				  ? *at > ' ' && *at < 0x7f && strchr(",{}", *at) == NULL
				  : isalnum((unsigned char)*at) || strchr(letters, *at) != NULL;
	if (is_good) {
		put_attribute(draft, name, text);
		return;
	}
	schema_fault(draft->reader, config_setting_get_member(draft->setting, key),
		letters == NULL
			? "tls: %s \"%s\" is empty or has a space, a comma, a brace or what is not "
			  "in ASCII: Postfix would part it there"
			: "tls: %s \"%s\" is not of the form \">=TLSv1.2\" or \"TLSv1.2:TLSv1.3\"",
		key, text);
	draft->is_wrong = true;
}

/* ---- a group "tls" */

static void put_attributes(struct draft *draft, const struct schema_tls *from)
{
	enum tls_level level = (enum tls_level)from->level;
	bool is_pkix = level == TLS_LEVEL_VERIFY || level == TLS_LEVEL_SECURE;
	bool is_dane = level == TLS_LEVEL_DANE || level == TLS_LEVEL_DANE_ONLY;
	bool is_on = level != TLS_LEVEL_NONE;
	static const char of_pkix[] = "\"verify\" or \"secure\"";
	static const char of_all[] = "\"may\" and above";

	if (is_of_level(draft, "match", is_pkix, of_pkix) && from->match != NULL)
		put_texts(draft, from->match, ":", put_name);
	if (is_of_level(draft, "fingerprint", level == TLS_LEVEL_FINGERPRINT, "\"fingerprint\"") &&
		from->fingerprint != NULL)
		put_texts(draft, from->fingerprint, "|", put_fingerprint);
	if (is_of_level(draft, "ca_file", is_pkix, of_pkix) && from->ca_file != NULL)
		put_whole(draft, "ca_file", "tafile", from->ca_file, NULL);
	/* With DANE Postfix gives the name that the TLSA records belong to. */
	if (is_of_level(draft, "servername", is_on && !is_dane,
		    "\"may\", \"encrypt\", \"fingerprint\", \"verify\" or \"secure\"") &&
		from->servername != NULL)
		put_servername(draft, from->servername);
	if (is_of_level(draft, "protocols", is_on, of_all) && from->protocols != NULL)
		put_whole(draft, "protocols", "protocols", from->protocols, ".:!<>=");
	if (is_of_level(draft, "ciphers", is_on, of_all) && from->ciphers != -1)
		put_attribute(draft, "ciphers", from->ciphers == 0 ? "medium" : "high");
}

/* Gives the level as it is written; NULL, with a fault: it has none. */
static const char *level_of(
	struct schema_reader *reader, const config_setting_t *setting, int level)
{
	const config_setting_t *member = config_setting_get_member(setting, "level");

	if (member == NULL)
		schema_fault(reader, setting, "tls: level is missing");
	return level == -1 || member == NULL ? NULL : config_setting_get_string(member);
}

const struct table_tls *conf_tls_read(struct schema_reader *reader, const config_setting_t *setting)
{
	struct draft draft = {.reader = reader, .setting = setting};
	struct schema_tls from;
	struct table_tls *tls;

	if (setting == NULL)
		return NULL;
	schema_read(reader, SCHEMA_TLS, setting, &from);
	draft.level = level_of(reader, setting, from.level);
	if (draft.level == NULL)
		return NULL;
	put(&draft, draft.level);
	put_attributes(&draft, &from);
	if (from.level == TLS_LEVEL_FINGERPRINT &&
		config_setting_get_member(setting, "fingerprint") == NULL) {
		schema_fault(
			reader, setting, "tls: level = \"fingerprint\" requires a fingerprint");
		return NULL;
	}
	if (draft.is_long)
		schema_fault(reader, setting, "tls: the policy is longer than %d octets",
			(int)TABLE_POLICY_MAX);
	if (draft.is_long || draft.is_wrong)
		return NULL;
	tls = arena_take(reader->arena, 1, sizeof(*tls));
	if (tls == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	*tls = (struct table_tls){
		.level = (enum tls_level)from.level,
		.policy = schema_keep(reader, draft.text, draft.length),
		.ca_file = from.ca_file,
		.has_name = draft.has_name,
		.file = schema_file(reader, setting),
		.line = (int)config_setting_source_line(setting),
	};
	return tls->policy == NULL ? NULL : tls;
}

/* ---- hosts */

void conf_tls_check_host(struct schema_reader *reader, const struct pool_host *host)
{
	const struct table_tls *tls = host->tls;

	if (tls == NULL || host->kind == HOST_NAME)
		return;
	if (host->kind == HOST_UNIX)
		fault_add(reader->faults, host->file, host->line,
			"host %s: tls is not for a Unix socket", host->name);
	else if (tls->level == TLS_LEVEL_DANE || tls->level == TLS_LEVEL_DANE_ONLY)
		fault_add(reader->faults, host->file, host->line,
			"host %s: tls: the records of DANE are those of a name, and this is an "
			"address",
			host->name);
	else if ((tls->level == TLS_LEVEL_VERIFY || tls->level == TLS_LEVEL_SECURE) &&
		 !tls->has_name)
		fault_add(reader->faults, host->file, host->line,
			"host %s: tls: Postfix looks for a name in the certificate, and this is an "
			"address: set match = \"NAME\"",
			host->name);
}

static bool has_tls(const struct pool_host *host)
{
	return host->tls != NULL;
}

static void check_text(struct schema_reader *reader, const struct conf_pools *pools,
	const struct table_hosts *policies, const struct pool_host *host)
{
	const struct pool_host *told = table_find_host(policies, host->nexthop);

	(void)pools;
	if (told == NULL ||
		(host->tls != NULL && strcmp(host->tls->policy, told->tls->policy) == 0))
		return;
	fault_add(reader->faults, host->file, host->line,
		"host %s: the TLS policy of %s at %s:%d, \"%s\", would hold here, too: Postfix asks "
		"by that text alone; give both the same tls, or another port or name",
		host->nexthop, told->nexthop, told->file, told->line, told->tls->policy);
}

void conf_tls_finish(
	struct schema_reader *reader, const struct conf_pools *pools, struct conf *conf)
{
	const struct pool_host *first = conf_texts_first(pools, has_tls);

	if (first == NULL)
		return;
	if (pools->mta == TABLE_SENDMAIL)
		fault_add(reader->faults, first->tls->file, first->tls->line,
			"tls is only for mta = \"postfix\"");
	else if (conf->map_socket.text == NULL)
		fault_add(reader->faults, first->tls->file, first->tls->line,
			"tls needs a socket on which Postfix asks for it: set "
			"map_socket = \"unix:/var/spool/postfix/nexthop-milter/map.sock\"");
	conf_texts_collect(reader, pools, has_tls, &conf->table.policies);
	conf_texts_check(reader, pools, &conf->table.policies, check_text);
}
