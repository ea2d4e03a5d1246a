// What keeps a connection from being made, on its way through undici to the exchange that asked for it. Told
// apart by code, as all errors of sockets are; never by class.

import type { Refusal } from "./guard/guard.ts";

export type EgressErrorCode =
  | "POSTRIDER_FORBIDDEN"
  | "POSTRIDER_DNS"
  | "POSTRIDER_CONNECT"
  | "POSTRIDER_CONNECT_TIMEOUT"
  | "POSTRIDER_TLS"
  | "POSTRIDER_PROXY"
  /** What it takes of this machine or its settings is not to be had at the moment. */
  | "POSTRIDER_LOCAL"
  /** What comes before the answer has no end. */
  | "POSTRIDER_PROTOCOL"
  | "POSTRIDER_HEADERS";

export interface EgressError extends Error {
  readonly code: EgressErrorCode;
  /** With `POSTRIDER_FORBIDDEN`. */
  readonly refusal?: Refusal;
}

/** An expected trouble, so it carries no stack: making one costs more than the refusal itself. */
export function toEgressError(
  code: EgressErrorCode,
  message: string,
  more: { readonly cause?: unknown; readonly refusal?: Refusal } = {},
): EgressError {
  const error = new Error(message, "cause" in more ? { cause: more.cause } : undefined);
  error.stack = "";
  return Object.assign(error, { code, ...(more.refusal !== undefined && { refusal: more.refusal }) });
}

/** The guard's refusal that an error carries; null where it is another trouble. */
export function toRefusal(error: unknown): Refusal | null {
  return error instanceof Error && "refusal" in error ? ((error as EgressError).refusal ?? null) : null;
}

/** The guard's refusal, as what keeps a connection from being made. */
export function toRefusalError(refusal: Refusal): EgressError {
  return toEgressError("POSTRIDER_FORBIDDEN", refusal.message, { refusal });
}
