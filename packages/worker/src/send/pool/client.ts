// undici's client for one connection, with every limit written out.

import { Client } from "undici";
import { type ConnectorOptions, createConnector } from "../connect/connector.ts";
import type { Group } from "./connection.ts";

/**
 * Most servers keep an idle connection for 5 s or longer; writing on one that closes at that moment is a
 * reset.
 */
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MS_MAX = 60_000;
/** Room for cookies and policies; Node's own servers allow as much. */
const REPLY_HEADER_BYTES_MAX = 16_384;
/** Connections to one destination under one set of rules. */
export function toGroup(options: Omit<ConnectorOptions, "state" | "keeper">): Group {
  // A session may be resumed by every connection under the same rules.
  const keeper = { session: undefined, context: undefined };
  return {
    open: (state) =>
      new Client(options.origin, {
        // A request on a connection that still owes an answer would wait behind it.
        pipelining: 1,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS_MAX,
        maxHeaderSize: REPLY_HEADER_BYTES_MAX,
        // The attempt's one deadline covers these phases; two clocks would disagree.
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: createConnector({ ...options, keeper, state }),
        allowH2: false,
      }),
  };
}
