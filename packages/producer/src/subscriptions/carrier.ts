// One turn of a process that carries subscriptions: all of them, one after the other.

import { asProducer } from "@postrider/redis/connect";
import type { Shard, Store } from "@postrider/redis/shard";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import type { Sealer } from "@postrider/shared/seal";
import type { ActionStore } from "../actions/actions.ts";
import { findOrigin } from "../actions/origin.ts";
import type { OwnParts, StoredSubscription } from "./carried-event.ts";
import { type Carry, createCarry } from "./carry.ts";
import { createChoose, findOwnParts } from "./choose.ts";
import type { DeliverCarried } from "./deliver-carried.ts";
import { readStored } from "./subscriptions.ts";

export interface Carrier {
  /**
   * Hands in what is new for subscriptions that no other process carries.
   * @param onBug told where one of them meets what it should not; the others go on.
   * @returns whether there is more at once. @throws `redis_unavailable`, `redis_full`.
   */
  turn(onBug: OnBug): Promise<boolean>;
  /** Lets other processes take over at once. */
  close(): Promise<void>;
}

export type OnBug = (subscription: string, error: unknown) => void;

export interface CarrierOptions {
  readonly store: Store;
  /** The shards that answer at this moment. @throws `redis_unavailable` where none does. */
  readonly shards: () => readonly Shard[];
  readonly actions: ActionStore;
  readonly sealer: Sealer;
  readonly deliver: DeliverCarried;
  /** Tells this process from others. */
  readonly holder: string;
}

export function createCarrier({ store, shards, actions, sealer, deliver, holder }: CarrierOptions): Carrier {
  let all: StoredSubscription[] = [];
  const findActionOrigin = async (ref: string): Promise<string | null> => {
    const saved = await actions.get(ref).catch((error: unknown) => {
      if (hasCode(error, "redis_unavailable")) throw error;
      return null;
    });
    return saved === null ? null : findOrigin(saved.action.url);
  };
  /** Looked up once in a turn, by the first page that asks for it. */
  let own: Promise<OwnParts> | null = null;
  const findOwn = (): Promise<OwnParts> => {
    own ??= findOwnParts(all, findActionOrigin);
    return own;
  };
  const choose = createChoose({ sealer, findOwn });
  const known = new Map<Shard, Carry>();
  const carryIn = (shard: Shard): Carry => {
    const carry = known.get(shard) ?? createCarry({ shard, deliver, choose, holder });
    known.set(shard, carry);
    return carry;
  };
  const turnIn = async (carry: Carry, onBug: OnBug): Promise<boolean> => {
    await carry.sweep(all);
    let hasMore = false;
    for (const subscription of all)
      try {
        if (await asProducer(() => carry.carry(subscription))) hasMore = true;
      } catch (error) {
        if (error instanceof PostriderError) throw error;
        onBug(subscription.id, error);
      }
    return hasMore;
  };
  return {
    async turn(onBug) {
      all = await readStored(store);
      own = null;
      const turns = await Promise.allSettled(shards().map((shard) => turnIn(carryIn(shard), onBug)));
      const failed = turns.filter((turn) => turn.status === "rejected");
      // A shard that is away keeps nobody from what the others have told; all else is told.
      const grave = failed.find(({ reason }) => !hasCode(reason, "redis_unavailable"));
      const [first] = failed;
      if (first !== undefined && (grave !== undefined || failed.length === turns.length))
        throw (grave ?? first).reason;
      return turns.some((turn) => turn.status === "fulfilled" && turn.value);
    },
    close: async () => void (await Promise.all([...known.values()].map((carry) => carry.letGo()))),
  };
}
