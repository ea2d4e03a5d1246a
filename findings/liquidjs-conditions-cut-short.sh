#!/usr/bin/env bash
# liquidjs 10.30.1: what stands behind the first operand of a condition is left out without a word where no operator stands between, so that
# `is` and `AND` make conditions that are always decided by what stands before them; and a null that is there is less than 18, while a
# missing one is not. Ruby's Liquid (5.4.0) refuses `is`, and compares nothing with null.
# Seen: gold, both, minor, adult.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund liquidjs@10.30.1
cat > try.mjs <<'JS'
import assert from "node:assert/strict";
import { Liquid } from "liquidjs";
const liquid = new Liquid();
const seen = [
  liquid.parseAndRenderSync("{% if plan is 'gold' %}gold{% else %}other{% endif %}", { plan: "free" }),
  liquid.parseAndRenderSync("{% if a == 1 AND b == 2 %}both{% else %}not both{% endif %}", { a: 1, b: 3 }),
  liquid.parseAndRenderSync("{% if age < 18 %}minor{% else %}adult{% endif %}", { age: null }),
  liquid.parseAndRenderSync("{% if age < 18 %}minor{% else %}adult{% endif %}", {}),
];
console.log(seen);
assert.deepEqual(seen, ["gold", "both", "minor", "adult"]);
JS
node try.mjs
