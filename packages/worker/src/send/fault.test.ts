// Whose fault an error is. The errors are the system's own, met by real sockets.

import { once } from "node:events";
import { connect } from "node:net";
import { Client } from "undici";
import { expect, test } from "vitest";
import { race } from "./connect/race.ts";
import { toFault } from "./fault.ts";
import { createResolve } from "./resolve/resolve.ts";

/** An address that this machine does not have, to connect from. */
const dialFromNowhere = (address: string, port: number) =>
  connect({ host: address, port, localAddress: "203.0.113.9" });

const failed = (code: string): Error => Object.assign(new Error(code), { code });

test("a connection for which there is no local address is this machine's fault, and a refused one the destination's", async () => {
  const [ours] = await once(dialFromNowhere("127.0.0.1", 1), "error").catch((error: unknown) => [error]);
  const [theirs] = await once(connect(1, "127.0.0.1"), "error").catch((error: unknown) => [error]);

  expect(toFault(ours, false)).toMatchObject({
    code: "local",
    message: expect.stringContaining("EADDRNOTAVAIL"),
  });
  expect(toFault(theirs, false).code).toBe("connect");
});

test.each([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EADDRNOTAVAIL",
  "EADDRINUSE",
  "ENETDOWN",
  "EACCES",
  "EPERM",
])("%s is this machine's", async (code) => {
  expect(toFault(failed(code), false).code).toBe("local");
  // Also where a name is asked for.
  const resolving = createResolve(() => Promise.reject(failed(code)), Date.now)("h");
  await expect(resolving.catch((error: unknown) => toFault(error, false))).resolves.toMatchObject({
    code: "local",
  });
  // But something may have arrived of what had begun to be written.
  expect(toFault(failed(code), true).code).toBe("reset");
});

test("what undici says of a request that it cannot take is no word about the destination", async () => {
  const refused = await new Client("http://127.0.0.1:1")
    .request({ method: "GET", path: "no-path" })
    .catch((error: unknown) => error);

  expect(toFault(refused, false)).toMatchObject({
    code: "local",
    message: expect.stringContaining("UND_ERR_INVALID_ARG"),
  });
});

test.each([
  "ENOTFOUND",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_INVALID_ARG",
])("%s after the request had begun to be written is the connection's end", (code) => {
  expect(toFault(failed(code), true).code).toBe("reset");
});

test.each([
  ["refuses", "lacks", "connect"],
  ["lacks", "refuses", "connect"],
  ["lacks", "lacks", "local"],
])("of two addresses, of which one %s and the other %s, the fault is %s", async (first, second, code) => {
  const dial = (what: string) =>
    what === "lacks" ? dialFromNowhere("127.0.0.1", 1) : connect(1, "127.0.0.1");
  const winner = race([first, second], 1, dial).winner.catch((error: unknown) => toFault(error, false));

  await expect(winner).resolves.toMatchObject({ code });
});
