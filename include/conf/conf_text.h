/* conf_text: the text of a configuration, before libconfig reads it and where it cannot
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CONF_CONF_TEXT_H
#define CONF_CONF_TEXT_H

#include <stdio.h>

#include "conf/fault.h"

/*
 * libconfig 1.5 ends the whole process if an included file is a folder. This walks the file at PATH
 * and what it includes, and gives -1 with a fault if one of them is there and cannot be read as a
 * regular file. One that is missing is left to libconfig, which says so properly.
 *
 * It also cuts a string at a NUL ("\x00") without a word: that is a fault, too.
 */
int conf_text_check(const char *path, struct fault_list *faults);

/*
 * libconfig says "syntax error" and the line at which it gave up, no more. This reads the text up to
 * there again and names the mistakes that people make: curly quotes, a byte order mark, UTF-16, a
 * value without quotes, a comma missing, brackets and quotes that are not closed.
 *
 * Limits: it is asked only when libconfig has failed, so what it takes for a mistake decides
 * nothing. Where it finds none it shows the line.
 *
 * Adds the fault of FILE, whose name is PATH: libconfig has said "syntax error" at LINE.
 */
void conf_text_syntax_fault(struct fault_list *faults, FILE *file, const char *path, int line);

#endif
