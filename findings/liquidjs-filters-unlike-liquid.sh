#!/usr/bin/env bash
# liquidjs 10.30.1: filters that differ from what their names say elsewhere: truncatewords marks a text as cut that has just as many words
# (Ruby's Liquid leaves it alone), where_exp keeps those alone for which the expression is exactly true (in Jekyll, whatever is truthy),
# and escape_once escapes &quot; a second time.
# Seen: "one two...", 0, "&amp;quot;".
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
  liquid.parseAndRenderSync("{{ 'one two' | truncatewords: 2 }}"),
  liquid.parseAndRenderSync("{{ list | where_exp: 'i', 'i.on' | size }}", { list: [{ on: 1 }, { on: "yes" }] }),
  liquid.parseAndRenderSync("{{ '&quot;' | escape_once }}"),
];
console.log(seen);
assert.deepEqual(seen, ["one two...", "0", "&amp;quot;"]);
JS
node try.mjs
