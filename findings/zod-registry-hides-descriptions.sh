#!/usr/bin/env bash
# zod 4.6.7: `z.toJSONSchema(schema, { metadata: registry })` writes the titles of that registry, and drops
# every `.describe()` of the schema: descriptions lie in the global registry, and the one that is given takes its
# place instead of coming on top. The JSON Schema stays valid, so that nothing tells: an API's description made
# of it has lost all its text. Good guess: "a registry of my own adds to what the schemas say".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund zod@4.6.7 >/dev/null
cat > look.mjs <<'JS'
import { z } from "zod";

const age = z.number().describe("In years.");
const person = z.object({ age }).describe("Somebody.");
const registry = z.registry();
registry.add(person, { title: "Person" });

const plain = z.toJSONSchema(person);
const registered = z.toJSONSchema(person, { metadata: registry });
console.log(plain.description, plain.properties.age.description);
console.log(registered.title, registered.description, registered.properties.age.description);
JS
saw=$(node look.mjs)
echo "$saw"
[ "$saw" = "Somebody. In years.
Person undefined undefined" ]
