#!/bin/bash
# postfix_trixie: postfix.sh on Debian "trixie"
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

exec bash "${srcdir:-.}/test/boot/postfix.sh" trixie
