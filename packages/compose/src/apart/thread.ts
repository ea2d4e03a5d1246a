// The other side of composing apart: a thread that composes what it is handed, one request at a time. It may
// be stopped at any moment, so it holds nothing but compiled actions.

import { parentPort, workerData } from "node:worker_threads";
import type { Action } from "@postrider/shared/action";
import { LRUCache } from "lru-cache";
import { type CompiledAction, compileAction } from "../compile.ts";
import type { DeliveryFacts } from "../dialect/delivery-facts.ts";
import type { ComposeLimits } from "../limits.ts";
import type { Scope } from "../render/template.ts";
import type { Composed } from "../request.ts";

export interface Task {
  /** The same number always stands for the same action. */
  readonly key: number;
  readonly action: Action;
  readonly facts: DeliveryFacts;
  readonly scope: Scope;
}

/** `ready` once, then an answer for each task. */
export type FromThread = "ready" | Composed;

const ACTIONS_CACHED = 50;

const limits = workerData as ComposeLimits;

const compiled = new LRUCache<number, CompiledAction>({ max: ACTIONS_CACHED });
const tell = (message: FromThread): void => parentPort?.postMessage(message);

parentPort?.on("message", ({ key, action, facts, scope }: Task) => {
  const found = compiled.get(key) ?? compileAction(action, limits);
  compiled.set(key, found);
  tell(found.compose(facts, scope));
});
tell("ready");
