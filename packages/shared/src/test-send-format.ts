// A test send, as whoever asks for one and the worker that carries it out agree on it: one attempt with the
// verdict that a worker would reach. Nothing is enqueued, recorded or retried.

import type { Delivery } from "./delivery.ts";
import type { ErrorCode } from "./error-codes.ts";
import type { Problem } from "./errors.ts";
import { parseExact, stringifyExact } from "./exact-json.ts";
import type { Sealer } from "./seal.ts";

/** Sends elsewhere than to the action's own address: to the request bin, which answers with a status. */
export interface ToBin {
  readonly status: number;
}

/** What is asked of a worker. */
export interface TestSendRequest {
  readonly id: string;
  /**
   * `id@version`, sent to its own address. Empty where `special` says more: a worker of an earlier release,
   * which does not read that, must send nothing.
   */
  readonly action: string;
  readonly special?: {
    /** `id@version`, or what is told of a draft. */
    readonly name: string;
    /** A document that is not saved, as it would lie in the store; absent: the saved version. */
    readonly draft?: string;
    readonly bin?: ToBin;
  };
  /** What the delivery would carry for its templates. */
  readonly sample: Pick<Delivery, "customer" | "event" | "values">;
  /** Unix ms from which nobody waits for it any more. */
  readonly until: number;
}

/** What came of it: what a worker has found, or why it could not try. */
export type TestSendReply<Result> =
  | { readonly result: Result }
  | {
      readonly error: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly problems: readonly Problem[];
      };
    };

/** How long what nobody takes up or fetches lies in Redis. */
export const TEST_SEND_KEPT_MS = 150_000;

const PLACE = "test-send";

/**
 * A text for Redis: customers' data, and what a receiver says of them, are sealed wherever there is a key.
 */
export function packTestSend(value: unknown, sealer: Sealer): string {
  const text = stringifyExact(value);
  return sealer.canSeal ? sealer.seal(text, PLACE) : text;
}

/** What was packed; null for what cannot be opened here, or is none. */
export function unpackTestSend<T>(packed: string, sealer: Sealer): T | null {
  const isPlain = packed.startsWith("{");
  const opened = isPlain ? { text: packed } : sealer.open(packed, PLACE);
  return "text" in opened ? (parseExact(opened.text) as T) : null;
}
