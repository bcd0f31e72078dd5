#!/bin/bash
# package_bookworm: package.sh on Debian "bookworm"
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

exec bash "${srcdir:-.}/test/boot/package.sh" bookworm
