// A receiver in a process of its own that keeps nothing but the time of each request, so that what is measured is the sender. It
// accepts all, tells its port, and at SIGTERM the times.

import { createServer } from "node:http";
import { setPriority } from "node:os";

try {
  setPriority(-10);
} catch {
  // Where that takes a right that the tests do not have, it shares the cores like everybody else.
}

const times = [];
const server = createServer((request, response) => {
  times.push(Date.now());
  request.resume();
  response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
process.on("SIGTERM", () => {
  process.stdout.write(`times ${JSON.stringify(times)}\n`, () => process.exit());
});
