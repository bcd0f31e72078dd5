#!/bin/bash
# recipes: each case of docs/recipes, on a real Postfix, does what the document says
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/client.sh" || exit 99
. "$srcdir/test/lib/recipes.sh" || exit 99

find_postfix
world_open
mkdir "$world/blocks"
python3 "$srcdir/test/lib/recipes.py" "$(document_path docs/recipes)" "$world/blocks" >"$world/steps" ||
	bail_out "docs/recipes cannot be read"
recipes_open "$world/steps"
while IFS=$'\x1f' read -r -u "$recipe_steps" verb one two three four five six seven; do
	case "$verb" in
	host) ;;
	frame) recipe_frame "$one" "$two" ;;
	recipe) recipe_begin "$one" "$two" ;;
	offers) echo "$two" >>"$(recipe_host "$one").offers" ;;
	block) recipe_block "$one" "$two" ;;
	answer) recipe_answer "$one" "$two" "$three" ;;
	write) recipe_write ;;
	apply) recipe_apply ;;
	send) recipe_send "$one" "$two" "$three" "$four" "$five" "$six" "$seven" ;;
	fact) recipe_fact "$one" "$two" "$three" "$four" "$five" ;;
	run) recipe_run "$one" "$two" ;;
	*) bail_out "recipes.py: $verb" ;;
	esac
done
recipe_end
within "there are at least 20 recipes" "$recipe" 20 99
is "Postfix has no complaint of milter or map" \
	"$(count_lines "$mta_log" 'warning: (milter|.*socketmap)')" 0
ok "no sanitizer has complained" daemon_is_sound
tap_done
