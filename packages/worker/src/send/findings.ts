// What an exchange comes to, and what where no answer came.

import type { Fault, Interrupted, Reply, SendTimings, Unsendable } from "../attempt.ts";
import type { Refusal } from "./guard/guard.ts";

export interface Sent extends SendTimings {
  readonly finding: Reply | Fault | Interrupted | Unsendable;
}

export const NO_SOCKET: Fault = {
  kind: "fault",
  code: "local",
  message: "all sockets of this process were in use",
};

/**
 * The guard's refusal as the dead letter shows it. The same request would be refused again, so it is
 * permanent.
 */
export function toUnsendable({ verdict, message }: Refusal): Unsendable {
  return {
    kind: "unsendable",
    reason: "address_forbidden",
    problems: [{ field: "url", code: verdict, message }],
  };
}

export function toTimeout(timeoutMs: number, wasSent: boolean): Fault {
  return {
    kind: "fault",
    code: "timeout",
    message: wasSent
      ? `no answer came within ${timeoutMs} ms`
      : `no connection was made, or free, within ${timeoutMs} ms`,
  };
}
