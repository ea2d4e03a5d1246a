// The way of a request once its body is read: what every route has in common, in order.

import type { Producer } from "@postrider/producer/producer";
import { PostriderError } from "@postrider/shared/errors";
import type { Logger } from "@postrider/shared/log";
import { type Idempotency, parseIdempotencyKey } from "../idempotency.ts";
import { type Caller, isNarrowed, reaches } from "./caller.ts";
import { type Given, readInput } from "./read-input.ts";
import type { Answer, Circumstances, Route } from "./route.ts";
import type { Tools } from "./tools.ts";

export type Answering = (route: Route, given: Given, circumstances: Circumstances) => Promise<Answer>;

export interface AnsweringOptions {
  readonly tools: Tools;
  readonly idempotency: Idempotency;
  readonly log: Logger;
}

/** @throws from the returned function: PostriderError, and what is a bug. */
export function createAnswering({ tools, idempotency, log }: AnsweringOptions): Answering {
  return async (route, given, circumstances) => {
    const { params, query, body, bodyIsChecked } = route;
    const input = readInput({ params, query, body: bodyIsChecked === "by schema" ? body : null }, given);
    checkNarrowing(route, input, circumstances.caller);
    const key = route.method === "POST" ? parseIdempotencyKey(circumstances.idempotencyKey) : null;
    const call = { ...circumstances, ...input, idempotencyKey: key, log };
    const used = changesThings(route) ? { ...tools, producer: asCaller(circumstances, tools) } : tools;
    if (key === null || route.repeats === "again") return route.handle(call, used);
    return idempotency.once(route, key, circumstances, async () => route.handle(call, used));
  };
}

/** Enqueueing changes nothing that the audit knows, and is the one thing that is done often. */
function changesThings({ method, scope }: Route): boolean {
  return method !== "GET" && (scope === "manage" || scope === "admin");
}

/** The producer by which changes are written down as the caller's. */
function asCaller({ caller, requestId }: Circumstances, { producer }: Tools): Producer {
  return producer.as({ actor: caller.name, via: "api", requestId });
}

/** @throws `forbidden`. */
function checkNarrowing({ narrowing }: Route, { params }: Given, caller: Caller): void {
  if (!isNarrowed(caller)) return;
  if (narrowing === "whole")
    throw new PostriderError(
      "forbidden",
      "this concerns the whole installation, and the token is narrowed to actions or lanes",
    );
  if (narrowing !== "action") return;
  const { id } = params as { readonly id: string };
  if (!reaches(caller, { action: id }))
    throw new PostriderError("forbidden", `the token does not reach the action ${id}`);
}
