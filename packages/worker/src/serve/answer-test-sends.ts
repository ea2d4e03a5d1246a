// Carries out the test sends that others ask for: nobody else may call the outside world.

import { repeat } from "@postrider/redis/periodic";
import type { TestSendQueue } from "@postrider/redis/test-send-queue";
import { PostriderError } from "@postrider/shared/errors";
import type { Logger } from "@postrider/shared/log";
import type { Sealer } from "@postrider/shared/seal";
import {
  packTestSend,
  type TestSendReply,
  type TestSendRequest,
  type ToBin,
  unpackTestSend,
} from "@postrider/shared/test-send-format";
import { type FindAction, openAction } from "../action-cache.ts";
import type { TestSend } from "../test-send.ts";

/** A person waits. */
const LOOK_MS = 250;
/** Each has connections of its own, and the deliveries come first. */
const AT_ONCE_MAX = 4;

export interface TestSendsOptions {
  readonly queue: TestSendQueue;
  readonly sealer: Sealer;
  readonly findAction: FindAction;
  readonly send: (
    found: Extract<Awaited<ReturnType<FindAction>>, { readonly action: unknown }>,
    sample: TestSendRequest["sample"],
    bin: ToBin | null,
  ) => Promise<TestSend>;
  readonly log: Logger;
  readonly now: () => number;
}

/** Takes up test sends until it is stopped; those under way end first. */
export function serveTestSends(options: TestSendsOptions): { stop(): Promise<void> } {
  const { queue, sealer, log, now } = options;
  const underWay = new Set<Promise<void>>();
  const carryOut = async (request: TestSendRequest): Promise<void> => {
    const reply = await attempt(request, options);
    await queue.answer(request.id, packTestSend(reply, sealer));
  };
  const look = async (): Promise<void> => {
    while (underWay.size < AT_ONCE_MAX) {
      const packed = await queue.take();
      if (packed === null) return;
      const request = unpackTestSend<TestSendRequest>(packed, sealer);
      if (request === null || request.until < now()) continue;
      const work = carryOut(request)
        .catch((error: unknown) => log.warn({ detail: String(error) }, "test send not answered"))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    }
  };
  const looking = repeat("test-sends", LOOK_MS, look, log);
  return {
    async stop() {
      await looking.stop();
      await Promise.all(underWay);
    },
  };
}

async function attempt(
  { action, special, sample }: TestSendRequest,
  { findAction, sealer, send }: TestSendsOptions,
): Promise<TestSendReply<TestSend>> {
  try {
    const name = special?.name ?? action;
    const draft = special?.draft;
    const found = await (draft === undefined ? findAction(name) : openAction(name, draft, sealer));
    if (found === null) throw new PostriderError("action_unknown", `no action ${name}`);
    if ("kind" in found) throw toError(found);
    return { result: await send(found, sample, special?.bin ?? null) };
  } catch (error) {
    if (!(error instanceof PostriderError)) throw error;
    const { code, message, problems } = error;
    return { error: { code, message, problems } };
  }
}

function toError(found: Extract<Awaited<ReturnType<FindAction>>, { readonly kind: string }>): PostriderError {
  return found.kind === "unready"
    ? new PostriderError("key_missing", found.message)
    : new PostriderError("action_invalid", "the action is refused by now", { problems: found.problems });
}
