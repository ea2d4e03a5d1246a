// The worker's send step alone, with what a test stands in for: name resolution, and where a connection
// really goes.

import { connect } from "node:net";
import { parseUrl } from "@postrider/compose/url";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { createInterrupts, type Interrupts } from "@postrider/worker/interrupts";
import type { Sent } from "@postrider/worker/send/findings";
import { createPools, type Outside, type Pools } from "@postrider/worker/send/pool/pools";
import { type SendLimits, send } from "@postrider/worker/send/send";
import { LOOPBACK } from "./network.ts";

const PATIENT_MS = 120_000;

export interface Sender {
  readonly pools: Pools;
  /** All that is under way. */
  readonly interrupts: Interrupts;
  send(url: string, options?: SendOptions): Promise<Sent>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SendOptions extends Partial<SendLimits> {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Names and values in turn. */
  readonly headers?: readonly string[];
  readonly body?: string | null;
}

/**
 * A sender with settings as environment variables give them; it may send to this machine unless they say
 * otherwise.
 */
export function createSender(environment: Record<string, string> = {}, outside: Outside = {}): Sender {
  const pools = createPools(readSettings({ ...LOOPBACK, ...environment }), outside);
  const interrupts = createInterrupts();
  return {
    pools,
    interrupts,
    send(url, { method = "POST", headers = [], body = "{}", ...limits } = {}) {
      const parsed = parseUrl(url);
      if ("problem" in parsed) throw new Error(parsed.problem);
      return send(
        { method, origin: parsed.origin, path: parsed.path, headers, body: method === "GET" ? null : body },
        {
          // Never reached when all goes well, however slow the machine is. Tests of what takes too long set
          // their own.
          timeoutMs: PATIENT_MS,
          connectTimeoutMs: PATIENT_MS,
          replyBytesMax: 65_536,
          redirects: 0,
          secretHeaders: new Set(),
          idempotencyHeader: "Idempotency-Key",
          ...limits,
        },
        limits.timeoutMs ?? PATIENT_MS,
        pools,
        interrupts,
      );
    },
    [Symbol.asyncDispose]: () => pools.close(),
  };
}

/**
 * What a finding comes to, short enough for a table: a status, a fault's code, or a refusal's reason and
 * verdict.
 */
export function describeFinding({ finding }: Sent): string {
  if (finding.kind === "reply") return String(finding.status);
  if (finding.kind === "fault") return finding.code;
  if (finding.kind === "unsendable") return `${finding.reason} ${finding.problems[0]?.code ?? ""}`;
  return finding.kind;
}

export interface Wires {
  /** Addresses that were connected to, in order. */
  readonly dialed: string[];
  readonly dial: NonNullable<Outside["dial"]>;
}

/** Every connection goes to a port of this machine, whatever address it was meant for. */
export function wireTo(port: number): Wires {
  const dialed: string[] = [];
  return {
    dialed,
    dial(address) {
      dialed.push(address);
      return connect({ host: "127.0.0.1", port });
    },
  };
}
