/* conf_quote: settings as they stand in the file, on one line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_quote.h"
#include "core/printable.h"

#include <stdio.h>
#include <string.h>

struct quote {
	char text[CONF_QUOTE_MAX + 1];
	size_t length;
	bool is_cut;
};

static void put_octet(struct quote *quote, char octet)
{
	if (quote->length < CONF_QUOTE_MAX)
		quote->text[quote->length++] = octet;
	else
		quote->is_cut = true;
}

static void put(struct quote *quote, const char *text)
{
	for (; *text != '\0' && !quote->is_cut; text++)
		put_octet(quote, *text);
}

static void put_string(struct quote *quote, const char *text)
{
	put_octet(quote, '"');
	for (; *text != '\0' && !quote->is_cut; text++) {
		if (*text == '"' || *text == '\\')
			put_octet(quote, '\\');
		put_octet(quote, *text);
	}
	put_octet(quote, '"');
}

static void put_scalar(struct quote *quote, const config_setting_t *setting)
{
	char number[40] = "";

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		put_string(quote, config_setting_get_string(setting));
		return;
	case CONFIG_TYPE_INT:
		snprintf(number, sizeof(number), "%d", config_setting_get_int(setting));
		break;
	case CONFIG_TYPE_INT64:
		snprintf(number, sizeof(number), "%lldL", config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(number, sizeof(number), "%.10g", config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_BOOL:
		put(quote, config_setting_get_bool(setting) ? "true" : "false");
		return;
	default:
		return;
	}
	put(quote, number);
}

static void put_setting(struct quote *quote, const config_setting_t *setting);

/* The quote's length bounds the depth, too: each one puts a bracket. */
static void put_inside(struct quote *quote, const config_setting_t *setting, const char *brackets,
	const char *part)
{
	int length = config_setting_length(setting);
	bool is_group = config_setting_is_group(setting);

	put_octet(quote, brackets[0]);
	for (int i = 0; i < length && !quote->is_cut; i++) {
		put(quote, i == 0 ? " " : part);
		put_setting(quote, config_setting_get_elem(setting, (unsigned)i));
	}
	if (is_group && length > 0)
		put_octet(quote, ';');
	put_octet(quote, ' ');
	put_octet(quote, brackets[1]);
}

static void put_value(struct quote *quote, const config_setting_t *setting)
{
	if (config_setting_is_group(setting))
		put_inside(quote, setting, "{}", "; ");
	else if (config_setting_is_list(setting))
		put_inside(quote, setting, "()", ", ");
	else if (config_setting_is_array(setting))
		put_inside(quote, setting, "[]", ", ");
	else
		put_scalar(quote, setting);
}

/* An element of a list has no name. */
static void put_setting(struct quote *quote, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);

	if (name != NULL) {
		put(quote, name);
		put(quote, " = ");
	}
	put_value(quote, setting);
}

static const char *finish(struct schema_reader *reader, struct quote *quote)
{
	static const char dots[] = "…";
	char printable[CONF_QUOTE_MAX + 1];

	if (quote->is_cut) {
		quote->length = CONF_QUOTE_MAX - strlen(dots);
		/* Not within a character of UTF-8. */
		while (((unsigned char)quote->text[quote->length] & 0xc0) == 0x80)
			quote->length--;
		memcpy(quote->text + quote->length, dots, strlen(dots));
		quote->length += strlen(dots);
	}
	quote->text[quote->length] = '\0';
	printable_copy(printable, sizeof(printable), quote->text);
	return schema_keep(reader, printable, strlen(printable));
}

const char *conf_quote_setting(struct schema_reader *reader, const config_setting_t *setting)
{
	struct quote quote = {.length = 0};

	put_setting(&quote, setting);
	return finish(reader, &quote);
}

const char *conf_quote_value(struct schema_reader *reader, const config_setting_t *setting)
{
	struct quote quote = {.length = 0};

	put_value(&quote, setting);
	return finish(reader, &quote);
}

const char *conf_quote_texts(
	struct schema_reader *reader, const char *name, const char *const *texts, size_t count)
{
	struct quote quote = {.length = 0};

	put(&quote, name);
	put(&quote, count == 1 ? " = " : " = [ ");
	for (size_t i = 0; i < count && !quote.is_cut; i++) {
		put(&quote, i == 0 ? "" : ", ");
		put_string(&quote, texts[i]);
	}
	put(&quote, count == 1 ? "" : " ]");
	return finish(reader, &quote);
}
