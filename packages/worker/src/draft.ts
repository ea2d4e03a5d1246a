// What is known of an attempt while it is made, and the shape of the steps that make it.

import type { CompiledAction } from "@postrider/compose/compile";
import type { ComposedRequest } from "@postrider/compose/request";
import type { Secrets } from "@postrider/compose/secret-grants";
import type { Delivery } from "@postrider/shared/delivery";
import type { Mark } from "@postrider/shared/outcome";
import type { RetryPolicy } from "@postrider/shared/retry";
import type { Claimed, Finding, SendTimings } from "./attempt.ts";

/** What lies in the lane: a delivery that this release can read, one of a later release, or none. */
export type Format = "known" | "newer" | "none";

/** What is known of a delivery's past when it is claimed. */
export interface Past {
  /** Where it is, or how it has ended; null where it was never claimed before, or is forgotten. */
  readonly mark: Mark | null;
  readonly format: Format;
  /** Whether an attempt of it has been written down, since it was enqueued. */
  readonly isTried: boolean;
  /** How often its claim ran out because the worker was gone. */
  readonly crashes: number;
}

/** What is known of an attempt so far. Each step reads what earlier ones have found out, and adds its own. */
export interface Draft {
  readonly claimed: Claimed;
  readonly past: Past;
  policy: RetryPolicy;
  action?: CompiledAction;
  unsealed?: { readonly delivery: Delivery; readonly secrets: Secrets };
  request?: ComposedRequest;
  /** Values that nobody may see in what was met. */
  sensitive: Set<string>;
  /** Null while nothing was sent. */
  destination: string | null;
  sent: SendTimings;
}

/** The steps by name. */
export type StepName = "gate" | "load" | "unseal" | "compose" | "route" | "send";

/** One step on the way of a delivery. */
export interface Step {
  readonly name: StepName;
  /** @returns what it met where that ends the attempt; null: the next step comes. Throws nothing but bugs. */
  readonly run: (draft: Draft) => Finding | null | Promise<Finding | null>;
}

/** What an earlier step has found out. @throws Error where the steps are in the wrong order. */
export function known<T>(fact: T | undefined): T {
  if (fact === undefined) throw new Error("a step needs what no earlier one has found out");
  return fact;
}
