#!/bin/bash
# postfix_bookworm: postfix.sh on Debian "bookworm"
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

exec bash "${srcdir:-.}/test/boot/postfix.sh" bookworm
