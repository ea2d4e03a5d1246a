// What is left to do becomes a move of the delivery in its lane, or out of it.

import type { HeldClaim, LaneClaims } from "@postrider/redis/lane-claims";
import type { Bury } from "@postrider/redis/scripts/bury";
import type { Move } from "@postrider/redis/scripts/move";
import { homeOf } from "@postrider/shared/delivery";
import { toLaneLabel } from "@postrider/shared/lanes";
import { unreachable } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import type { Claimed, Left } from "./attempt.ts";
import { UNEXPECTED_RETRY_MS } from "./decide/decide.ts";
import type { Metrics } from "./record/metrics.ts";

/** What lets go of a claim within its lane. */
export type LetGo = Pick<LaneClaims, "delay" | "handBack" | "drop" | "setData">;

export interface Settling {
  readonly letGo: LetGo;
  readonly move: Move;
  readonly bury: Bury;
  readonly metrics: Metrics;
  readonly now: number;
}

/** Carries out what record has left to do. @throws what Redis throws; the claim may be held still then. */
export async function settle(claimed: Claimed, left: Left, settling: Settling): Promise<void> {
  const { letGo, metrics } = settling;
  switch (left.kind) {
    case "gone":
      return;
    case "complete":
      return letGo.drop(claimed);
    case "bury":
      return bury(claimed, left.reason, settling);
    case "moved":
      return moveTo(claimed, left.lane, settling);
    case "retry":
      await noteBegun(claimed, letGo);
      // 0 would mean at once, at the head of the lane; 1 keeps a retry behind what waits.
      return letGo.delay(claimed, Math.max(1, left.delayMs), left.costsAttempt);
    case "handed-back":
      await letGo.handBack(claimed);
      metrics.handedBack(toLaneLabel(claimed.lane));
      return;
    default:
      return unreachable(left);
  }
}

/** For the attempts to come, which could not tell that the first one was late. */
async function noteBegun({ id, delivery, dueAt, agesFrom }: Claimed, letGo: LetGo): Promise<void> {
  if (agesFrom === dueAt || delivery.begunAt !== undefined) return;
  await letGo.setData(id, { ...delivery, begunAt: agesFrom });
}

/** The dead letter lies in the delivery's home lane. */
async function bury(
  claimed: Claimed,
  reason: string,
  { bury: buryNow, metrics, now }: Settling,
): Promise<void> {
  const home = homeOf(claimed.delivery);
  const dropped = await buryNow(claimed, { home, reason, now });
  if (dropped !== null && dropped > 0) metrics.deadLettersDropped(home, dropped);
}

async function moveTo(claimed: Claimed, lane: OwnLane, { move, metrics }: Settling): Promise<void> {
  if (await move(claimed, lane)) metrics.moved(toLaneLabel(claimed.lane), lane.kind);
}

/** How soon it is tried again while Redis is away. */
const AGAIN_MS = 1_000;
/** How ioredis says that it has no connection. */
const NO_CONNECTION = /Connection is closed|ECONNREFUSED/;

/**
 * Gives back what Redis failed half-way, as soon as that is there again. Where even that fails, the claim
 * runs out. @param isOver whether nobody waits for that any more.
 */
export function createGiveBack(
  letGo: Pick<LaneClaims, "delay">,
  isOver: () => boolean,
  trouble: (error: Error) => void,
): (claim: HeldClaim) => Promise<void> {
  return async (claim) => {
    for (;;) {
      try {
        return await letGo.delay(claim, UNEXPECTED_RETRY_MS, true);
      } catch (error) {
        if (isOver() || !NO_CONNECTION.test(String(error))) return trouble(error as Error);
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  };
}
