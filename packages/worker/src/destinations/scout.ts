// Looks at a sample of what waits in a lane: whether any of it goes elsewhere than to the one destination
// that was met there. Asked for jammed lanes alone, in which nothing else gets as far as to be claimed; the
// data of each customer may name another host.

import type { Composer } from "@postrider/compose/apart/composer";
import type { CompiledAction } from "@postrider/compose/compile";
import { toFacts, toScope } from "@postrider/compose/scope";
import { sampleWaiting } from "@postrider/redis/scripts/sample-waiting";
import type { Shard } from "@postrider/redis/shard";
import { isDelivery } from "@postrider/shared/delivery";
import type { FindAction } from "../action-cache.ts";
import type { Unseal } from "../unseal/unseal.ts";

/** Composed for one look. A jam lasts, and each second looks at others. */
const SAMPLE = 20;

/** Whether something that waits in the lane goes to another destination; false where none was found. */
export type Scout = (lane: string, origin: string) => Promise<boolean>;

export interface ScoutOptions {
  readonly shard: Shard;
  readonly findAction: FindAction;
  readonly unseal: Unseal;
  readonly compose: Composer["compose"];
  readonly random: () => number;
}

export function createScout({ shard, random, ...steps }: ScoutOptions): Scout {
  return async (lane, origin) => {
    const places = Array.from({ length: SAMPLE }, random);
    for (const waiting of await sampleWaiting(shard, lane, places)) {
      const found = await findOrigin({ ...waiting, data: JSON.parse(waiting.data) }, steps);
      if (found !== null && found !== origin) return true;
    }
    return false;
  };
}

interface Waiting {
  readonly id: string;
  readonly data: unknown;
  /** Unix ms. */
  readonly timestamp: number;
}

/** Where a waiting delivery will go; null where that cannot be told now. */
async function findOrigin(
  { id, data, timestamp }: Waiting,
  { findAction, unseal, compose }: Omit<ScoutOptions, "shard" | "random">,
): Promise<string | null> {
  if (!isDelivery(data)) return null;
  const action = await findAction(data.action);
  if (!isCompiled(action)) return null;
  const unsealed = await unseal(data, action);
  if (unsealed.kind !== "unsealed") return null;
  const { delivery, secrets } = unsealed;
  const facts = toFacts(delivery, { id, dueAt: delivery.sendAt ?? timestamp });
  const composed = await compose(action, facts, toScope(delivery, id, secrets));
  return composed.kind === "request" ? composed.request.origin : null;
}

function isCompiled(found: Awaited<ReturnType<FindAction>>): found is CompiledAction {
  return found !== null && !("kind" in found);
}
