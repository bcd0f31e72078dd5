#!/bin/bash
# scenarios_postfix: the table of scenarios, on Postfix
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

exec bash "${srcdir:-.}/test/mta/scenarios.sh" postfix
