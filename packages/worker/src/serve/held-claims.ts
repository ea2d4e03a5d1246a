// What a lane's worker has in flight: its claims are renewed while it lasts, and those that nobody renews any
// more are put back.

import { randomBytes } from "node:crypto";
import type { HeldClaim, LaneClaims } from "@postrider/redis/lane-claims";
import { repeat } from "@postrider/redis/periodic";
import type { Logger } from "@postrider/shared/log";

/** How often claims are renewed while they hold. */
const RENEWALS = 4;

export interface HoldOptions {
  readonly claims: Pick<LaneClaims, "renew" | "putBackLost">;
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  /** Told of each claim that had run out. */
  readonly reclaimed: (id: string) => void;
  readonly trouble: (error: Error) => void;
  readonly log: Logger;
}

interface Held extends HeldClaim {
  /** When it was claimed, or renewed last, in ms by a clock that nobody sets. */
  since: number;
}

/** Also counts what was asked for and is not answered yet: it may be in flight by now. */
export function holdClaims({ claims, lockMs, stalledCheckMs, reclaimed, trouble, log }: HoldOptions) {
  const held = new Map<string, Held>();
  let asked = 0;
  let none: () => void = () => undefined;
  const count = (): number => held.size + asked;
  const tell = (): void => {
    if (count() === 0) none();
  };
  const renew = async (): Promise<void> => {
    const now = performance.now();
    const old = [...held.values()].filter(({ since }) => since + lockMs / RENEWALS < now);
    if (old.length === 0) return;
    for (const one of old) one.since = now;
    const lost = new Set(await claims.renew(old));
    // What has ended meanwhile is no loss.
    for (const { id, token } of old)
      if (lost.has(id) && held.has(token)) trouble(new Error(`could not renew the claim of ${id}`));
  };
  const putBack = async (): Promise<void> => {
    for (const id of await claims.putBackLost()) reclaimed(id);
  };
  const told = (work: () => Promise<void>) => () => work().catch(trouble);
  const duties = [
    repeat("renew", lockMs / RENEWALS, told(renew), log),
    repeat("put back", stalledCheckMs, told(putBack), log),
  ];
  return {
    ask(room: number): void {
      asked += room;
    },
    /** What was claimed has been added by then. */
    answered(room: number): void {
      asked -= room;
      tell();
    },
    add: (claim: Held): void => void held.set(claim.token, claim),
    remove(token: string): void {
      held.delete(token);
      tell();
    },
    count,
    untilNone: (): Promise<void> =>
      new Promise((resolve) => {
        none = resolve;
        tell();
      }),
    /** Nobody waits for what is under way: Redis may be away. */
    stop(): void {
      for (const duty of duties) void duty.stop();
    },
  };
}

/** Tells a worker's claims from all others'. */
export function createTokens(): (count: number) => string[] {
  const name = randomBytes(9).toString("base64url");
  let made = 0;
  return (count) => Array.from({ length: count }, () => `${name}:${(made++).toString(36)}`);
}
