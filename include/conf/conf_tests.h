/* conf_tests: the tests of all rules, each question once
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_TESTS_H
#define CONF_CONF_TESTS_H

#include <stddef.h>
#include <stdint.h>

#include "conf/schema.h"
#include "core/rules.h"

/* As they come, equal ones too. */
struct conf_tests {
	struct rules_test *list;
	size_t count;
	size_t room;
};

/* Gives its index in *INDEX, and 0, or -1 without memory. Begin with a struct of zeros. */
int conf_tests_add(struct conf_tests *tests, struct schema_reader *reader,
	const struct rules_test *test, uint32_t *index);

/* Frees the list. */
void conf_tests_end(struct conf_tests *tests);

/*
 * Puts the tests into RULES, in their order and each once, and the headers; NODES, which have indexes
 * of the list, get those of RULES. Without memory the reader has that noted.
 */
void conf_tests_finish(const struct conf_tests *tests, struct schema_reader *reader,
	struct rules_node *nodes, size_t node_count, struct rules *rules);

#endif
