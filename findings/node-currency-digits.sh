#!/usr/bin/env bash
# Node 20.19.0 and 20.20.2, two releases of one line: Intl.NumberFormat writes forints with two digits after the point in one and with none in
# the other, since ICU changed its mind. What is to be the same on all workers names the digits itself.
# Seen: 1,234.50 and 1,235 (the sign of the currency left out), in one order or the other by release.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for version in 20.19.0 20.20.2; do
  npm pack --silent "node-linux-$(node -p process.arch)@$version" > name
  mkdir "$version"
  tar -xzf "$(cat name)" -C "$version"
  "$version/package/bin/node" -p \
    'new Intl.NumberFormat("en", { style: "currency", currency: "HUF", currencyDisplay: "code" }).format(1234.5).replace(/[^\d.,]/g, "")' >> seen
done
cat seen
[ "$(sort -u seen | wc -l)" = 2 ]
