#!/usr/bin/env bash
# undici 7.30.2: a 304 that tells the length which a 200 would have had, as RFC 9110 section 8.6 allows, is an error for request(); fetch()
# takes it.
# Seen: UND_ERR_RES_CONTENT_LENGTH_MISMATCH, 304.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund undici@7.30.2
cat > try.mjs <<'JS'
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { fetch, request } from "undici";
const server = createServer((socket) => {
  socket.on("error", () => undefined);
  socket.on("data", () => socket.write("HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\nETag: \"a\"\r\n\r\n"));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}/`;
const ask = async (send) => {
  try {
    const response = await send(url);
    return response.status ?? (await response.body.text(), response.statusCode);
  } catch (error) {
    return error.code ?? error.cause?.code ?? error.message;
  }
};
const seen = [await ask(request), await ask(fetch)];
console.log(seen);
server.close();
assert.equal(seen[0], "UND_ERR_RES_CONTENT_LENGTH_MISMATCH");
process.exit(0);
JS
node try.mjs
