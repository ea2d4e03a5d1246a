// A test send: one attempt through the very steps of a worker, with the verdict that a worker would reach.
// Nothing is enqueued, recorded or retried.

import { type Composer, createComposer } from "@postrider/compose/apart/composer";
import { type CompiledAction, compileAction } from "@postrider/compose/compile";
import { type ShownRequest, toShown } from "@postrider/compose/request";
import { toScope } from "@postrider/compose/scope";
import { withMaskedSecrets } from "@postrider/compose/secret-grants";
import { toProducerOptions } from "@postrider/redis/connect";
import type { RedisClient } from "@postrider/redis/home-cluster";
import { storeTag } from "@postrider/redis/keys";
import { toServers } from "@postrider/redis/servers";
import { createStore } from "@postrider/redis/shard";
import type { Action } from "@postrider/shared/action";
import { toActionRef } from "@postrider/shared/action-ref";
import type { Arrived } from "@postrider/shared/bin-arrived";
import { type Delivery, newDeliveryId } from "@postrider/shared/delivery";
import type { Problem } from "@postrider/shared/errors";
import type { OutcomeKind, Reason } from "@postrider/shared/outcome";
import { BIN_ORIGIN } from "@postrider/shared/request-bin-address";
import { toRetryPolicy } from "@postrider/shared/retry";
import { createSealer } from "@postrider/shared/seal";
import type { Settings } from "@postrider/shared/settings/settings";
import type { ToBin } from "@postrider/shared/test-send-format";
import type { Attempted, Claimed, Reply, Timings, Verdict } from "./attempt.ts";
import { createCredentialSteps } from "./credential-steps.ts";
import { deliver } from "./deliver.ts";
import type { Past } from "./draft.ts";
import { createInterrupts } from "./interrupts.ts";
import { createConcealed } from "./send/bin/concealed.ts";
import { createRequestBin } from "./send/bin/request-bin.ts";
import { protectRedis } from "./send/guard/own-ports.ts";
import { createPools, type Pools } from "./send/pool/pools.ts";
import { send } from "./send/send.ts";
import { createSendLimits } from "./send/send-limits.ts";
import type { Send } from "./steps/send.ts";
import { createSteps } from "./steps.ts";

type ShownReply = Omit<Reply, "kind" | "body"> & { readonly body: string };

export interface TestSend {
  /** As sent, credentials masked; null where nothing was. */
  readonly request: ShownRequest | null;
  readonly reply: ShownReply | null;
  /** What the request bin got, credentials masked; null where nothing did, or it was sent elsewhere. */
  readonly arrived: Arrived | null;
  readonly fault: { readonly code: string; readonly message: string } | null;
  readonly problems: readonly Problem[];
  readonly timings: Timings;
  readonly verdict: OutcomeKind | Exclude<Verdict["kind"], "ended">;
  readonly reason: Reason | null;
  /** When a worker would try again; null where it would not. */
  readonly retryInMs: number | null;
}

export interface TestActionOptions {
  /** Of this process, which it must not reach. */
  readonly ownPorts?: readonly number[];
  /** Takes the request in the place of its destination; null: nothing does. */
  readonly bin?: ToBin | null;
}

/**
 * Sends an action's request once. Network trouble is part of the result, not an exception.
 * @throws PostriderError `redis_unavailable` where the action's secrets or tokens lie in Redis, or Sentinels
 * know alone where it is.
 */
export async function testAction(
  action: Action,
  sample: Sample,
  settings: Settings,
  { ownPorts = [], bin: asked = null }: TestActionOptions = {},
): Promise<TestSend> {
  const compiled = compileAction(action);
  const composer = createComposer();
  const pools = createPools(settings);
  for (const port of ownPorts) pools.protect(port);
  const sealer = createSealer(settings.secretKeys);
  const connected = await connect(settings, usesRedis(action) || pools.tls.usesSecrets());
  for (const redis of connected) protectRedis(redis, pools);
  const [storeRedis] = connected;
  const interrupts = createInterrupts();
  const limitsOf = createSendLimits(settings.replyBytesMax);
  const bin = createRequestBin(asked?.status ?? BIN_STATUS);
  const sendTo =
    (routes: Pick<Pools, "get">): Send =>
    (request, document, leftMs) =>
      send(request, limitsOf(document), leftMs, routes, interrupts);
  const sendOnce: Send = (request, ...rest) => {
    const isBin = asked !== null || request.origin === BIN_ORIGIN;
    return sendTo(isBin ? bin.pools : pools)(request, ...rest);
  };
  const claimed = toClaimed(action, sample);
  const concealed = createConcealed(compiled);
  try {
    const { unseal, authorize } = await createCredentialSteps({
      store: storeRedis === undefined ? null : createStore(storeRedis, settings.keyPrefix),
      sealer,
      interrupts,
      // A token's server is no destination: the bin has none to give.
      send: sendTo(pools),
      actionsMax: 1,
      now: Date.now,
      tls: pools.tls,
    });
    const steps = createSteps(
      {
        findAction: () => compiled,
        unseal: concealed.noteSecrets(unseal),
        authorize,
        compose: composer.compose,
        // Sent now, whatever waits for the same destination.
        findLane: () => null,
        awaitTurn: () => null,
        begin: () => () => null,
        send: concealed.noteHeaders(sendOnce),
        now: Date.now,
      },
      null,
    );
    const attempted = await deliver(claimed, FIRST, { steps, now: Date.now, random: Math.random });
    const arrived = concealed.conceal(bin.arrived());
    return { ...toResult(await composeShown(compiled, claimed, composer), attempted), arrived };
  } finally {
    await Promise.all([composer.close(), pools.close(), bin.close()]);
    for (const redis of connected) redis.disconnect();
  }
}

const BIN_STATUS = 200;
const FIRST: Past = { mark: null, format: "known", isTried: false, crashes: 0 };

function usesRedis({ secrets, auth }: Action): boolean {
  return secrets.length > 0 || auth?.oauth2 !== undefined;
}

/**
 * To the store's server where it is needed, and to all whose places others know alone: those must be known to
 * keep the test from getting there. The store's comes first.
 */
async function connect(settings: Settings, needsStore: boolean): Promise<RedisClient[]> {
  const servers = toServers(settings.redisUrl, toProducerOptions(settings), settings);
  const needed = servers.filter(({ isAskedFor }, index) => isAskedFor || (needsStore && index === 0));
  const connected: RedisClient[] = [];
  try {
    for (const server of needed) connected.push(await server.connect(storeTag(settings.keyPrefix)));
    return connected;
  } catch (error) {
    for (const redis of connected) redis.disconnect();
    throw error;
  }
}

/** The same request once more, with masks where the secrets stood. */
async function composeShown(
  compiled: CompiledAction,
  claimed: Claimed,
  composer: Composer,
): Promise<ShownRequest | null> {
  const { action } = compiled;
  const scope = withMaskedSecrets(toScope(claimed.delivery, claimed.id), action);
  const composed = await composer.compose(compiled, claimed, scope);
  return composed.kind === "request" ? toShown(composed.request, action) : null;
}

/** What the delivery would carry for its templates. */
type Sample = Pick<Delivery, "customer" | "event" | "values">;

function toClaimed(action: Action, sample: Sample): Claimed {
  const now = Date.now();
  return {
    id: newDeliveryId(),
    lane: "test",
    token: "",
    delivery: { v: 1, action: toActionRef({ id: action.id, version: 0 }), ...sample },
    attempt: 1,
    claims: 1,
    attemptsMax: toRetryPolicy(action.retry).attempts,
    dueAt: now,
    agesFrom: now,
    claimedAt: now,
    trace: null,
  };
}

function toResult(
  shown: ShownRequest | null,
  { finding, verdict, timings, destination }: Attempted,
): Omit<TestSend, "arrived"> {
  return {
    // Without a destination nothing was sent.
    request: destination === null ? null : shown,
    reply: finding.kind === "reply" ? toShownReply(finding) : null,
    fault: finding.kind === "fault" ? { code: finding.code, message: finding.message } : null,
    problems: toProblems(finding),
    timings,
    verdict: verdict.kind === "ended" ? verdict.outcome : verdict.kind,
    reason: "reason" in verdict ? verdict.reason : null,
    retryInMs: verdict.kind === "retry" ? verdict.delayMs : null,
  };
}

function toShownReply({ kind: _, body, ...reply }: Reply): ShownReply {
  return { ...reply, body: body.text };
}

function toProblems(finding: Attempted["finding"]): readonly Problem[] {
  if (finding.kind === "unsendable") return finding.problems;
  return finding.kind === "unready" ? [{ field: "", code: finding.reason, message: finding.message }] : [];
}
