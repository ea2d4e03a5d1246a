// Runs inside a network namespace in which every address is this machine, so that nothing can leave and every
// connection is seen. Sends through the real steps of a test send to all that it is told, and prints what
// came of it and which addresses were connected to.

import { once } from "node:events";
import { createServer } from "node:http";
import { parseAction } from "@postrider/shared/parse-action";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { testAction } from "@postrider/worker/test-send";
import { startNameServer } from "../support/dns-server.ts";
import { INSIDE_NAMES, URLS } from "./namespace-targets.ts";

const connections: string[] = [];
const server = createServer((request, response) => {
  request.resume();
  response.end("reached");
});
server.on("connection", (socket) => connections.push(String(socket.localAddress).replace("::ffff:", "")));
// Both families, all addresses.
server.listen(80, "::");
await once(server, "listening");
const names = await startNameServer((name) => INSIDE_NAMES[name] ?? null);

const settings = readSettings({ POSTRIDER_DNS_SERVERS: names.place });
const findings: Record<string, string> = {};
for (const url of URLS) {
  const action = parseAction({
    id: "a",
    url: "{{ customer.url | raw }}",
    method: "GET",
    redirects: 2,
    timeoutMs: 3_000,
  });
  const result = await testAction(action, { customer: { id: 1, url } }, settings);
  findings[url] = result.reply === null ? String(result.reason) : `reached ${result.reply.status}`;
}
await names[Symbol.asyncDispose]();
server.closeAllConnections();
server.close();
console.log(JSON.stringify({ findings, connections }));
