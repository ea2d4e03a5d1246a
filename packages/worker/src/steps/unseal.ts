// Sealed data and the action's secrets are unsealed; what stays closed waits.

import { sensitiveSecrets } from "../authorize/conceal.ts";
import { known, type Step } from "../draft.ts";
import type { Unseal } from "../unseal/unseal.ts";

export function createUnsealStep(unseal: Unseal): Step {
  return {
    name: "unseal",
    async run(draft) {
      const unsealed = await unseal(draft.claimed.delivery, known(draft.action));
      if (unsealed.kind !== "unsealed") return unsealed;
      draft.unsealed = unsealed;
      draft.sensitive = sensitiveSecrets(unsealed.secrets);
      return null;
    },
  };
}
