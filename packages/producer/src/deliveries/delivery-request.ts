// The request that a delivery sends at its next attempt, or that a dead letter would send, composed when
// somebody looks; and what it is made of.

import type { Shard } from "@postrider/redis/shard";
import type { Delivery } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import type { Sealer } from "@postrider/shared/seal";
import type { ActionStore } from "../actions/actions.ts";
import type { Finder } from "../dead-letters/find.ts";
import { type Compose, composeShown, type WouldSend } from "../dead-letters/letter-request.ts";
import { type Located, locate } from "./locate.ts";
import { openDelivery } from "./stored-delivery.ts";

export interface DeliveryRequest extends WouldSend {
  /** Null: it has ended and is kept no more. Sealed data are shown sealed where the key is not at hand. */
  readonly delivery: Delivery | null;
}

export interface RequestDependencies {
  readonly shard: Shard;
  readonly finder: Finder;
  readonly actions: ActionStore;
  readonly sealer: Sealer;
}

/** @throws from the returned function: `delivery_unknown`. */
export function createDeliveryRequest({ shard, finder, actions, sealer }: RequestDependencies) {
  return async (id: string, options: { compose?: Compose } = {}): Promise<DeliveryRequest> => {
    const located = await locate(shard, finder, id);
    if (located === null)
      throw new PostriderError("delivery_unknown", `no delivery has the id ${id}, or it is forgotten`);
    const { delivery } = located;
    if (delivery === null) return { delivery, request: null, curl: null, problems: [GONE] };
    const wouldSend = await composeShown(
      delivery,
      { id, dueAt: toDueAt(located, delivery) },
      { actions, sealer, compose: options.compose },
    );
    return { delivery: openDelivery(delivery, sealer), ...wouldSend };
  };
}

const GONE = { field: "", message: "it has ended, and what it was made of is kept no more" };

/** What its templates call now: when it was due first. */
function toDueAt({ enqueuedAt }: Located, { sendAt }: Delivery): number {
  return sendAt ?? enqueuedAt ?? 0;
}
