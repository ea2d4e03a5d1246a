// Opens what a delivery needs before it can be composed: its own data where they are sealed, and the secrets
// of its action. What stays closed is no fault of the delivery: it waits, until a worker has the key or
// somebody has set the secret.

import type { CompiledAction } from "@postrider/compose/compile";
import type { Secrets } from "@postrider/compose/secret-grants";
import { type Delivery, unpackDelivery } from "@postrider/shared/delivery";
import type { Sealer } from "@postrider/shared/seal";
import type { Unready } from "../attempt.ts";
import type { FindSecrets, Found } from "./secret-cache.ts";

export interface Unsealed {
  readonly kind: "unsealed";
  readonly delivery: Delivery;
  readonly secrets: Secrets;
}

/** Opens without a promise where nothing has to be read. */
export type Unseal = (
  delivery: Delivery,
  action: CompiledAction,
) => Unsealed | Unready | Promise<Unsealed | Unready>;

export function createUnsealer(sealer: Sealer, findSecrets: FindSecrets): Unseal {
  return (packed, action) => {
    const delivery = unpackDelivery(packed, sealer);
    if ("problem" in delivery)
      return { kind: "unready", reason: "key_missing", message: `the delivery ${delivery.problem}` };
    const found = findSecrets(action);
    return found instanceof Promise
      ? found.then((secrets) => toUnsealed(delivery, secrets))
      : toUnsealed(delivery, found);
  };
}

function toUnsealed(delivery: Delivery, found: Found): Unsealed | Unready {
  return found.kind === "unready" ? found : { kind: "unsealed", delivery, secrets: found.secrets };
}
