#!/bin/bash
# scenarios_sendmail: the table of scenarios, on Sendmail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

exec bash "${srcdir:-.}/test/mta/scenarios.sh" sendmail
