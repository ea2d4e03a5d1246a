// Test sends: an action's request is sent once, by a worker, and whoever asks waits for what came of it.

import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { compileAction } from "@postrider/compose/compile";
import { asProducer } from "@postrider/redis/connect";
import type { TestSendQueue } from "@postrider/redis/test-send-queue";
import { toActionRef } from "@postrider/shared/action-ref";
import { type Delivery, parseCustomer, parseValues } from "@postrider/shared/delivery";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import { parseAction } from "@postrider/shared/parse-action";
import type { Sealer } from "@postrider/shared/seal";
import { toStoredAction } from "@postrider/shared/stored-action";
import {
  packTestSend,
  type TestSendReply,
  type TestSendRequest,
  type ToBin,
  unpackTestSend,
} from "@postrider/shared/test-send-format";
import type { SnippetStore } from "../snippets/snippets.ts";
import type { ActionStore } from "./actions.ts";
import { refuseMasks } from "./apply-action.ts";

/** A worker looks every quarter of a second; a busy machine takes longer. */
const TAKE_UP_MS = 5_000;
/** For all that is no part of the attempt. */
const BESIDE_MS = 10_000;
const LOOK_MS = 100;

/** What a worker has found, as it tells it: see the worker's test-send.ts. */
export type TestSendResult = Readonly<Record<string, unknown>>;

/**
 * Sends once, and waits. @param ref `id` for the latest version, or `id@version`.
 * @throws from the returned function: `action_unknown`, `action_invalid`, `customer_invalid`,
 * `delivery_invalid`, `key_missing`, `worker_unavailable`.
 */
export type TestAction = (
  ref: string,
  sample: Pick<Delivery, "customer" | "event" | "values">,
  options?: TestActionOptions,
) => Promise<TestSendResult>;

export interface TestActionOptions {
  /** A document of this action that is not saved, in the place of what is. */
  readonly draft?: unknown;
  /** To the request bin; absent: to the action's own address. */
  readonly bin?: ToBin;
  readonly signal?: AbortSignal;
}

export interface TestSendsDependencies {
  /** One that answers. @throws `redis_unavailable`. */
  readonly findQueue: () => TestSendQueue;
  readonly actions: ActionStore;
  readonly snippets: Pick<SnippetStore, "addTo">;
  readonly sealer: Sealer;
  readonly now: () => number;
}

/** What is asked for, and how long an attempt of it may take. */
type Named = Pick<TestSendRequest, "action" | "special"> & { readonly timeoutMs: number };

export function createTestAction({
  findQueue,
  actions,
  snippets,
  sealer,
  now,
}: TestSendsDependencies): TestAction {
  const waitFor = async (
    queue: TestSendQueue,
    id: string,
    until: number,
    signal: AbortSignal | undefined,
  ): Promise<string | null> => {
    while (now() < until && signal?.aborted !== true) {
      const answer = await queue.fetch(id);
      if (answer !== null) return answer;
      await setTimeout(LOOK_MS);
    }
    return null;
  };
  const findSaved = async (ref: string, bin: ToBin | undefined): Promise<Named> => {
    const saved = await actions.get(ref);
    const { timeoutMs } = saved.action;
    const name = toActionRef(saved);
    return bin === undefined
      ? { timeoutMs, action: name }
      : { timeoutMs, action: "", special: { name, bin } };
  };
  const prepareDraft = async (id: string, document: unknown, bin: ToBin | undefined): Promise<Named> => {
    const action = await snippets.addTo(parseAction(document));
    if (action.id !== id) throw invalidField("action_invalid", "id", `must be ${id}, as it is called here`);
    refuseMasks(action);
    compileAction(action);
    const special = { name: id, draft: toStoredAction(action, sealer), ...(bin !== undefined && { bin }) };
    return { timeoutMs: action.timeoutMs, action: "", special };
  };
  /** @throws `worker_unavailable` where nobody takes it up, or it takes too long. */
  const awaitAnswer = async (
    queue: TestSendQueue,
    { request: { id, until }, packed }: { readonly request: TestSendRequest; readonly packed: string },
    signal: AbortSignal | undefined,
  ): Promise<string> => {
    const soon = await waitFor(queue, id, now() + TAKE_UP_MS, signal);
    if (soon !== null) return soon;
    if (await queue.takeBack(packed))
      throw unavailable("no worker has taken the test send up; does one run?");
    const answer = await waitFor(queue, id, until, signal);
    if (answer !== null) return answer;
    throw unavailable("no worker has told in time what came of the test send");
  };
  return async (ref, sample, { draft, bin, signal } = {}) => {
    const { timeoutMs, ...named } = await (draft === undefined
      ? findSaved(ref, bin)
      : prepareDraft(ref, draft, bin));
    const until = now() + TAKE_UP_MS + timeoutMs + BESIDE_MS;
    const request = { id: randomUUID(), ...named, sample: check(sample), until };
    const packed = packTestSend(request, sealer);
    return await asProducer(async () => {
      const queue = findQueue();
      if (!(await queue.ask(packed)))
        throw unavailable("so many test sends are asked for that this one would come too late");
      return read(await awaitAnswer(queue, { request, packed }, signal), sealer);
    });
  };
}

/** @throws `customer_invalid`, `delivery_invalid`. */
function check({ customer, event, values }: TestSendRequest["sample"]): TestSendRequest["sample"] {
  return {
    customer: parseCustomer(customer),
    ...(event && { event }),
    ...(values && { values: parseValues(values) }),
  };
}

function read(answer: string, sealer: Sealer): TestSendResult {
  const reply = unpackTestSend<TestSendReply<TestSendResult>>(answer, sealer);
  if (reply === null)
    throw new PostriderError(
      "key_missing",
      "the worker's answer is sealed under a key that is not at hand here",
    );
  if ("result" in reply) return reply.result;
  const { code, message, problems } = reply.error;
  throw new PostriderError(code, message, { problems });
}

function unavailable(message: string): PostriderError {
  return new PostriderError("worker_unavailable", message);
}
