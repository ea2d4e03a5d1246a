// Sealed data and the action's secrets are unsealed; what stays closed waits.

import type { Finding, Unready } from "../attempt.ts";
import { sensitiveSecrets } from "../authorize/conceal.ts";
import { type Draft, known, type Step } from "../draft.ts";
import type { Unseal, Unsealed } from "../unseal/unseal.ts";

export function createUnsealStep(unseal: Unseal): Step {
  return {
    name: "unseal",
    run(draft) {
      const unsealed = unseal(draft.claimed.delivery, known(draft.action));
      return unsealed instanceof Promise ? unsealed.then((late) => take(draft, late)) : take(draft, unsealed);
    },
  };
}

function take(draft: Draft, unsealed: Unsealed | Unready): Finding | null {
  if (unsealed.kind !== "unsealed") return unsealed;
  draft.unsealed = unsealed;
  draft.sensitive = sensitiveSecrets(unsealed.secrets);
  return null;
}
