#!/usr/bin/env bash
# liquidjs 10.30.1: a date is printed an hour off within some hours of a clock change of the zone of the process, though it is to be printed
# in UTC; and the numbers of %x stand in the order of LANG. Two workers in two zones print one date differently.
# Seen with TZ=America/New_York: 03:30 for 02:30Z on the morning of the change; with TZ=UTC: 02:30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund liquidjs@10.30.1
cat > try.mjs <<'JS'
import { Liquid } from "liquidjs";
const liquid = new Liquid({ timezoneOffset: 0 });
console.log(liquid.parseAndRenderSync("{{ '2024-03-10T02:30:00Z' | date: '%H:%M' }}"));
JS
seen="$(TZ=America/New_York node try.mjs) $(TZ=UTC node try.mjs)"
echo "$seen"
[ "$seen" = "03:30 02:30" ]
