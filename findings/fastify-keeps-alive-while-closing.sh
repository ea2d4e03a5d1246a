#!/usr/bin/env bash
# Fastify 5.12.8 with `return503OnClosing: false`, on Node's own http server: a request that is in flight when
# close() is called is still answered `Connection: keep-alive`. close() closes the connections that are idle at
# its beginning; this one becomes idle after that, and nobody closes it, so that close() ends only when the
# keep-alive time is over or the client leaves: a rolling update waits for the slowest of its clients. With
# `return503OnClosing` left on, requests that come on it then are answered 503 instead, and closed.
# Good guesses: "close() tells clients to close", "forceCloseConnections: 'idle' takes care of those".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund fastify@5.12.8 >/dev/null
cat > look.mjs <<'JS'
import { once } from "node:events";
import { connect } from "node:net";
import { fastify } from "fastify";

const KEEP_ALIVE_MS = 3_000;
const app = fastify({ return503OnClosing: false, forceCloseConnections: "idle", keepAliveTimeout: KEEP_ALIVE_MS });
let answer;
const asked = new Promise((resolve) => {
  app.get("/", async () => {
    resolve();
    await new Promise((done) => (answer = done));
    return "late";
  });
});
const { port } = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
const socket = connect(Number(port), "127.0.0.1");
await once(socket, "connect");
socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
await asked;

const closing = app.close();
await new Promise((resolve) => setTimeout(resolve, 100));
answer();
const [head] = await once(socket, "data");
const answeredAt = performance.now();
await closing;
const waitedMs = performance.now() - answeredAt;
const says = /^connection: (\S+)/im.exec(String(head))?.[1];
const waits = waitedMs > KEEP_ALIVE_MS / 2 ? "waits" : "ends at once";
console.log(`connection: ${says}; close() ${waits}`);
process.exit(0);
JS
saw=$(node look.mjs)
echo "$saw"
[ "$saw" = "connection: keep-alive; close() waits" ]
