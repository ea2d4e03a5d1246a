#!/usr/bin/env bash
# undici 7.30.2: a 100 Continue that was not asked for, which RFC 9110 section 15.2 has a client read over, ends the exchange in an error
# although the 200 stands right behind it; the server has done its work. 103 Early Hints is read over.
# Seen: UND_ERR_SOCKET, 200.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund undici@7.30.2
cat > try.mjs <<'JS'
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { request } from "undici";
const ask = async (interim) => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write(`HTTP/1.1 ${interim}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${server.address().port}/`, { method: "POST", body: "{}" });
    await body.text();
    return statusCode;
  } catch (error) {
    return error.code;
  }
};
const seen = [await ask("100 Continue"), await ask("103 Early Hints")];
console.log(seen);
assert.deepEqual(seen, ["UND_ERR_SOCKET", 200]);
process.exit(0);
JS
node try.mjs
