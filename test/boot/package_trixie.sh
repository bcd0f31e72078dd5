#!/bin/bash
# package_trixie: package.sh on Debian "trixie"
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

exec bash "${srcdir:-.}/test/boot/package.sh" trixie
