// Where a delivery is right now: its mark names the lane, BullMQ's keys of that lane say the rest.

import { asProducer } from "@postrider/redis/connect";
import { readJob, type StoredJob } from "@postrider/redis/jobs";
import type { Shard } from "@postrider/redis/shard";
import type { Delivery } from "@postrider/shared/delivery";
import { decodeMark, type Mark, type Outcome } from "@postrider/shared/outcome";
import type { Finder } from "../dead-letters/find.ts";
import type { DeadLetter } from "../dead-letters/letter.ts";
import { parseDelivery } from "./stored-delivery.ts";

export type DeliveryState = "waiting" | "delayed" | "in-flight" | "dead-letter" | "ended";

export interface Located {
  readonly state: DeliveryState;
  /** The lane that it lies in; null once it has left them all. */
  readonly lane: string | null;
  readonly outcome: Outcome | null;
  readonly deadLetter: DeadLetter | null;
  /** Null where it is kept no more, or is no delivery. */
  readonly delivery: Delivery | null;
  /** Unix ms when it was enqueued, or replayed last. */
  readonly enqueuedAt: number | null;
  /** Attempts that were made and counted, since the last replay. */
  readonly attemptsMade: number;
  /** Unix ms when a delayed one becomes due. */
  readonly dueAt: number | null;
  /** How many are claimed before a waiting one; null where that is too many to look for. */
  readonly ahead: number | null;
  /** Whether the worker of one in flight still holds the claim. */
  readonly isClaimHeld: boolean;
  /** Out of a run that is held. */
  readonly isReleased: boolean;
}

/** It may move while it is looked at; so often in a row it does not. */
export const TRIES = 5;

type EndedMark = Extract<Mark, { kind: "ended" }>;

/** One look: in its lane, as its mark says; or that it has ended, or that nothing is known of it. */
export type Looked =
  | { readonly kind: "in"; readonly lane: string; readonly isReleased: boolean; readonly job: StoredJob }
  | { readonly kind: "moved" }
  | EndedMark
  | { readonly kind: "unknown" };

/** `moved`: it went elsewhere meanwhile; look again. @throws `redis_unavailable`. */
export async function look(shard: Shard, id: string): Promise<Looked> {
  return await asProducer(async () => {
    const mark = decodeMark((await shard.redis.get(shard.keys.outcome(id))) ?? "");
    if (mark?.kind !== "in") return mark ?? { kind: "unknown" };
    const job = await readJob(shard, mark.lane, id);
    return job === null ? { kind: "moved" } : { ...mark, job };
  });
}
const NOWHERE: Located = {
  state: "ended",
  lane: null,
  outcome: null,
  deadLetter: null,
  delivery: null,
  enqueuedAt: null,
  attemptsMade: 0,
  dueAt: null,
  ahead: null,
  isClaimHeld: false,
  isReleased: false,
};

/** Null: no delivery has that id, or it is forgotten. */
export async function locate(shard: Shard, finder: Finder, id: string): Promise<Located | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    const looked = await look(shard, id);
    if (looked.kind === "in") return toOpen(looked);
    if (looked.kind !== "moved") return locateEnded(finder, id, looked.kind === "ended" ? looked : null);
  }
  return null;
}

async function locateEnded(finder: Finder, id: string, mark: EndedMark | null): Promise<Located | null> {
  const { kind: _, ...recorded } = mark ?? { kind: "ended" };
  const outcome = mark === null ? null : (recorded as Outcome);
  const [letter] = mark === null || mark.outcome === "failed" ? await finder.byIds([id]) : [];
  if (letter === undefined) return outcome === null ? null : { ...NOWHERE, outcome };
  const { shown, delivery, enqueuedAt } = letter;
  return {
    ...NOWHERE,
    state: "dead-letter",
    lane: shown.lane,
    outcome,
    deadLetter: shown,
    delivery,
    enqueuedAt,
    attemptsMade: shown.attempts,
  };
}

function toOpen({ lane, isReleased, job }: Extract<Looked, { kind: "in" }>): Located {
  const { place, data, ...facts } = job;
  return { ...NOWHERE, ...facts, state: place, lane, delivery: parseDelivery(data), isReleased };
}
