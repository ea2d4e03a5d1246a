// A TCP proxy between a process and its Redis, which can lose what flows through it in the ways that networks
// do.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Proxy {
  /** As the server's own URL, through the proxy. */
  readonly url: string;
  /** Where new connections lead from now on; those that exist stay where they are. */
  leadTo(port: number): void;
  /** Nothing passes any more, in either direction, and nobody is told; connections can still be made. */
  swallow(): void;
  /**
   * New connections pass again. Those that were swallowed stay dead, as after a firewall has forgotten them.
   */
  pass(): void;
  /** Every connection is reset. */
  cut(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a proxy on loopback to a port on loopback. */
export async function startProxy(port: number): Promise<Proxy> {
  let target = port;
  let isSwallowing = false;
  const pairs = new Map<Socket, { readonly other: Socket; isDead: boolean }>();
  const server = createServer((client) => {
    if (isSwallowing) {
      // Accepted by the kernel, answered by nobody.
      hold(client);
      return;
    }
    const upstream = connect(target, "127.0.0.1");
    const pair = { other: upstream, isDead: false };
    pairs.set(client, pair);
    lead(client, upstream, pair);
    lead(upstream, client, pair);
    client.on("close", () => pairs.delete(client));
  });
  const held = new Set<Socket>();
  const hold = (socket: Socket): void => {
    held.add(socket);
    socket.on("error", () => undefined).on("close", () => held.delete(socket));
    socket.resume();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: ownPort } = server.address() as AddressInfo;
  return {
    url: `redis://127.0.0.1:${ownPort}`,
    leadTo(next) {
      target = next;
    },
    swallow() {
      isSwallowing = true;
      for (const pair of pairs.values()) pair.isDead = true;
    },
    pass() {
      isSwallowing = false;
    },
    cut() {
      for (const [client, { other }] of pairs) {
        client.resetAndDestroy();
        other.destroy();
      }
      for (const socket of held) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const [client, { other }] of pairs) {
        client.destroy();
        other.destroy();
      }
      for (const socket of held) socket.destroy();
      await once(server, "close");
    },
  };
}

function lead(from: Socket, to: Socket, pair: { readonly isDead: boolean }): void {
  from.on("data", (bytes) => {
    if (!pair.isDead) to.write(bytes);
  });
  from.on("error", () => undefined);
  from.on("close", () => {
    if (!pair.isDead) to.destroy();
  });
}
