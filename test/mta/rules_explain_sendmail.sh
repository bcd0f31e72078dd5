#!/bin/bash
# rules_explain_sendmail: what explain says of message files, and what is so, on Sendmail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

exec bash "${srcdir:-.}/test/mta/rules_explain.sh" sendmail
